"""What a customer, or one of his buckets, used day by day: by kind, and by application."""

from datetime import date, datetime

from custodes.web.console.views.shell import Option, View


class DayRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One day (UTC) as it is counted from entries. `unsaid`: at most so many reads more, under leases whose
    end nobody said.
    """

    day: date
    requests: int
    denials: int
    bytes_in: int
    bytes_out: int
    objects: int
    bytes_stored: int
    unsaid: int = 0


class Column(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bar of a chart: `height` of 100 is the most of its chart; None: that day is still to come.
    `is_open`: it may have been more.
    """

    day: date
    height: int | None
    is_open: bool = False


class Chart(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One figure over the days shown; `name` is a code, `most` the highest of them, `whole` their sum."""

    name: str
    is_bytes: bool
    most: int
    columns: tuple[Column, ...]
    whole: int = 0


class ShareRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one reader or writer did in the days shown. `who` is empty for what was counted before entries
    were told apart by who they are of; `charts` are its bytes, day by day, on one scale for everybody.
    """

    who: str
    writes: int = 0
    reads: int = 0
    unsaid: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    charts: tuple[Chart, ...] = ()


class ShareDay(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same of one day, for the table."""

    day: date
    share: ShareRow


class UsageView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days `first` to `last` of the customer, or of `bucket` (a name). `kinds` are (act, how often), the most
    first. `spans` are (code, href) of other lengths; `is_month`: it is one month.

    `counted_at` is the newest time that was counted, `behind` how many entries are not counted yet.
    `share_days` may be cut: `share_days_cut` says so, and the file at `sheet_href` has all.
    """

    customer: str
    bucket: str
    buckets: tuple[Option, ...]
    first: date
    last: date
    is_month: bool
    all_href: str
    spans: tuple[tuple[str, str], ...]
    previous_href: str
    next_href: str
    sheet_href: str
    days: tuple[DayRow, ...]
    charts: tuple[Chart, ...]
    shares: tuple[ShareRow, ...]
    share_days: tuple[ShareDay, ...]
    share_days_cut: bool
    kinds: tuple[tuple[str, int], ...]
    counted_at: datetime | None
    behind: int
