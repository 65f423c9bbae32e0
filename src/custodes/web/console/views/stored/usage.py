"""What a customer used, day by day, and who did what in which bucket."""

from datetime import date

from custodes.web.console.views.shell import View


class DayRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One day (UTC) as metering counts it."""

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


class DoerRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one did in one bucket, in the entries looked at."""

    bucket: str
    href: str
    who: str
    organisation: str
    reads: int
    writes: int
    deletions: int
    lists: int
    bytes_read: int


class UsageView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A month; `looked_at` is how many of the newest entries the table of doers counts."""

    customer: str
    month: date
    previous_href: str
    next_href: str
    days: tuple[DayRow, ...]
    charts: tuple[Chart, ...]
    doers: tuple[DoerRow, ...]
    looked_at: int
