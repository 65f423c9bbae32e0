import msgspec
import pytest

from custodes.policy.decide import decide
from custodes.policy.house import GUARDRAILS, house_rules
from custodes.policy.question import Party, Resource
from custodes.policy.rules import validate
from fakes.questions import (
    ANYTHING,
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
    STRANGER,
    TOWN,
    TRUSTEE_APPROVER,
    person,
    question,
)

replace = msgspec.structs.replace
KEY = Resource(kind="key", id="key-1", customer=TOWN)
GRANT_ITSELF = Resource(kind="grant", id="grt-1", customer=TOWN)


def denied_by(asked):
    decision = decide(asked, HOUSE, ANYTHING)
    assert not decision.allowed
    return {reason.rule for reason in decision.reasons}


def test_the_house_set_fits_its_own_schema():
    assert validate(house_rules().rules, "house") == ()


def test_the_guardrails_each_have_a_case_here():
    own = {
        "house-stranger": question(STRANGER),
        "house-outsider-needs-grant": question(ENGINEER),
        "house-exceptional-purpose-needs-grant": question(READER, purpose="support"),
        "house-grant-use-needs-grant": question(ENGINEER, "grant:use", GRANT_ITSELF, grant=GRANT),
        "house-no-self-approval": question(
            APPROVER,
            "lockbox:approve",
            replace(CASE, facts={**CASE.facts, "asker_person": "per-anna"}),
        ),
        "house-asker-must-be-known": question(
            APPROVER, "lockbox:approve", replace(CASE, facts={"desk": "lockbox"})
        ),
        "house-people-only": question(APPLICATION, "lockbox:approve", CASE),
        "house-signed-only": question(
            (replace(APPROVER[0], how="token"), APPROVER[1]), "lockbox:approve", CASE
        ),
        "house-vetted-only": question(
            (APPROVER[0], replace(APPROVER[1], is_vetted=False)), "lockbox:approve", CASE
        ),
        "house-killed": question(is_killed=True),
        "house-sealed": question(is_sealed=True),
        "house-outside-boundary": question(action="object:write", place=None),
        "house-bucket-policy": question(
            APPLICATION, resource=replace(OBJECT, facts={**OBJECT.facts, "bucket_policy": "deny"})
        ),
        "house-demo-credential": question((APPLICATION[0], replace(APPLICATION[1], is_demo=True))),
    }
    assert set(own) == set(GUARDRAILS)
    for rule, asked in own.items():
        if rule != "house-stranger":  # answered before any rule; the rule stands behind it
            assert rule in denied_by(asked), rule


@pytest.mark.parametrize(
    ("who", "action", "resource"),
    [
        (APPLICATION, "object:read", OBJECT),
        (APPLICATION, "object:write", OBJECT),
        (READER, "object:read", OBJECT),
        (APPROVER, "lockbox:approve", CASE),
        (TRUSTEE_APPROVER, "lockbox:approve", CASE),
        (ENGINEER, "lockbox:request", CASE),
        (OWNER, "key:create", KEY),
        (OFFICER, "key:destroy", KEY),
        (OWNER, "policy:change", Resource(kind="policy", id="pol-1", customer=TOWN)),
    ],
)
def test_the_ordinary_day_is_allowed(who, action, resource):
    assert decide(question(who, action, resource), HOUSE, ANYTHING).allowed


@pytest.mark.parametrize("action", ["object:read", "object:write", "object:list", "key:use-unwrap"])
def test_the_trustees_own_people_read_nothing_without_a_grant(action):
    resource = {
        "object:list": Resource(kind="bucket", id="bkt-1", customer=TOWN, facts={"owners": ()}),
        "key:use-unwrap": KEY,
    }.get(action, OBJECT)
    everyone = person("max", "trustee", "administrator", "approver", "key-officer", "auditor")
    assert "house-outsider-needs-grant" in denied_by(question(everyone, action, resource))


def test_stopping_needs_one_person_and_no_vetting():
    fresh = (OFFICER[0], replace(OFFICER[1], is_vetted=False))
    town = Resource(kind="customer", id=TOWN, customer=TOWN)
    assert decide(question(fresh, "kill:pull", town), HOUSE, None).allowed
    karl = person("karl", "trustee", "approver")
    unvetted = (karl[0], replace(karl[1], is_vetted=False))
    assert denied_by(question(unvetted, "kill:lift", town)) == {"house-vetted-only"}


def test_a_party_without_an_organisation_may_nothing():
    nobody = (replace(OFFICER[0], roles=("key-officer",)), Party(kind=None, is_vetted=True))
    house = Resource(kind="house", id="hse-1")
    assert not decide(question(nobody, "house:seal", house), HOUSE, None).allowed
