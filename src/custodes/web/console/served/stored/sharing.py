"""Who wrote and read how much on which day: out of counted days, for charts, tables and a file.

Credentials are what entries name; people see their holders, so those of one application are one row. What was
counted before days told credentials apart is a row without a name: the whole less what is known of it.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from custodes.acts.asks.running.counts import CountedDay, CountedDays, ShareCounts
from custodes.web.console.served import facts
from custodes.web.console.views.stored import usage as views

from .sheets import sheet

FIGURES = ("bytes_out", "bytes_in")
DRAWN_MAX = 6
COLUMNS = (
    "day", "is_counted", "bucket", "application", "credential",
    "reads", "further_reads_at_most", "bytes_read", "writes", "bytes_written",
)  # fmt: skip
_MEMBERS = ("writes", "reads", "unsaid", "bytes_in", "bytes_out")

Shares = dict[str, views.ShareRow]


def by_day(found: CountedDays, known: facts.Names) -> dict[date, Shares]:
    """Of each day, by who; the name is empty for the rest."""
    return {date.fromisoformat(one.day): _of_day(one, known) for one in found.days}


def whole(days: Mapping[date, Shares]) -> list[views.ShareRow]:
    """All days together, those first that moved the most bytes, what has no name last."""
    shares: Shares = {}
    for one in days.values():
        for who, row in one.items():
            shares[who] = _plus(shares.get(who), row)
    return sorted(
        shares.values(), key=lambda row: (not row.who, -row.bytes_in - row.bytes_out, -row.reads, row.who)
    )


def drawn(
    rows: Sequence[views.ShareRow], days: Mapping[date, Shares], span: tuple[date, date], today: date
) -> tuple[views.ShareRow, ...]:
    """The first of them with a chart for each figure; one scale for all, so that they compare."""
    most = {
        name: max((getattr(row, name) for one in days.values() for row in one.values()), default=0)
        for name in FIGURES
    }
    made = []
    for n, row in enumerate(rows):
        charts = tuple(_chart(name, row.who, (days, most[name]), span, today) for name in FIGURES)
        made.append(row if n >= DRAWN_MAX else _with(row, charts))
    return tuple(made)


def listed(days: Mapping[date, Shares], most: int) -> tuple[views.ShareDay, ...]:
    """A row for each day and name, newest day first; at most so many."""
    rows: list[views.ShareDay] = []
    for day in sorted(days, reverse=True):
        for row in whole({day: days[day]}):
            if len(rows) == most:
                return tuple(rows)
            rows.append(views.ShareDay(day=day, share=row))
    return tuple(rows)


def as_file(found: CountedDays, known: facts.Names, bucket: str) -> bytes:
    """The same for a spreadsheet, by credential; docs/reference/counts.md."""
    lines: list[Sequence[object]] = []
    for day in found.days:
        shares = {**dict(sorted(day.shares.items())), "": _rest(day)}
        for credential, one in shares.items():
            if not credential and one == ShareCounts():
                continue
            lines.append(
                (
                    day.day,
                    "yes" if is_counted(found, day.day) else "no",
                    bucket,
                    known.who(credential) if credential else "",
                    credential,
                    one.reads,
                    one.unsaid,
                    one.bytes_out,
                    one.writes,
                    one.bytes_in,
                )
            )
    return sheet(COLUMNS, lines)


def is_counted(found: CountedDays, day: str) -> bool:
    """Whether every entry of a day is counted: nothing is behind, or what is counted is later."""
    return not found.behind or found.counted_at[:10] > day


def columns(
    values: Mapping[date, tuple[int, bool]], most: int, span: tuple[date, date], today: date
) -> tuple[views.Column, ...]:
    """A column for each day of a span; of days that are not there: nothing."""
    first, last = span
    made = []
    for n in range((last - first).days + 1):
        day = first + timedelta(n)
        value, is_open = values.get(day, (0, False))
        height = None if day > today else _height(value, most)
        made.append(views.Column(day=day, height=height, is_open=is_open))
    return tuple(made)


def _of_day(one: CountedDay, known: facts.Names) -> Shares:
    shares: Shares = {}
    for credential, share in one.shares.items():
        who = known.who(credential)
        shares[who] = _plus(shares.get(who), _row(who, share))
    rest = _rest(one)
    if rest != ShareCounts():
        shares[""] = _row("", rest)
    return shares


def _rest(one: CountedDay) -> ShareCounts:
    """What a day counts of nobody that is known."""
    known = [*one.shares.values()]
    return ShareCounts(
        bytes_in=max(one.bytes_in - sum(share.bytes_in for share in known), 0),
        bytes_out=max(one.bytes_out - sum(share.bytes_out for share in known), 0),
    )


def _row(who: str, share: ShareCounts) -> views.ShareRow:
    return views.ShareRow(who=who, **{name: getattr(share, name) for name in _MEMBERS})


def _plus(before: views.ShareRow | None, row: views.ShareRow) -> views.ShareRow:
    if before is None:
        return row
    summed = {name: getattr(before, name) + getattr(row, name) for name in _MEMBERS}
    return views.ShareRow(who=row.who, **summed)


def _with(row: views.ShareRow, charts: tuple[views.Chart, ...]) -> views.ShareRow:
    members = {name: getattr(row, name) for name in _MEMBERS}
    return views.ShareRow(who=row.who, charts=charts, **members)


def _chart(
    name: str, who: str, of: tuple[Mapping[date, Shares], int], span: tuple[date, date], today: date
) -> views.Chart:
    days, most = of
    values = {
        day: (getattr(one[who], name), name == "bytes_out" and one[who].unsaid > 0)
        for day, one in days.items()
        if who in one
    }
    return views.Chart(
        name=name,
        is_bytes=True,
        most=max((value for value, _ in values.values()), default=0),
        whole=sum(value for value, _ in values.values()),
        columns=columns(values, most, span, today),
    )


def _height(value: int, most: int) -> int:
    """Of 100; what is more than nothing can be seen."""
    return max(2, round(value * 100 / most)) if value and most else 0
