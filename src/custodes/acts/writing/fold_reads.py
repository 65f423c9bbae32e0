"""Rows of the counts that are made of a customer's entries, and the port that reads them.

They prove nothing by themselves: what lies in them is sealed, or carries a MAC, and is a fold of entries that
can be made again.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class FoldPart(msgspec.Struct, frozen=True, kw_only=True):
    """One sealed part; `generation` grows by one with each writing."""

    customer: str
    part: str
    generation: int
    page: str
    sealed: bytes


class FoldName(msgspec.Struct, frozen=True, kw_only=True):
    """The version that a next one of its name replaces; `size` -1 for a delete marker."""

    customer: str
    tag: bytes
    version: str
    size: int
    index: int
    mac: bytes


class FoldStep(msgspec.Struct, frozen=True, kw_only=True):
    """What a step of folding writes: all of it, or nothing when the head is another than `generation`.

    `is_anew`: everything that lies there of this customer goes first.
    """

    customer: str
    generation: int
    parts: tuple[FoldPart, ...]
    names: tuple[FoldName, ...] = ()
    gone: tuple[bytes, ...] = ()
    is_anew: bool = False


class FoldReads(Protocol):
    """Reads of counts."""

    def parts(self, customer: str, parts: Sequence[str]) -> Sequence[FoldPart]:
        """These parts, as far as they are there."""
        ...

    def names(self, customer: str, tags: Sequence[bytes]) -> Sequence[FoldName]:
        """The names of these tags, as far as they are there."""
        ...

    def named(self, customer: str, version: str) -> Sequence[FoldName]:
        """The name that a version stands for, if it does."""
        ...
