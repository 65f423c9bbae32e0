"""The first page of a customer: three questions, each answered from opened entries, each with its proof."""

from datetime import datetime

from .shell import Proof, View


class Place(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One location that holds data: where, run by whom, whose law reaches it, and how much lies there."""

    name: str
    country: str  # ISO 3166-1 alpha-2; "" = unknown, which is outside
    operator: str
    jurisdictions: tuple[str, ...]  # countries whose law reaches the operator; none = unknown
    is_inside: bool
    reasons: tuple[str, ...] = ()  # why not, as codes
    buckets: int = 0
    objects: int | None = None  # None where they are not counted
    size_bytes: int | None = None
    missing: int = 0  # copies that are not there yet, or bad


class WhereAnswer(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where is my data? `unplaced` counts objects whose place is not known."""

    places: tuple[Place, ...]
    unplaced: int
    boundary: str
    map_href: str
    proof: Proof | None


class Reader(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who could read now. `basis` is a code: `application`, `role`, `grant`, `break-glass`, `order`."""

    name: str
    organisation: str
    basis: str
    until: datetime | None = None
    href: str | None = None


class Reading(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One exceptional read that happened; `entry` of the exceptional log proves it."""

    at: datetime
    who: str
    organisation: str
    what: str
    ticket: str
    purpose: str  # a code of `words.CHOICES`
    entry: int
    href: str
    case_href: str | None = None


class WhoAnswer(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who can read it, and who did? Exceptional uses are counted since `since`."""

    readers: tuple[Reader, ...]
    readings: tuple[Reading, ...]
    since: datetime
    machine_entries: int  # of the machine sub-log, since it began
    exceptional_uses: int
    proof: Proof | None


class CrisisAnswer(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happens in a crisis? `not_prevented` are codes of `words.LIMITS`, said openly (promise 14)."""

    holder: str  # file, hsm, openbao, kms
    is_sealed: bool
    is_killed: bool
    live_keys: int
    kill_href: str
    kills_href: str
    is_break_glass_open: bool
    quorum_organisations: int
    not_prevented: tuple[str, ...]
    proof: Proof | None


class QuestionsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The three answers, all as of one moment."""

    customer: str
    at: datetime
    where: WhereAnswer
    who: WhoAnswer
    crisis: CrisisAnswer
