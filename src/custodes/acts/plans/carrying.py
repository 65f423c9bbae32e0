"""Carrying a plan out: the asker's own steps, one ask each, and a new look after every round.

Nothing is done that was not shown: a step of a later plan is carried out only if the shown plan had it and it
is still the same. What somebody changed in between is refused by the keyroom itself (a signed act is signed
over the generation that was seen, a new thing must be new) and has to be planned again. Whoever is
interrupted runs it again: what is done is no step any more.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from custodes.acts.asks import Ask
from custodes.kernel.refusal import Kind, Refusal

from .steps import Plan, Step
from .talking import Talk, asked

CHANGED = "plan-changed"
HELD = "makes-weaker"
_ENDS = frozenset({Kind.UNAVAILABLE, Kind.LIMITED, Kind.BROKEN, Kind.UNAUTHENTICATED, Kind.LOCKED})

Signs = Callable[[Ask[Any], int], Ask[Any]]
Says = Callable[[Step, int, int], None]


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """A step that was not carried out, and the code why: of a refusal, `plan-changed` or `makes-weaker`."""

    step: Step
    code: str
    facts: dict[str, Any] = {}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, what was not, and the plan as it is afterwards."""

    done: tuple[Step, ...]
    refused: tuple[Refused, ...]
    plan: Plan


def carry_out(
    shown: Plan,
    again: Callable[[], Talk[Plan]],
    *,
    sign: Signs,
    allows_weaker: bool = False,
    say: Says = lambda _step, _number, _total: None,
) -> Talk[Outcome]:
    """Do what the asker may of `shown`; `again` looks and plans anew, `sign` signs an ask over a generation.

    A step that loosens what protects data is left (`makes-weaker`) unless that is allowed by name. Refusals
    that no other step would escape (the house sealed, gone, busy) end it and are raised.
    """
    approved = {step.key: step.digest for step in shown.own}
    done: list[Step] = []
    refused: dict[str, Refused] = {}
    plan, tried = shown, set[str]()
    while True:
        ready = [step for step in plan.doable if step.key not in tried]
        if not ready:
            return Outcome(done=tuple(done), refused=tuple(refused.values()), plan=plan)
        for step in ready:
            tried.add(step.key)
            why = _against(step, approved, allows_weaker=allows_weaker)
            if why is None:
                why = yield from _do(step, sign)
            if why is not None:
                refused[step.key] = why
                continue
            done.append(step)
            say(step, len(done), len(approved))
        plan = yield from again()
        refused = {name: _told(one, plan) for name, one in refused.items()}


def _against(step: Step, approved: dict[str, bytes], *, allows_weaker: bool) -> Refused | None:
    if approved.get(step.key) != step.digest:
        return Refused(step=step, code=CHANGED)
    if step.weaker and not allows_weaker:
        return Refused(step=step, code=HELD)
    return None


def _do(step: Step, sign: Signs) -> Talk[Refused | None]:
    if step.ask is None:
        return None
    ask = sign(step.ask, step.generation) if step.is_signed else step.ask
    try:
        yield from asked(ask)
    except Refusal as refusal:
        if refusal.kind in _ENDS:
            raise
        return Refused(step=step, code=refusal.code, facts=dict(refusal.facts))
    return None


def _told(one: Refused, plan: Plan) -> Refused:
    """The same, or that what it was planned on is no more: then the refusal's own code would mislead."""
    now = next((step for step in plan.steps if step.key == one.step.key), None)
    if one.code == HELD:
        return one
    is_same = now is not None and (now.digest, now.generation) == (one.step.digest, one.step.generation)
    return one if is_same else msgspec.structs.replace(one, code=CHANGED, facts={})
