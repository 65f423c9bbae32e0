"""Who watches the trustee: witnesses and quorum, conflicts, mirrors, monitors, auditors, certificates."""

from datetime import datetime

from .shell import Option, Proof, View


class WitnessRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One witness of a policy. `cosigned_at`: what the newest checkpoint carries of it; None, nothing."""

    name: str
    organisation: str
    group: str
    url: str
    is_embedded: bool
    cosigned_at: datetime | None


class PolicyRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One policy. `whose`: `customer` or `house`. `organisations` counted on the newest checkpoint;
    `met_since` is how old the quorum is; `text` is the file as other tools read it.
    """

    whose: str
    is_none: bool
    is_met: bool
    quorum: str
    organisations: tuple[str, ...]
    met_since: datetime | None
    is_fresh: bool
    witnesses: tuple[WitnessRow, ...]
    text: str


class ConflictRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stop because a witness knows another tree; `is_standing` until two organisations lift it."""

    at: datetime
    reason: str
    is_standing: bool
    proof: Proof | None = None


class WitnessesView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose cosignatures are asked for, and whether they are there. `size` is the newest checkpoint's."""

    customer: str
    id: str
    origin: str
    size: int | None
    policies: tuple[PolicyRow, ...]
    conflicts: tuple[ConflictRow, ...]
    proof: Proof | None = None


class AuditorRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One seal auditor."""

    name: str
    organisation: str


class Counted(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the log holds of a key in a period: exceptional entries that name it; not all may be read."""

    key: str
    name: str
    count: int
    is_more: bool
    command: str
    href: str


class WatchView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to watch by oneself: commands with this installation's values in them, auditors, certificates."""

    customer: str
    monitor: str
    mirror: str
    compare: str
    has_pins: bool
    auditors: tuple[AuditorRow, ...]
    auditors_k: int
    keys: tuple[Option, ...]
    since: str
    until: str
    counted: Counted | None = None
    refusal: str | None = None
