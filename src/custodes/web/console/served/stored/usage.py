"""Use over time: a month of a customer or of one bucket, as it is counted from the customer's entries."""

import asyncio
import calendar
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

from custodes.acts.asks.objects import LookBuckets
from custodes.acts.asks.running.counts import CountedDay, LookCountedDays
from custodes.kernel.refusal import absent, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views.shell import Option
from custodes.web.console.views.stored import usage as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

ROWS_MAX = 100
CHARTS = (
    ("requests", False),
    ("bytes_in", True),
    ("bytes_out", True),
    ("objects", False),
    ("bytes_stored", True),
    ("denials", False),
)
KEPT = frozenset({"objects", "bytes_stored"})  # without a line they are as on the day before
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class UsageQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`month` as `YYYY-MM`, empty: this one; `bucket` a name, empty: all of the customer."""

    month: str = ""
    bucket: str = ""


class UsagePages:
    """One month of one customer, or of one bucket."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Charts with their table, requests by kind, and who read."""
        query, today = call.asked(UsageQuery), self._desk.clock.now().date()
        if query.month and _MONTH.fullmatch(query.month) is None:
            raise malformed("bad-month")
        first = date.fromisoformat(f"{query.month}-01") if query.month else today.replace(day=1)
        listed, known = await asyncio.gather(
            facts.maybe(self._desk, LookBuckets(visit.evidence, visit.customer)),
            facts.names(self._desk, visit, visit.customer),
        )
        ids = {one.name: one.id for one in (listed.buckets if listed else ())}
        if query.bucket and query.bucket not in ids:
            raise absent("bucket-absent")
        following = (first + timedelta(days=31)).replace(day=1)
        found = await self._desk.doors.ask(
            LookCountedDays(
                visit.evidence,
                visit.customer,
                kind="bucket" if query.bucket else "customer",
                id=ids.get(query.bucket, ""),
                first_day=first.isoformat(),
                last_day=(following - timedelta(days=1)).isoformat(),
            )
        )
        days = tuple(map(_day, found.days))
        view = views.UsageView(
            customer=visit.customer_name,
            bucket=query.bucket,
            buckets=tuple(Option(value=_href(first, name), text=name) for name in sorted(ids)),
            month=first,
            previous_href=_href(first - timedelta(days=1), query.bucket),
            next_href=_href(following, query.bucket) if following <= today else "",
            days=days,
            charts=charts(days, first, today),
            kinds=tuple(_summed(one.requests for one in found.days)[:ROWS_MAX]),
            readers=tuple(
                views.ReaderRow(who=known.who(actor), reads=reads)
                for actor, reads in _summed(one.actors for one in found.days)[:ROWS_MAX]
            ),
            counted_at=facts.moment(found.counted_at) if found.counted_at else None,
            behind=found.behind,
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


def _summed(counts: Iterable[Mapping[str, int]]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _href(month: date, bucket: str) -> str:
    pairs = {"month": f"{month:%Y-%m}", **({"bucket": bucket} if bucket else {})}
    return f"/usage?{urlencode(pairs)}"


def _day(one: CountedDay) -> views.DayRow:
    return views.DayRow(
        day=date.fromisoformat(one.day),
        requests=sum(one.requests.values()),
        denials=one.denials,
        bytes_in=one.bytes_in,
        bytes_out=one.bytes_out,
        objects=one.objects,
        bytes_stored=one.bytes_stored,
    )


def _height(value: int, most: int) -> int:
    """Of 100; what is more than nothing can be seen."""
    return max(2, round(value * 100 / most)) if value and most else 0
