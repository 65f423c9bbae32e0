"""Asks about cases on the desks: open one, move it, look at it."""

import msgspec

from .doors import Ask
from .evidence import Evidence


class OpenCase(Ask["CaseView"], frozen=True, tag="open-case"):
    """-> `CaseView`. `form` is the canonical JSON of the desk's opening form."""

    evidence: Evidence
    desk: str
    customer: str
    form: bytes


class MoveCase(Ask["CaseView"], frozen=True, tag="move-case"):
    """-> `CaseView`. `version` is the case's version that the actor saw: a lost race shows the new state.

    `signature` is an approver's signature over the document the move signs (canonical JSON of
    `parties.signature.Signature`), where the move wants one.
    """

    evidence: Evidence
    case: str
    verb: str
    version: int
    form: bytes = b"{}"
    signature: bytes | None = None


class LookCase(Ask["CaseView"], frozen=True, tag="look-case"):
    """-> `CaseView`."""

    evidence: Evidence
    case: str


class LookCases(Ask["Cases"], frozen=True, tag="look-cases"):
    """-> `Cases`. Of one customer, or (trustee) of all; `open_only` leaves final ones out."""

    evidence: Evidence
    customer: str | None = None
    open_only: bool = True
    limit: int = 100


class MoveView(msgspec.Struct, frozen=True):
    """One move as the asker sees it: open, or closed with its reason codes; `signs` when it needs one."""

    verb: str
    open: bool
    reasons: tuple[str, ...]
    signs: bool


class StepView(msgspec.Struct, frozen=True):
    """One step of the timeline: an opened log entry."""

    at: str
    move: str
    actor: str
    organisation: str | None
    person: str | None
    log: str
    index: int


class ApprovalView(msgspec.Struct, frozen=True):
    """Who has approved."""

    person: str
    organisation: str
    at: str


class CaseView(msgspec.Struct, frozen=True, tag="case"):
    """A case as the asker may see it. `document` is the canonical grant document that approvers sign."""

    id: str
    desk: str
    customer: str
    state: str
    version: int
    opened_at: str
    body: bytes
    due_at: str | None
    due_by: tuple[str, ...]
    moves: tuple[MoveView, ...]
    timeline: tuple[StepView, ...]
    approvals: tuple[ApprovalView, ...]
    document: bytes | None = None
    document_hash: bytes | None = None
    grant: str | None = None


class CaseRow(msgspec.Struct, frozen=True):
    """One line of a list of cases."""

    id: str
    desk: str
    customer: str
    state: str
    opened_at: str
    due_at: str | None


class Cases(msgspec.Struct, frozen=True, tag="cases"):
    """Cases, newest first."""

    cases: tuple[CaseRow, ...]


class LookGrants(Ask["Grants"], frozen=True, tag="look-grants"):
    """-> `Grants` that stand for the asker, or for a customer."""

    evidence: Evidence
    customer: str | None = None


class GrantView(msgspec.Struct, frozen=True):
    """One grant: its document, window and what is left of it."""

    id: str
    case: str
    customer: str
    document: bytes
    not_before: str
    lapses_at: str
    uses_left: int
    state: str


class Grants(msgspec.Struct, frozen=True, tag="grants"):
    """Grants."""

    grants: tuple[GrantView, ...]
