"""Use over time: the month as metering counts it from the customer's entries, and who did what lately."""

import asyncio
import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from custodes.acts.asks.log import EntryView, LookEntries
from custodes.acts.asks.running.metering import LookMetering
from custodes.assurance.metering import rows_of
from custodes.kernel.refusal import malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts
from custodes.web.console.served.files.naming import folder
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views.stored import usage as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

ENTRIES_MAX = 500
READS = frozenset({"object.get", "object.copy", "grant.use", "break-glass.use"})
WRITES = frozenset({"object.put", "upload.part", "upload.open"})
DELETIONS = frozenset({"object.delete", "upload.abort"})
DOERS = frozenset({"person", "application"})  # what the house does by itself is in the log
CHARTS = (
    ("requests", False),
    ("bytes_in", True),
    ("bytes_out", True),
    ("objects", False),
    ("bytes_stored", True),
    ("denials", False),
)
KEPT = frozenset({"objects", "bytes_stored"})  # without a line they are as on the day before
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class UsageQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`month` as `YYYY-MM`; empty: this one."""

    month: str = ""


@dataclass
class _Doing:
    reads: int = 0
    writes: int = 0
    deletions: int = 0
    lists: int = 0
    bytes_read: int = 0


class UsagePages:
    """One month of one customer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Charts with their table, and who did what in which bucket."""
        text = call.asked(UsageQuery).month
        today = self._desk.clock.now().date()
        if text and _MONTH.fullmatch(text) is None:
            raise malformed("bad-month")
        first = date.fromisoformat(f"{text}-01") if text else today.replace(day=1)
        ask = LookEntries(visit.evidence, visit.customer, limit=ENTRIES_MAX)
        metering, found, known = await asyncio.gather(
            self._desk.doors.ask(LookMetering(visit.evidence, visit.customer, f"{first:%Y-%m}")),
            facts.entries(self._desk, ask),
            facts.names(self._desk, visit, visit.customer),
        )
        known = await facts.named_things(self._desk, visit, known)
        days = tuple(_day(row) for row in rows_of(metering.csv))
        following = (first + timedelta(days=31)).replace(day=1)
        view = views.UsageView(
            customer=visit.customer_name,
            month=first,
            previous_href=f"/usage?month={first - timedelta(days=1):%Y-%m}",
            next_href=f"/usage?month={following:%Y-%m}" if following <= today else "",
            days=days,
            charts=charts(days, first, today),
            doers=doers(found.entries, known),
            looked_at=len(found.entries),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (page("/usage", "usage", seated(self._desk, self.show), UsageQuery),)


def charts(days: Sequence[views.DayRow], first: date, today: date) -> tuple[views.Chart, ...]:
    """A chart for each figure, with a column for each day of the month that has come."""
    last = calendar.monthrange(first.year, first.month)[1]
    by_day = {one.day.day: one for one in days}
    made = []
    for name, is_bytes in CHARTS:
        found: dict[int, int | None] = {}
        before: int | None = None
        for day in range(1, last + 1):
            row = by_day.get(day)
            if row is not None:
                before = int(getattr(row, name))
            is_past = first.replace(day=day) <= today
            nothing = (before if name in KEPT else 0) if is_past else None
            found[day] = before if row is not None else nothing
        most = max((value for value in found.values() if value is not None), default=0)
        columns = tuple(
            views.Column(day=day, height=None if value is None else _height(value, most))
            for day, value in found.items()
        )
        made.append(views.Chart(name=name, is_bytes=is_bytes, most=most, columns=columns))
    return tuple(made)


def doers(entries: Sequence[EntryView], known: facts.Names) -> tuple[views.DoerRow, ...]:
    """Who did what in which bucket, whoever did the most first; ends of long uses are not counted twice."""
    found: dict[tuple[str, str, str, str], _Doing] = {}
    for one in entries:
        fields = one.fields
        bucket = str(fields.get("bucket", ""))
        is_begun = fields.get("phase") in ("single", "admission") and one.act != "denial"
        if not bucket or not is_begun or fields.get("actor_kind") not in DOERS:
            continue
        at = (bucket, *(str(fields.get(name, "")) for name in ("actor", "person", "organisation")))
        doing = found.setdefault((at[0], at[1], at[2], at[3]), _Doing())
        size = fields.get("bytes")
        if one.act in READS:
            doing.reads += 1
            doing.bytes_read += size if isinstance(size, int) else 0
        doing.writes += one.act in WRITES
        doing.deletions += one.act in DELETIONS
        doing.lists += one.act not in READS | WRITES | DELETIONS
    rows = [
        views.DoerRow(
            bucket=known.thing(bucket),
            href=folder(known.thing(bucket), ""),
            who=known.who(actor, person),
            organisation=known.organisation(organisation),
            reads=doing.reads,
            writes=doing.writes,
            deletions=doing.deletions,
            lists=doing.lists,
            bytes_read=doing.bytes_read,
        )
        for (bucket, actor, person, organisation), doing in found.items()
    ]
    return tuple(
        sorted(rows, key=lambda row: (-(row.reads + row.writes + row.deletions), row.bucket, row.who))
    )


def _day(row: Mapping[str, str | int]) -> views.DayRow:
    return views.DayRow(
        day=date.fromisoformat(str(row["day"])),
        requests=int(row["uses_s3"]),
        denials=int(row["denials"]),
        bytes_in=int(row["bytes_in"]),
        bytes_out=int(row["bytes_out"]),
        objects=int(row["objects"]),
        bytes_stored=int(row["bytes_stored"]),
    )


def _height(value: int, most: int) -> int:
    """Of 100; what is more than nothing can be seen."""
    return max(2, round(value * 100 / most)) if value and most else 0
