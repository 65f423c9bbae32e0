"""Asks about cases of legal preservation, and what was withheld once a customer may see it."""

import msgspec

from custodes.acts.asks.cases import ApprovalView, MoveView, StepView, ToSign
from custodes.acts.asks.doors import Ask, Evidence


class OpenPreservation(Ask["PreservationView"], frozen=True, tag="open-preservation"):
    """-> `PreservationView`. `form`: canonical JSON of the form `Preserve`.

    Refusals: `no-such-customer` (absent) but to the trustee, `bad-form`, `move-closed`, `veil-full`.
    """

    evidence: Evidence
    customer: str
    form: bytes


class MovePreservation(Ask["PreservationView"], frozen=True, tag="move-preservation"):
    """-> `PreservationView`. `version`: of the case the actor saw; a lost race is `changed-meanwhile`."""

    evidence: Evidence
    case: str
    verb: str
    version: int
    form: bytes = b"{}"


class LookPreservation(Ask["PreservationView"], frozen=True, tag="look-preservation"):
    """-> `PreservationView`. `no-such-case` (absent), also to whoever may not know of it."""

    evidence: Evidence
    case: str


class LookPreservations(Ask["Preservations"], frozen=True, tag="look-preservations"):
    """-> `Preservations`: those the asker may know of, newest first; of one customer if it is given."""

    evidence: Evidence
    customer: str | None = None


class LookDisclosed(Ask["Disclosed"], frozen=True, tag="look-disclosed"):
    """-> `Disclosed`: what was withheld from a customer and is open now. `no-such-customer` (absent)."""

    evidence: Evidence
    customer: str


class OrderView(msgspec.Struct, frozen=True, kw_only=True):
    """An order in plain fields; nothing of it is left out. What the authority's order says is unconfirmed."""

    act: str
    authority: str
    instrument: str
    reference: str
    source: str
    reason: str
    bucket: str
    bucket_name: str
    prefixes: tuple[str, ...]
    names: tuple[str, ...]
    versions: tuple[str, ...]
    is_silent: bool
    duty: str
    duty_ends_at: str | None
    review_by: str | None
    ends_at: str
    holder: str
    asked_at: str
    answer_by: str
    asker: str
    asker_organisation: str


class PreservationView(msgspec.Struct, frozen=True, kw_only=True, tag="preservation"):
    """A case. `order` is what was approved, or first asked for; `proposal` waits for signatures now.

    `preserved` versions have their second wrap; `pending` are in scope and have none yet, None once the scope
    is done; `why_pending` says what it waits for. `missing` were named or in scope and were gone, or could
    not be opened. `lost` rows are not what was written: somebody changed the database.
    """

    id: str
    customer: str
    state: str
    version: int
    opened_at: str
    changed_at: str
    is_hidden: bool
    told_by: str | None
    told_at: str | None
    order: OrderView
    proposal: OrderView | None
    document: bytes
    document_hash: bytes
    moves: tuple[MoveView, ...]
    approvals: tuple[ApprovalView, ...]
    signed: tuple[ApprovalView, ...]
    to_sign: tuple[ToSign, ...]
    timeline: tuple[StepView, ...]
    preserved: int
    pending: int | None
    missing: int
    lost: int
    why_pending: str
    verified_at: str | None
    whole: int
    bad: int
    destroyed: int
    outcome: str
    until: str | None


class PreservationLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of cases."""

    id: str
    customer: str
    state: str
    opened_at: str
    is_hidden: bool
    authority: str
    reference: str
    bucket: str
    ends_at: str
    until: str | None
    prefixes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()


class Preservations(msgspec.Struct, frozen=True, tag="preservations"):
    """Cases, newest first."""

    cases: tuple[PreservationLine, ...]


class DisclosedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One act that was withheld. `veil_index` is where the veil of that day stands in the customer's
    exceptional sub-log, `veil_leaf` its leaf there and `veil_opening` shows this act in it (both empty until
    the day's veil is made, after midnight UTC); `leaf` and `opening` are the act's own.
    """

    day: str
    case: str
    log: str
    index: int
    leaf: bytes
    opening: bytes
    person_opening: bytes | None
    veil_index: int | None
    veil_leaf: bytes
    veil_opening: bytes


class Disclosed(msgspec.Struct, frozen=True, tag="disclosed"):
    """Everything a duty of silence hid from this customer and hides no more, oldest first."""

    customer: str
    entries: tuple[DisclosedEntry, ...]
