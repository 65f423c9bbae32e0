import msgspec
import pytest

from custodes.kernel.refusal import Kind
from custodes.policy.decide import decide, is_stranger
from custodes.policy.question import Resource
from fakes.questions import (
    ANYTHING,
    APPLICATION,
    ENGINEER,
    GRANT,
    HOUSE,
    OBJECT,
    OFFICER,
    OTHER,
    READER,
    STRANGER,
    question,
    rules,
)


def codes(decision):
    return [reason.code for reason in decision.reasons]


def test_both_sets_must_allow_and_a_yes_names_the_rule_of_each():
    own = rules('permit(principal, action == Action::"object:read", resource);')
    decision = decide(question(), HOUSE, own)
    assert decision.allowed
    assert decision.rules == ("house/house-may-object-read", "customer/r0")
    assert decision.purpose == "operation"
    assert decision.kind is None


def test_a_customer_without_a_permit_says_no():
    decision = decide(question(), HOUSE, rules())
    assert (decision.allowed, decision.kind, codes(decision)) == (False, Kind.DENIED, ["not-permitted"])
    assert decision.reasons[0].scope == "customer"


def test_a_customer_cannot_permit_what_the_house_does_not():
    decision = decide(question(READER, "object:write"), HOUSE, ANYTHING)
    assert not decision.allowed
    assert decision.reasons[0].scope == "house"


def test_a_forbid_names_itself():
    own = rules(
        "permit(principal, action, resource);",
        'forbid(principal, action, resource) when { context.purpose == "operation" };',
    )
    decision = decide(question(), HOUSE, own)
    assert [(r.code, r.scope, r.rule) for r in decision.reasons] == [("forbidden", "customer", "r1")]
    assert decision.rules == ("customer/r1",)


def test_what_the_house_decides_alone_does_not_ask_the_customer():
    never = rules("forbid(principal, action, resource);")
    town = Resource(kind="customer", id="cus-town", customer="cus-town")
    assert decide(question(OFFICER, "kill:pull", town), HOUSE, never).allowed
    house = Resource(kind="house", id="hse-1")
    assert decide(question(OFFICER, "house:seal", house), HOUSE, None).allowed


@pytest.mark.parametrize(
    ("asked", "code", "kind"),
    [
        (question(action="object:eat"), "unknown-action", Kind.MALFORMED),
        (question(purpose="curiosity"), "unknown-purpose", Kind.DENIED),
        (question(action="key:use-wrap"), "wrong-resource", Kind.MALFORMED),
        (question(STRANGER), "stranger", Kind.ABSENT),
    ],
)
def test_what_no_rule_needs_to_see(asked, code, kind):
    decision = decide(asked, HOUSE, ANYTHING)
    assert (decision.allowed, codes(decision), decision.kind) == (False, [code], kind)


def test_a_missing_or_foreign_set_is_a_no_and_an_alarm():
    for sets in ((HOUSE, None), (HOUSE, rules("permit(principal,action,resource);", scope=OTHER))):
        decision = decide(question(), *sets)
        assert (decision.allowed, decision.kind, decision.is_alarm) == (False, Kind.UNAVAILABLE, True)
    assert not decide(question(), ANYTHING, ANYTHING).allowed


def test_a_supplier_reads_under_a_grant_that_covers_and_not_otherwise():
    assert codes(decide(question(ENGINEER, purpose="support"), HOUSE, ANYTHING)) == ["forbidden"] * 2
    granted = question(ENGINEER, purpose="support", grant=GRANT)
    assert decide(granted, HOUSE, ANYTHING).allowed
    for change in ({"resources": ("ver-2",)}, {"actions": ("object:list",)}, {"beneficiary": "crd-app"}):
        other = question(ENGINEER, purpose="support", grant=msgspec.structs.replace(GRANT, **change))
        assert not decide(other, HOUSE, ANYTHING).allowed


def test_an_engineer_enrolled_for_the_customer_is_no_stranger():
    assert not is_stranger(question(ENGINEER))
    assert is_stranger(question(STRANGER))
    assert is_stranger(question(ENGINEER, resource=msgspec.structs.replace(OBJECT, customer=OTHER)))
    assert not is_stranger(question(APPLICATION))


def test_a_rule_that_reads_the_time_marks_the_decision():
    timed = rules("permit(principal, action, resource) when { context.minute < 800 };")
    decision = decide(question(), HOUSE, timed)
    assert decision.allowed
    assert decision.is_timed
    assert not decide(question(), HOUSE, ANYTHING).is_timed


def test_a_no_carries_every_reason_of_both_sets_and_the_missing_role():
    asked = question(ENGINEER, "object:write")
    decision = decide(asked, HOUSE, rules('forbid(principal, action == Action::"object:write", resource);'))
    said = [(reason.scope, reason.code, reason.rule) for reason in decision.reasons]
    assert ("house", "forbidden", "house-outsider-needs-grant") in said
    assert ("house", "not-permitted", None) in said, "no role of his may write either"
    assert ("customer", "forbidden", "r0") in said
    assert said.index(("customer", "forbidden", "r0")) == len(said) - 1, "the house speaks first"
    assert (decision.kind, decision.is_alarm) == (Kind.DENIED, False)
    assert "customer/r0" in decision.rules
