"""Connections of clouds: the list, one of them with its uses by reason, and what a key protects where."""

from datetime import datetime

from .shell import AsOf, DayBar, Line, Passkey, Proof, View


class CloudRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One connection; `kind` and `state` are codes; everything else is counted in entries."""

    name: str
    href: str
    kind: str
    state: str
    uses: int
    denials: int
    used_at: datetime | None
    checked_at: datetime | None


class CloudsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All connections of one customer."""

    customer: str
    rows: tuple[CloudRow, ...]
    as_of: AsOf
    may_change: bool


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
    """One denial: when, why (a code), the rules that said no, what the other end called it, and its entry."""

    at: datetime
    reason: str
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


class CredentialLine(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A live credential of the other end: its name on the wire, what for, since when. Never its secret."""

    id: str
    access_id: str
    label: str
    made_at: datetime


class GuideStep(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One command to be copied; `code` says which."""

    code: str
    command: str


class CloudView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One connection. `tried` is None before the test button; then the code in the way, empty for none.

    `listens` is where this installation's process listens; empty where it is switched off. `may_change` when
    the reader may try to; `takes_credentials` where the other end is given one.
    `refused` counts every denial, `denials` shows the newest.
    """

    connection: str
    name: str
    kind: str
    state: str
    lines: tuple[Line, ...]
    lent: tuple[LentRow, ...]
    credentials: tuple[CredentialLine, ...]
    takes_credentials: bool
    may_change: bool
    bars: tuple[Bar, ...]
    uses: int
    uses_today: int
    days: tuple[DayBar, ...]
    refused: int
    as_of: AsOf
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


class LendRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the form: a key, its name on the wire, for what; `choices` are codes of `words`."""

    key: str
    key_name: str
    name: str
    chosen: str
    choices: tuple[str, ...]


class SettingField(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One setting of the form; a list has one value to a line."""

    name: str
    label: Two
    value: str
    is_list: bool


class CloudForm(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A connection as a form, a new one (`connection` empty) or one that stands."""

    customer: str
    connection: str
    kind: str
    name: str
    rows: tuple[LendRow, ...]
    settings: tuple[SettingField, ...]
    is_cut: bool  # the customer has more keys than the form has room for
    may_change: bool
    back_href: str
    refusal: str | None = None


class CloudSign(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The page before a signature: `what` is set, on, end or credential; `before` and `after` say what
    changes, each line a label (codes of `words`) and what it would be.
    """

    what: str
    name: str
    customer: str
    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    hidden: tuple[tuple[str, str], ...]
    passkey: Passkey | None
    command: str
    back_href: str
    refusal: str | None = None


class CloudSecret(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A credential on the one page that ever shows its secret."""

    name: str
    access_id: str
    secret: str
    lines: str
    file: str
    back_href: str

    def __repr__(self) -> str:
        return f"CloudSecret(access_id={self.access_id!r})"


class ProgramRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application that used keys by name: who, how often, when last."""

    name: str
    uses: int
    used_at: datetime


class ProgramsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Transit and the KMS plugin: they act as applications, so there is no connection to show.

    `listens` and `socket` are empty where the process is switched off.
    """

    customer: str
    rows: tuple[ProgramRow, ...]
    bars: tuple[Bar, ...]
    denials: tuple[CloudDenial, ...]
    uses: int
    refused: int
    as_of: AsOf
    listens: str
    socket: str
    transit: tuple[GuideStep, ...]
    kms: tuple[GuideStep, ...]
