from datetime import UTC, datetime

import msgspec
import pytest

from custodes.acts.footing.decisions import Asked, Decisions, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import Kills
from custodes.acts.writing.act import Before, Generation
from custodes.custody.kill import Kill, KillScope
from custodes.kernel.refusal import Kind
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Person
from custodes.policy.presets import default_rules, rule
from custodes.policy.question import Place
from fakes import SetClock
from fakes.people import organisation
from fakes.questions import APPLICATION, APPROVER, CASE, OBJECT, STRANGER, TOWN


class Rows:
    """Standing rows in a dictionary; every row is of generation 1."""

    seq = 1

    def __init__(self, **rows):
        self.rows = rows

    def get(self, noun, id_, kind):
        found = self.rows.get(noun, {}).get(id_)
        assert found is None or isinstance(found, kind) or noun == "customer"
        return found

    def expect(self, noun, id_):
        return Generation(noun, id_, int(id_ in self.rows.get(noun, {})))


class Open(msgspec.Struct):
    sealed: bool = False


KILL = Kill(
    id="act-1",
    scope=KillScope.CUSTOMER,
    subject=TOWN,
    killed_at=datetime(2026, 11, 22, 7, tzinfo=UTC),
    by="per-olga",
    reason="fire",
)


def decisions(*forms, killed=False, country="DE"):
    rules = default_rules(TOWN)
    row = msgspec.structs.replace(
        organisation("customer", PartyKind.CUSTOMER), id="org-customer", customers=(TOWN,)
    )
    town = msgspec.structs.replace(row, id="org-town")
    key = Credential(
        id="crd-app",
        kind=CredentialKind.S3_KEY,
        organisation="org-town",
        application="app-records",
        customer=TOWN,
        created_at="2026-01-01T00:00:00Z",
    )
    rows = Rows(
        rules={TOWN: msgspec.structs.replace(rules, rules=(*rules.rules, *forms))},
        customer={TOWN: Open()},
        kills={TOWN: Kills(kills=(KILL,))} if killed else {},
        organisation={
            "org-town": town,
            "org-customer": row,
            "org-stranger": msgspec.structs.replace(row, id="org-stranger", customers=("cus-other",)),
        },
        credential={"crd-app": key},
        person={"per-anna": Person(id="per-anna", name="Anna", country=country, is_vetted=True)},
    )
    return Decisions(rows, SetClock(), is_demo=False)


def ask(who, action="object:read", resource=OBJECT, **made):
    asked = Asked(action=action, resource=resource, purpose="operation", place=Place(is_inside=True))
    return decisions(**made).decide(Identified(actor=who, expects=()), asked)


def test_a_decision_names_the_rows_it_rested_on():
    decided = ask(APPLICATION[0])
    assert decided.decision.allowed
    nouns = {expect.noun for expect in decided.expects}
    assert nouns == {"organisation", "rules", "customer", "kills"}


def test_a_kill_locks_for_those_who_may_know_and_tells_a_stranger_nothing():
    assert ask(APPLICATION[0], killed=True).decision.kind is Kind.LOCKED
    stranger = msgspec.structs.replace(STRANGER[0], organisation="org-stranger")
    alive, killed = ask(stranger), ask(stranger, killed=True)
    assert alive.decision == killed.decision
    assert killed.decision.kind is Kind.ABSENT
    assert refusal_of(killed.decision).facts == {}


@pytest.mark.parametrize(("country", "allowed"), [("FR", True), ("NO", False), ("XX", False), (None, False)])
def test_residence_is_a_country_and_the_unions_it_lies_in(country, allowed):
    resident = rule("approvers-resident-in", {"areas": ["EU"]})
    asked = Asked(action="lockbox:approve", resource=CASE, purpose="operation")
    who = Identified(actor=APPROVER[0], expects=())
    assert decisions(resident, country=country).decide(who, asked).decision.allowed is allowed


def test_a_decision_that_read_the_time_must_commit_soon():
    hours = rule("business-hours", {"weekdays": [1, 2, 3, 4, 5, 6, 7], "from": 0, "to": 1_440})
    asked = Asked(action="object:read", resource=OBJECT, purpose="operation", place=Place(is_inside=True))
    timed = decisions(hours).decide(Identified(actor=APPLICATION[0], expects=()), asked)
    assert [type(one) for one in timed.expects].count(Before) == 1
    assert not any(isinstance(one, Before) for one in ask(APPLICATION[0]).expects)


def test_an_applications_decision_is_kept_until_anything_changes():
    rules = decisions()
    who = Identified(actor=APPLICATION[0], expects=())
    place = Place(is_inside=True)
    asked = Asked(action="object:read", resource=OBJECT, purpose="operation", place=place)
    first = rules.decide(who, asked)
    assert rules.decide(who, asked) is first
    rules._standing.seq += 1
    again = rules.decide(who, asked)
    assert again is not first
    assert again.decision == first.decision
