from datetime import timedelta

import pytest

from custodes.desks.engine import Refused, Step
from custodes.desks.forms import Approve, Begun, Counted, Form, Propose
from custodes.desks.grant import Approval, FileSignature
from custodes.desks.preservation import PRESERVATION, is_hidden, opening, order_in
from custodes.desks.preserving import Facts, order_hash
from custodes.kernel.actor import CLOCK, Actor, ActorKind
from custodes.kernel.canonical import b64
from custodes.kernel.clock import to_text
from fakes.lockbox_world import HOUSE, START, an_id
from fakes.orders import ABOUT, NONCE, SOMEBODY, demand

TRUSTEE, NOTARY, TOWN = SOMEBODY.organisation, an_id("org", "notary"), an_id("org", "town")
ACTIONS = frozenset({"preservation:request", "preservation:approve"})


class Rules:
    """Everybody's signature holds; two different organisations of those who may are enough."""

    def signature_reason(self, approval, digest):
        return None

    def is_same_person(self, one, other):
        return one == other

    def meets_order(self, approvals, asker, parties):
        return len({one.organisation for one in approvals if one.organisation in parties}) > 1


def person(name, organisation):
    return Actor(
        kind=ActorKind.PERSON,
        credential=an_id("crd", name),
        how="file-key",
        person=an_id("per", name),
        organisation=organisation,
    )


ADA, KARL, NORA = person("ada", TRUSTEE), person("karl", TRUSTEE), person("nora", NOTARY)


def facts(**changes):
    values = {
        "house": ABOUT[0],
        "customer_organisation": TOWN,
        "trustee_organisation": TRUSTEE,
        "rules": Rules(),
        "parties": frozenset({TRUSTEE, NOTARY}),
        "counters": frozenset({NOTARY}),
        "nonce": NONCE,
        **changes,
    }
    return Facts(**values)


def step(case, actor, form, *, at=START, **changes):
    return Step(case=case, actor=actor, form=form, now=at, facts=facts(**changes), allowed=ACTIONS)


def take(case, verb, actor=ADA, form=None, **more):
    return PRESERVATION.take(step(case, actor, form or Form(), **more), verb)


def approval(case, actor, at=START):
    one = Approval(
        grant_hash=order_hash(case.body.proposal),
        person=actor.person,
        organisation=actor.organisation,
        credential=actor.credential,
        key_hash=bytes(32),
        approved_at=at,
        signature=FileSignature(signature=b"s"),
    )
    return Approve(
        grant_hash=b64(one.grant_hash),
        credential=one.credential,
        key_hash=b64(one.key_hash),
        approved_at=to_text(at),
        signature=b64(b"signed"),
    )


def asked(**changes):
    return take(opening(ABOUT[1], ABOUT[2], START), "preserve", form=demand(**changes)).case


def agreed(case, at=START):
    for actor in (KARL, NORA):
        case = take(case, "approve", actor, approval(case, actor, at), at=at).case
    return case


def preserved(**changes):
    case = agreed(asked(**changes))
    case = take(case, "begin", HOUSE, Begun(key=b64(bytes(81)))).case
    return take(case, "secure", HOUSE, Counted(count=2, digest=b64(bytes(32)))).case


def test_two_organisations_sign_and_the_house_says_done_only_when_it_is():
    case = asked()
    assert (case.state, is_hidden(case)) == ("asked", True)
    case = take(case, "approve", KARL, approval(case, KARL)).case
    assert case.state == "asked"
    case = take(case, "approve", NORA, approval(case, NORA)).case
    assert (case.state, case.body.scope_at, case.body.count) == ("ordered", START, 0)
    case = preserved()
    assert (case.state, case.body.count) == ("preserving", 2)


@pytest.mark.parametrize(
    ("actor", "reason"),
    [(KARL, "approved-before"), (ADA, "own-request"), (person("anna", TOWN), "not-a-party")],
)
def test_nobody_approves_twice_or_himself_and_the_customer_not_at_all(actor, reason):
    case = asked()
    case = take(case, "approve", KARL, approval(case, KARL)).case
    refused = take(case, "approve", actor, approval(case, actor))
    assert isinstance(refused, Refused)
    assert reason in refused.reasons


def test_an_approval_of_another_order_or_an_old_one_does_not_count():
    case = asked()
    other = asked(names=("wider",))
    assert take(case, "approve", KARL, approval(other, KARL)).reasons == ("other-document",)
    late = START + timedelta(minutes=6)
    assert take(case, "approve", KARL, approval(case, KARL), at=late).reasons == ("approval-stale",)


def test_without_a_counter_signatory_or_a_holder_nothing_opens():
    case = opening(ABOUT[1], ABOUT[2], START)
    said = take(case, "preserve", form=demand(), counters=frozenset(), holder_reason="holder-of-others")
    assert set(said.reasons) == {"no-counter-signatory", "holder-of-others"}
    announced = demand(secrecy="announced", duty="", duty_ends_at=None)
    assert take(case, "preserve", form=announced, counters=frozenset()).target == "asked"


def test_the_customer_is_told_when_the_duty_ends_whatever_state_the_case_is_in():
    for begun in (asked(), agreed(asked()), preserved()):
        _told_at_the_end(begun)


def _told_at_the_end(case):
    due = PRESERVATION.due(case)
    at = START + timedelta(days=60)
    while due.verb != "reveal":
        case = take(case, due.verb, CLOCK, at=max(due.at, case.changed_at)).case
        if case.state == "ended":
            case = take(case, "destroy", HOUSE, Counted(count=2), at=case.changed_at).case
        due = PRESERVATION.due(case)
    assert due.at == at
    said = take(case, "reveal", CLOCK, at=at)
    assert said.intents[0].party == "customer"
    assert not is_hidden(said.case)


def test_nothing_is_told_to_the_customer_before():
    case = asked()
    said = take(case, "withdraw", ADA)
    assert {one.party for one in said.intents} == {"trustee", "counter-signatory"}
    assert said.target == "resting"
    announced = asked(secrecy="announced", duty="", duty_ends_at=None)
    said = take(announced, "withdraw", ADA)
    assert (said.target, said.intents[0].party) == ("closed", "customer")


def test_it_ends_by_time_and_is_prolonged_only_by_both():
    case = preserved()
    longer = Propose(act="prolong", reason="so", ends_at=to_text(START + timedelta(days=50)))
    case = take(case, "propose", ADA, longer).case
    assert PRESERVATION.due(case).verb == "lapse"
    assert order_in(case).ends_at == START + timedelta(days=30)
    case = agreed(case)
    assert (case.state, order_in(case).ends_at) == ("preserving", START + timedelta(days=50))
    at = START + timedelta(days=50)
    case = take(case, "end", CLOCK, at=at).case
    assert (case.state, case.body.outcome) == ("ended", "lapsed")


@pytest.mark.parametrize(("act", "state"), [("verify", "verifying"), ("lift", "ended")])
def test_what_both_sign_is_done(act, state):
    case = take(preserved(), "propose", ADA, Propose(act=act, reason="so")).case
    assert agreed(case).state == state
    assert take(case, "withdraw", ADA).target == "preserving"


def test_a_verification_that_fails_is_an_alarm():
    case = agreed(take(preserved(), "propose", ADA, Propose(act="verify", reason="so")).case)
    said = take(case, "finish", HOUSE, Counted(count=1, missing=1))
    assert (said.case.body.whole, said.case.body.bad, said.target) == (1, 1, "preserving")
    assert said.intents[-1].message == "preservation-damaged"
