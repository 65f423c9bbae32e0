"""The port by which upkeep reads: what is due, and everything that lies in one page."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from custodes.acts.writing.fold_reads import FoldReads
from custodes.acts.writing.readers import Marked, OpeningRow, ShardRow, Subject
from custodes.custody.hierarchy import Page


class UpkeepReads(Protocol):
    """Reads for the upkeep of keys."""

    @property
    def folds(self) -> FoldReads:
        """Counts made of entries."""
        ...

    def waiting(self, kind: str, before: datetime, limit: int) -> Sequence[str]:
        """Ids of what is due since before an instant (`rekey`: pages, `shred`: customers, `scrub`)."""
        ...

    def behind(self, house: str, at: tuple[str, int, int], limit: int) -> Sequence[Page]:
        """Pages of a key under an older version or shred key than `at` = (key, version, shred generation)."""
        ...

    def progress(self, at: tuple[str, int, int]) -> tuple[int, int]:
        """(pages of a key under at least this version and shred key, all its pages)."""
        ...

    def is_none_below(self, customer: str, shred: int, without: tuple[str, ...]) -> bool:
        """Whether no page lies under an older shred key, those of the keys `without` aside."""
        ...

    def is_any_under(self, key: str, shred: int) -> bool:
        """Whether a page of this key lies under this shred key, or a newer one."""
        ...

    def records(self, page: str) -> Sequence[OpeningRow]:
        """Every sealed opening that lies in a page."""
        ...

    def subjects(self, page: str) -> Sequence[Subject]:
        """Every data key that lies in a page."""
        ...

    def marks(self, log: str, low: int, high: int, limit: int) -> Sequence[Marked]:
        """Spans of a log that reach into [low, high) and are said to be destroyed, in order."""
        ...

    def marked(self, logs: Sequence[str]) -> int:
        """How many entries of these logs are said to be destroyed."""
        ...

    def shards(self) -> Sequence[ShardRow]:
        """Every shard of the log that has announced its successor, oldest first."""
        ...

    def sizes_at(self, epoch: int) -> Mapping[str, int]:
        """How long each sub-log was at an epoch."""
        ...

    def is_retained(self, log: str, state: int) -> bool:
        """Whether a log was looked through to its end in this state of terms, holds and months."""
        ...

    def acts_from(self, log: str, span: tuple[int, int]) -> Sequence[str]:
        """Ids of the acts behind the entries [start, end) of a log, in order."""
        ...

    def codes_before(self, log: str, index: int, most: int) -> Mapping[str, int]:
        """How many of the first `most` openings below an index there are, by act."""
        ...
