"""Keys of a customer, one key, and the page before one is killed."""

from datetime import datetime

from .shell import Field, Line, Pager, Proof, View


class KeyRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key; `state` is a code; counts and last use are folds over entries opened to the customer."""

    name: str
    href: str
    purpose: str
    state: str
    version: int
    uses_30_days: int
    used_at: datetime | None


class KeysView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All keys of one customer."""

    customer: str
    rows: tuple[KeyRow, ...]
    pager: Pager


class KeyVersion(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a key: since when, its state, and what is still wrapped under it."""

    number: int
    state: str
    born_at: datetime
    wraps: int


class KeyAct(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What can be done with a key: `verb` is a code; None as `href` means closed, with `reason`."""

    verb: str
    href: str | None
    reason: str | None = None


class KeyView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key with versions, the acts open on it and its latest entries."""

    key: str
    name: str
    state: str
    lines: tuple[Line, ...]
    versions: tuple[KeyVersion, ...]
    acts: tuple[KeyAct, ...]
    kill_href: str | None
    entries: tuple[Proof, ...]


class Standstill(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that stops working: `kind` is `application`, `grant`, `job` or `bucket`."""

    name: str
    kind: str
    uses_24_hours: int
    used_at: datetime | None


class KillView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Check before a kill. `scope` is `key`, `customer`, `provider` or `house`; `name` names it.

    `log_text` is the entry as it will be logged, word for word; `fields` are asked for (reason) or hidden
    (generation seen); `lift_organisations` is how many organisations must agree to lift it.
    """

    scope: str
    name: str
    action: str
    back_href: str
    standstills: tuple[Standstill, ...]
    log_text: str
    lift_organisations: int
    fields: tuple[Field, ...]
    refusal: str | None = None
