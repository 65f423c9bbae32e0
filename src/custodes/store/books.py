"""The one writer's transactions: fulfils `acts.ports.Books` over SQLAlchemy Core.

Statements are built once, here; the sequencer thread holds one connection for its lifetime.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, String, bindparam, cast, func, literal_column, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from custodes.acts.writing.act import Act, Position, Write
from custodes.acts.writing.house_head import HouseHead
from custodes.acts.writing.object_rows import AdmissionRow
from custodes.acts.writing.ports import BooksBusy, CommitInDoubt, DiskFull, Placed, WriteRefused
from custodes.acts.writing.readers import Scrubbed
from custodes.ledger.merkle import CompactRange
from custodes.ledger.tiles import TILE_WIDTH, TilePut, encode_bundle

from . import schema
from .engine import BEGIN_WRITING, Prepared, driver, padded, raised, roll_back, scrub, was_not_replicated
from .reserve import Reserve
from .shared import heads, locking
from .writing.gathered import Check, Gathered, Verb
from .writing.remembered import Remembered
from .writing.write_ahead import WriteAhead

_UNIT, _LINE = "\x1f", "\x1e"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_KNOWN = select(
    schema.opening.c.act, schema.opening.c.ordinal, schema.opening.c.log, schema.opening.c.idx
).where(
    schema.opening.c.act.in_(bindparam("acts", expanding=True)),
    schema.opening.c.is_sought == literal_column("1"),
)
_HEAD = Prepared(select(schema.head.c.size, schema.head.c.stack).where(schema.head.c.log == bindparam("log")))
_TILE = Prepared(
    select(schema.tile.c.hashes).where(
        schema.tile.c.log == bindparam("l"),
        schema.tile.c.level == bindparam("v"),
        schema.tile.c.n == bindparam("i"),
    )
)
_HEAD_PUT = schema.upsert(schema.head)
_HEAD_PUT = _HEAD_PUT.on_conflict_do_update(
    index_elements=["log"], set_={"size": _HEAD_PUT.excluded.size, "stack": _HEAD_PUT.excluded.stack}
)
_TILE_PUT = schema.upsert(schema.tile)
_TILE_PUT = _TILE_PUT.on_conflict_do_update(
    index_elements=["log", "level", "n"], set_={"hashes": _TILE_PUT.excluded.hashes}
)
_HEADS_DO, _TILES_DO = Prepared(_HEAD_PUT), Prepared(_TILE_PUT)
_BUNDLE_ADD = Prepared(schema.bundle.insert())
_OPENING_ADD = Prepared(schema.opening.insert())
_COMMIT = Prepared(text("COMMIT"))
_LOCK = (  # a function scan gives its rows in the array's order
    "SELECT count(CASE WHEN alone THEN pg_advisory_xact_lock(key) "
    "ELSE pg_advisory_xact_lock_shared(key) END) "
    "FROM unnest(%s::bigint[], %s::boolean[]) AS wanted (key, alone)"
)
_LASTING = frozenset({"page.is"})  # checks of rows that only a named write changes, asked again and again
_DISK_FULL = "53100"
_BUSY = {"40001", "40P01", "55P03"}  # serialisation, deadlock, lock not available in time
_SAVE, _RELEASE, _BACK = (Prepared(text(one)) for one in ("SAVEPOINT a", "RELEASE a", "ROLLBACK TO a"))
_APART = frozenset(  # what these write is nothing that is remembered between groups
    {
        "admission.close",
        "blob.collect",
        "blob.gone",
        "blob.keep",
        "blob.schedule",
        "copy.due",
        "copy.hasten",
        "event.add",
        "object.add",
        "object.remove",
        "object.state",
        "usage.within",
    }
)
_ADMIT = "admission.open"


def microseconds(at: datetime) -> int:
    """Whole microseconds since 1970, as the tables keep time."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def blob(value: object) -> bytes:
    """A stored blob; an empty one where somebody wrote another type (SQLite lets him)."""
    return value if isinstance(value, bytes) else b""


def instant(at: int) -> datetime:
    """Inverse of `microseconds`."""
    return _EPOCH + timedelta(microseconds=at)


class SqlGroup:
    """One transaction; see `acts.ports.Group` for what each member promises."""

    def __init__(
        self,
        connection: Connection,
        verbs: Mapping[str, Verb],
        checks: Mapping[str, Check],
        demand_file: Callable[[], None] = lambda: None,
        *,
        remembered: Remembered | None = None,
        gathered: Gathered | None = None,
    ) -> None:
        """`remembered`: what this writer left, if nobody else has written since; dropped at the first write
        of rows. `gathered`: what its plain puts write at its end.
        """
        self._gathered = gathered
        self._demand_file = demand_file
        self._remembered = remembered
        self.entries = 0
        self._connection = connection
        self._verbs = verbs
        self._checks = checks
        self._is_saved: bool | None = None
        self._admitted: list[AdmissionRow] = []
        self._places: dict[tuple[str, int], tuple[str, int]] = {}  # of entries, where there are admissions
        self.is_open = True

    def known(self, act_ids: Sequence[str]) -> Mapping[str, tuple[Position, ...]]:
        """Acts committed before, with their positions."""
        found: dict[str, list[tuple[int, Position]]] = {}
        for act, ordinal, log, idx in self._connection.execute(_KNOWN, {"acts": list(act_ids)}):
            found.setdefault(act, []).append((ordinal, Position(log, idx)))
        return {
            act: tuple(position for _, position in sorted(at, key=lambda x: x[0]))
            for act, at in found.items()
        }

    def generations(self, rows: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
        """Generation of each row that exists."""
        wanted = set(rows)
        kept = self._remembered.generations if self._remembered is not None else {}
        asked = wanted - kept.keys()
        found = self._ask_generations(asked) if asked else {}
        kept.update({row: found.get(row, 0) for row in asked})
        return {row: kept[row] for row in wanted if kept[row]}

    def _ask_generations(self, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
        nouns = padded({noun for noun, _ in wanted}, "n")
        ids = padded({id_ for _, id_ in wanted}, "i")
        row = _generations(len(nouns), len(ids)).one(self._connection, {**nouns, **ids})
        if row is None or row[0] is None:
            return {}
        found = (line.split(_UNIT) for line in row[0].split(_LINE))
        return {(noun, id_): int(generation) for noun, id_, generation in found if (noun, id_) in wanted}

    def holds(self, check: str, args: tuple[Any, ...]) -> bool:
        """Whether a named check holds."""
        if self._gathered is not None and check not in _LASTING:
            self._gathered.write_out()
        if self._remembered is None or check not in _LASTING:
            return self._checks[check](self._connection, *args)
        at, kept = (check, *args), self._remembered.checks
        if at not in kept:
            kept[at] = self._checks[check](self._connection, *args)
        return kept[at]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what happens inside when a write is refused. It is begun with the first write that may be."""
        self._is_saved, admitted = False, len(self._admitted)
        try:
            yield
        except WriteRefused:
            del self._admitted[admitted:]
            if self._is_saved:
                _BACK.do(self._connection, {})
                _RELEASE.do(self._connection, {})
            raise
        else:
            if self._is_saved:
                _RELEASE.do(self._connection, {})
        finally:
            self._is_saved = None

    def gathers(self, writes: Sequence[Write]) -> bool:
        """Whether these are carried out with others of the group, and cannot be refused any more."""
        return self._gathered is not None and self._gathered.takes(writes)

    def write(self, write: Write) -> None:
        """Carry out one named write. Admissions are gathered: the group's are added in one statement."""
        if write.verb == _ADMIT:
            self._admitted.extend(write.args)
            return
        if self._gathered is not None:
            self._gathered.before(write.verb)
        if self._is_saved is False:
            _SAVE.do(self._connection, {})
            self._is_saved = True
        if self._remembered is not None and write.verb not in _APART:
            self._remembered.forget()
            self._remembered = None
        try:
            self._verbs[write.verb](self._connection, *write.args)
        except raised(IntegrityError) as error:  # a row that must be new is there already
            raise WriteRefused("row-exists") from error

    def heads(self, logs: Iterable[str]) -> Mapping[str, CompactRange]:
        """Present heads."""
        kept = self._remembered.heads if self._remembered is not None else {}
        return {log: kept[log] if log in kept else self._head(log) for log in logs}

    def tiles(self, wanted: Iterable[tuple[str, int, int]]) -> Mapping[tuple[str, int, int], bytes]:
        """Hashes of the tiles that are there."""
        kept = self._remembered.tiles if self._remembered is not None else {}
        found = {}
        for at in wanted:
            hashes = kept.get(at)
            if hashes is None:
                row = _TILE.one(self._connection, dict(zip("lvi", at, strict=True)))
                hashes = None if row is None else row[0]
            if hashes is not None:
                found[at] = hashes
        return found

    def append(self, log: str, first: int, entries: Sequence[Placed]) -> None:
        """Leaves and sealed openings from index `first` on."""
        self.entries += len(entries)
        if self._admitted:
            places = enumerate(entries, first)
            self._places.update({(act, ordinal): (log, index) for index, (act, ordinal, *_) in places})
        _BUNDLE_ADD.add(
            self._connection,
            [
                {
                    "log": log,
                    "first": first + at,
                    "count": len(chunk),
                    "leaves": encode_bundle([entry.leaf for *_, entry in chunk]),
                }
                for at in range(0, len(entries), TILE_WIDTH)
                if (chunk := entries[at : at + TILE_WIDTH])
            ],
        )
        _OPENING_ADD.add(
            self._connection,
            [
                {
                    "log": log,
                    "idx": first + i,
                    "act": act,
                    "ordinal": ordinal,
                    "is_sought": int(is_sought),
                    "code": entry.act_code,
                    "subject": entry.subject,
                    "at": microseconds(entry.at),
                    "page": entry.page,
                    "sealed": entry.sealed,
                    "person_page": entry.person_page,
                    "person_sealed": entry.person_sealed,
                }
                for i, (act, ordinal, is_sought, entry) in enumerate(entries)
            ],
        )

    def advance(self, log: str, head: CompactRange, tiles: Sequence[TilePut]) -> None:
        """The new head and tiles of one log."""
        _HEADS_DO.do(self._connection, {"log": log, "size": head.size, "stack": head.encode()})
        for t in tiles:
            _TILES_DO.do(self._connection, {"log": log, "level": t.level, "n": t.n, "hashes": t.hashes})
        if self._remembered is not None:
            self._remembered.advanced(log, head, tiles)

    def _head(self, log: str) -> CompactRange:
        row = _HEAD.one(self._connection, {"log": log})
        return CompactRange.decode(*(row or (0, b"")))

    def set_house_head(self, head: HouseHead) -> None:
        """The signed summary, last of all; what was gathered goes before it."""
        if self._gathered is not None:
            self._gathered.write_out()
        if self._admitted:
            self._verbs[_ADMIT](self._connection, *map(self._placed, self._admitted))
            self._admitted.clear()
        heads.put(self._connection, head)

    def _placed(self, row: AdmissionRow) -> AdmissionRow:
        log, index = self._places[row.act, row.ordinal]
        return msgspec.structs.replace(row, log=log, index=index)

    def house_head(self, keyroom: str) -> HouseHead | None:
        """A keyroom's committed summary."""
        return heads.find(self._connection, keyroom)

    def standing_seq(self) -> int:
        """What stands now."""
        return heads.standing_seq(self._connection)

    def commit(self) -> None:
        """Make it durable; `DiskFull` when SQLite says so (the sequencer then looks it up).

        PostgreSQL that does not answer, or that gave up waiting for its standby, leaves it in doubt.
        """
        if self._gathered is not None:
            self._gathered.write_out()
        try:
            _COMMIT.do(self._connection, {})
        except Exception as error:
            if _is_full(error):
                raise DiskFull from error
            if self._connection.dialect.name != "sqlite":
                raise CommitInDoubt(type(error).__name__) from error
            raise
        self.is_open = False
        self._demand_file()  # what is durable in a file that nobody will find again was never committed
        if was_not_replicated(self._connection):
            raise CommitInDoubt("not-replicated")


class SqlBooks:
    """Opens groups, one at a time, for the sequencer thread."""

    def __init__(
        self,
        engine: Engine,
        verbs: Mapping[str, Verb],
        checks: Mapping[str, Check],
        reserve: Reserve | None = None,
        file: Path | None = None,
    ) -> None:
        """`file`: the database's path, where it is a file; a group asks that it is still the same one."""
        self._file = file
        self._known: tuple[int, int] | None = None
        self._engine = engine
        self._verbs = verbs
        self._checks = checks
        self._reserve = reserve
        self._connection: Connection | None = None
        self._remembered = Remembered()
        self._write_ahead = WriteAhead(engine, file) if file is not None else None

    @property
    def is_shared(self) -> bool:
        """Whether other keyrooms may write here: in PostgreSQL, never in SQLite."""
        return self._engine.dialect.name != "sqlite"

    def group(self, acts: Sequence[Act] = ()) -> AbstractContextManager[SqlGroup]:
        """Begin a group with the locks it needs; leaving without commit rolls back."""
        return self._group(acts)

    def close(self) -> None:
        """Let go of the writer's connection."""
        if self._write_ahead is not None:
            self._write_ahead.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def keep_reserve(self) -> bool:
        """Have disk space kept back; True without a reserve (tests, and stores with room of their own)."""
        return self._reserve is None or self._reserve.keep()

    def spend_reserve(self) -> None:
        """Give the space back to the disk."""
        if self._reserve is not None:
            self._reserve.spend()

    def scrub(self, vacuum_bytes_max: int) -> Scrubbed:
        """Leave nothing of deleted rows in the files, over a connection of its own; see the port."""
        with self._engine.connect() as connection:
            is_log_cut, is_rewritten = scrub(connection, vacuum_bytes_max)
        return Scrubbed(is_log_cut=is_log_cut, is_rewritten=is_rewritten)

    @contextmanager
    def _group(self, acts: Sequence[Act]) -> Iterator[SqlGroup]:
        if self._connection is None:
            self._connection = self._engine.connect()
            self._known = None
            self._remembered.forget()
            if self._write_ahead is not None:
                self._write_ahead.take(self._connection)
        connection = self._connection
        remembered = None if self.is_shared else self._remembered
        gathered = None if self.is_shared else Gathered(connection, self._verbs, self._checks, acts)
        group = SqlGroup(
            connection,
            self._verbs,
            self._checks,
            self._demand_file,
            remembered=remembered,
            gathered=gathered,
        )
        try:
            self._demand_file()
            if self._write_ahead is not None:
                self._write_ahead.begin(connection)
            BEGIN_WRITING[connection.dialect.name].do(connection, {})
            if self.is_shared and acts:
                driver(connection).execute(_LOCK, locking.of_group(acts))
            if remembered is not None:
                remembered.look(connection)
            yield group
            if self._write_ahead is not None and not group.is_open:
                self._write_ahead.wrote(group.entries)
        except Exception as error:
            self._remembered.forget()
            if _is_full(error):
                raise DiskFull from error
            if (state := _sqlstate(error)) in _BUSY:
                raise BooksBusy(state) from error
            raise
        finally:
            if group.is_open:
                self._remembered.forget()
                self._roll_back(connection)

    def _demand_file(self) -> None:
        """FileNotFoundError unless the path still names the file that is open: moved, replaced or removed."""
        if self._file is None:
            return
        at = self._file.stat()
        if self._known is None:
            self._known = (at.st_dev, at.st_ino)
        if self._known != (at.st_dev, at.st_ino):
            raise FileNotFoundError("the database is another file than the one that is open")

    def _roll_back(self, connection: Connection) -> None:
        """Undo what is open; SQLite has done so itself after some faults. One that cannot is let go."""
        try:
            roll_back(connection)
        except Exception:
            self._connection = None
            connection.invalidate()
            connection.close()


@cache
def _generations(nouns: int, ids: int) -> Prepared:
    """So many nouns and ids by the table's primary key; every row found, in one text.

    One row instead of many: each further one would hand the interpreter over and back again.
    """
    row = schema.standing.c
    spelled = (
        row.noun
        + literal_column(f"'{_UNIT}'")
        + row.id
        + literal_column(f"'{_UNIT}'")
        + cast(row.generation, String)
    )
    return Prepared(
        select(func.aggregate_strings(spelled, literal_column(f"'{_LINE}'"))).where(  # type: ignore[arg-type]
            row.noun.in_([bindparam(f"n{i}") for i in range(nouns)]),
            row.id.in_([bindparam(f"i{i}") for i in range(ids)]),
        )
    )


def _is_full(error: Exception) -> bool:
    plain = error.orig if isinstance(error, DBAPIError) else error
    return _sqlstate(error) == _DISK_FULL or "database or disk is full" in str(plain)


def _sqlstate(error: Exception) -> str | None:
    plain = error.orig if isinstance(error, DBAPIError) else error
    state: str | None = getattr(plain, "sqlstate", None)
    return state
