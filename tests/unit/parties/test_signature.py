import hashlib

import msgspec
import pytest

from custodes.kernel.canonical import b64
from custodes.parties.rows import CredentialKind
from custodes.parties.signature import (
    FileKeySignature,
    RelyingParty,
    is_good_cose_key,
    is_good_key,
    to_sign,
    verify,
)
from fakes.passkey import ORIGIN, RP_ID, Passkey
from fakes.people import credential, key

replace = msgspec.structs.replace
HASH = hashlib.sha256(b"a grant").digest()
OTHER = hashlib.sha256(b"another grant").digest()
RELYING = RelyingParty(id=RP_ID, origins=(ORIGIN,))
FILE = credential("anna", "town")
PASSKEY = Passkey()
PASS = credential("anna", "town", kind=CredentialKind.PASSKEY, public=b64(PASSKEY.cose))


def file_signature(message=None, name="anna"):
    raw = key(name).sign(to_sign(HASH) if message is None else message)
    return FileKeySignature(credential=FILE.id, signature=b64(raw))


def test_a_file_key_signs_label_and_hash():
    assert to_sign(HASH) == b"custodes/sign/v1" + HASH
    assert verify(file_signature(), FILE, HASH, RELYING) is None


@pytest.mark.parametrize(
    "forged",
    [
        file_signature(HASH),
        file_signature(to_sign(OTHER)),
        file_signature(name="olga"),
        replace(file_signature(), signature=b64(bytes(64))),
        replace(file_signature(), signature=b64(b"short")),
        replace(file_signature(), signature="not base64!"),
        replace(file_signature(), signature=""),
    ],
)
def test_another_signature_is_none(forged):
    assert verify(forged, FILE, HASH, RELYING) == "bad-signature"


def test_a_signature_counts_for_its_credential_and_kind_only():
    assert verify(file_signature(), replace(FILE, id="crd-x"), HASH, RELYING) == "wrong-credential"
    assert verify(file_signature(), replace(FILE, kind=CredentialKind.API_TOKEN), HASH, RELYING) == (
        "wrong-kind"
    )
    assert verify(file_signature(), replace(FILE, public=None), HASH, RELYING) == "wrong-kind"
    assert verify(file_signature(), PASS, HASH, RELYING) == "wrong-kind"
    with pytest.raises(ValueError, match="SHA-256"):
        to_sign(b"short")
    assert verify(file_signature(), FILE, b"short", RELYING) == "bad-signature"


def test_a_key_of_small_order_is_no_key():
    identity = b"\x01" + bytes(31)
    assert not is_good_key(identity)
    assert not is_good_key(bytes(32))
    assert not is_good_key(b"\x01" + bytes(30) + b"\x80")
    assert not is_good_key(b"x")
    weak = replace(FILE, public=b64(identity))
    forged = FileKeySignature(credential=FILE.id, signature=b64(identity + bytes(32)))
    assert verify(forged, weak, HASH, RELYING) == "bad-signature"


def test_a_passkey_signs_the_hash_as_its_challenge():
    assert verify(PASSKEY.sign(HASH, PASS.id), PASS, HASH, RELYING) is None


@pytest.mark.parametrize(
    ("signature", "why"),
    [
        (PASSKEY.sign(OTHER, PASS.id), "bad-signature"),
        (PASSKEY.sign(HASH, PASS.id, origin="https://trust.example.evil"), "wrong-origin"),
        (PASSKEY.sign(HASH, PASS.id, origin="http://trust.example"), "wrong-origin"),
        (PASSKEY.sign(HASH, PASS.id, rp_id="evil.example"), "bad-signature"),
        (PASSKEY.sign(HASH, PASS.id, flags=0x01), "bad-signature"),
        (PASSKEY.sign(HASH, PASS.id, flags=0x04), "bad-signature"),
        (PASSKEY.sign(HASH, PASS.id, kind="webauthn.create"), "bad-signature"),
        (PASSKEY.sign(HASH, PASS.id, crossOrigin=True), "wrong-origin"),
        (PASSKEY.sign(HASH, PASS.id, topOrigin="https://evil.example"), "wrong-origin"),
        (Passkey(8).sign(HASH, PASS.id), "bad-signature"),
        (replace(PASSKEY.sign(HASH, PASS.id), client_data=b64(b"[" * 3_000)), "wrong-origin"),
        (replace(PASSKEY.sign(HASH, PASS.id), client_data=b64(b"x" * 4_096)), "bad-signature"),
        (replace(PASSKEY.sign(HASH, PASS.id), authenticator_data=b64(b"x" * 30)), "bad-signature"),
        (replace(PASSKEY.sign(HASH, PASS.id), signature=b64(b"0")), "bad-signature"),
    ],
)
def test_another_assertion_is_none(signature, why):
    assert verify(signature, PASS, HASH, RELYING) == why


def test_only_strong_algorithms_are_keys():
    assert is_good_cose_key(PASSKEY.cose)
    for raw in (b"", b"\xa0", b"\x80", Passkey(alg=-65535).cose, PASSKEY.cose[:-1], b"\xff" * 40):
        assert not is_good_cose_key(raw)
    weak = replace(PASS, public=b64(Passkey(alg=-65535).cose))
    assert verify(PASSKEY.sign(HASH, PASS.id), weak, HASH, RELYING) == "bad-signature"
