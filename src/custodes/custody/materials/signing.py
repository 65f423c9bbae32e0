"""Signatures and message codes. A signature that does not hold is False, whatever is wrong with it.

ECDSA is deterministic (RFC 6979): the same message gives the same signature and no drawn number can betray
the key. A message code's key follows from the version's material, so every kind of key can make them.
"""

import hmac
from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)

from custodes.custody.message import Material
from custodes.custody.wrap import KEY_BYTES, hkdf_sha512
from custodes.kernel import canonical
from custodes.kernel.refusal import malformed

from .halves import PrivateHalf, PublicHalf

LABEL = "custodes/transit-mac/v1"
_HASHES: Mapping[str, tuple[hashes.HashAlgorithm, str]] = MappingProxyType(
    {
        "sha2-224": (hashes.SHA224(), "sha224"),
        "sha2-256": (hashes.SHA256(), "sha256"),
        "sha2-384": (hashes.SHA384(), "sha384"),
        "sha2-512": (hashes.SHA512(), "sha512"),
        "sha3-224": (hashes.SHA3_224(), "sha3_224"),
        "sha3-256": (hashes.SHA3_256(), "sha3_256"),
        "sha3-384": (hashes.SHA3_384(), "sha3_384"),
        "sha3-512": (hashes.SHA3_512(), "sha3_512"),
    }
)
HASHES = frozenset(_HASHES)
SCHEMES = frozenset({"pss", "pkcs1v15"})
FORMS = frozenset({"asn1", "jws"})


class How(msgspec.Struct, frozen=True, kw_only=True):
    """How a signature is made: the hash, RSA's scheme, ECDSA's form, whether the message is its own hash."""

    hash_name: str = "sha2-256"
    scheme: str = "pss"
    form: str = "asn1"
    is_hashed: bool = False


def sign(private: PrivateHalf, message: bytes, how: How) -> bytes:
    """A signature; `bad-digest` (malformed) for a prepared hash of another length, or for Ed25519 at all."""
    _check(message, how)
    if isinstance(private, Ed25519PrivateKey):
        return private.sign(_plain(message, how))
    chosen = _HASHES[how.hash_name][0]
    algorithm = Prehashed(chosen) if how.is_hashed else chosen
    if isinstance(private, RSAPrivateKey):
        return private.sign(message, _scheme(how), algorithm)
    signature = private.sign(message, _ecdsa(algorithm, is_signing=True))
    return _to_raw(private, signature) if how.form == "jws" else signature


def verify(public: PublicHalf, message: bytes, signature: bytes, how: How) -> bool:
    """Whether a signature holds; `bad-digest` (malformed) as in `sign`."""
    _check(message, how)
    chosen = _HASHES[how.hash_name][0]
    algorithm = Prehashed(chosen) if how.is_hashed else chosen
    try:
        if isinstance(public, Ed25519PublicKey):
            public.verify(signature, _plain(message, how))
        elif isinstance(public, RSAPublicKey):
            public.verify(signature, message, _scheme(how, PSS_ANY), algorithm)
        else:
            der = _from_raw(public, signature) if how.form == "jws" else signature
            public.verify(der, message, _ecdsa(algorithm))
    except (InvalidSignature, ValueError):
        return False
    return True


def mac(material: Material, hash_name: str, message: bytes) -> bytes:
    """HMAC (RFC 2104) of a message under a key that follows from the version's material."""
    return hmac.digest(_mac_key(material), message, _HASHES[hash_name][1])


def mac_elsewhere(secret: bytes, hash_name: str, message: bytes) -> bytes:
    """HMAC under the secret itself: the codes of a key for codes that was made elsewhere and came in."""
    return hmac.digest(secret, message, _HASHES[hash_name][1])


PSS_ANY = padding.PSS.AUTO


def _mac_key(material: Material) -> bytes:
    info = canonical.encode(
        {
            "customer": material.scope.customer,
            "house": material.scope.house,
            "key": material.scope.key,
            "label": LABEL,
            "version": material.version,
        }
    )
    return hkdf_sha512(material.secret, b"", info)[:KEY_BYTES]


def _check(message: bytes, how: How) -> None:
    if how.is_hashed and len(message) != _HASHES[how.hash_name][0].digest_size:
        raise malformed("bad-digest")


def _plain(message: bytes, how: How) -> bytes:
    if how.is_hashed:
        raise malformed("bad-digest")
    return message


def _scheme(how: How, salt: object = padding.PSS.MAX_LENGTH) -> padding.PSS | padding.PKCS1v15:
    if how.scheme == "pkcs1v15":
        return padding.PKCS1v15()
    return padding.PSS(padding.MGF1(_HASHES[how.hash_name][0]), salt)  # type: ignore[arg-type]


def _ecdsa(algorithm: hashes.HashAlgorithm | Prehashed, *, is_signing: bool = False) -> ec.ECDSA:
    return ec.ECDSA(algorithm, deterministic_signing=is_signing)


def _to_raw(private: EllipticCurvePrivateKey, der: bytes) -> bytes:
    """r and s of equal length, one behind the other (RFC 7518 section 3.4)."""
    length = (private.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(length, "big") for number in decode_dss_signature(der))


def _from_raw(public: EllipticCurvePublicKey, raw: bytes) -> bytes:
    length = (public.curve.key_size + 7) // 8
    if len(raw) != 2 * length:
        raise ValueError("not r and s")
    return encode_dss_signature(int.from_bytes(raw[:length], "big"), int.from_bytes(raw[length:], "big"))
