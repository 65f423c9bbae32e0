"""The engine: a desk is a table of moves, and nothing else moves a case.

A guard answers `Step -> reason code | None`; an effect answers `Step -> (new case, intents)`. A step holds
all there is to reach for, so a desk is a function of frozen values. Time is an actor: a deadline is a move
by the role `clock` with the instant at which it is due. A table with a hole does not load (`BadTable`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from custodes.kernel.actor import Actor, ActorKind

from .forms import Form
from .intents import Intent
from .words import Words

Body = TypeVar("Body")
Filled = TypeVar("Filled")
Facts = TypeVar("Facts")

ROLE_CLOCK = "clock"
ROLE_HOUSE = "house"
KIND_OF_ROLE = {ROLE_CLOCK: ActorKind.CLOCK, ROLE_HOUSE: ActorKind.PROCESS}
ENGINE_CODES = (
    "unknown-verb",
    "wrong-state",
    "wrong-role",
    "not-allowed",
    "not-due",
    "clock-behind",
    "form-missing",
)


class BadTable(Exception):  # noqa: N818 - said of a table, by the engine
    """A desk's table breaks its own rules; the house does not start with it."""


class Case(msgspec.Struct, Generic[Body], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case. `version` counts moves; an open case keeps the `law_version` it began with."""

    id: str
    desk: str
    customer: str
    state: str
    version: int
    law_version: str
    opened_at: datetime
    changed_at: datetime
    body: Body


class Step(msgspec.Struct, Generic[Body, Filled, Facts], frozen=True, kw_only=True):
    """All a guard or an effect may look at.

    `facts` are plain frozen values the office has looked up; `allowed` are the policy actions that policy
    has allowed this actor on this case (policy decides roles, the desk decides the rest).
    """

    case: Case[Body]
    actor: Actor
    form: Filled
    now: datetime
    facts: Facts
    allowed: frozenset[str]


AnyCase = Case[Any]
AnyStep = Step[Any, Any, Any]


class Guard(msgspec.Struct, frozen=True):
    """A check with every reason code it can answer; made by `guard`."""

    check: Callable[[AnyStep], str | None]
    codes: tuple[str, ...]
    reads_form: bool = False

    def reason(self, step: AnyStep) -> str | None:
        """None, or one of `codes`; any other answer is our own fault."""
        code = self.check(step)
        if code is not None and code not in self.codes:
            raise BadTable(f"undeclared reason {code}")
        return code


Effect = Callable[[AnyStep], tuple[AnyCase, tuple[Intent, ...]]]


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a desk's table.

    Without `targets` the case stays in its state; with several the effect chooses one by the state of the
    case it returns (the last approval grants, the others do not). `role` is the part the actor plays, as
    drawings name it; a person's move names the policy `action` that must have been allowed. A move by
    `clock` says when it is `due` (None: not in this case); one by `house` is taken by a process of ours.
    """

    verb: str
    sources: frozenset[str]
    targets: tuple[str, ...]
    form: type[Form]
    role: str
    action: str | None = None
    guards: tuple[Guard, ...] = ()
    effect: Effect
    due: Callable[[AnyCase], datetime | None] | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The move was taken: the new case, what the outside is told, and the new state."""

    case: AnyCase
    intents: tuple[Intent, ...]
    target: str


class Refused(msgspec.Struct, frozen=True):
    """The move was not taken, for every reason found; the case is as it was."""

    reasons: tuple[str, ...]


class OpenMove(msgspec.Struct, frozen=True, kw_only=True):
    """A verb as the case page shows it: open to this actor now, or closed and why."""

    verb: str
    is_open: bool
    reasons: tuple[str, ...]
    form: type[Form]


class Due(msgspec.Struct, frozen=True):
    """The next move by the clock."""

    at: datetime
    verb: str


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """A table of moves, checked when it is made."""

    name: str
    initial: str
    states: frozenset[str]
    final: frozenset[str]
    moves: tuple[Move, ...]
    words: Mapping[str, Words]

    def __post_init__(self) -> None:
        for problem in _problems(self):
            raise BadTable(f"{self.name}: {problem}")

    def take(self, step: AnyStep, verb: str) -> Taken | Refused:
        """Take one move, or say every reason why not; the form is looked at only if all else holds."""
        if step.case.desk != self.name:
            raise ValueError(f"a case of {step.case.desk} at {self.name}")
        move, reasons = self._find(step.case.state, verb)
        if move is None:
            return Refused(reasons)
        if not isinstance(step.form, move.form):
            return Refused(("form-missing",))
        reasons = _reasons(move, step, of_form=False) or _reasons(move, step, of_form=True)
        if reasons:
            return Refused(reasons)
        case, intents = move.effect(step)
        target = move.targets[0] if len(move.targets) == 1 else case.state
        if target not in (move.targets or (step.case.state,)):
            raise BadTable(f"{self.name}: {verb} ended in undeclared state {target}")
        case = msgspec.structs.replace(case, state=target, version=step.case.version + 1, changed_at=step.now)
        return Taken(case=case, intents=intents, target=target)

    def open_moves(self, step: AnyStep) -> tuple[OpenMove, ...]:
        """Every verb of people, in table order: open or why not. The step's form is not looked at."""
        shown: dict[str, OpenMove] = {}
        for row in self.moves:
            if row.role in KIND_OF_ROLE or row.verb in shown:
                continue
            move, reasons = self._find(step.case.state, row.verb)
            if move is not None:
                reasons = _reasons(move, step, of_form=False)
            form = (move or row).form
            shown[row.verb] = OpenMove(verb=row.verb, is_open=not reasons, reasons=reasons, form=form)
        return tuple(shown.values())

    def due(self, case: AnyCase) -> Due | None:
        """The next instant at which the clock has a move, and which; None when time does nothing here."""
        dues = [
            Due(at, move.verb)
            for move in self.moves
            if move.due is not None and case.state in move.sources and (at := move.due(case)) is not None
        ]
        return min(dues, key=lambda due: due.at, default=None)

    def codes(self) -> frozenset[str]:
        """Every reason this desk can give."""
        return frozenset(ENGINE_CODES) | {c for move in self.moves for g in move.guards for c in g.codes}

    def _find(self, state: str, verb: str) -> tuple[Move | None, tuple[str, ...]]:
        rows = [move for move in self.moves if move.verb == verb]
        for move in rows:
            if state in move.sources:
                return move, ()
        return None, ("wrong-state" if rows else "unknown-verb",)


def guard(
    *codes: str, reads_form: bool = False
) -> Callable[[Callable[[Step[Body, Filled, Facts]], str | None]], Guard]:
    """Declare a guard together with every reason it can give."""

    def declare(check: Callable[[Step[Body, Filled, Facts]], str | None]) -> Guard:
        return Guard(check=check, codes=codes, reads_form=reads_form)

    return declare


def _reasons(move: Move, step: AnyStep, *, of_form: bool) -> tuple[str, ...]:
    found = [g.reason(step) for g in move.guards if g.reads_form is of_form]
    if not of_form:
        found = [_engine_reason(move, step), *found]
    return tuple(dict.fromkeys(reason for reason in found if reason is not None))


def _engine_reason(move: Move, step: AnyStep) -> str | None:
    if step.now < step.case.changed_at:
        return "clock-behind"
    kind = KIND_OF_ROLE.get(move.role)
    if step.actor.kind is not (kind or ActorKind.PERSON):
        return "wrong-role"
    if kind is None and (step.actor.person is None or move.action not in step.allowed):
        return "not-allowed"
    if move.due is not None:
        at = move.due(step.case)
        if at is None or step.now < at:
            return "not-due"
    return None


def _problems(desk: Desk) -> list[str]:
    found = []
    if desk.initial not in desk.states or not desk.final <= desk.states or desk.initial in desk.final:
        found.append("initial or final states are not states of the desk")
    taken: set[tuple[str, str]] = set()
    for move in desk.moves:
        found += _move_problems(desk, move, taken)
    left = {state for move in desk.moves for state in move.sources}
    found += [f"{state} is stuck" for state in sorted(desk.states - desk.final - left)]
    found += [f"{state} is final and has a way out" for state in sorted(desk.final & left)]
    found += [f"{state} cannot reach an end" for state in sorted(desk.states - _ending(desk))]
    found += [f"{state} cannot be reached" for state in sorted(desk.states - _reached(desk))]
    needed = desk.codes() | desk.states | {m.verb for m in desk.moves} | {m.role for m in desk.moves}
    found += [f"{word} has no words" for word in sorted(needed - desk.words.keys())]
    return found


def _move_problems(desk: Desk, move: Move, taken: set[tuple[str, str]]) -> list[str]:
    found = []
    if not move.sources or not {*move.sources, *move.targets} <= desk.states:
        found.append(f"{move.verb} leads from or to something that is no state")
    if (move.role == ROLE_CLOCK) != (move.due is not None):
        found.append(f"{move.verb}: moves by the clock, and only they, say when they are due")
    if (move.role in KIND_OF_ROLE) != (move.action is None):
        found.append(f"{move.verb}: moves of people, and only they, name a policy action")
    for source in sorted(move.sources):
        if (move.verb, source) in taken:
            found.append(f"{move.verb} twice from {source}")
        taken.add((move.verb, source))
    return found


def _ending(desk: Desk) -> frozenset[str]:
    """States from which some chain of moves reaches a final state."""
    ends = set(desk.final)
    for _ in desk.states:
        ends |= {s for move in desk.moves if ends & set(move.targets) for s in move.sources}
    return frozenset(ends)


def _reached(desk: Desk) -> frozenset[str]:
    seen = {desk.initial}
    for _ in desk.states:
        seen |= {t for move in desk.moves if seen & move.sources for t in move.targets}
    return frozenset(seen)
