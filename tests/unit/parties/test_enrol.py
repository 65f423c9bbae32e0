import hashlib

import msgspec
import pytest

from custodes.kernel import canonical
from custodes.kernel.canonical import b64
from custodes.parties.enrol import (
    CREDENTIAL_V1,
    ORGANISATION_V1,
    CredentialEnrolment,
    OrganisationEnrolment,
    RootSignature,
    document_bytes,
    is_vetted_by_two,
    verify_credential,
    verify_organisation,
)
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application, CredentialKind, CredentialState, Person
from custodes.parties.signature import FileKeySignature, RelyingParty, to_sign
from fakes.passkey import ORIGIN, RP_ID, Passkey
from fakes.people import AT, credential, key, member, organisation, people, public

replace = msgspec.structs.replace
HOUSE = "hse-1"
RELYING = RelyingParty(id=RP_ID, origins=(ORIGIN,))
NEW = Person(id="per-nora", name="Nora")
APP = Application(id="app-1", customer="cus-town", organisation="org-town", name="Records")


def root(raw, name):
    return RootSignature(signature=b64(key(f"root {name}").sign(to_sign(hashlib.sha256(raw).digest()))))


def by(raw, name):
    signed = key(name).sign(to_sign(hashlib.sha256(raw).digest()))
    return FileKeySignature(credential=f"crd-{name}", signature=b64(signed))


def village(**change):
    row = replace(organisation("village", PartyKind.CUSTOMER), **change)
    return OrganisationEnrolment(v=ORGANISATION_V1, house=HOUSE, organisation=row)


def nora(signer="root", roles=("approver",), house=HOUSE, **change):
    row = credential("nora", "town", **{"customer": "cus-town", **change})
    return CredentialEnrolment(
        v=CREDENTIAL_V1, house=house, credential=row, roles=roles, signer=signer, at="2026-11-22T08:00:00Z"
    )


def enrol(document, signature, found=None, raw=None):
    raw = document_bytes(document) if raw is None else raw
    return verify_credential(raw, signature, HOUSE, found or people(NEW, APP), RELYING, at=AT)


def test_an_organisation_signs_for_itself():
    raw = document_bytes(village())
    assert verify_organisation(raw, root(raw, "village"), HOUSE, people()).document == village()


@pytest.mark.parametrize(
    ("document", "signer", "reason"),
    [
        (village(), "town", "bad-signature"),
        (village(root_key=public("root town")), "town", "key-in-use"),
        (village(root_key=public("anna")), "village", "key-in-use"),
        (village(id="org-town"), "village", "already-enrolled"),
        (village(root_key="x"), "village", "bad-root-key"),
        (village(root_key=b64(b"\x01" + bytes(31))), "village", "bad-root-key"),
        (replace(village(), house="hse-2"), "village", "wrong-house"),
    ],
)
def test_another_organisation_does_not_get_in(document, signer, reason):
    raw = document_bytes(document)
    assert verify_organisation(raw, root(raw, signer), HOUSE, people()).reason == reason


def test_only_canonical_bytes_of_the_right_document_are_read():
    raw = document_bytes(village())
    for bad in (b" " + raw, raw.replace(b"/v1", b"/v2"), document_bytes(nora()), b"x" * 20_000, b"[]"):
        assert verify_organisation(bad, root(bad, "village"), HOUSE, people()).reason == "bad-document"
    assert enrol(None, root(raw, "town"), raw=raw).reason == "bad-document"


def test_a_credential_is_enrolled_by_root_or_by_an_officer():
    raw = document_bytes(nora())
    assert enrol(nora(), root(raw, "town")).document == nora()
    document = nora("crd-olga")
    assert enrol(document, by(document_bytes(document), "olga")).document == document


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (nora(house="hse-2"), "wrong-house"),
        (nora(organisation="org-ghost"), "unknown-organisation"),
        (nora(id="crd-anna"), "already-enrolled"),
        (nora(secret="hash"), "secret-in-document"),
        (nora(state=CredentialState.REVOKED), "not-active"),
        (nora(person="per-ghost"), "unknown-person"),
        (nora(customer=None), "unknown-customer"),
        (nora(customer="cus-other"), "unknown-customer"),
        (nora(organisation="org-house"), "unknown-customer"),
        (nora(person=None), "bad-document"),
        (nora(application="app-1"), "bad-document"),
        (nora(person=None, application="app-1"), "unknown-person"),
        (nora(roles=("engineer",)), "unknown-role"),
        (nora(roles=("approver",) * 9), "unknown-role"),
        (nora(public=public("anna")), "key-in-use"),
        (nora(public=public("root town")), "key-in-use"),
        (nora(public=b64(bytes(32))), "bad-public-key"),
        (nora(public="?"), "bad-public-key"),
        (nora(kind=CredentialKind.PASSKEY), "bad-public-key"),
        (nora(kind=CredentialKind.API_TOKEN), "bad-public-key"),
    ],
)
def test_what_is_not_enrolled(document, reason):
    raw = document_bytes(document)
    assert enrol(document, root(raw, "town")).reason == reason


def test_a_passkey_and_an_application_are_enrolled_too():
    passkey = nora(kind=CredentialKind.PASSKEY, public=b64(Passkey().cose), passkey_id="id-1")
    assert enrol(passkey, root(document_bytes(passkey), "town")).reason is None
    s3 = nora(kind=CredentialKind.S3_KEY, public=None, person=None, application="app-1", roles=())
    assert enrol(s3, root(document_bytes(s3), "town")).reason is None
    for other in (replace(APP, organisation="org-house"), replace(APP, customer="cus-other")):
        found = people(NEW, other)
        assert enrol(s3, root(document_bytes(s3), "town"), found).reason == "unknown-person"


@pytest.mark.parametrize(
    ("document", "signer", "reason"),
    [
        (nora("crd-anna"), "anna", "not-an-officer"),
        (nora("crd-tom"), "tom", "not-an-officer"),
        (nora("crd-ghost"), "ghost", "wrong-signer"),
        (nora("crd-olga"), "anna", "wrong-signer"),
        (nora("root"), "olga", "wrong-signer"),
        (nora("crd-olga", person="per-olga"), "olga", "signs-for-himself"),
    ],
)
def test_who_may_not_enrol(document, signer, reason):
    assert enrol(document, by(document_bytes(document), signer)).reason == reason


def test_an_officers_signature_is_checked_and_root_does_not_stand_in_for_him():
    document = nora("crd-olga")
    raw = document_bytes(document)
    assert enrol(document, replace(by(raw, "olga"), signature=b64(bytes(64)))).reason == "bad-signature"
    assert enrol(document, root(raw, "town")).reason == "wrong-signer"
    assert enrol(nora(), root(document_bytes(nora()), "house")).reason == "bad-signature"
    lapsed = people(NEW, member("olga", "town", "owner", until="2026-11-22T08:00:00Z"))
    assert enrol(document, by(raw, "olga"), lapsed).reason == "not-an-officer"


def test_two_who_are_one_vouch_for_nobody():
    found = people(
        NEW,
        Person(id="per-anna", name="A", civil_id="c"),
        Person(id="per-tom", name="T", civil_id="c"),
    )
    assert is_vetted_by_two(NEW, ("per-olga", "per-anna"), found)
    assert not is_vetted_by_two(NEW, ("per-tom", "per-anna"), found)
    assert not is_vetted_by_two(NEW, ("per-olga", "per-nora", "per-ghost"), found)


def test_the_document_is_canonical():
    assert canonical.decode(document_bytes(nora()))["v"] == CREDENTIAL_V1
