"""Filters as provisioning clients use them: `attribute eq value`, joined by `and` (RFC 7644, 3.4.2.2)."""

import json
import re

from custodes.kernel.refusal import malformed

CHARS_MAX = 2_000
TERMS_MAX = 8
_TERM = re.compile(
    r'\s*([A-Za-z][A-Za-z0-9$:._-]*(?:\[[^\]"]*(?:"[^"]*")?[^\]"]*\])?(?:\.[A-Za-z]+)?)\s+([A-Za-z]{2})\s+'
)
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r"(true|false)", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+(?=\S)", re.IGNORECASE)
_TYPED = re.compile(r'emails\[type eq "[a-z]+"\]\.value')


def terms(text: str, known: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """(member, value) pairs that all have to hold; `known` says which attribute (lower case) is which member.

    `scim-filter` (malformed) for another operator, another attribute, or what is no filter.
    """
    if len(text) > CHARS_MAX:
        raise malformed("scim-filter")
    found: list[tuple[str, str]] = []
    place = 0
    while True:
        term = _TERM.match(text, place)
        if term is None or term[2].lower() != "eq" or len(found) >= TERMS_MAX:
            raise malformed("scim-filter")
        value, place = _value(text, term.end())
        found.append((_member(term[1], known), value))
        if not text[place:].strip():
            return tuple(found)
        more = _AND.match(text, place)
        if more is None:
            raise malformed("scim-filter")
        place = more.end()


def _value(text: str, place: int) -> tuple[str, int]:
    quoted = _TEXT.match(text, place)
    word = quoted or _WORD.match(text, place)
    if word is None:
        raise malformed("scim-filter")
    if quoted is None:
        return word[0].lower(), word.end()
    try:
        return str(json.loads(quoted[0])), quoted.end()
    except ValueError as error:
        raise malformed("scim-filter") from error


def _member(attribute: str, known: dict[str, str]) -> str:
    name = attribute.lower()
    if name.startswith("urn:"):
        name = name.rpartition(":")[2]
    if _TYPED.fullmatch(name):
        name = "emails.value"
    if name not in known:
        raise malformed("scim-filter", attribute=attribute[:50])
    return known[name]
