"""What a customer, or one of his buckets, used day by day: requests by kind, and who read."""

from datetime import date, datetime

from custodes.web.console.views.shell import Option, View


class DayRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One day (UTC) as it is counted from entries."""

    day: date
    requests: int
    denials: int
    bytes_in: int
    bytes_out: int
    objects: int
    bytes_stored: int


class Column(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bar of a chart: `height` of 100 is the most of its chart; None: that day is still to come."""

    day: int
    height: int | None


class Chart(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure over the days of a month; `name` is a code, `most` the highest of them."""

    name: str
    is_bytes: bool
    most: int
    columns: tuple[Column, ...]


class ReaderRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often one read in that month."""

    who: str
    reads: int


class UsageView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A month of the customer, or of `bucket` (a name). `kinds` are (act, how often), the most first.

    `counted_at` is the newest time that was counted, `behind` how many entries are not counted yet.
    """

    customer: str
    bucket: str
    buckets: tuple[Option, ...]
    month: date
    previous_href: str
    next_href: str
    days: tuple[DayRow, ...]
    charts: tuple[Chart, ...]
    kinds: tuple[tuple[str, int], ...]
    readers: tuple[ReaderRow, ...]
    counted_at: datetime | None
    behind: int
