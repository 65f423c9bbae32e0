"""The one canonical encoding: what is hashed, signed or bound into a wrap has exactly one spelling.

JSON as in RFC 8785 (JCS), narrowed so that any JSON library with sorted keys writes the same bytes:
values are objects, arrays, strings, booleans, null and integers of at most 53 bits; member names are
ASCII; no floating point; no white space; UTF-8; no lone surrogates. Bytes travel as standard base64
with padding, times as RFC 3339 UTC with whole seconds or exactly six digits and a `Z`.
"""

import binascii
import json
from base64 import b64decode, b64encode
from typing import TypeAlias

import msgspec

from .refusal import malformed

Plain: TypeAlias = "bool | int | str | list[Plain] | dict[str, Plain] | None"

INT_MAX = 2**53 - 1
DEPTH_MAX = 32

_encoder = msgspec.json.Encoder(order="sorted")


def encode(value: object) -> bytes:
    """Return the canonical bytes of a plain value; TypeError or ValueError when it has none."""
    _check(value, 0)
    return _encoder.encode(value)


def decode(raw: bytes) -> Plain:
    """Parse canonical bytes; refuse any other spelling of the same value (`not-canonical`)."""
    try:
        value = json.loads(raw.decode("utf-8", "strict"), object_pairs_hook=_members)
        same = encode(value) == raw
    except (ValueError, TypeError, RecursionError) as error:
        raise malformed("not-canonical") from error
    if not same:
        raise malformed("not-canonical")
    plain: Plain = value
    return plain


def b64(raw: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return b64encode(raw).decode("ascii")


def unb64(text: str) -> bytes:
    """Strict inverse of `b64`: ValueError for another alphabet, missing padding or stray bits."""
    try:
        raw = b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not base64") from error
    if b64(raw) != text:
        raise ValueError("not canonical base64")
    return raw


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member twice")
    return members


def _check(value: object, depth: int) -> None:
    if depth > DEPTH_MAX:
        raise ValueError("too deep")
    if isinstance(value, str):
        value.encode("utf-8", "strict")  # a lone surrogate has no UTF-8
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        if not -INT_MAX <= value <= INT_MAX:
            raise ValueError("integer beyond 53 bits")
    elif isinstance(value, dict):
        for name, member in value.items():
            if not isinstance(name, str) or not name.isascii():
                raise TypeError("member names are ASCII strings")
            _check(member, depth + 1)
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item, depth + 1)
    else:
        raise TypeError(f"no canonical form: {type(value).__name__}")
