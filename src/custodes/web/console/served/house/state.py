"""`/state`: the state of the house, the same findings as `custodes doctor`, for those who run it."""

from custodes.acts.asks.running.findings import LookFindings
from custodes.kernel.clock import from_text
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views.state import FindingRow, StateView
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint


class StatePage:
    """One page; whether somebody may see it, the keyroom says."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """What was found just now."""
        found = await self._desk.doors.ask(LookFindings(visit.evidence))
        rows = tuple(
            FindingRow(name=one.name, state=one.state, found=one.found, why=one.why) for one in found.findings
        )
        view = StateView(at=from_text(found.at), rows=rows)
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """This page's part of the table."""
        return (page("/state", "state", seated(self._desk, self.show)),)
