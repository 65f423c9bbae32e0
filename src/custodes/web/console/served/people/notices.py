"""`/notices`: how people are told of cases, what waits to be told, and what could not be."""

from custodes.acts.asks.cases import LookNotices
from custodes.acts.asks.log import LookEntries
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views import people as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

UNTOLD_MAX = 20


class NoticePages:
    """What is given up is a fold over entries, what waits is the house's own list."""

    def __init__(self, desk: Desk, channels: tuple[str, ...]) -> None:
        self._desk = desk
        self._channels = channels

    async def show(self, call: Call, visit: Visit) -> Reply:
        """What stands."""
        found = await self._desk.doors.ask(LookNotices(visit.evidence))
        ask = LookEntries(visit.evidence, visit.customer, act="lockbox.untold", limit=UNTOLD_MAX)
        untold = await facts.entries(self._desk, ask)
        view = views.NoticesView(
            organisation=visit.me.organisation_name,
            channels=self._channels,
            rows=tuple(
                views.NoticeRow(
                    at=facts.moment(one.at),
                    kind=one.kind,
                    message=one.message,
                    case=one.case,
                    reached=one.reached,
                    until=facts.moment(one.until) if one.until else None,
                )
                for one in found.notices
            ),
            waiting=found.waiting,
            oldest_at=facts.moment(found.oldest_at) if found.oldest_at else None,
            untold=tuple(
                views.UntoldRow(
                    case=str(one.fields.get("case", "")),
                    message=str(one.fields.get("reason", "")),
                    proof=facts.proof(one),
                )
                for one in untold.entries
            ),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (page("/notices", "notices", seated(self._desk, self.show)),)
