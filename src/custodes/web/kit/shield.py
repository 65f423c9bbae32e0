"""The headers every answer carries, and the paths no request may ask for."""

import re
from urllib.parse import unquote_to_bytes

from custodes.kernel.refusal import malformed

API_CSP = "default-src 'none'; frame-ancestors 'none'"
CONSOLE_CSP = (  # `data:` pictures, because KERN's icons are such; a picture runs nothing
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_ALWAYS = (
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),  # `no-referrer` would make browsers send `Origin: null` with forms
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-embedder-policy", "require-corp"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_PATH_BYTES_MAX = 2_048
_RAW_PATH = re.compile(rb"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*")


def headers(csp: str, *, is_tls: bool) -> tuple[tuple[str, str], ...]:
    """Security headers; HSTS only over TLS (RFC 6797 section 7.2)."""
    tls = (("strict-transport-security", "max-age=63072000"),) if is_tls else ()
    return (("content-security-policy", csp), *_ALWAYS, *tls)


def check_path(raw_path: bytes) -> None:
    """Refuse what two programs might read differently: `malformed-path`.

    Dot segments in any spelling, empty segments, escaped slashes and backslashes, control characters, and
    what is not UTF-8.
    """
    segments = raw_path.split(b"/")
    if b"%" not in raw_path and len(raw_path) <= _PATH_BYTES_MAX and _RAW_PATH.fullmatch(raw_path):
        if b"" in segments[1:-1] or b"." in segments or b".." in segments:
            raise malformed("malformed-path")
        return
    plain = [unquote_to_bytes(segment) for segment in segments]
    is_odd = (
        len(raw_path) > _PATH_BYTES_MAX
        or not _RAW_PATH.fullmatch(raw_path)
        or b"" in segments[1:-1]
        or not all(map(_is_utf8, plain))
        or any(p in {b".", b".."} or re.search(rb"[/\\\x00-\x1f\x7f]", p) for p in plain)
    )
    if is_odd:
        raise malformed("malformed-path")


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode("utf-8", "strict")
    except UnicodeDecodeError:
        return False
    return True
