"""The two halves of an asymmetric key version: how they are born, and how the private one rests and opens.

The private half (PKCS #8, DER) is a wrap v1 under the version's own material, bound to the public half
(SubjectPublicKeyInfo, DER) by the wrap's subject: it opens beside no other public key.
"""

import hashlib
from typing import cast

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

from custodes.custody.message import Material
from custodes.custody.wrap import Context, Purpose, unwrap, wrap
from custodes.kernel.dice import Dice

from .kinds import RSA_BITS, KeyKind

PrivateHalf = RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey
PublicHalf = RSAPublicKey | EllipticCurvePublicKey | Ed25519PublicKey

_CURVES: dict[KeyKind, tuple[ec.EllipticCurve, int]] = {
    KeyKind.ECDSA_P256: (
        ec.SECP256R1(),
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    ),
    KeyKind.ECDSA_P384: (
        ec.SECP384R1(),
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    ),
    KeyKind.ECDSA_P521: (
        ec.SECP521R1(),
        2**521 - 0x5AE79787C40D069948033FEB708F65A2FC44A36477663B851449048E16EC79BF7,
    ),
}
_EXTRA_BYTES = 8  # drawn beyond the order's length, so that the remainder is as good as even


class Halves(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """At rest: the public half in clear, the private one wrapped; both empty for a kind without a pair, but
    for a secret that came in and has another length than material: it lies where a private half does.
    """

    public: bytes = b""
    private: bytes = b""


def drawn(kind: KeyKind, dice: Dice) -> PrivateHalf:
    """A fresh private half out of the dice: Ed25519 (RFC 8032), or ECDSA with extra random bits (FIPS 186-5,
    A.2.1). RSA primes are not drawn here: whoever makes them hands the key in. ValueError.
    """
    if kind is KeyKind.ED25519:
        return Ed25519PrivateKey.from_private_bytes(dice.draw(32))
    if kind not in _CURVES:
        raise ValueError(kind)
    curve, order = _CURVES[kind]
    number = int.from_bytes(dice.draw((curve.key_size + 7) // 8 + _EXTRA_BYTES), "big")
    return ec.derive_private_key(number % (order - 1) + 1, curve)


def at_rest(kind: KeyKind, private: PrivateHalf, material: Material, dice: Dice) -> Halves:
    """Both halves as the key's row keeps them; ValueError when the key is not of this kind."""
    if kind_of(private.public_key()) is not kind:
        raise ValueError(kind)
    public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    secret = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return Halves(public=public, private=wrap(material.secret, _context(material, public), secret, dice))


def kept(secret: bytes, material: Material, dice: Dice) -> Halves:
    """A secret of another length than material has, under the version's material: it has no public half."""
    return Halves(private=wrap(material.secret, _context(material, b""), secret, dice))


def secret_elsewhere(halves: Halves, material: Material) -> bytes:
    """Of a symmetric version that came in: the very key it was elsewhere; `wrap-mismatch` (broken)."""
    return secret_of(halves, material) if halves.private else material.secret


def opened(halves: Halves, material: Material) -> PrivateHalf:
    """The private half, for one use; `wrap-mismatch` (broken)."""
    return read(secret_of(halves, material))


def secret_of(halves: Halves, material: Material) -> bytes:
    """The private half as PKCS #8 (DER), for one use elsewhere; `wrap-mismatch` (broken)."""
    return unwrap(material.secret, _context(material, halves.public), halves.private)


def read(secret: bytes) -> PrivateHalf:
    """A private half that opened, or was born a moment ago."""
    # What opened is what was wrapped, so its primes need not be proven again at each use.
    key = load_der_private_key(secret, password=None, unsafe_skip_rsa_key_validation=True)
    return cast("PrivateHalf", key)


def public_half(halves: Halves) -> PublicHalf:
    """The public half."""
    return cast("PublicHalf", load_der_public_key(halves.public))


def pem(public: bytes) -> str:
    """A SubjectPublicKeyInfo in DER as text (RFC 7468 section 13); ValueError for anything else."""
    key = load_der_public_key(public)
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def kind_of(public: object) -> KeyKind | None:
    """The kind of a public key; None when it is none of ours."""
    if isinstance(public, Ed25519PublicKey):
        return KeyKind.ED25519
    if isinstance(public, EllipticCurvePublicKey):
        named = {curve.name: kind for kind, (curve, _) in _CURVES.items()}
        return named.get(public.curve.name)
    if isinstance(public, RSAPublicKey):
        return next((kind for kind, bits in RSA_BITS.items() if bits == public.key_size), None)
    return None


def _context(material: Material, public: bytes) -> Context:
    return Context(
        house=material.scope.house,
        customer=material.scope.customer,
        key=material.scope.key,
        version=material.version,
        purpose=Purpose.PRIVATE_KEY,
        subject=hashlib.sha256(public).hexdigest(),
    )
