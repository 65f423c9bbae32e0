"""One page for all desks: state, whose turn, scope, timeline, moves, proofs; and the list of cases."""

from datetime import datetime

from .shell import Field, Line, Pager, Passkey, Proof, View


class Turn(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose people must act, until when; `lapses_at` is when time acts instead."""

    organisations: tuple[str, ...]
    lapses_at: datetime | None = None


class Step(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One move that was taken. `verb` is a code; `note` is what the person wrote; the proof is its entry."""

    at: datetime
    verb: str
    who: str
    organisation: str
    proof: Proof
    note: str = ""


class OpenMove(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move the reader may take now, as a form that posts to `action`.

    `document` is the hash of what is signed, shown in full; `passkey` signs it in the browser, `command` is
    the line that signs it without one, and `others` are further passkeys of his, by credential.
    """

    verb: str
    action: str
    fields: tuple[Field, ...] = ()
    is_grave: bool = False
    document: str | None = None
    passkey: Passkey | None = None
    command: str | None = None
    others: tuple[str, ...] = ()


class Why(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a move is closed, in both languages; who can change that and what lifts it, as codes."""

    de: str
    en: str
    changed_by: str
    lifted_by: str | None = None


class ClosedMove(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Moves that are not open, all for the same reasons."""

    verbs: tuple[str, ...]
    whys: tuple[Why, ...]


class Approved(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One approval; `lost_by` says why it no longer counts: `left`, `key-revoked`, or empty when it does."""

    who: str
    organisation: str
    at: datetime
    lost_by: str = ""


class CaseView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case. `desk`, `state` are codes; `refusals` say why the last form was not accepted. `is_grant_lost`:
    it is granted, and the signatures do not carry the grant any more.
    """

    reference: str
    desk: str
    state: str
    customer: str
    purpose: str
    turn: Turn | None
    scope: tuple[Line, ...]
    steps: tuple[Step, ...]
    open_moves: tuple[OpenMove, ...]
    closed_moves: tuple[ClosedMove, ...]
    approvals: tuple[Approved, ...] = ()
    is_grant_lost: bool = False
    refusals: tuple[str, ...] = ()


class NewCaseView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The form that opens a case at a desk, for one customer."""

    desk: str
    customer: str
    verb: str
    action: str
    fields: tuple[Field, ...]
    refusals: tuple[str, ...] = ()
    back_href: str = "/cases"


class CaseRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case in the list; `is_mine` when the reader is among those who must act."""

    reference: str
    href: str
    desk: str
    state: str
    title: str
    ticket: str
    purpose: str
    asked_by: str
    organisation: str
    asked_at: datetime
    lapses_at: datetime | None
    is_mine: bool


class CasesView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cases the reader may see, the ones that wait for him first."""

    rows: tuple[CaseRow, ...]
    pager: Pager
    is_all: bool = False
    open_hrefs: tuple[tuple[str, str], ...] = ()  # (desk, where its opening form is)
