"""The ports of this room: what the sequencer and the keyroom need from `store`, stated by who needs it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from custodes.acts.writing.act import Act, Entry, Expect, Position, Write
from custodes.acts.writing.house_head import HouseHead
from custodes.acts.writing.object_rows import ObjectReads
from custodes.acts.writing.readers import CaseRow, EpochState, OpeningRow, OutboxRow, Scrubbed, StandingRow
from custodes.acts.writing.upkeep_reads import UpkeepReads
from custodes.custody.hierarchy import Page
from custodes.ledger.merkle import CompactRange
from custodes.ledger.tiles import TilePut

Placed = tuple[str, int, bool, Entry]  # act id, ordinal, whether it is sought by its act, entry


class Group(Protocol):
    """One transaction with the writer's lock held. Nothing is durable before `commit`."""

    def known(self, act_ids: Sequence[str]) -> Mapping[str, tuple[Position, ...]]:
        """Acts of these ids that were committed before, with their positions."""
        ...

    def generations(self, rows: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Generation of each named standing row; a row that does not exist is left out."""
        ...

    def holds(self, check: str, args: tuple[Any, ...]) -> bool:
        """Whether a named row check holds inside this transaction."""
        ...

    def gathers(self, writes: Sequence[Write]) -> bool:
        """Whether these are carried out together with others of the group before it commits.

        If so, they cannot be refused any more; if not, they are to be written one by one in a savepoint.
        """
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what happens inside when it raises `WriteRefused`."""
        ...

    def write(self, write: Write) -> None:
        """Carry out one named write; raises `WriteRefused` when its condition does not hold."""
        ...

    def heads(self, logs: Iterable[str]) -> Mapping[str, CompactRange]:
        """Present head of each log; an empty range for a log without entries."""
        ...

    def tiles(self, wanted: Iterable[tuple[str, int, int]]) -> Mapping[tuple[str, int, int], bytes]:
        """Hashes of partial tiles by (log, level, n); absent ones are left out."""
        ...

    def append(self, log: str, first: int, entries: Sequence[Placed]) -> None:
        """Store leaves and sealed openings from index `first` on."""
        ...

    def advance(self, log: str, head: CompactRange, tiles: Sequence[TilePut]) -> None:
        """Store the new head and tiles of one log."""
        ...

    def set_house_head(self, head: HouseHead) -> None:
        """Store the signed summary."""
        ...

    def house_head(self, keyroom: str) -> HouseHead | None:
        """The committed summary of a keyroom; None before its first. Held until the group ends."""
        ...

    def standing_seq(self) -> int:
        """The highest standing sequence any keyroom has committed; 0 before the first."""
        ...

    def commit(self) -> None:
        """Make the group durable; `CommitInDoubt` when it may or may not be, anything else: it never is."""
        ...


class Books(Protocol):
    """Where acts are written: one writer at a time in this process, and others elsewhere if `is_shared`."""

    @property
    def is_shared(self) -> bool:
        """Whether other keyrooms may write to the same database."""
        ...

    def group(self, acts: Sequence[Act] = ()) -> AbstractContextManager[Group]:
        """Begin a group with the locks these acts need; leaving without `commit` rolls it back.

        Any call in it may raise `DiskFull`, or `BooksBusy`: nothing happened, try again.
        """
        ...

    def keep_reserve(self) -> bool:
        """Have disk space kept back for urgent acts; False when there is no room for it."""
        ...

    def close(self) -> None:
        """Let go of the writer's connection; the next group opens one again."""
        ...

    def spend_reserve(self) -> None:
        """Give that space to the acts that come next."""
        ...

    def scrub(self, vacuum_bytes_max: int) -> Scrubbed:
        """Leave nothing of deleted rows in the write-ahead log; in a database up to `vacuum_bytes_max` also
        nothing in unused parts of its pages. Not while a group is open in this thread.
        """
        ...


class Reads(Protocol):
    """What the keyroom reads outside the sequencer: one consistent connection per unit of work."""

    @property
    def objects(self) -> ObjectReads:
        """Reads of the object index."""
        ...

    def standing(self) -> Sequence[StandingRow]:
        """Every standing row."""
        ...

    def standing_since(self, seq: int) -> Sequence[StandingRow]:
        """Rows put after this standing sequence."""
        ...

    def standing_seq(self) -> int:
        """The highest standing sequence any keyroom has committed."""
        ...

    def covered(self, since: int, root_size: int) -> Mapping[str, int]:
        """Size of each sub-log in the newest epoch above `since`, within the first `root_size` leaves of the
        root log, that names it.
        """
        ...

    def house_heads(self) -> Sequence[HouseHead]:
        """Every keyroom's signed summary; none in a house that was never founded."""
        ...

    def heads(self) -> Mapping[str, CompactRange]:
        """Head of every log that has entries."""
        ...

    def head(self, log: str) -> CompactRange:
        """Head of one log; an empty one where it has no entry."""
        ...

    def tile(self, log: str, level: int, n: int) -> bytes | None:
        """Hashes of one tile, as wide as it is now."""
        ...

    def leaves(self, log: str, start: int, end: int) -> Sequence[bytes]:
        """Leaves [start, end)."""
        ...

    def opening(self, log: str, index: int) -> OpeningRow | None:
        """One sealed opening."""
        ...

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
        """Openings of one log, of entries [start, end) where a span is given, newest first unless told."""
        ...

    def index_at(self, log: str, at: int, size: int) -> int:
        """How many of a log's first `size` entries are older than an instant (microseconds)."""
        ...

    def epoch_state(self) -> EpochState:
        """The last epoch."""
        ...

    def last_covered(self) -> Mapping[str, int]:
        """Size of each sub-log in the newest epoch that names it."""
        ...

    def covering(self, log: str, index: int) -> tuple[int, int, bytes] | None:
        """(epoch, root index, evidence) of the first epoch that holds an entry; the index is in the root log
        of the shard that epoch is of.
        """
        ...

    def covering_after(self, log: str, index: int, after: int) -> tuple[int, int, bytes] | None:
        """The same of epochs after one: where the shards up to it are pruned."""
        ...

    def epoch_heads(self, log: str, after: int, limit: int) -> Sequence[tuple[int, bytes]]:
        """(epoch, evidence) of the epochs after one at which a sub-log had changed, oldest first."""
        ...

    def case(self, case: str) -> CaseRow | None:
        """One case as it lies; whoever reads it compares it with its head."""
        ...

    def cases_due(self, now: int, most: int) -> Sequence[str]:
        """Ids of cases in which the clock has a move at or before `now` (microseconds), longest due first."""
        ...

    def cases(
        self,
        *,
        customers: Sequence[str] | None,
        of: Sequence[str] | None,
        without: Sequence[str],
        before: int | None,
        limit: int,
    ) -> Sequence[CaseRow]:
        """Cases, newest first: of some customers (None: of all), asked by or for one of `of` (None:
        whoever), not in the states `without`, opened before an instant (microseconds).
        """
        ...

    def object_names(self, versions: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """(bucket, name) of each of these object versions that there is."""
        ...

    def outbox(self, most: int) -> Sequence[OutboxRow]:
        """What was not told yet, oldest first."""
        ...

    def outbox_backlog(self) -> tuple[int, int | None]:
        """How many wait, and since when the first does (microseconds)."""
        ...

    def page(self, house: str, page_id: str) -> Page | None:
        """A page key at rest."""
        ...

    @property
    def upkeep(self) -> UpkeepReads:
        """Reads for the upkeep of keys."""
        ...


class DiskFull(Exception):  # noqa: N818 - a state of the disk, not a fault of the caller
    """There is no room for this group; nothing of it happened, unless a commit said so (look it up)."""


class BooksBusy(Exception):  # noqa: N818 - a state of the books, not a fault of the caller
    """Another writer was in the way for too long, or two waited for each other: nothing of it happened."""


class CommitInDoubt(Exception):  # noqa: N818 - as above
    """The connection was lost while a commit was under way: look it up, never guess."""


class WriteRefused(Exception):  # noqa: N818 - an answer of the store, not an error
    """A write found a row other than the act was decided on."""


Expects = tuple[Expect, ...]
