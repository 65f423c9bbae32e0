"""Fulfils `acts.writing.upkeep_reads.UpkeepReads` over one connection."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from custodes.acts.writing.readers import Marked, OpeningRow, ShardRow, Subject
from custodes.custody.hierarchy import Page
from custodes.store.nouns import ledgers, pages

from . import due, rekeying, retiring, shards
from .folds import SqlFoldReads


class SqlUpkeepReads:
    """Reads for the upkeep of keys; see the port for what each promises."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def folds(self) -> SqlFoldReads:
        """Counts made of entries."""
        return SqlFoldReads(self._connection)

    def waiting(self, kind: str, before: datetime, limit: int) -> Sequence[str]:
        """Ids of what is due."""
        return due.waiting(self._connection, kind, before, limit)

    def behind(self, house: str, at: tuple[str, int, int], limit: int) -> Sequence[Page]:
        """Pages to be re-wrapped."""
        return pages.behind(self._connection, house, at, limit)

    def progress(self, at: tuple[str, int, int]) -> tuple[int, int]:
        """How many pages have moved, of how many."""
        return pages.progress(self._connection, at)

    def is_none_below(self, customer: str, shred: int, without: tuple[str, ...]) -> bool:
        """Whether an older shred key is still needed."""
        return pages.is_none_below(self._connection, customer, shred, without)

    def is_any_under(self, key: str, shred: int) -> bool:
        """Whether a key has pages under this shred key."""
        return pages.is_any_under(self._connection, key, shred)

    def records(self, page: str) -> Sequence[OpeningRow]:
        """The openings in a page."""
        return ledgers.of_page(self._connection, page)

    def subjects(self, page: str) -> Sequence[Subject]:
        """The data keys in a page."""
        return rekeying.subjects(self._connection, page)

    def marks(self, log: str, low: int, high: int, limit: int) -> Sequence[Marked]:
        """Spans that are said to be destroyed."""
        return retiring.marks(self._connection, log, low, high, limit)

    def marked(self, logs: Sequence[str]) -> int:
        """How many entries are."""
        return retiring.total(self._connection, logs)

    def shards(self) -> Sequence[ShardRow]:
        """Shards that announced their successor."""
        return shards.read(self._connection)

    def sizes_at(self, epoch: int) -> Mapping[str, int]:
        """Sub-logs at an epoch."""
        return shards.sizes_at(self._connection, epoch)

    def is_retained(self, log: str, state: int) -> bool:
        """Whether a log was looked through."""
        return retiring.is_done(self._connection, log, state)

    def acts_from(self, log: str, span: tuple[int, int]) -> Sequence[str]:
        """Whose entries these are."""
        return ledgers.acts_from(self._connection, log, span)

    def codes_before(self, log: str, index: int, most: int) -> Mapping[str, int]:
        """What there is below an index."""
        return retiring.codes_before(self._connection, log, index, most)
