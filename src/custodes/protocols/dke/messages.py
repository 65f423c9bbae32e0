"""What crosses the wire: a key's public half going out, an encrypted content key coming in."""

import binascii
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from custodes.kernel.refusal import malformed

ALGORITHM = "RSA-OAEP-256"  # what content keys are encrypted with
KEY_ALGORITHM = "RS256"  # what the store has to call its key, whatever its size
BODY_BYTES_MAX = 8_192
VALUE_BYTES_MAX = 512  # RSA-4096
CACHE_DAYS = 7


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A content key that somebody encrypted with the public half."""

    value: bytes


def sealed(raw: bytes) -> Sealed:
    """The body of a decryption; `bad-dke-body` (malformed) names the member, never what is in it."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed("bad-dke-body") from error
    if not isinstance(found, dict) or found.get("alg") != ALGORITHM:
        raise malformed("bad-dke-body", member="alg")
    value = found.get("value")
    try:
        plain = b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError) as error:
        raise malformed("bad-dke-body", member="value") from error
    if not 0 < len(plain) <= VALUE_BYTES_MAX:
        raise malformed("bad-dke-body", member="value")
    return Sealed(value=plain)


def public(half: RSAPublicKey, kid: str, now: datetime, cache_days: int) -> bytes:
    """A key as the store shows it: `n` in standard base64, `e` a number, the time without a zone (UTC)."""
    numbers = half.public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    until = (now + timedelta(days=cache_days)).strftime("%Y-%m-%dT%H:%M:%S")
    key: dict[str, Any] = {"kty": "RSA", "n": b64encode(modulus).decode("ascii"), "e": numbers.e}
    key |= {"alg": KEY_ALGORITHM, "kid": kid}
    return msgspec.json.encode({"key": key, "cache": {"exp": until}})


def opened(plaintext: bytes) -> bytes:
    """The answer to a decryption."""
    return msgspec.json.encode({"value": b64encode(plaintext).decode("ascii")})
