from datetime import timedelta

import msgspec

from custodes.desks.grant import BREAK_GLASS, PasskeyAssertion, approval_digest, grant_hash
from custodes.desks.rules import key_hash
from fakes.lockbox_world import (
    ALBERT,
    ANNA,
    BERTA,
    BRUNO,
    EMIL,
    EMIL_AT_TOWN,
    EVA,
    MALLORY,
    START,
    ZOE,
    ZOE_AT_TRUSTEE,
    begin,
    sign,
    signed,
    the_directory,
    the_rules,
)

RULES = the_rules()


def document(**changes):
    play = begin()
    play.ask()
    return msgspec.structs.replace(play.document, **changes)


def test_a_living_enrolled_key_of_this_very_person_has_signed():
    approval = signed(document(), ANNA, START)
    digest = approval_digest(approval)
    assert RULES.signature_reason(approval, digest) is None
    assert the_rules(revoked=("anna",)).signature_reason(approval, digest) == "bad-signature"
    assert RULES.signature_reason(approval, b"\x00" * 32) == "bad-signature"
    for changes in (
        {"person": BERTA.person},
        {"credential": BERTA.credential},
        {"key_hash": b"\x00" * 32},
        {"signature": PasskeyAssertion(client_data=b"{}", authenticator_data=b"", signature=b"")},
    ):
        other = sign(msgspec.structs.replace(approval, **changes), ANNA)
        other = msgspec.structs.replace(other, **changes)
        assert RULES.signature_reason(other, approval_digest(other)) == "bad-signature"


def test_the_hash_of_a_key_is_that_of_the_enrolled_one():
    credential = the_directory().credentials[ANNA.credential]
    assert key_hash(credential) == signed(document(), ANNA, START).key_hash
    assert len(key_hash(msgspec.structs.replace(credential, public=None))) == 32


def test_two_accounts_of_one_human_are_one_person():
    assert RULES.is_same_person(EMIL.person, EMIL_AT_TOWN.person)
    assert RULES.is_same_person("per-unknown", "per-unknown")
    assert not RULES.is_same_person(EMIL.person, "per-unknown")
    assert not RULES.is_same_person(EMIL.person, EVA.person)


def test_the_lockbox_needs_customer_and_trustee_and_neither_asker_nor_beneficiary():
    doc = document()

    def meets(*people, **changes):
        return the_rules(**changes).meets_quorum([signed(doc, one, START) for one in people], doc)

    assert meets(ANNA, BERTA)
    assert not meets(ANNA)
    assert not meets(ANNA, ALBERT)
    assert not meets(BERTA, BRUNO)
    assert not meets(ANNA, MALLORY)
    assert not meets(EMIL_AT_TOWN, BERTA)
    assert not meets(ANNA, BERTA, groups=(("town", "holding"), ("trustee", "Holding ")))
    assert not meets(ANNA, BERTA, revoked=("anna",))


def test_a_seat_in_both_organisations_fills_one():
    doc = document()
    both = [signed(doc, ZOE, START), signed(doc, ZOE_AT_TRUSTEE, START)]
    assert not RULES.meets_quorum(both, doc)
    assert RULES.meets_quorum([*both, signed(doc, ANNA, START)], doc)


def test_broken_glass_needs_two_persons_of_the_parties():
    doc = document(desk=BREAK_GLASS)
    assert grant_hash(doc) != grant_hash(document())

    def meets(*people):
        return RULES.meets_quorum([signed(doc, one, START) for one in people], doc)

    assert meets(BERTA, BRUNO)
    assert meets(ANNA, BERTA)
    assert not meets(BERTA)
    assert not meets(BERTA, BERTA)
    assert not meets(BERTA, MALLORY)


def test_the_rules_are_those_of_one_instant():
    later = the_rules(START + timedelta(days=1))
    assert (RULES.at, later.at) == (START, START + timedelta(days=1))
