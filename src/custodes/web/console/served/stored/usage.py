"""Use over time: a month or a quarter of a customer or of one bucket, counted from the customer's entries."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from urllib.parse import urlencode

import msgspec

from custodes.acts.asks.objects import LookBuckets
from custodes.acts.asks.running.counts import CountedDay, CountedDays, LookCountedDays
from custodes.kernel.refusal import absent, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views.shell import Option
from custodes.web.console.views.stored import usage as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from . import sharing
from .sheets import as_sheet

ROWS_MAX = 100
SHARE_DAYS_MAX = 400  # rows of a table on a page; the file has all
QUARTER = "90"
QUARTER_DAYS = 90
CHARTS = (
    ("requests", False),
    ("bytes_in", True),
    ("bytes_out", True),
    ("objects", False),
    ("bytes_stored", True),
    ("denials", False),
)
KEPT = frozenset({"objects", "bytes_stored"})  # without a line they are as on the day before
_OPEN = frozenset({"requests", "bytes_out"})  # what reads nobody said the end of are missing in
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


class UsageQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`month` as `YYYY-MM`, empty: this one; `bucket` a name, empty: all of the customer; `span` empty for
    the month, `90` for the ninety days that end with it.
    """

    month: str = ""
    bucket: str = ""
    span: str = ""


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """Days asked for: `first` to `last`, both included; `month` is the first day of the one they end in."""

    first: date
    last: date
    month: date
    is_month: bool


class UsagePages:
    """Days of one customer, or of one bucket."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Charts with their tables: all of it, by application, and by kind."""
        query, today = call.asked(UsageQuery), self._desk.clock.now().date()
        span = span_of(query, today)
        ids, found, known = await self._found(visit, query.bucket, span)
        rows = tuple(map(_day, found.days))
        shares = sharing.by_day(found, known)
        following = _next_month(span.month if span.is_month else span.last.replace(day=1))
        before = span.first - timedelta(days=1)
        listed = sharing.listed(shares, SHARE_DAYS_MAX)
        view = views.UsageView(
            customer=visit.customer_name,
            bucket=query.bucket,
            buckets=tuple(Option(value=_href(query, bucket=name), text=name) for name in sorted(ids)),
            first=span.first,
            last=span.last,
            is_month=span.is_month,
            all_href=_href(query, bucket=""),
            spans=(("month", _href(query, span="")), ("quarter", _href(query, span=QUARTER))),
            previous_href=_href(query, month=f"{before:%Y-%m}"),
            next_href=_href(query, month=f"{following:%Y-%m}") if following <= today else "",
            sheet_href=_href(query).replace("/usage", "/usage.csv", 1),
            days=rows,
            charts=charts(rows, (span.first, span.last), today, found),
            shares=sharing.drawn(sharing.whole(shares), shares, (span.first, span.last), today),
            share_days=listed,
            share_days_cut=len(listed) < sum(map(len, shares.values())),
            kinds=tuple(_summed(one.requests for one in found.days)[:ROWS_MAX]),
            counted_at=facts.moment(found.counted_at) if found.counted_at else None,
            behind=found.behind,
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def take(self, call: Call, visit: Visit) -> Reply:
        """By day and credential, as CSV."""
        query, today = call.asked(UsageQuery), self._desk.clock.now().date()
        span = span_of(query, today)
        _, found, known = await self._found(visit, query.bucket, span)
        name = f"usage-{span.first}-{span.last}{'-' if query.bucket else ''}{query.bucket}"
        return as_sheet(sharing.as_file(found, known, query.bucket), name)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (
            page("/usage", "usage", seated(self._desk, self.show), UsageQuery),
            page("/usage.csv", "usage-sheet", seated(self._desk, self.take), UsageQuery),
        )

    async def _found(
        self, visit: Visit, bucket: str, span: Span
    ) -> tuple[Mapping[str, str], CountedDays, facts.Names]:
        """Ids of buckets by name, the days, and who is who; `bucket-absent` (absent)."""
        listed, known = await asyncio.gather(
            facts.maybe(self._desk, LookBuckets(visit.evidence, visit.customer)),
            facts.names(self._desk, visit, visit.customer),
        )
        ids = {one.name: one.id for one in (listed.buckets if listed else ())}
        if bucket and bucket not in ids:
            raise absent("bucket-absent")
        ask = LookCountedDays(
            visit.evidence,
            visit.customer,
            kind="bucket" if bucket else "customer",
            id=ids.get(bucket, ""),
            first_day=span.first.isoformat(),
            last_day=span.last.isoformat(),
        )
        return ids, await self._desk.doors.ask(ask), known


def span_of(query: UsageQuery, today: date) -> Span:
    """`bad-month`, `bad-days` (malformed)."""
    if query.month and _MONTH.fullmatch(query.month) is None:
        raise malformed("bad-month")
    if query.span not in {"", QUARTER}:
        raise malformed("bad-days")
    month = date.fromisoformat(f"{query.month}-01") if query.month else today.replace(day=1)
    last = _next_month(month) - timedelta(days=1)
    if not query.span:
        return Span(first=month, last=last, month=month, is_month=True)
    last = min(last, today) if month <= today else last
    return Span(first=last - timedelta(days=QUARTER_DAYS - 1), last=last, month=month, is_month=False)


def charts(
    days: Sequence[views.DayRow], span: tuple[date, date], today: date, found: CountedDays
) -> tuple[views.Chart, ...]:
    """A chart for each figure, with a column for each day that has come."""
    by_day = {one.day: one for one in days}
    made = []
    for name, is_bytes in CHARTS:
        values: dict[date, tuple[int, bool]] = {}
        before = 0
        for n in range((span[1] - span[0]).days + 1):
            day = span[0] + timedelta(n)
            row = by_day.get(day)
            if day > today or (row is None and name not in KEPT):
                continue
            before = int(getattr(row, name)) if row is not None else before
            is_more = row is not None and name in _OPEN and row.unsaid > 0
            values[day] = (before, is_more or not sharing.is_counted(found, day.isoformat()))
        most = max((value for value, _ in values.values()), default=0)
        columns = sharing.columns(values, most, span, today)
        total = sum(value for value, _ in values.values())
        made.append(views.Chart(name=name, is_bytes=is_bytes, most=most, columns=columns, whole=total))
    return tuple(made)


def _next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _summed(counts: Iterable[Mapping[str, int]]) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for one in counts:
        for name, count in one.items():
            found[name] = found.get(name, 0) + count
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def _href(query: UsageQuery, **other: str) -> str:
    pairs = {"month": query.month, "bucket": query.bucket, "span": query.span, **other}
    said = urlencode({name: value for name, value in pairs.items() if value})
    return f"/usage?{said}" if said else "/usage"


def _day(one: CountedDay) -> views.DayRow:
    return views.DayRow(
        day=date.fromisoformat(one.day),
        requests=sum(one.requests.values()),
        denials=one.denials,
        bytes_in=one.bytes_in,
        bytes_out=one.bytes_out,
        objects=one.objects,
        bytes_stored=one.bytes_stored,
        unsaid=sum(share.unsaid for share in one.shares.values()),
    )
