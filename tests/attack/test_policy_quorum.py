"""Somebody tries to be two: more accounts, keys, organisations, spellings or signatures than people."""

import hashlib

import msgspec
import pytest

from custodes.kernel.canonical import b64
from custodes.parties.distinct import Approval, Asker, Quorum, meets
from custodes.parties.roles import PartyKind
from custodes.parties.rows import CredentialKind, Person
from custodes.parties.signature import FileKeySignature, PasskeySignature, RelyingParty, to_sign, verify
from fakes.passkey import ORIGIN, RP_ID, Passkey
from fakes.people import AT, credential, key, member, organisation, people

replace = msgspec.structs.replace
TWO = Quorum()
ANNA = Approval(credential="crd-anna", organisation="org-town")
TOM = Approval(credential="crd-tom", organisation="org-house")
RELYING = RelyingParty(id=RP_ID, origins=(ORIGIN,))


@pytest.mark.parametrize(
    "spelling",
    ["ANNA@town.example", "anna@TOWN.example", "\uff41nna@town.example", "anna@town.example "],
)
def test_another_spelling_of_a_mail_address_is_no_second_person(spelling):
    found = people(
        Person(id="per-anna", name="A", mail="anna@town.example", is_mail_verified=True),
        Person(id="per-tom", name="T", mail=spelling, is_mail_verified=True),
    )
    assert meets(TWO, (ANNA, TOM), found, Asker(), AT).code == "too-few-persons"


@pytest.mark.parametrize("group", ["Holding AG", "holding ag", "HOLDING\u00a0AG", "\uff28olding  AG"])
def test_another_spelling_of_a_group_is_no_second_organisation(group):
    found = people(
        organisation("town", PartyKind.CUSTOMER, group="Holding AG"),
        organisation("house", PartyKind.TRUSTEE, group=group),
    )
    assert meets(TWO, (ANNA, TOM), found, Asker(), AT).code == "too-few-organisations"


def test_a_puppet_in_the_other_organisation_is_still_the_same_person():
    found = people(
        member("anna", "house", "approver"),
        credential("anna", "house", "-second", kind=CredentialKind.PASSKEY),
    )
    both = (ANNA, Approval(credential="crd-anna-second", organisation="org-house"))
    assert meets(TWO, both, found, Asker(), AT).code == "too-few-persons"


def test_the_beneficiarys_other_account_does_not_approve():
    found = people(
        Person(id="per-erik", name="E", civil_id="c-9"),
        Person(id="per-tom", name="T", civil_id="c-9"),
    )
    asker = Asker(credentials=("crd-erik",))
    assert meets(TWO, (ANNA, TOM), found, asker, AT).code == "too-few-persons"


def test_the_asker_is_known_by_his_credential_when_his_person_was_erased():
    found = people(without=("per-anna",))
    assert meets(Quorum(persons=1, organisations=1), (ANNA,), found, Asker(credentials=("crd-anna",)), AT)


def test_claiming_an_organisation_one_is_not_in():
    for organisation_id in ("org-house", "org-maker", "org-", ""):
        claimed = Approval(credential="crd-anna", organisation=organisation_id)
        assert meets(Quorum(persons=1, organisations=1), (claimed,), people(), Asker(), AT) is not None


def test_a_signature_for_a_file_key_is_none_for_a_document_of_the_same_bytes():
    document = b"anything"
    row = credential("anna", "town")
    for message in (document, hashlib.sha256(document).digest(), b"custodes/sign/v2" + bytes(32)):
        forged = FileKeySignature(credential=row.id, signature=b64(key("anna").sign(message)))
        assert verify(forged, row, hashlib.sha256(document).digest(), RELYING) == "bad-signature"
    assert to_sign(bytes(32)) != to_sign(bytes(31) + b"\x01")


def test_a_malleable_signature_is_refused():
    order = 2**252 + 27742317777372353535851937790883648493
    row, digest = credential("anna", "town"), bytes(32)
    raw = key("anna").sign(to_sign(digest))
    s = int.from_bytes(raw[32:], "little") + order
    twin = FileKeySignature(credential=row.id, signature=b64(raw[:32] + s.to_bytes(32, "little")))
    assert verify(twin, row, digest, RELYING) == "bad-signature"


def test_a_sign_in_is_not_an_approval():
    passkey = Passkey()
    row = credential("anna", "town", kind=CredentialKind.PASSKEY, public=b64(passkey.cose))
    signed_in = passkey.sign(bytes(32), row.id)
    assert verify(signed_in, row, hashlib.sha256(b"grant").digest(), RELYING) == "bad-signature"


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"null", b'{"type":"webauthn.get"}', b"\xff\xfe", b"1e999"]
)
def test_any_client_data_is_a_no_and_not_a_crash(raw):
    passkey = Passkey()
    row = credential("anna", "town", kind=CredentialKind.PASSKEY, public=b64(passkey.cose))
    odd = PasskeySignature(
        credential=row.id, client_data=b64(raw), authenticator_data=b64(raw), signature=b64(raw)
    )
    assert verify(odd, row, bytes(32), RELYING) in {"bad-signature", "wrong-origin"}


def test_an_assertion_made_on_another_page_or_by_another_key_is_none():
    passkey = Passkey()
    row = credential("anna", "town", kind=CredentialKind.PASSKEY, public=b64(passkey.cose))
    good = passkey.sign(bytes(32), row.id, origin="https://evil.example")
    assert verify(good, row, bytes(32), RELYING) == "wrong-origin"
    assert verify(replace(good, credential="crd-tom"), row, bytes(32), RELYING) == "wrong-credential"


def test_an_officer_cannot_sign_for_another_organisations_people():
    """The town's owner enrols a key of hers for the trustee's approver, in the town, and signs with it."""
    planted = credential("tom", "town", "-planted")
    found = people(planted)
    forged = Approval(credential=planted.id, organisation="org-house")
    assert meets(TWO, (ANNA, forged), found, Asker(), AT).code == "too-few-persons"
    as_town = Approval(credential=planted.id, organisation="org-town")
    assert meets(TWO, (ANNA, as_town), found, Asker(), AT).code == "too-few-persons"
