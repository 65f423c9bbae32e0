"""Ids: a three-letter noun, a dash, and 26 characters of Crockford base32 (128 random bits).

An id says nothing about time or order, so it can appear in a log entry or an object store without
telling more than that it exists. Nouns are closed: one table, below.
"""

import re

from .dice import Dice

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
NOUNS = {
    "hse": "house",
    "cus": "customer",
    "org": "organisation",
    "per": "person",
    "mem": "membership",
    "crd": "credential",
    "key": "key",
    "pag": "page key",
    "loc": "location",
    "bdy": "boundary",
    "pol": "policy set",
    "bkt": "bucket",
    "ver": "object version",
    "upl": "upload",
    "blb": "blob in an object store",
    "act": "act",
    "kil": "kill",
    "hld": "hold on entries",
    "cas": "case",
    "grt": "grant",
    "out": "outbox item",
    "ses": "session",
    "iss": "identity issuer",
    "grp": "group of a directory",
    "lnk": "link of a person to an issuer",
    "req": "request",
    "bak": "backup",
    "con": "connection of a cloud",
    "exp": "export",
    "whk": "webhook",
    "evt": "event a webhook is told of",
    "ado": "adoption",
}
ID_BYTES = 16
_PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)
_SHIFTS = tuple(range(120, -1, -10))
_FORM = re.compile(r"[a-z]{3}-[0-9a-hjkmnp-tv-z]{26}")


def new_id(noun: str, dice: Dice) -> str:
    """Draw a fresh id for one of `NOUNS`."""
    if noun not in NOUNS:
        raise ValueError(noun)
    return _spelled(noun, dice.draw(ID_BYTES))


def id_of(noun: str, known: bytes) -> str:
    """The id of one of `NOUNS` that follows from what is known: 16 bytes of a hash over it."""
    if noun not in NOUNS or len(known) != ID_BYTES:
        raise ValueError(noun)
    return _spelled(noun, known)


def is_id(noun: str, text: str) -> bool:
    """Whether `text` has the form of an id of this noun."""
    return text[:3] == noun and _FORM.fullmatch(text) is not None


def _spelled(noun: str, raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    # 26 letters of five bits each, two at a time: two zero bits, then the 128 drawn ones.
    return f"{noun}-{''.join([_PAIRS[(number >> shift) & 1023] for shift in _SHIFTS])}"
