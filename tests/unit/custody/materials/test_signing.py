import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from custodes.custody.hierarchy import Scope
from custodes.custody.materials import halves, signing
from custodes.custody.materials.kinds import KeyKind
from custodes.custody.materials.signing import How
from custodes.custody.message import Material
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

RSA = rsa.generate_private_key(65_537, 2_048)
P256, P384, ED = (
    halves.drawn(kind, SeededDice(5)) for kind in (KeyKind.ECDSA_P256, KeyKind.ECDSA_P384, KeyKind.ED25519)
)
WAYS = [
    *((RSA, How(scheme=scheme, hash_name=name)) for scheme in ("pss", "pkcs1v15") for name in signing.HASHES),
    *(
        (key, How(form=form, hash_name=name))
        for key in (P256, P384)
        for form in signing.FORMS
        for name in ("sha2-256", "sha2-384", "sha3-512")
    ),
    (ED, How()),
]


@pytest.mark.parametrize(("private", "how"), WAYS)
def test_a_signature_holds_for_its_message_alone(private, how):
    made = signing.sign(private, b"hello", how)
    public = private.public_key()
    assert signing.verify(public, b"hello", made, how)
    for message, signature in (
        (b"hello!", made),
        (b"hello", made[:-1]),
        (b"hello", b""),
        (b"hello", made + b"\0"),
    ):
        assert not signing.verify(public, message, signature, how)


@pytest.mark.parametrize("private", [RSA, P256, P384])
def test_a_prepared_hash_is_signed_as_the_message_would_be(private):
    how = How(hash_name="sha2-384", scheme="pkcs1v15")
    digest = hashlib.sha384(b"hello").digest()
    made = signing.sign(private, digest, How(hash_name="sha2-384", scheme="pkcs1v15", is_hashed=True))
    assert signing.verify(private.public_key(), b"hello", made, how)
    assert made == signing.sign(private, b"hello", how)  # both schemes draw nothing
    for wrong in (b"", digest[:-1], b"hello"):
        with pytest.raises(Refusal, match="bad-digest"):
            signing.sign(private, wrong, How(hash_name="sha2-384", is_hashed=True))


def test_ed25519_signs_no_prepared_hash():
    for call in (
        lambda: signing.sign(ED, bytes(32), How(is_hashed=True)),
        lambda: signing.verify(ED.public_key(), bytes(32), bytes(64), How(is_hashed=True)),
    ):
        with pytest.raises(Refusal, match="bad-digest"):
            call()


def test_r_and_s_are_of_equal_length_and_nothing_else_is_read():
    how = How(form="jws")
    for private, length in ((P256, 64), (P384, 96)):
        made = signing.sign(private, b"hello", how)
        assert len(made) == length
        for bad in (bytes(length), b"\xff" * length, made[1:], made[: length // 2]):
            assert not signing.verify(private.public_key(), b"hello", bad, how)


def test_a_code_belongs_to_key_version_and_message():
    def at(version=1, key="key-a"):
        scope = Scope(house="hse-a", customer="cus-a", key=key)
        return Material(scope=scope, version=version, secret=bytes(32))

    code = signing.mac(at(), "sha2-256", b"hello")
    assert signing.mac(at(), "sha2-256", b"hello") == code
    others = [(at(2), b"hello"), (at(key="key-b"), b"hello"), (at(), b"hello!")]
    assert not any(signing.mac(where, "sha2-256", message) == code for where, message in others)
    assert code != hmac.digest(bytes(32), b"hello", "sha256")  # the material itself keys no code
