"""What was erased, for ever: a standing row per erasure, so that no row put back shows it again."""

from collections.abc import Iterable

import msgspec


class Tombstone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One erasure of person fields. `id` is the case it was decided in; `entries` are (log, index) pairs.

    `pages` gives the generation that each page it touched has at least: an older row was put back.
    """

    id: str
    customer: str
    entries: tuple[tuple[str, int], ...]
    pages: dict[str, int]
    erased_at: str


class Fold(msgspec.Struct, frozen=True):
    """All tombstones together."""

    entries: frozenset[tuple[str, int]] = frozenset()
    pages: dict[str, int] = {}


def fold(tombstones: Iterable[Tombstone]) -> Fold:
    """Everything erased, and the least generation of each page that was re-keyed for it."""
    entries: set[tuple[str, int]] = set()
    pages: dict[str, int] = {}
    for one in tombstones:
        entries.update(one.entries)
        for page, generation in one.pages.items():
            pages[page] = max(generation, pages.get(page, 0))
    return Fold(frozenset(entries), pages)
