"""Fulfils `acts.ports.Reads`: every read of the house over one connection."""

import resource
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from custodes.acts.writing.house_head import HouseHead
from custodes.acts.writing.readers import CaseRow, EpochState, OpeningRow, OutboxRow, StandingRow
from custodes.acts.writing.upkeep_reads import UpkeepReads
from custodes.custody.hierarchy import Page
from custodes.kernel.refusal import unavailable
from custodes.ledger.merkle import CompactRange

from .engine import BEGIN_READING, driver, is_gone, raised, roll_back
from .index.reads import SqlObjectReads
from .keeping.reads import SqlUpkeepReads
from .nouns import cases, epochs, ledgers, outbox, pages
from .nouns import standing as standing_rows
from .shared import heads as house_heads

T = TypeVar("T")


class SqlReads:
    """Reads over one connection; see `acts.ports.Reads`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def objects(self) -> SqlObjectReads:
        """Reads of the object index."""
        return SqlObjectReads(self._connection)

    def standing(self) -> Sequence[StandingRow]:
        """Every standing row in order of position."""
        return standing_rows.load_all(self._connection)

    def standing_since(self, seq: int) -> Sequence[StandingRow]:
        """Rows put after this standing sequence."""
        return standing_rows.load_since(self._connection, seq)

    def standing_seq(self) -> int:
        """What stands now."""
        return house_heads.standing_seq(self._connection)

    def covered(self, since: int, root_size: int) -> Mapping[str, int]:
        """Sizes in epochs above this one."""
        return epochs.covered(self._connection, since, root_size)

    def last_covered(self) -> Mapping[str, int]:
        """How far epochs cover each sub-log."""
        return epochs.last_covered(self._connection)

    def house_heads(self) -> Sequence[HouseHead]:
        """Every keyroom's signed summary."""
        return house_heads.load_all(self._connection)

    def heads(self) -> Mapping[str, CompactRange]:
        """Head of every log."""
        return ledgers.heads(self._connection)

    def head(self, log: str) -> CompactRange:
        """Head of one log."""
        return ledgers.head(self._connection, log)

    def tile(self, log: str, level: int, n: int) -> bytes | None:
        """One tile."""
        return ledgers.tile(self._connection, log, level, n)

    def leaves(self, log: str, start: int, end: int) -> Sequence[bytes]:
        """Leaves [start, end)."""
        return ledgers.leaves(self._connection, log, start, end)

    def opening(self, log: str, index: int) -> OpeningRow | None:
        """One sealed opening."""
        return ledgers.opening(self._connection, log, index)

    def openings(
        self,
        log: str,
        span: tuple[int, int] | None = None,
        *,
        subject: str | None = None,
        code: str | None = None,
        limit: int = 50,
        is_oldest_first: bool = False,
    ) -> Sequence[OpeningRow]:
        """Openings of one log."""
        return ledgers.openings(
            self._connection,
            log,
            span,
            subject=subject,
            code=code,
            limit=limit,
            is_oldest_first=is_oldest_first,
        )

    def index_at(self, log: str, at: int, size: int) -> int:
        """How many of the first entries are older."""
        return ledgers.index_at(self._connection, log, at, size)

    def epoch_state(self) -> EpochState:
        """The last epoch."""
        return epochs.read(self._connection)

    def covering(self, log: str, index: int) -> tuple[int, int, bytes] | None:
        """Epoch, root index and evidence of the first that holds an entry."""
        return epochs.covering(self._connection, log, index)

    def covering_after(self, log: str, index: int, after: int) -> tuple[int, int, bytes] | None:
        """The same, after an epoch."""
        return epochs.covering_after(self._connection, log, index, after)

    def epoch_heads(self, log: str, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """Epochs at which a sub-log had changed."""
        return epochs.heads_after(self._connection, log, after, limit)

    def case(self, case: str) -> CaseRow | None:
        """One case."""
        return cases.find(self._connection, case)

    def cases_due(self, now: int, most: int) -> Sequence[str]:
        """Ids of due cases."""
        return cases.due(self._connection, now, most)

    def cases(
        self,
        *,
        customers: Sequence[str] | None,
        of: Sequence[str] | None,
        without: Sequence[str],
        before: int | None,
        limit: int,
    ) -> Sequence[CaseRow]:
        """Cases, newest first."""
        return cases.listed(
            self._connection, customers=customers, of=of, without=without, before=before, limit=limit
        )

    def object_names(self, versions: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Bucket and name of object versions."""
        return cases.names(self._connection, versions)

    def outbox(self, most: int) -> Sequence[OutboxRow]:
        """What waits to be told."""
        return outbox.waiting(self._connection, most)

    def outbox_backlog(self) -> tuple[int, int | None]:
        """How much waits, and since when."""
        return outbox.backlog(self._connection)

    def page(self, house: str, page_id: str) -> Page | None:
        """A page key at rest."""
        return pages.find(self._connection, house, page_id)

    @property
    def upkeep(self) -> UpkeepReads:
        """Reads for upkeep."""
        return SqlUpkeepReads(self._connection)


def _blocks_read() -> int:
    """Blocks this thread had to wait for a disk to read; a thread that waits for a processor reads none."""
    return resource.getrusage(resource.RUSAGE_THREAD).ru_inblock


class AtOnce:
    """Look-ups in the thread that asks, over a connection of its own: for SQLite, whose look-up costs less
    than the way into a thread. Fulfils `acts.opened.AtOnce`; no transaction is begun round the statement.

    Nobody waits for a disk here for long: after one look-up that was slow because of it, all go the other way
    for a while.
    """

    SLOW_MS = 3
    ASIDE_MS = 1_000

    def __init__(
        self, engine: Engine, now_ms: Callable[[], int], blocks_read: Callable[[], int] = _blocks_read
    ) -> None:
        """`now_ms`: the Clock port's `boot_ms`."""
        self._blocks_read = blocks_read
        self._engine = engine
        self._now_ms = now_ms
        self._connection: Connection | None = None
        self._not_before_ms = 0
        self._blocks: int | None = None  # as of the last look-up that was slow: asking is a system call

    def __call__(self, work: Callable[[SqlReads], T]) -> T | None:
        """See `acts.opened.AtOnce`."""
        began_ms = self._now_ms()
        if began_ms < self._not_before_ms:
            return None
        if self._blocks is None:
            self._blocks = self._blocks_read()
        try:
            connection = self._connection or self._connected()
            return work(SqlReads(connection))
        except raised(DBAPIError) as error:
            self.close()
            self._not_before_ms = began_ms + self.ASIDE_MS
            if is_gone(error):
                return None  # the other way says it, if it is so there, too
            raise
        finally:
            ended_ms = self._now_ms()
            if ended_ms - began_ms > self.SLOW_MS and self._has_read():
                self._not_before_ms = ended_ms + self.ASIDE_MS

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()

    def _has_read(self) -> bool:
        """Whether this thread waited for a disk since it was last asked."""
        before, self._blocks = self._blocks, self._blocks_read()
        return self._blocks != before

    def _connected(self) -> Connection:
        connection = self._connection = self._engine.connect()
        driver(connection).execute("PRAGMA busy_timeout=0")
        return connection


def reading(engine: Engine, work: Callable[[SqlReads], T]) -> T:
    """Run one unit of reading in a transaction of its own: one snapshot.

    `books-unavailable` (unavailable): the database could not be asked.
    """
    try:
        with engine.connect() as connection:
            BEGIN_READING[engine.dialect.name].do(connection, {})
            try:
                return work(SqlReads(connection))
            finally:
                roll_back(connection)
    except raised(DBAPIError) as error:
        if is_gone(error):
            raise unavailable("books-unavailable") from error
        raise
