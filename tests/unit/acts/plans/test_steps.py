import msgspec

from custodes.acts.plans.steps import WEAKER, Difference, Plan, State, Step, Who, plain

STEP = Step(key="customer/A", state=State.CREATE, noun="customer", name="A", line=3)


def test_a_digest_is_of_what_was_shown():
    same = msgspec.structs.replace(STEP, line=9, generation=7, after=("x",))
    assert same.digest == STEP.digest
    difference = Difference(member="a", found="1", wanted="2")
    for other in (
        msgspec.structs.replace(STEP, key="customer/B"),
        msgspec.structs.replace(STEP, state=State.CHANGE),
        msgspec.structs.replace(STEP, differences=(difference,)),
        msgspec.structs.replace(STEP, weaker=(f"{next(iter(WEAKER))}:x",)),
    ):
        assert other.digest != STEP.digest
        assert Plan(steps=(other,)).digest != Plan(steps=(STEP,)).digest


def test_whose_a_step_is():
    open_ = msgspec.structs.replace(STEP, state=State.OPEN, who=Who(code="owner"))
    unmanaged = msgspec.structs.replace(STEP, state=State.UNMANAGED)
    plan = Plan(steps=(STEP, open_, unmanaged))
    assert (plan.own, plan.doable, plan.differs) == ((STEP,), (), True)
    assert not Plan(steps=(unmanaged,)).differs
    assert [step["state"] for step in plain(plan)["steps"]] == ["create", "open", "unmanaged"]
    assert "ask" not in plain(plan)["steps"][0]
