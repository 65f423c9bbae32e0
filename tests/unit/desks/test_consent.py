import pytest

from custodes.desks.consent import approval_of, refusing_moves
from custodes.desks.grant import FileSignature, PasskeyAssertion
from custodes.kernel.canonical import b64
from fakes.lockbox_world import ANNA, BERTA, approval_form, begin, replaced


def asked():
    play = begin()
    play.ask()
    return play


def test_the_person_who_approves_is_the_one_signed_in_not_one_of_the_form():
    play = asked()
    form = approval_form(play.document, ANNA, play.now)
    assert approval_of(play.step(ANNA.actor, form)).person == ANNA.person
    assert approval_of(play.step(BERTA.actor, form)).person == BERTA.person
    assert play.take(BERTA.actor, "approve", form) == ("bad-signature",)


def test_the_kind_of_signature_follows_from_what_is_handed_in():
    play = asked()
    form = approval_form(play.document, ANNA, play.now)
    assert isinstance(approval_of(play.step(ANNA.actor, form)).signature, FileSignature)
    form = replaced(form, client_data=b64(b"{}"), authenticator_data=b64(b"x"))
    assert isinstance(approval_of(play.step(ANNA.actor, form)).signature, PasskeyAssertion)
    assert play.take(ANNA.actor, "approve", form) == ("bad-signature",)


@pytest.mark.parametrize(
    "changes",
    [
        {"signature": "no base64!"},
        {"signature": b64(b"short")},
        {"key_hash": b64(b"\x00" * 32)},
        {"approved_at": "now"},
        {"credential": BERTA.credential},
        {"credential": "crd-nobody"},
        {"client_data": "%"},
    ],
)
def test_a_form_that_is_no_signature_is_one(changes):
    play = asked()
    assert play.approve(ANNA, **changes) == ("bad-signature",)
    assert play.case.body.approvals == ()


def test_consent_that_waits_ends_in_three_ways_without_a_grant():
    ends = {move.verb: move.targets for move in refusing_moves("asked")}
    assert ends == {"deny": ("denied",), "withdraw": ("withdrawn",), "lapse": ("unanswered",)}
