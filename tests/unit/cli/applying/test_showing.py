import click

from custodes.acts.plans.carrying import CHANGED, HELD, Outcome, Refused
from custodes.acts.plans.steps import WEAKER, WHO, Difference, Plan, State, Step, Who
from custodes.cli.applying.showing import done_line, outcome_lines, plan_lines, summary

EVIL = "Town\x1b[2J\nDone: everything"


def step(state, **more):
    return Step(key=f"{state.value}/{EVIL}", state=state, noun="bucket", name=EVIL, line=3, **more)


def bare(lines):
    return "\n".join(click.unstyle(line) for line in lines)


def test_nothing_in_a_plan_moves_the_cursor():
    plan = Plan(
        steps=(
            step(State.CREATE, differences=(Difference(member=EVIL, found=EVIL, wanted=EVIL),)),
            step(State.CHANGE, weaker=(f"{next(iter(WEAKER))}:{EVIL}",)),
            step(State.OPEN, who=Who(code="owner", organisation=EVIL), commands=(EVIL,), link=EVIL),
            step(State.DRIFT),
            step(State.UNMANAGED),
        )
    )  # fmt: skip
    refused = (Refused(step=plan.steps[0], code="no", facts={"a": EVIL}),)
    lines = [*plan_lines(plan), *outcome_lines(Outcome(done=(), refused=refused, plan=plan))]
    assert "\x1b[2J" not in "".join(lines)
    assert not any(line.startswith("Done: everything") for line in lines)
    assert "\x1b[2J" not in done_line(plan.steps[0], 1, 1)


def test_a_weakening_is_counted_and_coloured():
    plan = Plan(steps=(step(State.CHANGE, weaker=("rule-dropped:x",)),))
    text = "\n".join(plan_lines(plan))
    assert click.style("    WEAKER: a rule that forbids is dropped (x)", fg="red", bold=True) in text
    assert "1 making it WEAKER" in summary(plan)


def test_every_code_has_words():
    for code in WHO:
        assert f"waits for {WHO[code]}" in bare(
            plan_lines(Plan(steps=(step(State.OPEN, who=Who(code=code)),)))
        )
    for code in (CHANGED, HELD, "something-else"):
        outcome = Outcome(
            done=(), refused=(Refused(step=step(State.CREATE), code=code),), plan=Plan(steps=())
        )
        assert "x bucket" in bare(outcome_lines(outcome))


def test_what_waits_for_another_step_is_told_by_its_name():
    first = Step(key="a", state=State.CREATE, noun="customer", name="A")
    second = Step(key="b", state=State.CREATE, noun="bucket", name="B", after=("a",))
    assert "after customer A" in bare(plan_lines(Plan(steps=(first, second))))
