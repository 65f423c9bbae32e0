"""`vault:v3:...`: what stands in front of ciphertexts, signatures and message codes, and their base64."""

import binascii
import re
from base64 import b64decode, b64encode, urlsafe_b64encode

_MARK = re.compile(r"vault:v([1-9][0-9]{0,8}):(.*)", re.DOTALL)
_PREFIX = "vault:v"


def decoded(text: str) -> bytes:
    """Standard base64 with padding; ValueError. Line breaks are passed over, as other engines do."""
    if "\n" in text or "\r" in text:
        text = text.replace("\n", "").replace("\r", "")
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("illegal base64") from error


def encoded(raw: bytes) -> str:
    """Standard base64 with padding."""
    return b64encode(raw).decode("ascii")


def marked(version: int, raw: bytes, *, is_jws: bool = False) -> str:
    """`vault:v` and the version in front of the bytes; base64url without padding for a JWS form."""
    text = urlsafe_b64encode(raw).decode("ascii").rstrip("=") if is_jws else encoded(raw)
    return f"{_PREFIX}{version}:{text}"


def unmarked(text: str, *, is_jws: bool = False) -> tuple[int, bytes]:
    """(version, bytes); ValueError with one of `no-prefix`, `bad-base64`."""
    found = _MARK.fullmatch(text)
    if found is None:
        raise ValueError("no-prefix")
    try:
        raw = _unpadded(found[2]) if is_jws else decoded(found[2])
    except (binascii.Error, ValueError) as error:
        raise ValueError("bad-base64") from error
    return int(found[1]), raw


def _unpadded(text: str) -> bytes:
    """base64url without padding (RFC 7515 section 2)."""
    return b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
