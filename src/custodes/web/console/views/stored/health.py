"""How the stores are: what was seen last, stretches without an answer, marks, and what lies there of whom."""

from datetime import datetime

from custodes.web.console.views.questions import Place
from custodes.web.console.views.shell import View


class OutageRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch in which a store did not answer as it should; `until` None: it lasts. `fault` is a code."""

    since: datetime
    last: datetime
    until: datetime | None
    fault: str


class KeptRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket that lies in a place: its last full reading (in all its places), copies waiting in it."""

    bucket: str
    href: str
    read_at: datetime | None
    is_running: bool
    checked: int
    checked_bytes: int
    damaged: int
    unreachable: int
    waiting: int


class StoreRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One store as it was seen last; `seen_at` None: nobody has looked yet; `is_stale`: nobody looks now.

    `mark` numbers the disk that is the one since `marked_at`; 0 where none was ever seen, or where stores of
    this kind bear none. `strays` belong to nothing; `strays_href` is empty for who may not see them.
    """

    place: Place
    seen_at: datetime | None
    ms: int
    fault: str
    free_bytes: int | None
    is_stale: bool = False
    outages: tuple[OutageRow, ...] = ()
    mark: int = 0
    marked_at: datetime | None = None
    kept: tuple[KeptRow, ...] = ()
    strays: int = 0
    strays_bytes: int = 0
    strays_href: str = ""


class StoresView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stores a customer's buckets lie in. `buckets_cut`: of so many buckets only the first are shown."""

    customer: str
    house: str
    rows: tuple[StoreRow, ...]
    buckets_cut: bool = False
    strays_href: str = ""
