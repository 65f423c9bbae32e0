"""What a key held here protects at each service of a cloud, and what it does not: dated, sourced data.

An external key does not blind a cloud while it serves. Each row says what may still be held after a refusal,
and `is_blind` only where the cloud never holds the key at all.
"""

from functools import cache
from importlib import resources

import msgspec

from .rows import Sourced

NO_WIRE = "none"


class Coverage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One service. `wire` is the protocol by which it asks, `none` where it cannot.

    `protects`: what cannot be read without a use here; `leaves`: what the key does not cover; `holds`: what
    may still be readable after the next use was refused.
    """

    code: str
    wire: str
    service: str
    is_blind: bool
    protects_german: str
    protects_english: str
    leaves_german: str
    leaves_english: str
    holds_german: str
    holds_english: str
    origin: Sourced


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rows: tuple[Coverage, ...]


@cache
def coverage() -> tuple[Coverage, ...]:
    """Every row of this package's table, in its order; ValueError for a code twice."""
    raw = (resources.files(__package__) / "tables" / "coverage.json").read_bytes()
    rows = msgspec.json.decode(raw, type=_Table).rows
    if len({row.code for row in rows}) != len(rows):
        raise ValueError("a code twice")
    return rows


def of_wire(wire: str) -> tuple[Coverage, ...]:
    """The services that ask over one kind of connection."""
    return tuple(row for row in coverage() if row.wire == wire)
