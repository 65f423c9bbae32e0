"""docs/formats/README.md, "Spelling": canonical JSON, base64, times, ids."""

import base64
import json
import re
from datetime import UTC, datetime

INT_MAX = 2**53 - 1
DEPTH_MAX = 32


class No(Exception):  # noqa: N818 - a no is an answer
    """What a reader refuses, with the code of the page."""


def write(value):
    check(value, 0)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def read(raw, code="not-canonical", bytes_max=None):
    if bytes_max is not None and len(raw) > bytes_max:
        raise No(code)
    try:
        value = json.loads(raw.decode(), object_pairs_hook=once, parse_float=never, parse_constant=never)
        if write(value) != raw:
            raise No(code)
    except (ValueError, RecursionError) as error:
        raise No(code) from error
    return value


def once(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name twice")
    return dict(pairs)


def never(text):
    raise ValueError(text)


def check(value, depth):
    if depth > DEPTH_MAX:
        raise ValueError("deep")
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for name, one in value.items():
            if not name.isascii():
                raise ValueError("name")
            check(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            check(one, depth + 1)
    elif type(value) is int:
        if abs(value) > INT_MAX:
            raise ValueError("wide")
    elif value is not None and type(value) is not bool:
        raise ValueError("no such value")


def unb64(text, length=None, code="malformed"):
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, AttributeError) as error:
        raise No(code) from error
    if base64.b64encode(raw).decode() != text or length not in (None, len(raw)):
        raise No(code)
    return raw


def b64(raw):
    return base64.b64encode(raw).decode()


def time(text, code="malformed"):
    if type(text) is not str or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text, re.ASCII):
        raise No(code)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise No(code) from error


def is_id(noun, text):
    return type(text) is str and re.fullmatch(noun + "-[0-9a-hjkmnp-tv-z]{26}", text) is not None


def shaped(value, members, code):
    """The value, if it is an object of exactly these members."""
    if not isinstance(value, dict) or set(value) != set(members):
        raise No(code)
    return value
