"""Attacks on an approval by passkey: another page, another challenge, nobody present, a borrowed one."""

import json
from datetime import timedelta

import msgspec
import pytest

from custodes.desks.grant import FileSignature, approval_digest, verify
from vectors.make_grant import ASKED, PASSKEY, by_file_key, by_passkey, document, the_rules

LATE = ASKED + timedelta(hours=2)


def changed(value, **changes):
    return msgspec.structs.replace(value, **changes)


def resigned(approval, *, client=None, flags=None):
    """The authenticator itself signs something slightly different."""
    import hashlib

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    said = json.loads(approval.signature.client_data) | (client or {})
    client_data = json.dumps(said, separators=(",", ":")).encode()
    device = bytearray(approval.signature.authenticator_data)
    device[32] = device[32] if flags is None else flags
    signature = PASSKEY.sign(bytes(device) + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
    made = changed(
        approval.signature, client_data=client_data, authenticator_data=bytes(device), signature=signature
    )
    return changed(approval, signature=made)


def judged(approval):
    return verify(document(), [approval, by_file_key(ASKED + timedelta(hours=1))], the_rules(LATE), LATE)


def test_an_honest_assertion_counts():
    assert judged(by_passkey(ASKED)).reasons == ()
    assert judged(resigned(by_passkey(ASKED))).reasons == ()


@pytest.mark.parametrize(
    "client",
    [
        {"origin": "https://trustee.example.evil.example"},
        {"origin": "http://trustee.example"},
        {"crossOrigin": True},
        {"topOrigin": "https://evil.example"},
        {"type": "webauthn.create"},
        {"challenge": "AAAA"},
    ],
)
def test_an_assertion_made_elsewhere_or_for_something_else_does_not(client):
    assert judged(resigned(by_passkey(ASKED), client=client)).reasons == ("bad-signature",)


@pytest.mark.parametrize("flags", [0x00, 0x01, 0x04])
def test_an_assertion_without_a_person_present_and_verified_does_not(flags):
    assert judged(resigned(by_passkey(ASKED), flags=flags)).reasons == ("bad-signature",)


def test_the_assertion_of_another_moment_does_not():
    later = by_passkey(ASKED + timedelta(minutes=5))
    moved = changed(later, approved_at=ASKED)
    assert judged(moved).reasons == ("bad-signature",)


def test_an_assertion_passed_off_as_a_file_key_does_not():
    honest = by_passkey(ASKED)
    disguised = changed(honest, signature=FileSignature(signature=honest.signature.signature))
    assert approval_digest(disguised) == approval_digest(honest)
    assert judged(disguised).reasons == ("bad-signature",)
