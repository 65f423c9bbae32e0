"""Openings that are not there, against what proven entries say was destroyed: who hides one is found.

A mark in a table counts for nothing here. What is missing and said to be destroyed by an entry that was
proven is destroyed; what is missing and was not is missing; what was destroyed and is there came back.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from custodes.acts.writing.ports import Reads
from custodes.ledger.merkle import CompactRange
from custodes.ledger.retention import spans
from custodes.ledger.retention.spans import Span

Fault: TypeAlias = tuple[str, str, int, int]  # code, log, [first, end)


class Retired:
    """Fills while every log is looked through."""

    def __init__(self) -> None:
        self._missing: dict[str, list[Span]] = {}
        self._said: dict[str, list[Span]] = {}

    @property
    def count(self) -> int:
        """How many entries were destroyed, as proven entries say."""
        return sum(spans.count(spans.union(of)) for of in self._said.values())

    def missing(self, log: str, index: int) -> None:
        """There is no opening here; called in order."""
        found = self._missing.setdefault(log, [])
        if found and found[-1][1] == index:
            found[-1] = (found[-1][0], index + 1)
        else:
            found.append((index, index + 1))

    def said(self, log: str, of: tuple[Span, ...]) -> None:
        """A proven entry says that these were destroyed."""
        self._said.setdefault(log, []).extend(of)

    def findings(self, reads: Reads, heads: Mapping[str, CompactRange]) -> Iterator[Fault]:
        """`opening-missing` (hidden or lost), `destroyed-record-back`, `destroyed-beyond` (an entry that
        there is not), `destruction-unproven` (a mark that no entry covers: what it hides is missing, too).
        """
        for log in sorted(heads):
            size = heads[log].size
            said, gone = spans.union(self._said.get(log, [])), self._missing.get(log, [])
            for first, end in gone:
                for hole in spans.missing(said, first, end):
                    yield "opening-missing", log, *hole
            for first, end in said:
                for there in spans.missing(gone, first, min(end, size)):
                    yield "destroyed-record-back", log, *there
                if end > size:
                    yield "destroyed-beyond", log, max(first, size), end
            for mark in reads.upkeep.marks(log, 0, size, MARKS_MAX):
                for hole in spans.missing(said, mark.first, mark.end):
                    yield "destruction-unproven", log, *hole


MARKS_MAX = 10_000_000
