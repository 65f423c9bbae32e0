"""A key that was made elsewhere and comes in wrapped: what is in the parcel, and whether it fits.

The parcel is RSAES-OAEP over a key of the sender's for this once, and behind it AES-KWP (RFC 5649) over the
key itself: the mechanism that PKCS #11 calls CKM_RSA_AES_KEY_WRAP. A symmetric key is its bytes, a pair is
its private half as PKCS #8 (DER). What has come in has been elsewhere: copies there are out of reach.
"""

from typing import cast

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding
from cryptography.hazmat.primitives.serialization import load_der_private_key

from custodes.kernel.refusal import Refusal, malformed

from .halves import PrivateHalf, kind_of
from .kinds import LENGTHS, PAIRED, RSA_BITS, KeyKind

WRAPPING_KIND = KeyKind.RSA_4096
SEALED_BYTES = RSA_BITS[WRAPPING_KIND] // 8
PARCEL_BYTES_MAX = SEALED_BYTES + 4_096  # the private half of an RSA key of 4,096 bits has some 2,400
_EXPONENT = 65_537


class Taken(msgspec.Struct, frozen=True):
    """What was in the parcel: the material of a symmetric key, or the private half of a pair."""

    material: bytes = b""
    private: PrivateHalf | None = None

    def __repr__(self) -> str:
        return "Taken(...)"


def parts(parcel: bytes) -> tuple[bytes, bytes]:
    """(under OAEP, under KWP); `import-mismatch` (malformed)."""
    if not SEALED_BYTES < len(parcel) <= PARCEL_BYTES_MAX:
        raise mismatch()
    return parcel[:SEALED_BYTES], parcel[SEALED_BYTES:]


def taken(kind: KeyKind, once: bytes, wrapped: bytes) -> Taken:
    """The key that lies under `once`; `import-mismatch`, and `import-unfit` (malformed) for one that opens
    and is no key of this kind.
    """
    try:
        found = aes_key_unwrap_with_padding(once, wrapped)
    except (InvalidUnwrap, ValueError):
        raise mismatch() from None
    if kind in PAIRED:
        return Taken(private=_private(kind, found))
    shortest, longest = LENGTHS[kind]
    if not shortest <= len(found) <= longest or len(set(found)) == 1:  # one byte repeated is a mistake
        raise unfit()
    return Taken(material=found)


def mismatch() -> Refusal:
    """The parcel does not open."""
    return malformed("import-mismatch")


def unfit() -> Refusal:
    """It opens; what is in it cannot be a key of this kind."""
    return malformed("import-unfit")


def _private(kind: KeyKind, found: bytes) -> PrivateHalf:
    try:
        private = load_der_private_key(found, password=None)  # it was born elsewhere, so it is proven here
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise unfit() from None
    if kind_of(private.public_key()) is not kind:
        raise unfit()
    if isinstance(private, RSAPrivateKey) and private.public_key().public_numbers().e != _EXPONENT:
        raise unfit()
    return cast("PrivateHalf", private)
