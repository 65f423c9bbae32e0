"""Ciphertexts for callers: symmetric ones bound to what the caller binds them to, and RSA-OAEP.

A symmetric ciphertext is a wrap v1 under the version's material (purpose `external`): a key and a
commitment of its own for every message, so there is no limit on messages and no ciphertext with two
readings. Whatever is wrong with a ciphertext, the refusal is one and the same.
"""

import hashlib

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.custody.message import Material
from custodes.custody.wrap import OVERHEAD_BYTES, Context, Purpose, unwrap_in, wrap_in
from custodes.kernel import canonical
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal, malformed

NONCE_BYTES, TAG_BYTES = 12, 16
LABEL = "custodes/transit-context/v1"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - of OAEP only, where no collision matters; some callers know no other
    "sha2-256": hashes.SHA256(),
    "sha2-384": hashes.SHA384(),
    "sha2-512": hashes.SHA512(),
}
OAEP_HASHES = frozenset(_HASHES)


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What a ciphertext is bound to: both must be the same bytes when it is opened."""

    context: bytes = b""
    associated: bytes = b""


def seal(material: Material, bound: Bound, plaintext: bytes, dice: Dice) -> bytes:
    """A ciphertext, OVERHEAD_BYTES longer than the plaintext."""
    return seal_in(material, bound_in(material, bound), plaintext, dice)


def unseal(material: Material, bound: Bound, ciphertext: bytes) -> bytes:
    """The plaintext; `ciphertext-mismatch` (malformed) for a wrong key, version, binding or byte."""
    return unseal_in(material, bound_in(material, bound), ciphertext)


def bound_in(material: Material, bound: Bound) -> bytes:
    """What the wrap of a ciphertext of this version is bound to: its context, canonical."""
    both = canonical.encode(
        {
            "associated_data": canonical.b64(bound.associated),
            "context": canonical.b64(bound.context),
            "label": LABEL,
        }
    )
    return Context(
        house=material.scope.house,
        customer=material.scope.customer,
        key=material.scope.key,
        version=material.version,
        purpose=Purpose.EXTERNAL,
        subject=hashlib.sha256(both).hexdigest(),
    ).canonical()


def seal_in(material: Material, bound: bytes, plaintext: bytes, dice: Dice) -> bytes:
    """`seal` where what it is bound in is at hand: many of a batch have the same."""
    return wrap_in(material.secret, bound, plaintext, dice)


def unseal_in(material: Material, bound: bytes, ciphertext: bytes) -> bytes:
    """`unseal` where what it is bound in is at hand."""
    if len(ciphertext) < OVERHEAD_BYTES:
        raise mismatch()
    try:
        return unwrap_in(material.secret, bound, ciphertext)
    except Refusal:
        raise mismatch() from None


def unseal_elsewhere(secret: bytes, associated: bytes, ciphertext: bytes) -> bytes:
    """What was sealed with this very key before it came in: nonce (12 bytes), ciphertext, tag (16 bytes) of
    AES-GCM. It binds no key: of a key that others know, one of these can have two readings.
    """
    if len(ciphertext) < NONCE_BYTES + TAG_BYTES:
        raise mismatch()
    nonce, sealed = ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:]
    try:
        return AESGCM(secret).decrypt(nonce, sealed, associated)
    except InvalidTag:
        raise mismatch() from None


def oaep_bytes_max(public: RSAPublicKey, name: str) -> int:
    """How long a message may be (RFC 8017 section 7.1.1)."""
    return public.key_size // 8 - 2 * _HASHES[name].digest_size - 2


def oaep_seal(public: RSAPublicKey, name: str, plaintext: bytes) -> bytes:
    """RSAES-OAEP with MGF1 of the same hash and no label; `message-too-long` (malformed)."""
    if len(plaintext) > oaep_bytes_max(public, name):
        raise malformed("message-too-long", bytes_max=oaep_bytes_max(public, name))
    return public.encrypt(plaintext, _oaep(name))


def oaep_unseal(private: RSAPrivateKey, name: str, ciphertext: bytes) -> bytes:
    """The plaintext; `ciphertext-mismatch` (malformed) for every fault alike, length included."""
    try:
        return private.decrypt(ciphertext, _oaep(name))
    except ValueError:
        raise mismatch() from None


def mismatch() -> Refusal:
    """It does not open, and nobody is told why."""
    return malformed("ciphertext-mismatch")


def _oaep(name: str) -> OAEP:
    chosen = _HASHES[name]
    return OAEP(mgf=MGF1(algorithm=chosen), algorithm=chosen, label=None)
