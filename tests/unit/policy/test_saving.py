import msgspec
import pytest

from custodes.policy.presets import default_rules, rule
from custodes.policy.rules import RULES_MAX, Rule, from_cedar
from custodes.policy.saving import problems
from fakes.questions import TOWN

replace = msgspec.structs.replace
PERMIT = from_cedar("permit(principal, action, resource);")


def codes(*rules):
    return [problem.code for problem in problems(rules, TOWN)]


def test_honest_rules_are_saved():
    assert codes(*default_rules(TOWN).rules, rule("purposes-only", {"purposes": ["exit"]})) == []
    assert codes(Rule(id="own", body=PERMIT)) == []


def test_rules_that_came_back_from_storage_are_still_honest():
    stored = msgspec.json.decode(
        msgspec.json.encode(rule("business-hours", {"weekdays": (1, 2), "from": 1, "to": 2})), type=Rule
    )
    assert codes(stored) == []


@pytest.mark.parametrize(
    "forged",
    [
        Rule(id="readers-read", body=PERMIT, form="readers-read"),
        replace(rule("purposes-only", {"purposes": ["exit"]}), fields={"purposes": ["operation"]}),
        replace(rule("purposes-only", {"purposes": ["exit"]}), fields={}),
        replace(rule("readers-read"), form="no-such-form"),
        replace(rule("readers-read"), fields={"more": 1}),
        replace(rule("purposes-only", {"purposes": ["x"]}), fields={"purposes": [[[[[["x"]]]]]]}),
        replace(rule("purposes-only", {"purposes": ["x"]}), fields={"purposes": ["x" * 9_000]}),
    ],
)
def test_a_label_does_not_lie_about_the_rule_under_it(forged):
    assert codes(forged) == ["forged-form"]


def test_fields_need_a_form_and_a_set_its_limits():
    assert codes(Rule(id="own", body=PERMIT, fields={"a": 1})) == ["fields-without-form"]
    many = (Rule(id=f"r{number}", body=PERMIT) for number in range(RULES_MAX + 1))
    assert codes(*many) == ["too-many-rules"]
    assert [problem.code for problem in problems((), "house")] == ["reserved-scope"]
    assert codes(Rule(id="house-x", body=PERMIT)) == ["reserved-rule-id"]
