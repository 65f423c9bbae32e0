"""Attacks on consent: approving for oneself, approving twice, replaying, forging, racing, bending time."""

from datetime import timedelta

import msgspec
import pytest

from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.engine import Taken
from custodes.desks.grant import ObjectVersion, approval_digest, grant_hash
from custodes.kernel.actor import CLOCK
from fakes.lockbox_world import (
    ALBERT,
    ANNA,
    BERTA,
    BRUNO,
    EMIL,
    EMIL_AT_TOWN,
    EVA,
    HOUSE,
    START,
    ZOE,
    an_id,
    approval_form,
    begin,
    replaced,
    sign,
    signed,
    the_rules,
)


def asked(name="case", **changes):
    play = begin(name=name)
    assert play.ask(**changes) == ()
    return play


def test_the_asker_does_not_approve_with_a_second_account_of_his():
    play = asked()
    assert play.approve(EMIL_AT_TOWN) == ("own-request",)
    assert play.approve(BERTA) == ()
    assert play.case.state == "asked"
    smuggled = [signed(play.document, EMIL_AT_TOWN, START), signed(play.document, BERTA, START)]
    play.case = replaced(play.case, body=replaced(play.case.body, approvals=tuple(smuggled)))
    assert play.verdict().reasons == ("own-request",)


def test_whoever_gets_the_access_does_not_approve_it_even_where_he_has_a_seat():
    play = begin(facts={"beneficiary": ANNA.who})
    assert play.ask(beneficiary=ANNA.credential) == ()
    assert play.approve(ANNA) == ("own-benefit",)


def test_one_organisation_approving_twice_is_still_one():
    for pair in ((ANNA, ALBERT), (BERTA, BRUNO)):
        play = asked()
        for somebody in pair:
            assert play.approve(somebody) == ()
        assert play.case.state == "asked"
        assert play.verdict().reasons == ("quorum-not-met",)


def test_two_organisations_of_one_controlling_group_are_one():
    play = asked()
    play.people = {"groups": (("town", "holding"), ("trustee", "Holding"))}
    assert play.approve(ANNA) == ()
    assert play.approve(BERTA) == ()
    assert play.case.state == "asked"


def test_one_person_with_a_seat_in_both_organisations_counts_once():
    play = asked()
    assert play.approve(ZOE) == ()
    assert play.approve(ZOE, "trustee") == ("approved-before",)
    both = [signed(play.document, ZOE, START), signed(play.document, ZOE, START, "trustee")]
    play.case = replaced(play.case, body=replaced(play.case.body, approvals=tuple(both)))
    assert play.verdict().reasons == ("quorum-not-met",)


def test_nobody_approves_for_an_organisation_he_does_not_belong_to():
    play = asked()
    assert play.approve(ANNA) == ()
    assert play.approve(ALBERT, "trustee") == ()
    assert play.case.state == "asked"


def test_an_approval_of_one_case_is_worth_nothing_in_another():
    one, other = asked("one"), asked("other")
    assert grant_hash(one.document) != grant_hash(other.document)
    form = approval_form(one.document, ANNA, one.now)
    assert other.take(ANNA.actor, "approve", form) == ("other-document",)
    relabelled = replaced(form, grant_hash=approval_form(other.document, ANNA, START).grant_hash)
    assert other.take(ANNA.actor, "approve", relabelled) == ("bad-signature",)


def test_an_approval_of_a_broken_glass_is_worth_nothing_in_the_lockbox():
    play = asked()
    emergency = replaced(play.document, desk="break-glass")
    form = approval_form(emergency, ANNA, play.now)
    assert play.take(ANNA.actor, "approve", form) == ("other-document",)


def test_changing_what_is_asked_after_the_first_approval_voids_it():
    play = asked()
    assert play.approve(ANNA) == ()
    more = (ObjectVersion(bucket=an_id("bkt", "files"), version=an_id("ver", "everything")),)
    widened = replaced(play.document, resources=more)
    play.case = replaced(play.case, body=replaced(play.case.body, document=widened))
    assert play.approve(BERTA) == ()
    assert play.case.state == "asked"
    assert [one.person for one in play.case.body.approvals] == [BERTA.person]


@pytest.mark.parametrize(
    "changes",
    [
        {"beneficiary": EMIL.who},
        {"actions": ("key:use-unwrap",)},
        {"window_s": 8 * 3600, "lapses_at": START + timedelta(days=4, hours=8)},
        {"lapses_at": START + timedelta(days=4)},
        {"uses_max": 100},
        {"bytes_max": 2**40},
        {"purpose": "incident"},
        {"policy_hash": b"\x13" * 32},
    ],
)
def test_a_granted_document_that_is_edited_grants_nothing(changes):
    play = asked()
    play.approve(ANNA)
    play.approve(BERTA)
    edited = replaced(play.document, **changes)
    play.case = replaced(play.case, body=replaced(play.case.body, document=edited))
    assert play.verdict().reasons == ("other-document",)


def test_moving_begin_and_end_in_the_row_moves_nothing():
    play = asked()
    play.approve(ANNA)
    play.approve(BERTA)
    truth = play.verdict()
    later = START + timedelta(days=3)
    body = replaced(play.case.body, begins_at=later, ends_at=later + timedelta(hours=8))
    play.case = replaced(play.case, body=body)
    assert play.verdict() == truth


def test_redating_an_approval_breaks_its_signature():
    play = asked()
    play.approve(ANNA)
    play.approve(BERTA)
    anna, berta = play.case.body.approvals
    redated = replaced(berta, approved_at=START + timedelta(days=2))
    body = replaced(play.case.body, approvals=(anna, redated))
    play.case = replaced(play.case, body=body)
    assert play.verdict(START + timedelta(days=3)).reasons == ("bad-signature",)


@pytest.mark.parametrize("signer", [BERTA, EMIL])
def test_a_forged_signature_is_refused(signer):
    play = asked()
    honest = signed(play.document, ANNA, play.now)
    forged = sign(honest, signer)
    form = approval_form(play.document, ANNA, play.now)
    for bad in (forged.signature.signature, b"\x00" * 64, honest.signature.signature[:-1], b"\x00"):
        from custodes.kernel.canonical import b64

        assert play.take(ANNA.actor, "approve", replaced(form, signature=b64(bad))) == ("bad-signature",)


def test_a_signature_over_the_bare_grant_hash_is_no_approval():
    from custodes.kernel.canonical import b64
    from custodes.parties.signature import to_sign

    play = asked()
    bare = ANNA.key.sign(to_sign(grant_hash(play.document)))
    form = replaced(approval_form(play.document, ANNA, play.now), signature=b64(bare))
    assert play.take(ANNA.actor, "approve", form) == ("bad-signature",)


def test_nobody_hands_in_somebody_elses_approval():
    play = asked()
    form = approval_form(play.document, BERTA, play.now)
    assert play.take(ANNA.actor, "approve", form) == ("bad-signature",)


def test_a_flipped_bit_anywhere_in_an_approval_is_refused():
    play = asked()
    doc = play.document
    honest = signed(doc, ANNA, START)
    rules = the_rules()
    for bit in range(64 * 8):
        raw = bytearray(honest.signature.signature)
        raw[bit // 8] ^= 1 << bit % 8
        bad = replaced(honest, signature=replaced(honest.signature, signature=bytes(raw)))
        assert rules.signature_reason(bad, approval_digest(bad)) == "bad-signature"


def test_an_approval_after_the_request_lapsed_is_refused_whoever_is_late():
    play = asked()
    play.approve(ANNA)
    late = approval_form(play.document, BERTA, START + timedelta(days=4, seconds=-1))
    play.forward(days=4)
    assert play.take(BERTA.actor, "approve", late) == ("request-lapsed",)
    assert play.take(CLOCK, "lapse") == ()
    assert play.take(BERTA.actor, "approve", late) == ("wrong-state",)


def test_an_approval_of_a_denied_withdrawn_or_revoked_case_is_refused():
    from fakes.lockbox_world import because

    denied, withdrawn, revoked = asked(), asked(), asked()
    denied.take(ANNA.actor, "deny", because())
    withdrawn.take(EMIL.actor, "withdraw")
    revoked.approve(ANNA)
    revoked.approve(BERTA)
    revoked.take(BRUNO.actor, "revoke", because())
    for play in (denied, withdrawn, revoked):
        assert play.approve(BRUNO) == ("wrong-state",)


def test_of_two_racing_approvals_only_one_can_be_committed():
    """Both are decided on the same version; the sequencer expects that version, so one is decided again."""
    play = asked()
    answers = []
    for somebody in (ANNA, BERTA):
        form = approval_form(play.document, somebody, play.now)
        answers.append(play.desk.take(play.step(somebody.actor, form), "approve"))
    assert all(isinstance(answer, Taken) for answer in answers)
    assert {answer.case.version for answer in answers} == {play.case.version + 1}
    assert {answer.target for answer in answers} == {"asked"}
    play.case = answers[0].case
    assert play.approve(BERTA) == ()
    assert play.case.state == "granted"


def test_the_same_approval_sent_twice_counts_once():
    play = asked()
    form = approval_form(play.document, ANNA, play.now)
    assert play.take(ANNA.actor, "approve", form) == ()
    assert play.take(ANNA.actor, "approve", form) == ("approved-before",)


def test_a_clock_set_back_moves_nothing():
    play = asked()
    play.approve(ANNA)
    play.forward(hours=1)
    play.approve(BERTA)
    ends = play.case.body.ends_at
    play.now = START
    for actor, verb in ((EVA.actor, "return"), (CLOCK, "lapse"), (HOUSE, "spend")):
        assert "clock-behind" in play.take(actor, verb)
    assert play.verdict().reasons == ("approval-out-of-time",)
    assert play.case.body.ends_at == ends


def test_people_cannot_play_the_clock_and_the_clock_cannot_play_people():
    play = asked()
    play.forward(days=5)
    for verb in ("lapse", "remind", "escalate"):
        assert play.take(ANNA.actor, verb) == ("wrong-role",)
    assert "wrong-role" in play.take(CLOCK, "withdraw")
    form = approval_form(play.document, ANNA, START)
    as_process = msgspec.structs.replace(HOUSE, person=ANNA.person, organisation=ANNA.who.organisation)
    play.now = START
    assert play.take(as_process, "approve", form) == ("wrong-role",)


def test_a_move_policy_did_not_allow_is_not_taken():
    play = asked()
    play.allowed = frozenset({"lockbox:deny"})
    assert play.approve(ANNA) == ("not-allowed",)


@pytest.mark.parametrize(
    "text", ["\u202eevil", "a\u200bb", "a\x00b", "a\rb", "\ud800", "\U000e0041", " ", "a\xadb"]
)
def test_a_request_that_an_approver_would_read_otherwise_is_refused(text):
    for field in ("reason", "ticket"):
        assert begin().ask(**{field: text}) == ("bad-request",)


def test_a_fraction_of_a_second_does_not_make_a_second_approval_of_one_signature():
    play = asked()
    honest = signed(play.document, ANNA, START)
    split = replaced(honest, approved_at=START + timedelta(microseconds=500_000))
    assert approval_digest(split) == approval_digest(honest)
    play.case = replaced(play.case, body=replaced(play.case.body, approvals=(split,)))
    assert play.verdict(START + timedelta(hours=1)).reasons == ("approval-out-of-time",)


def test_a_case_of_one_desk_is_not_finished_at_the_other():
    play = asked()
    play.desk = BREAK_GLASS_DESK
    with pytest.raises(ValueError, match="a case of lockbox"):
        play.approve(ANNA)
