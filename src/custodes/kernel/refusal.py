"""A domain "no".

A refusal carries a code (a kebab noun, stable, documented), one of a closed set of kinds, and facts.
It never holds an HTTP status or prose: each protocol has one table that turns kinds and codes into
its own words. Anything raised that is not a Refusal is `broken`: logged with an id, sent without text.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

Fact = str | int | bool | None | tuple[str, ...]


class Kind(StrEnum):
    """What a caller can do about it; closed, so that every protocol can map every member."""

    MALFORMED = "malformed"  # the request cannot be understood: mend it
    UNAUTHENTICATED = "unauthenticated"  # we do not know who asks
    DENIED = "denied"  # known, and not allowed
    ABSENT = "absent"  # not there, or not the caller's to know of
    CONFLICT = "conflict"  # somebody was first, or a condition does not hold
    LOCKED = "locked"  # sealed, killed, held: somebody must open it
    LIMITED = "limited"  # too much or too fast: later
    UNAVAILABLE = "unavailable"  # something we need does not answer: fail closed, try again
    BROKEN = "broken"  # our own fault


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """The only exception that crosses rooms on purpose."""

    def __init__(self, code: str, kind: Kind, facts: Mapping[str, Fact] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.kind = kind
        self.facts: Mapping[str, Fact] = MappingProxyType(dict(facts or {}))

    def __repr__(self) -> str:
        return f"Refusal({self.code!r}, {self.kind.value!r}, {dict(self.facts)!r})"


def malformed(code: str, **facts: Fact) -> Refusal:
    """The request cannot be understood."""
    return Refusal(code, Kind.MALFORMED, facts)


def unauthenticated(code: str, **facts: Fact) -> Refusal:
    """The evidence does not prove who asks."""
    return Refusal(code, Kind.UNAUTHENTICATED, facts)


def denied(code: str, **facts: Fact) -> Refusal:
    """Known, and not allowed."""
    return Refusal(code, Kind.DENIED, facts)


def absent(code: str, **facts: Fact) -> Refusal:
    """Not there, or not the caller's to know of (promise 10)."""
    return Refusal(code, Kind.ABSENT, facts)


def conflict(code: str, **facts: Fact) -> Refusal:
    """A condition does not hold, or somebody was first."""
    return Refusal(code, Kind.CONFLICT, facts)


def locked(code: str, **facts: Fact) -> Refusal:
    """Sealed, killed or held."""
    return Refusal(code, Kind.LOCKED, facts)


def even(refusal: Refusal, kept: Collection[str]) -> Refusal:
    """What is absent is `no-such-thing`, whatever it was and without facts: else a stranger could tell what
    exists. `kept` are codes that are the same for everybody, or a protocol's own words.
    """
    if refusal.kind is not Kind.ABSENT or refusal.code in kept:
        return refusal
    return Refusal("no-such-thing", Kind.ABSENT)


def limited(code: str, **facts: Fact) -> Refusal:
    """Too much or too fast."""
    return Refusal(code, Kind.LIMITED, facts)


def unavailable(code: str, **facts: Fact) -> Refusal:
    """Something we need does not answer; the answer is no (promise 2)."""
    return Refusal(code, Kind.UNAVAILABLE, facts)
