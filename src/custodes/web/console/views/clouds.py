"""Connections of clouds: the list, one of them with its uses by reason, and what a key protects where."""

from datetime import datetime

from .shell import Line, Proof, View


class CloudRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One connection; `kind` and `state` are codes; everything else is counted in the entries folded."""

    name: str
    href: str
    kind: str
    state: str
    uses: int
    denials: int
    used_at: datetime | None
    checked_at: datetime | None


class CloudsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All connections of one customer; `folded` is how many of the newest machine entries were counted."""

    customer: str
    rows: tuple[CloudRow, ...]
    folded: int


class Two(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing said in both languages."""

    german: str
    english: str


class Bar(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Uses for one reason; `width` of 100 is that of the most."""

    reason: Two
    count: int
    width: int


class CloudDenial(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One denial: when, the rules that said no, what the other end called it, and its entry."""

    at: datetime
    rules: tuple[str, ...]
    operation: str
    count: int
    proof: Proof


class LentRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key lent: its name here and on the wire, and for what (`wrap`, `unwrap`)."""

    key: str
    href: str
    name: str
    verbs: tuple[str, ...]


class Held(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one service may still hold after a refusal."""

    service: str
    holds: Two
    is_confirmed: bool


class GuideStep(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command to be copied; `code` says which."""

    code: str
    command: str


class CloudView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One connection. `tried` is None before the test button; then the code in the way, empty for none.

    `listens` is where this installation's process listens; empty where it is switched off.
    """

    connection: str
    name: str
    kind: str
    state: str
    lines: tuple[Line, ...]
    lent: tuple[LentRow, ...]
    credentials: tuple[str, ...]
    bars: tuple[Bar, ...]
    uses: int
    uses_last_hour: int
    folded: int
    used_at: datetime | None
    checked_at: datetime | None
    denials: tuple[CloudDenial, ...]
    held: tuple[Held, ...]
    guide: tuple[GuideStep, ...]
    listens: str
    tried: str | None = None
    refusal: str | None = None


class CoverageRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service of a cloud, as the law's table says it."""

    service: str
    wire: str
    is_blind: bool
    protects: Two
    leaves: Two
    holds: Two
    source: str
    is_confirmed: bool


class CoverageView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole table."""

    rows: tuple[CoverageRow, ...]
    read_on: str
