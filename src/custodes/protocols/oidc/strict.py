"""base64url and addresses of strangers, read strictly: one spelling, bounded."""

import binascii
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from urllib.parse import urlsplit

URL_CHARS_MAX = 1_024
_B64URL = re.compile(r"[A-Za-z0-9_-]*")
_URL = re.compile(r"[\x21-\x7e]+")


def unb64url(text: str) -> bytes:
    """RFC 4648 section 5 without padding, one spelling only; ValueError."""
    if not _B64URL.fullmatch(text):
        raise ValueError("not base64url")
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if b64url(raw) != text:
        raise ValueError("stray bits")
    return raw


def b64url(raw: bytes) -> str:
    """RFC 4648 section 5 without padding."""
    return urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def is_address(url: object, *, loopback_too: bool) -> bool:
    """Whether this is an https address without user, fragment or control characters.

    `loopback_too` also takes plain http on this machine: for demonstrations only.
    """
    if not isinstance(url, str) or len(url) > URL_CHARS_MAX or not _URL.fullmatch(url) or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.password is not None or "#" in url:
        return False
    if port == 0:
        return False
    is_here = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    return parts.scheme == "https" or (loopback_too and is_here)
