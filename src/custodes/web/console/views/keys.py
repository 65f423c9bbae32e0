"""Keys of a customer, one key, the pages before a verb and before a kill, and what stands killed."""

from datetime import datetime

from .shell import AsOf, DayBar, Field, Line, Pager, Passkey, Proof, View


class KeyRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key; `state` is a code; uses and last use are counted in entries.

    `is_imported`: at least one version was made elsewhere.
    """

    name: str
    href: str
    kind: str
    state: str
    version: int
    uses: int
    used_at: datetime | None
    is_imported: bool = False


class KeysView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All keys of one customer."""

    customer: str
    rows: tuple[KeyRow, ...]
    as_of: AsOf
    pager: Pager
    kinds: tuple[str, ...]
    is_killed: bool = False
    stops: tuple["Stop", ...] = ()
    refusal: str | None = None


class Stop(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something wider than a customer that the reader may stop: `scope` is `provider` or `house`."""

    scope: str
    name: str
    href: str


class KeyVersion(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a key: since when, its state, its public half as PEM (empty for a kind without one).

    `is_shut` when it lies below the key's minimum; `is_imported` when it was made elsewhere.
    """

    number: int
    state: str
    born_at: datetime
    public: str = ""
    is_shut: bool = False
    is_imported: bool = False


class KeyAct(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be done with a key: `verb` is a code; None as `href` means closed, with `reason`."""

    verb: str
    href: str | None
    reason: str | None = None


class KeyView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key with versions, the acts open on it and its latest entries (act, proof).

    `minimum` is the oldest version that still opens; `minima` those it may be set to.
    """

    key: str
    name: str
    state: str
    lines: tuple[Line, ...]
    versions: tuple[KeyVersion, ...]
    acts: tuple[KeyAct, ...]
    entries: tuple[tuple[str, Proof], ...]
    uses: int = 0
    used_at: datetime | None = None
    days: tuple[DayBar, ...] = ()
    as_of: AsOf = AsOf()
    minimum: int = 1
    minima: tuple[int, ...] = ()
    refusal: str | None = None


class KeyMoveView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Check before a verb. By quorum, the first signature makes a `link` for the second person."""

    verb: str
    name: str
    key: str
    action: str
    back_href: str
    is_grave: bool
    is_by_quorum: bool
    is_half_signed: bool
    waiting_days: int | None
    passkey: Passkey | None
    fields: tuple[Field, ...]
    link: str | None
    logged: tuple[Line, ...]
    refusal: str | None = None


class KillView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Check before a kill. `scope` is `customer`, `provider` or `house`; `name` names it.

    First the reason is asked for; then, with `reason` given, everything is shown as it will be logged and
    confirmed. `lift_organisations` is how many organisations must agree to lift it.
    """

    scope: str
    name: str
    action: str
    back_href: str
    customers: tuple[str, ...]
    applications: tuple[str, ...]
    keys: int
    buckets: int
    open_grants: int
    uses_24_hours: int
    uses_are_more: bool
    is_killed_already: bool
    logged: tuple[Line, ...]
    reason: str
    lift_organisations: int
    fields: tuple[Field, ...]
    refusal: str | None = None


class KillRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kill that stands."""

    href: str
    scope: str
    name: str
    at: datetime
    by: str
    reason: str


class KillsView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands killed; after a kill, how many processes have not yet acknowledged (`pending`)."""

    rows: tuple[KillRow, ...]
    pending: int = 0
    is_fresh: bool = False


class LiftView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kill and its lifting: the document as signed, and the first signature if there is one.

    `link` is what the first person hands to the second.
    """

    row: KillRow
    action: str
    document: str
    lift_organisations: int
    passkey: Passkey | None
    approval: str
    link: str | None
    refusal: str | None = None
