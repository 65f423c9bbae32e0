"""The remembered trees in SQLite: `BEGIN IMMEDIATE`, decide, write, commit with fsync."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, String, Table, bindparam, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from custodes.kernel.refusal import unavailable
from custodes.ledger.watch.witnessing import Seen
from custodes.store.engine import open_sqlite

_METADATA = MetaData()
_TREE = Table(
    "tree",
    _METADATA,
    Column("origin_hash", String, primary_key=True),  # lower-case hexadecimal of SHA-256(origin)
    Column("origin", String, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
    Column("note", LargeBinary, nullable=False),
    Column("cosigned_at", BigInteger, nullable=False),  # POSIX seconds
    sqlite_with_rowid=False,
)
_FALLS = """CREATE TRIGGER IF NOT EXISTS tree_never_shrinks BEFORE UPDATE ON tree
WHEN NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN SELECT RAISE(ABORT, 'a cosigned tree never shrinks'); END"""
_KEPT = """CREATE TRIGGER IF NOT EXISTS tree_is_kept BEFORE DELETE ON tree
BEGIN SELECT RAISE(ABORT, 'a cosigned tree is never forgotten'); END"""
_ONE = select(_TREE).where(_TREE.c.origin_hash == bindparam("origin_hash"))
_PUT = insert(_TREE)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["origin_hash"],
    set_={name: _PUT.excluded[name] for name in ("size", "root", "note", "cosigned_at")},
)


class SqlMemory:
    """Fulfils `acts.witness.ports.Memory`."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; refusals of `open_sqlite`."""
        self._engine = open_sqlite(path)
        with self._engine.connect() as connection:
            _METADATA.create_all(connection)
            connection.exec_driver_sql(_FALLS)
            connection.exec_driver_sql(_KEPT)

    def settle(self, origin: str, decide: Callable[[Seen], Seen]) -> Seen:
        """See the port; `memory-busy` (unavailable) when the lock or the disk cannot be had."""
        named = hashlib.sha256(origin.encode()).hexdigest()
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                try:
                    made = decide(_read(connection, named) or Seen())
                    row = {
                        "origin_hash": named,
                        "origin": origin,
                        "size": made.size,
                        "root": made.root,
                        "note": made.note,
                        "cosigned_at": made.cosigned_at,
                    }
                    connection.execute(_PUT, row)
                    connection.exec_driver_sql("COMMIT")
                except BaseException:
                    connection.exec_driver_sql("ROLLBACK")
                    raise
        except OperationalError as error:
            raise unavailable("memory-busy") from error
        return made

    def seen(self, origin_hash: str) -> Seen | None:
        """See the port."""
        with self._engine.connect() as connection:
            return _read(connection, origin_hash)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()


def _read(connection: Connection, origin_hash: str) -> Seen | None:
    row = connection.execute(_ONE, {"origin_hash": origin_hash}).one_or_none()
    if row is None:
        return None
    return Seen(size=row.size, root=bytes(row.root), note=bytes(row.note), cosigned_at=row.cosigned_at)
