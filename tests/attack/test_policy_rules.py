"""Somebody writes rules, questions or rows so that a no becomes a yes."""

import json
from base64 import b64encode
from types import MappingProxyType

import msgspec
import pytest

from custodes.kernel.refusal import Kind
from custodes.policy.decide import decide
from custodes.policy.house import house_rules
from custodes.policy.presets import default_rules, rule
from custodes.policy.question import Resource
from custodes.policy.rules import Rule, RuleSet, from_cedar, parse, validate
from fakes.questions import (
    ANYTHING,
    APPLICATION,
    APPROVER,
    CASE,
    ENGINEER,
    GRANT,
    HOUSE,
    OBJECT,
    OTHER,
    OWNER,
    STRANGER,
    TOWN,
    person,
    question,
    rules,
)

replace = msgspec.structs.replace
PERMIT = "permit(principal, action, resource);"
FAILS = "context.moment_of_truth == 1"  # no such attribute: fails when evaluated
OVERFLOWS = "context.now * 9223372036854775807 > 0"  # passes validation, fails when evaluated


@pytest.mark.parametrize("fails", [FAILS, OVERFLOWS])
def test_a_forbid_that_fails_in_the_customers_set_is_a_no_and_an_alarm(fails):
    decision = decide(
        question(), HOUSE, rules(PERMIT, f"forbid(principal, action, resource) when {{ {fails} }};")
    )
    assert (decision.allowed, decision.kind, decision.is_alarm) == (False, Kind.UNAVAILABLE, True)
    assert [reason.code for reason in decision.reasons] == ["policy-error"]


@pytest.mark.parametrize("fails", [FAILS, OVERFLOWS])
def test_a_forbid_that_fails_in_the_house_set_is_a_no_and_an_alarm(fails):
    own = house_rules()
    broken = Rule(
        id="house-broken", body=from_cedar(f"forbid(principal, action, resource) when {{ {fails} }};")
    )
    house = parse(RuleSet(scope="house", generation=1, rules=(*own.rules, broken)))
    decision = decide(question(), house, ANYTHING)
    assert (decision.allowed, decision.is_alarm) == (False, True)
    assert decision.reasons[0].scope == "house"


def test_a_permit_that_fails_beside_one_that_allows_is_a_no_too():
    decision = decide(
        question(), HOUSE, rules(PERMIT, f"permit(principal, action, resource) when {{ {FAILS} }};")
    )
    assert not decision.allowed


def test_validation_lets_only_arithmetic_fail_later():
    overflow = Rule(id="a", body=from_cedar(f"forbid(principal, action, resource) when {{ {OVERFLOWS} }};"))
    missing = Rule(id="a", body=from_cedar(f"forbid(principal, action, resource) when {{ {FAILS} }};"))
    assert validate((overflow,), TOWN) == ()
    assert [problem.code for problem in validate((missing,), TOWN)] == ["does-not-fit-schema"]


def test_a_rule_that_names_itself_a_guardrail_changes_no_report():
    body = from_cedar('@id("house-killed") forbid(principal, action, resource);')
    assert [p.code for p in validate((Rule(id="mine", body=body),), TOWN)] == ["id-annotation"]
    slipped = parse(
        RuleSet(
            scope=TOWN,
            generation=1,
            rules=(Rule(id="mine", body=body), Rule(id="p", body=from_cedar(PERMIT))),
        )
    )
    decision = decide(question(), HOUSE, slipped)
    assert decision.rules == ("customer/mine",)
    assert decision.reasons[0].rule == "mine"


def test_a_customer_cannot_hand_out_anothers_resource():
    generous = rules(
        f'permit(principal, action, resource) when {{ resource.customer == "{TOWN}" }};', scope=OTHER
    )
    asked = question(STRANGER)
    assert decide(asked, HOUSE, generous).kind is Kind.ABSENT
    assert decide(asked, HOUSE, ANYTHING).kind is Kind.ABSENT
    claimed = (replace(STRANGER[0], customer=TOWN), STRANGER[1])
    assert decide(question(claimed), HOUSE, generous).reasons[0].code == "policy-mismatch"


@pytest.mark.parametrize("customers", [(), (OTHER,), (OTHER, "cus-town2"), ("cus-",)])
def test_a_stranger_learns_the_same_whether_the_thing_exists_or_not(customers):
    who = (STRANGER[0], replace(STRANGER[1], customers=customers))
    here = decide(question(who), HOUSE, ANYTHING)
    elsewhere = decide(question(who, resource=replace(OBJECT, id="ver-nowhere")), HOUSE, ANYTHING)
    killed = decide(question(who, is_killed=True), HOUSE, rules("forbid(principal, action, resource);"))
    assert here == elsewhere == killed
    assert here.kind is Kind.ABSENT


def test_no_customers_rule_loosens_a_guardrail():
    everything = rules(PERMIT)
    attempts = [
        question(ENGINEER, purpose="support"),
        question(ENGINEER, purpose="operation"),
        question(person("max", "trustee", "administrator")),
        question(person("aud", "auditor", "auditor", customers=(TOWN,))),
        question(OWNER, purpose="order"),
        question(is_killed=True),
        question(is_sealed=True),
        question(action="object:write", place=None),
        question(APPLICATION, "lockbox:approve", CASE),
        question((replace(APPROVER[0], how="password"), APPROVER[1]), "lockbox:approve", CASE),
        question(ENGINEER, "lockbox:approve", CASE),
        question((APPLICATION[0], replace(APPLICATION[1], is_demo=True))),
    ]
    for asked in attempts:
        assert not decide(asked, HOUSE, everything).allowed, asked.action


def test_nobody_approves_himself_under_another_credential():
    again = replace(CASE, facts={**CASE.facts, "asker_credential": "crd-old", "asker_person": "per-anna"})
    assert not decide(question(APPROVER, "lockbox:approve", again), HOUSE, ANYTHING).allowed
    hidden = replace(CASE, facts={"desk": "lockbox", "asker_credential": "crd-erik"})
    assert not decide(question(APPROVER, "lockbox:approve", hidden), HOUSE, ANYTHING).allowed


def test_a_grant_for_one_thing_does_not_open_its_neighbour():
    for change in (
        {"resource": replace(OBJECT, id="ver-2")},
        {"resource": replace(OBJECT, id="grt-1")},
        {"action": "object:write"},
        {"grant": replace(GRANT, customer=OTHER)},
        {"grant": replace(GRANT, beneficiary="")},
        {"grant": replace(GRANT, resources=("ver-1 ",))},
        {"grant": replace(GRANT, resources=("*",), actions=("*",))},
    ):
        asked = question(ENGINEER, **{"grant": GRANT, **change})
        assert not decide(asked, HOUSE, ANYTHING).allowed, change


def test_the_wrong_type_is_refused_before_any_rule():
    lists = replace(OBJECT, facts={"bucket": "b", "owners": ["app-records"]})
    entity = replace(OBJECT, facts={"bucket": {"__entity": {"type": "House", "id": "h"}}, "owners": ()})
    extension = replace(OBJECT, facts={"bucket": {"__extn": {"fn": "ip", "arg": "x"}}, "owners": ()})
    for resource in (lists, entity, extension, replace(OBJECT, customer=["cus-town"]), None):
        decision = decide(question(resource=resource), HOUSE, ANYTHING)
        assert (decision.allowed, decision.kind) == (False, Kind.MALFORMED)
    readonly = replace(OBJECT, facts=MappingProxyType(OBJECT.facts))
    assert decide(question(resource=readonly), HOUSE, ANYTHING).allowed


@pytest.mark.parametrize(
    "text",
    ['"', "\\", "\x00", "\n", 'crd-1"} {', "é", "\U0001f600", "\u202e", "a" * 5_000, "__entity", "${x}"],
)
def test_names_of_any_form_stay_names(text):
    who = (replace(APPLICATION[0], credential=text), APPLICATION[1])
    target = replace(OBJECT, id=text, facts={"bucket": text, "owners": ("app-records",), "name": text})
    own = parse(default_rules(TOWN))
    assert decide(question(who, resource=target), HOUSE, own).allowed
    not_mine = replace(target, facts={**target.facts, "owners": (text,)})
    assert not decide(question(who, resource=not_mine), HOUSE, own).allowed


def test_a_lone_surrogate_is_a_no_and_not_a_crash():
    who = (replace(APPLICATION[0], credential="\ud800"), APPLICATION[1])
    assert decide(question(who), HOUSE, ANYTHING).kind is Kind.MALFORMED
    assert not decide(question(purpose="\ud800"), HOUSE, ANYTHING).allowed


def test_what_is_filled_into_a_form_stays_a_value():
    hostile = 'x"]) } || true || ["'
    made = rule("purposes-only", {"purposes": [hostile, "$purposes", '"$x"']})
    assert validate((made,), TOWN) == ()
    assert hostile in json.dumps(made.body, ensure_ascii=False).replace('\\"', '"')
    assert not decide(question(), HOUSE, parse(RuleSet(scope=TOWN, generation=1, rules=(made,)))).allowed


def test_a_deep_rule_is_refused_without_eating_the_stack():
    condition = {"Var": "context"}
    for _ in range(20_000):
        condition = {"!": {"arg": condition}}
    deep = {
        **from_cedar(PERMIT),
        "conditions": [{"kind": "when", "body": condition}],
    }
    assert [p.code for p in validate((Rule(id="deep", body=deep),), TOWN)] == ["rule-too-deep"]
    with pytest.raises(ValueError, match="validated"):
        parse(RuleSet(scope=TOWN, generation=1, rules=(Rule(id="deep", body=deep),)))


def test_a_huge_set_is_refused_and_the_largest_allowed_still_decides():
    filler = from_cedar('permit(principal, action == Action::"log:read", resource);')
    huge = tuple(Rule(id=f"r{number}", body=filler) for number in range(10_000))
    assert [p.code for p in validate(huge, TOWN)] == ["too-many-rules"]
    with pytest.raises(ValueError, match="validated"):
        parse(RuleSet(scope=TOWN, generation=1, rules=huge))
    largest = parse(
        RuleSet(
            scope=TOWN,
            generation=1,
            rules=(*huge[:498], Rule(id="p", body=from_cedar(PERMIT)), Rule(id="q", body=filler)),
        )
    )
    assert decide(question(), HOUSE, largest).allowed


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"effect": "permit"},
        {"effect": "allow", "principal": {"op": "All"}, "action": {"op": "All"}, "resource": {"op": "All"}},
        {**from_cedar(PERMIT), "principal": {"op": "==", "slot": "?principal"}},
        {**from_cedar(PERMIT), "conditions": [{"kind": "when", "body": {"Var": "nobody"}}]},
        {**from_cedar(PERMIT), "conditions": "x"},
        {**from_cedar(PERMIT), "annotations": {"id": None}},
        {**from_cedar(PERMIT), "annotations": []},
        {**from_cedar(PERMIT), "annotations": {"a": b64encode}},
    ],
)
def test_what_is_not_a_rule_is_a_problem_and_not_a_crash(body):
    assert len(validate((Rule(id="odd", body=body),), TOWN)) == 1


def test_an_action_scope_in_disguise_does_not_hide_a_forbid():
    scopes = (
        {"op": "in", "entities": [{"__entity": {"type": "Action", "id": "key:create"}}]},
        {"op": "==", "entity": {"__entity": {"type": "Action", "id": "object:read"}}},
    )
    for scope in scopes:
        body = {**from_cedar("forbid(principal, action, resource);"), "action": scope}
        made = (Rule(id="f", body=body), Rule(id="p", body=from_cedar(PERMIT)))
        parsed = parse(RuleSet(scope=TOWN, generation=1, rules=made))
        assert len(parsed.slices["object:read"]) == 2


def test_a_house_set_cannot_be_swapped_for_a_customers():
    fake = parse(RuleSet(scope=TOWN, generation=1, rules=(Rule(id="p", body=from_cedar(PERMIT)),)))
    assert decide(question(ENGINEER), fake, ANYTHING).reasons[0].code == "policy-mismatch"
    hostile = Resource(kind="object", id="ver-1", customer="house", facts=OBJECT.facts)
    who = (replace(OWNER[0], customer="house"), OWNER[1])
    assert not decide(question(who, resource=hostile), HOUSE, HOUSE).allowed


def test_a_customer_that_serves_another_reads_nothing_of_his_without_a_grant():
    sister = person("sina", "customer", "reader", "owner", customer=OTHER, customers=(OTHER, TOWN))
    unbound = person("sina", "customer", "reader", "owner", customers=(OTHER, TOWN))
    for who in (sister, unbound):
        decision = decide(question(who), HOUSE, ANYTHING)
        assert "house-outsider-needs-grant" in {reason.rule for reason in decision.reasons}
