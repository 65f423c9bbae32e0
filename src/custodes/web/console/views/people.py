"""People of one's own organisation: how they sign in, who stands in for whom, how they are told."""

from datetime import date, datetime

from .account import CredentialRow
from .shell import Option, Pager, Passkey, Proof, View


class IssuerRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One issuer. `trouble` is a code of `words.TROUBLES`, empty while its keys are read; `mapping` are pairs
    (group, role).
    """

    id: str
    name: str
    url: str
    client: str
    redirect: str
    trouble: str
    is_off: bool
    is_listed: bool
    admits_unknown: bool
    minutes: int
    mapping: tuple[tuple[str, str], ...]
    tokens: tuple[CredentialRow, ...] = ()


class Tried(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a token would give. `reason` (why it does not hold) and `ends_in` are codes of `words.TRIED`."""

    issuer: str
    reason: str = ""
    ends_in: str = ""
    subject: str = ""
    name: str = ""
    person: str = ""
    groups: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    mapped: tuple[tuple[str, str], ...] = ()
    roles: tuple[str, ...] = ()


class IssuersView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Issuers of the visitor's organisation, and a token tried out. `may_change`: he could sign a change."""

    organisation: str
    rows: tuple[IssuerRow, ...]
    may_change: bool
    tried: Tried | None = None
    proof: Proof | None = None
    refusal: str | None = None


class Day(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One day of one person: `marks` are codes of `words.MARKS`, none when he is simply there."""

    marks: tuple[str, ...] = ()


class CalendarRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person's days, one for each of the view's."""

    name: str
    days: tuple[Day, ...]


class Stretch(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something of the cover with its time. `other` is the deputy, or who gave a role.

    `kind`: `absence`, `duty`, `lead`, `delegation`, or of a gap `nobody-on-call`, `no-deputy`. `key` is what
    takes it out again: a delegation's membership, else the person's id with its begin.
    """

    kind: str
    name: str = ""
    other: str = ""
    since: datetime | None = None
    until: datetime | None = None
    key: str = ""


class CoverView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who stands in for whom. `days` are the calendar's columns; `people` may be chosen in the forms."""

    organisation: str
    days: tuple[date, ...]
    rows: tuple[CalendarRow, ...]
    gaps: tuple[Stretch, ...]
    stretches: tuple[Stretch, ...]
    people: tuple[Option, ...]
    generation: int
    may_change: bool
    today: str
    may_delegate: bool = False
    proof: Proof | None = None
    refusal: str | None = None


class DelegationSign(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed to give a role for a time; `hidden` is what the form hands in with the signature."""

    organisation: str
    taker: str
    since: datetime
    until: datetime
    hidden: tuple[tuple[str, str], ...]
    command: str
    passkey: Passkey | None = None
    refusal: str | None = None


class NoticeRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One notice that waits; `message` is a code of `words.MESSAGES`, `kind` one of `words.NOTICES`."""

    at: datetime
    kind: str
    message: str
    case: str
    reached: int
    until: datetime | None = None


class UntoldRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One notice that was given up: its entry."""

    case: str
    message: str
    proof: Proof


class NoticesView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ways that are set up (codes of `words.CHANNELS`), what waits, what was given up."""

    organisation: str
    channels: tuple[str, ...]
    rows: tuple[NoticeRow, ...]
    waiting: int
    oldest_at: datetime | None
    untold: tuple[UntoldRow, ...]
    pager: Pager | None = None
