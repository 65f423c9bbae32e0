"""A plan as a person reads it: a mark and a colour per line, what differs under it, who must act, and how."""

from collections.abc import Iterable

import click

from custodes.acts.plans.carrying import CHANGED, HELD, Outcome, Refused
from custodes.acts.plans.ground import NOT_SHOWN
from custodes.acts.plans.steps import WEAKER, WHO, Plan, State, Step
from custodes.cli.speech.hints import hint_for
from custodes.cli.speech.output import printable, said
from custodes.kernel.refusal import Kind

MARKS = {
    State.CREATE: ("+", "green"),
    State.CHANGE: ("~", "yellow"),
    State.DRIFT: ("!", "magenta"),
    State.OPEN: ("?", "cyan"),
    State.UNMANAGED: (" ", "bright_black"),
}
NOUNS = {
    "key-of": "key and roles of",
    "versioning": "versioning of bucket",
    "vetting": "identity of",
    "roles": "roles of",
    "rules": "rules of",
    "boundary": "boundary of",
    "witness-policy": "witnesses asked for by",
}
_NOT_DONE = {
    CHANGED: "somebody changed it after the plan was made; plan again",
    HELD: "it loosens what protects data; --allow-weaker carries it out",
}


def plan_lines(plan: Plan) -> Iterable[str]:
    """The plan, line by line, with colours; text out of files and rows is made printable first."""
    names = {step.key: _title(step) for step in plan.steps}
    for step in plan.steps:
        yield from _step_lines(step, names)
    yield ""
    yield summary(plan)


def summary(plan: Plan) -> str:
    """One line: how many of each."""
    counts = {state: sum(step.state is state for step in plan.steps) for state in State}
    if not plan.differs:
        return "Nothing to do: everything the file names stands as it says."
    weaker = sum(bool(step.weaker) for step in plan.steps)
    words = (
        (counts[State.CREATE], "to create"),
        (counts[State.CHANGE], "to change"),
        (counts[State.OPEN], "open for others"),
        (counts[State.DRIFT], "drifted"),
        (weaker, "making it WEAKER"),
    )
    return "Plan: " + ", ".join(f"{count} {word}" for count, word in words if count) + "."


def outcome_lines(outcome: Outcome) -> Iterable[str]:
    """What was not done and why, then what is still open."""
    for one in outcome.refused:
        yield click.style(f"x {_title(one.step)}: {_why(one)}", fg="red")
    tried = {one.step.key for one in outcome.refused}
    names = {step.key: _title(step) for step in outcome.plan.steps}
    left = [step for step in outcome.plan.steps if step.state is not State.UNMANAGED]
    left = [step for step in left if step.key not in tried]
    if left:
        yield "Left:"
    for step in left:
        yield from _step_lines(step, names)
    if not outcome.done and not outcome.refused:
        yield "Nothing was to be done by you."
    else:
        yield f"Done: {len(outcome.done)}. Refused: {len(outcome.refused)}. Left: {len(left)}."


def done_line(step: Step, number: int, total: int) -> str:
    """One step that was carried out."""
    return click.style(f"[{number}/{max(number, total)}] {_title(step)}", fg="green")


def _step_lines(step: Step, names: dict[str, str]) -> Iterable[str]:
    mark, colour = MARKS[step.state]
    where = f"  (line {step.line})" if step.line else ""
    yield click.style(f"{mark} {_title(step)}", fg=colour, bold=step.state is not State.UNMANAGED) + where
    for one in step.differences:
        found, wanted = printable(one.found) or "-", printable(one.wanted) or "-"
        yield f"    {printable(one.member)}: {found} -> {wanted}"
    for each in step.weaker:
        code, _, what = each.partition(":")
        yield click.style(f"    WEAKER: {WEAKER[code]} ({printable(what)})", fg="red", bold=True)
    if step.state is State.OPEN:
        whom = ", ".join(printable(part) for part in (step.who.person, step.who.organisation) if part)
        yield f"    waits for {WHO[step.who.code]}{f': {whom}' if whom else ''}"
    waits = [names.get(name, name) for name in step.after]
    if waits:
        yield f"    after {'; '.join(waits)}"
    for command in step.commands:
        yield f"      $ {printable(command)}"
    if step.link:
        yield f"      console: {printable(step.link)}"


def _title(step: Step) -> str:
    noun = NOUNS.get(step.noun, step.noun)
    if step.state is State.UNMANAGED:
        count = step.name if step.name == NOT_SHOWN else f"{step.name}, not managed by this file"
        return printable(f"{noun}: {count}" + (f" ({step.customer})" if step.customer else ""))
    of = f" ({step.customer})" if step.customer and step.customer != step.name else ""
    return printable(f"{noun} {step.name}{of}")


def _why(one: Refused) -> str:
    if one.code in _NOT_DONE:
        return _NOT_DONE[one.code]
    facts = ", ".join(f"{name}: {printable(said(value))}" for name, value in one.facts.items())
    return f"{one.code}{f' ({facts})' if facts else ''}. {hint_for(one.code, Kind.DENIED, one.facts)}"
