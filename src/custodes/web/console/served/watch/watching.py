"""`/watch`: how anybody watches the trustee himself: monitor, mirror, seal auditors, certificates."""

import re
from datetime import date, timedelta

from custodes.acts.asks.keys import LookKeys
from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.rules import LookSealAuditors
from custodes.kernel.refusal import malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views import watch as views
from custodes.web.console.views.shell import Option
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

LOOK_BACK_DAYS = 30
ENTRIES_MAX = 200
_KEY = re.compile(r"key-[0-9a-z]{26}")


class WatchQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key and a period (`YYYY-MM-DD`, both days included) to count its exceptional entries in."""

    key: str = ""
    since: str = ""
    until: str = ""


class WatchPages:
    """Commands with this installation's own values in them; nothing here needs to be believed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """How to watch; with a key in the query, what its entries say."""
        query = call.asked(WatchQuery)
        desk, evidence, customer = self._desk, visit.evidence, visit.customer
        today = desk.clock.now().date()
        until = _day(query.until) if query.until else today
        since = _day(query.since) if query.since else until - timedelta(days=LOOK_BACK_DAYS)
        keys = await facts.maybe(desk, LookKeys(evidence, customer))
        names = {one.id: one.name for one in (keys.keys if keys else ())}
        sealed = await desk.doors.ask(LookSealAuditors(evidence))
        url = desk.origin
        view = views.WatchView(
            customer=visit.customer_name,
            monitor=(
                f"custodes monitor init monitor --url {url} --log-url LOG "
                f"--customer {customer} --pins pins.json --policy my-policy"
            ),
            mirror="custodes mirror init mirror --url LOG --pins pins.json",
            compare="custodes monitor compare monitor THEIR-CHECKPOINT --from NAME",
            has_pins=desk.public("pins.json") is not None,
            auditors=tuple(
                views.AuditorRow(name=one.name, organisation=one.organisation) for one in sealed.auditors
            ),
            auditors_k=sealed.k,
            keys=tuple(Option(value=id_, text=name) for id_, name in names.items()),
            since=since.isoformat(),
            until=until.isoformat(),
            counted=await self._counted(visit, query.key, names, (since, until)) if query.key else None,
        )
        return desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (page("/watch", "watch", seated(self._desk, self.show), WatchQuery),)

    async def _counted(
        self, visit: Visit, key: str, names: dict[str, str], period: tuple[date, date]
    ) -> views.Counted:
        """Exceptional entries that name the key in these days, as they are opened to the visitor."""
        if not _KEY.fullmatch(key):
            raise malformed("malformed-query", path="$.key")
        since, until = period
        ask = LookEntries(
            visit.evidence,
            visit.customer,
            kind="exceptional",
            subject=key,
            until=f"{until + timedelta(days=1)}T00:00:00Z",
            limit=ENTRIES_MAX,
        )
        found = await self._desk.doors.ask(ask)
        inside = [one for one in found.entries if facts.moment(one.at).date() >= since]
        return views.Counted(
            key=key,
            name=names.get(key, key),
            count=len(inside),
            is_more=found.next_before is not None and len(inside) == len(found.entries),
            command=f"custodes certificate make monitor --key {key} --from {since} --until {until}"
            " --out none.json",
            href=f"/log?log=exceptional&subject={key}&since={since}&until={until}",
        )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise malformed("malformed-query", path="$.since") from error
