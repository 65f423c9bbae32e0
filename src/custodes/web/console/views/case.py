"""One page for all desks: state, whose turn, scope, timeline, moves, proofs; and the list of cases."""

from datetime import datetime

from .shell import Field, Line, Pager, Passkey, Proof, View


class Turn(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who must act, until when: `role` is a code; `lapses_at` is when the case ends if nobody does."""

    role: str
    organisation: str
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

    `document` is the hash of what is signed, shown in full; `passkey` signs it in the browser, and `command`
    is the line that signs it without one.
    """

    verb: str
    action: str
    fields: tuple[Field, ...] = ()
    is_grave: bool = False
    document: str | None = None
    passkey: Passkey | None = None
    command: str | None = None


class ClosedMove(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A move that is not open, with the reason codes and who could change that (role codes)."""

    verb: str
    reasons: tuple[str, ...]
    opened_by: tuple[str, ...] = ()


class CaseView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case. `desk`, `state` are codes; `refusal` is why the last form was not accepted."""

    reference: str
    desk: str
    state: str
    purpose: str
    turn: Turn | None
    scope: tuple[Line, ...]
    steps: tuple[Step, ...]
    open_moves: tuple[OpenMove, ...]
    closed_moves: tuple[ClosedMove, ...]
    refusal: str | None = None


class CaseRow(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case in the list; `is_mine` when the reader is among those who must act."""

    reference: str
    href: str
    desk: str
    state: str
    purpose: str
    asked_by: str
    asked_at: datetime
    lapses_at: datetime | None
    is_mine: bool


class CasesView(View, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cases the reader may see, the ones that wait for him first."""

    rows: tuple[CaseRow, ...]
    pager: Pager
