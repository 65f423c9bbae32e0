"""Buckets and objects, where each lies, and the map of the boundary."""

from datetime import datetime

from .questions import Place
from .shell import Pager, Proof, View
from .stored.leases import LeasedRow


class Country(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tile of the map: `places` counts locations there that hold data, `places_outside`
    those of them that the boundary excludes (an operator controlled from elsewhere)."""

    code: str
    is_inside: bool
    places: int = 0
    places_outside: int = 0


class BoundaryView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The boundary as it stands: its lists, the countries for the map, every place with its verdict.

    `areas` and `jurisdictions` are countries (ISO 3166-1 alpha-2) and unions; `law` is the version of the
    tables that expand them.
    """

    name: str
    areas: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    denied_jurisdictions: tuple[str, ...]
    data_classes: tuple[str, ...]
    generation: int
    law: str
    countries: tuple[Country, ...]
    places: tuple[Place, ...]


class BucketRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bucket; `data_class` is a code of the law's tables; inside when every one of its places is.

    `public`: what all the world may do without a signature, as codes of `words.PUBLIC`.
    """

    name: str
    href: str
    data_class: str
    versioning: str
    key_href: str
    places: tuple[Place, ...]
    is_inside: bool
    created_at: datetime
    public: tuple[str, ...] = ()
    public_by: tuple[str, ...] = ()


class BucketsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All buckets of a customer, with the boundary they lie in."""

    customer: str
    rows: tuple[BucketRow, ...]
    boundary: BoundaryView | None


class ObjectRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One object, or one common prefix (`is_prefix`; then only names and href count). `shown` is the name
    below the page's prefix.
    """

    name: str
    shown: str
    href: str
    is_prefix: bool = False
    version: str = ""
    size_bytes: int = 0
    written_at: datetime | None = None


class ToldRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who is told of what happens in a bucket: a webhook by its name."""

    webhook: str
    events: tuple[str, ...]
    prefix: str
    suffix: str


class ReportRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One inventory of a bucket: where its reports go, and the last of them; `problem` is a code."""

    id: str
    destination: str
    href: str
    is_enabled: bool
    is_weekly: bool
    reported_at: datetime | None
    lines: int
    is_running: bool
    problem: str


class BoundsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a bucket may take up; `action` is where the form goes, empty for who may not change it."""

    padding: str
    bytes_max: int | None
    versions_max: int | None
    bytes_used: int
    versions_used: int
    upload_bytes_used: int
    told: tuple[ToldRow, ...] = ()
    inventories: tuple[ReportRow, ...] = ()
    action: str = ""


class UploadView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where files go: `place` is the bucket's own address, below which the rest is."""

    place: str


class ObjectsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bucket below `prefix`; the contents themselves are never shown here. `above` are the folders the
    prefix lies in, as (name, href), `last` is its last piece; `here` is the bucket's own address.
    """

    bucket: BucketRow
    care_href: str
    prefix: str
    here: str
    rows: tuple[ObjectRow, ...]
    pager: Pager
    bounds: BoundsView | None = None
    upload: UploadView | None = None
    is_killed: bool = False  # a kill stands that touches the customer: nothing is read or written
    above: tuple[tuple[str, str], ...] = ()
    last: str = ""


class VersionRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a name: its id in the log, what clients see of it, where its parts lie."""

    version: str
    shown: str
    size_bytes: int
    written_at: datetime
    is_latest: bool
    is_marker: bool
    places: tuple[Place, ...]
    parts: int
    is_held: bool = False
    kept_until: datetime | None = None
    kept_by: str = ""  # the mode of its retention
    lacks: tuple[tuple[str, str], ...] = ()  # (place, why) of copies that are not whole, as far as is known


class ReadingRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry that says somebody read it; `act` is a code of `words.ACTS`."""

    act: str
    phase: str
    at: datetime
    who: str
    organisation: str
    proof: Proof


class Readings(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest reads one part of the log names; `older_href` leads to the rest, empty where this is all."""

    rows: tuple[ReadingRow, ...] = ()
    older_href: str = ""


class ObjectView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One name in a bucket; `content` is where a form that asks for its bytes goes, `told` with a
    version leads to what that one is told.

    `exceptions` were under a grant or break-glass, `readings` by rule; `leases` are the newest of the bucket.
    """

    bucket: str
    name: str
    content: str
    told: str
    versions: tuple[VersionRow, ...]
    exceptions: Readings = Readings()
    readings: Readings = Readings()
    leases: tuple[LeasedRow, ...] = ()
    leases_href: str = ""
    is_killed: bool = False
    reads_href: str = ""  # of the page of all reads; a version's own id comes behind it
    away: tuple[str, ...] = ()  # names of places whose store did not answer as it should
    preserved: tuple[tuple[str, str], ...] = ()  # announced preservations that name it, as (whose, href)
    above: tuple[tuple[str, str], ...] = ()  # folders the name lies in, as (name, href)
    last: str = ""
