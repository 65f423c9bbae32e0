import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.policy.decide import decide
from custodes.policy.presets import PRESETS, default_rules, names, rule
from custodes.policy.question import Moment, Resource
from custodes.policy.rules import RuleSet, parse, validate
from fakes.questions import (
    APPLICATION,
    APPROVER,
    CASE,
    ENGINEER,
    GRANT,
    HOUSE,
    OBJECT,
    OFFICER,
    OWNER,
    READER,
    TOWN,
    person,
    question,
)

replace = msgspec.structs.replace
FILLED = {
    "weekdays": [1, 2, 3, 4, 5],
    "from": 480,
    "to": 1_080,
    "areas": ["EU"],
    "purposes": ["operation"],
    "classes": ["health"],
    "reasons": ["data-key-opened"],
    "grades": ["signed", "attested"],
    "buckets": ["open-data"],
    "principals": ["arn:aws:iam::123456789012:role/backup"],
}


def filled(name):
    return {place.name: FILLED[place.name] for place in PRESETS[name].places}


def with_forms(*made):
    return parse(RuleSet(scope=TOWN, generation=2, rules=(*default_rules(TOWN).rules, *made)))


def test_every_form_makes_a_rule_that_can_be_saved():
    rules = tuple(rule(name, filled(name)) for name in PRESETS)
    assert validate(rules, TOWN) == ()
    assert names(rules) == tuple(PRESETS)
    for preset in PRESETS.values():
        assert preset.german != preset.english
    stored = msgspec.json.encode(RuleSet(scope=TOWN, generation=1, rules=rules))
    assert msgspec.json.decode(stored, type=RuleSet).rules == rules


def test_no_place_is_left_open():
    for name in PRESETS:
        assert '"$' not in msgspec.json.encode(rule(name, filled(name)).body).decode()


@pytest.mark.parametrize(
    ("who", "action", "resource"),
    [
        (APPLICATION, "object:read", OBJECT),
        (APPLICATION, "object:write", OBJECT),
        (READER, "object:read", OBJECT),
        (APPROVER, "lockbox:approve", CASE),
        (OWNER, "policy:change", Resource(kind="policy", id="pol-1", customer=TOWN)),
        (OFFICER, "key:rotate", Resource(kind="key", id="key-1", customer=TOWN)),
    ],
)
def test_a_new_customers_ordinary_day(who, action, resource):
    assert decide(question(who, action, resource), HOUSE, with_forms()).allowed


def test_an_application_does_not_read_anothers_bucket():
    other = replace(OBJECT, facts={"bucket": "bkt-2", "owners": ("app-other",)})
    assert not decide(question(APPLICATION, resource=other), HOUSE, with_forms()).allowed
    nameless = (APPLICATION[0], replace(APPLICATION[1], application=None))
    assert not decide(question(nameless), HOUSE, with_forms()).allowed


def test_a_grant_is_used_under_the_default_rules():
    assert decide(question(ENGINEER, purpose="support", grant=GRANT), HOUSE, with_forms()).allowed
    assert not decide(question(ENGINEER, purpose="support"), HOUSE, with_forms()).allowed


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        (Moment(now_s=0, weekday=1, minute=480), True),
        (Moment(now_s=0, weekday=1, minute=479), False),
        (Moment(now_s=0, weekday=5, minute=1_079), True),
        (Moment(now_s=0, weekday=5, minute=1_080), False),
        (Moment(now_s=0, weekday=6, minute=600), False),
    ],
)
def test_business_hours(moment, allowed):
    hours = with_forms(rule("business-hours", filled("business-hours")))
    decision = decide(question(ENGINEER, purpose="support", grant=GRANT, moment=moment), HOUSE, hours)
    assert decision.allowed is allowed
    assert decision.is_timed
    assert decide(question(moment=moment), HOUSE, hours).allowed  # no grant, no hours


def test_approvers_must_live_where_the_customer_says():
    resident = with_forms(rule("approvers-resident-in", {"areas": ["EU"]}))
    abroad = person("anna", "customer", "approver", customer=TOWN, areas=("US",))
    unknown = person("anna", "customer", "approver", customer=TOWN, areas=())
    assert decide(question(APPROVER, "lockbox:approve", CASE), HOUSE, resident).allowed
    for who in (abroad, unknown):
        assert not decide(question(who, "lockbox:approve", CASE), HOUSE, resident).allowed


def test_purposes_classes_and_people():
    purposes = with_forms(rule("purposes-only", {"purposes": ["exit"]}))
    assert not decide(question(), HOUSE, purposes).allowed
    assert decide(question(purpose="exit"), HOUSE, purposes).allowed
    health = replace(OBJECT, facts={**OBJECT.facts, "data_class": "health"})
    classes = with_forms(rule("class-never-granted", {"classes": ["health"]}))
    assert not decide(question(ENGINEER, resource=health, grant=GRANT), HOUSE, classes).allowed
    assert decide(question(ENGINEER, grant=GRANT), HOUSE, classes).allowed
    people = with_forms(rule("people-only-under-grant"))
    assert not decide(question(READER), HOUSE, people).allowed
    assert decide(question(), HOUSE, people).allowed


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("business-hours", {"weekdays": [0], "from": 1, "to": 2}),
        ("business-hours", {"weekdays": [True], "from": 1, "to": 2}),
        ("business-hours", {"weekdays": [1], "from": -1, "to": 2}),
        ("business-hours", {"weekdays": [1], "from": "1", "to": 2}),
        ("business-hours", {"weekdays": [1], "from": 1}),
        ("approvers-resident-in", {"areas": []}),
        ("approvers-resident-in", {"areas": "EU"}),
        ("approvers-resident-in", {"areas": [1]}),
        ("approvers-resident-in", {"areas": ["x" * 201]}),
        ("readers-read", {"more": 1}),
        ("purposes-only", {"purposes": ["x"] * 101}),
    ],
)
def test_a_field_of_the_wrong_form_is_refused(name, fields):
    with pytest.raises(Refusal) as caught:
        rule(name, fields)
    assert caught.value.code == "bad-preset-field"


def test_an_unknown_form_is_refused_and_a_second_use_is_numbered():
    with pytest.raises(Refusal) as caught:
        rule("no-such-form")
    assert caught.value.code == "unknown-preset"
    assert rule("readers-read", number=2).id == "readers-read-2"
