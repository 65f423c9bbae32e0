import msgspec
import pytest

from custodes.policy.actions import ACTIONS
from custodes.policy.rules import (
    RULES_MAX,
    Rule,
    RuleSet,
    depth_beyond,
    from_cedar,
    named_actions,
    parse,
    reads_time,
    validate,
)
from fakes.questions import rule_set

PERMIT = from_cedar("permit(principal, action, resource);")


def problems(body, id_="mine"):
    return [p.code for p in validate((Rule(id=id_, body=body),), "cus-town")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('permit(principal, action == Action::"object:eat", resource);', "unknown-action"),
        ("permit(principal, action, resource) when { context.purpose == 1 };", "does-not-fit-schema"),
        ("permit(principal, action, resource) when { context.grant.covers };", "does-not-fit-schema"),
        ("permit(principal, action, resource) when { context.nonsense };", "does-not-fit-schema"),
        ("permit(principal is Ghost, action, resource);", "does-not-fit-schema"),
        ('@id("house-killed") permit(principal, action, resource);', "id-annotation"),
    ],
)
def test_a_rule_that_could_fail_is_not_saved(text, code):
    assert problems(from_cedar(text)) == [code]


def test_ids_are_ours_and_the_houses_are_reserved():
    assert problems(PERMIT) == []
    assert problems(PERMIT, "house-killed") == ["reserved-rule-id"]
    assert problems(PERMIT, "No Id") == ["bad-rule-id"]
    assert [p.code for p in validate((Rule(id="mine", body=PERMIT),), "house")] == ["reserved-rule-id"]
    twice = (Rule(id="a", body=PERMIT), Rule(id="a", body=PERMIT))
    assert [p.code for p in validate(twice, "cus-town")] == ["rule-id-twice"]


def test_a_set_is_bounded():
    many = (Rule(id=f"r{number}", body=PERMIT) for number in range(RULES_MAX + 50))
    assert [p.code for p in validate(many, "cus-town")] == ["too-many-rules"]
    long = {**PERMIT, "annotations": {"note": "x" * 9_000}}
    assert problems(long) == ["rule-too-long"]
    assert problems({**PERMIT, "surprise": 1}) == ["unknown-member"]
    assert problems({"effect": "permit"}) == ["not-a-rule"]
    assert problems({**PERMIT, "annotations": {"n": float("nan")}}) == ["not-a-rule"]


def test_only_rules_that_can_apply_are_in_an_actions_slice():
    parsed = parse(
        rule_set(
            'permit(principal, action == Action::"object:read", resource);',
            'forbid(principal, action in [Action::"object:write", Action::"object:read"], resource);',
            "permit(principal, action, resource);",
        )
    )
    assert len(parsed.slices["object:read"]) == 3
    assert len(parsed.slices["object:write"]) == 2
    assert len(parsed.slices["key:create"]) == 1
    assert set(parsed.slices) == set(ACTIONS)
    assert parsed.effects == {"r0": "permit", "r1": "forbid", "r2": "permit"}


def test_a_set_with_too_many_slices_shares_one():
    names = list(ACTIONS)
    texts = [
        f'permit(principal, action in [Action::"{names[n % 40]}", Action::"{names[n * 7 % 40]}"], resource);'
        for n in range(60)
    ] + ["permit(principal, action, resource);"] * 400
    parsed = parse(rule_set(*texts))
    assert {len(one) for one in parsed.slices.values()} == {460}


def test_parse_refuses_what_was_never_validated():
    with pytest.raises(ValueError, match="validated"):
        parse(RuleSet(scope="cus-town", generation=1, rules=(Rule(id="a", body=PERMIT),) * 2))
    deep = {**PERMIT, "annotations": {"a": "b"}}
    nested = deep
    for _ in range(60):
        nested = {"x": nested}
    with pytest.raises(ValueError, match="validated"):
        parse(RuleSet(scope="cus-town", generation=1, rules=(Rule(id="a", body=nested),)))


def test_named_actions_counts_what_it_does_not_know_as_any():
    assert named_actions({"action": {"op": "All"}}) is None
    assert named_actions({"action": {"op": "like", "entity": {"type": "Action", "id": "a"}}}) is None
    assert named_actions({"action": {"op": "==", "slot": "?action"}}) is None
    assert named_actions({"action": {"op": "in", "entities": [{"type": "Group", "id": "a"}]}}) is None
    assert named_actions({"action": {"op": "in", "entity": {"__entity": {}}}}) is None
    assert named_actions({}) is None
    assert named_actions({"action": {"op": "==", "entity": {"type": "Action", "id": "a"}}}) == {"a"}


@pytest.mark.parametrize(
    ("condition", "timed"),
    [
        ("context.now > 5", True),
        ("context has minute && context.minute > 5", True),
        ("context has minute", True),
        ('context == {"purpose": "x"}', True),
        ('context.purpose == "now"', False),
        ("context has grant && context.grant.covers", False),
        ('principal.roles.contains("minute")', False),
        ("(if context.is_killed then context else context).weekday == 1", True),
    ],
)
def test_reads_time(condition, timed):
    assert reads_time(from_cedar(f"permit(principal, action, resource) when {{ {condition} }};")) is timed


def test_depth_is_measured_without_recursion():
    value = []
    for _ in range(100_000):
        value = [value]
    assert depth_beyond(value, 48)
    assert not depth_beyond([[1]], 3)


def test_a_set_survives_storage():
    stored = rule_set("permit(principal, action, resource);")
    assert msgspec.json.decode(msgspec.json.encode(stored), type=RuleSet) == stored


def test_from_cedar_takes_one_policy():
    with pytest.raises(ValueError, match="one policy"):
        from_cedar("permit(principal,action,resource); permit(principal,action,resource);")
