import pytest

from custodes.policy.decide import decide
from custodes.policy.explain import (
    CUSTOMER_OWNER,
    ENROLMENT,
    LIFTED_BY,
    NOBODY,
    OPERATOR,
    changed_by,
    explain,
    message,
)
from custodes.policy.house import GUARDRAILS
from custodes.policy.presets import default_rules, rule
from custodes.policy.question import Reason
from custodes.policy.rules import RuleSet, parse
from custodes.policy.words import WORDS
from fakes.questions import ANYTHING, ENGINEER, HOUSE, READER, STRANGER, TOWN, question, rule_set


def told(asked, saved=None):
    parsed = parse(saved) if saved is not None else ANYTHING
    return explain(decide(asked, HOUSE, parsed), asked, saved)


def test_a_yes_and_a_stranger_are_told_nothing():
    assert told(question()) == ()
    assert told(question(STRANGER)) == ()


def test_every_guardrail_but_the_strangers_says_what_lifts_it():
    assert set(LIFTED_BY) == set(GUARDRAILS) - {"house-stranger"}


def test_a_guardrail_leads_to_the_lockbox():
    first = told(question(ENGINEER))[0]
    assert (first.rule, first.changed_by, first.lifted_by) == (
        "house-outsider-needs-grant",
        NOBODY,
        "lockbox:request",
    )


def test_a_missing_role_names_the_roles_of_his_own_kind_that_would_do():
    (one,) = told(question(READER, "object:write"))
    assert (one.changed_by, one.roles) == (ENROLMENT, ("customer:application", "customer:owner"))


def test_a_customers_rule_names_its_form_and_who_changes_it():
    made = rule("purposes-only", {"purposes": ["exit"]})
    saved = RuleSet(scope=TOWN, generation=1, rules=(*default_rules(TOWN).rules, made))
    (one,) = told(question(), saved)
    assert (one.message, one.form, one.fields, one.changed_by) == (
        "policy.form.purposes-only",
        "purposes-only",
        {"purposes": ["exit"]},
        CUSTOMER_OWNER,
    )
    (own,) = told(question(), rule_set("forbid(principal, action, resource);"))
    assert (own.message, own.rule) == ("policy.own-rule", "r0")


@pytest.mark.parametrize(
    ("asked", "message", "by"),
    [
        (question(purpose="fun"), "policy.unknown-purpose", NOBODY),
        (question(action="key:read"), "policy.wrong-resource", NOBODY),
        (question(action="no:such"), "policy.unknown-action", OPERATOR),
    ],
)
def test_what_no_rule_said(asked, message, by):
    (one,) = told(asked)
    assert (one.message, one.changed_by) == (message, by)
    assert told(question(), rule_set())[0].changed_by == CUSTOMER_OWNER


def test_every_reason_says_who_can_change_it_and_has_words():
    said = {
        Reason(code="forbidden", scope="house", rule="house-killed"): ("policy.house-killed", "nobody"),
        Reason(code="not-permitted", scope="house"): ("policy.role-missing", "enrolment"),
        Reason(code="not-permitted", scope="customer"): ("policy.not-permitted", "customer:owner"),
        Reason(code="forbidden", scope="customer", rule="business-hours-2"): (
            "policy.form.business-hours",
            "customer:owner",
        ),
        Reason(code="forbidden", scope="customer", rule="r0"): ("policy.own-rule", "customer:owner"),
        Reason(code="unknown-purpose", scope="-"): ("policy.unknown-purpose", "nobody"),
        Reason(code="policy-error", scope="house"): ("policy.policy-error", "trustee:administrator"),
    }
    for reason, (text, who) in said.items():
        assert (message(reason), changed_by(reason)) == (text, who)
        assert text in WORDS
