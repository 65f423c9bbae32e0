"""Opening the database: SQLite with a durable write-ahead log, checked on every connection; or PostgreSQL.

`synchronous=FULL` is what makes "committed" mean "on the disk"; a network file system cannot keep that
word, so it is refused. Transactions are begun by hand, the driver never begins one. Whatever the two
databases say in different words stands here and in `postgres.py`.

The writer's own statements are `Prepared`: SQLAlchemy spells them once, then the driver runs them.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import sqlalchemy
from sqlalchemy import ClauseElement, Connection, Engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from custodes.kernel.refusal import unavailable

_NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "fuse.sshfs", "glusterfs"}
)

_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=2000",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-65536",
    "PRAGMA trusted_schema=OFF",
)


Row = tuple[Any, ...]
T = TypeVar("T")
_Spelled = tuple[str, tuple[str, ...], Mapping[str, object]]  # text, parameters in order, those it has itself


class Prepared:
    """One statement of the writer, spelled once per kind of database and run by the driver itself.

    Around each statement SQLAlchemy spends ten times what SQLite needs for it, while the other thread waits.
    Parameters and results are texts, whole numbers and bytes only: the drivers take them as they are, and
    their own errors come out.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._spelled: dict[str, _Spelled] = {}
        self._many: dict[tuple[str, int], str] = {}

    def do(self, connection: Connection, values: Mapping[str, object]) -> None:
        """Run it for what it does."""
        self._run(connection, values)

    def changed(self, connection: Connection, values: Mapping[str, object]) -> int:
        """Run it; how many rows it changed."""
        count: int = self._run(connection, values).rowcount
        return count

    def one(self, connection: Connection, values: Mapping[str, object]) -> Row | None:
        """Its first row, or None."""
        row: Row | None = self._run(connection, values).fetchone()
        return row

    def all(self, connection: Connection, values: Mapping[str, object]) -> list[Row]:
        """All its rows."""
        rows: list[Row] = self._run(connection, values).fetchall()
        return rows

    def add(self, connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
        """Run an INSERT for many rows, as few statements as can be, each spelled once for its number of rows;
        also one that says what to do about rows that are there.

        A statement per row would hand the interpreter to the other thread and back for each.
        """
        text, names, _ = self._at(connection)
        raw = driver(connection)
        for at in range(0, len(rows), _ROWS_MAX):
            some = rows[at : at + _ROWS_MAX]
            spelled = self._many.get((text, len(some)))
            if spelled is None:
                head, _, rest = text.partition(" VALUES ")
                row, end, tail = rest.partition(")")
                rows_all = ", ".join([row + end] * len(some))
                spelled = self._many[text, len(some)] = f"{head} VALUES {rows_all}{tail}"
            raw.execute(spelled, [one[name] for one in some for name in names])

    def _run(self, connection: Connection, values: Mapping[str, object]) -> Any:  # noqa: ANN401
        text, names, fixed = self._at(connection)
        if fixed:
            values = {**fixed, **values}
        return driver(connection).execute(text, [values[name] for name in names])

    def _at(self, connection: Connection) -> _Spelled:
        dialect = connection.dialect
        kept = self._spelled.get(dialect.name)
        if kept is None:
            style = "qmark" if dialect.name == "sqlite" else "format"
            compiled = self._statement.compile(dialect=type(dialect)(paramstyle=style))  # type: ignore[call-arg]
            names = tuple(getattr(compiled, "positiontup", None) or ())
            fixed = {name: value for name, value in (compiled.params or {}).items() if value is not None}
            kept = self._spelled[dialect.name] = (str(compiled), names, fixed)
        return kept


_ROWS_MAX = 128

BEGIN_WRITING: Mapping[str, Prepared] = MappingProxyType(
    {
        "sqlite": Prepared(text("BEGIN IMMEDIATE")),
        "postgresql": Prepared(text("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")),
    }
)
BEGIN_READING: Mapping[str, Prepared] = MappingProxyType(
    {
        "sqlite": Prepared(text("BEGIN")),
        "postgresql": Prepared(text("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")),
    }
)
_ROLLBACK = Prepared(text("ROLLBACK"))
_SQLITE_GONE = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_FULL")


def open_database(path: Path, url: str, *, standbys: int = 0, read_only: bool = False) -> Engine:
    """The house's database: PostgreSQL when `url` names one, else the SQLite file."""
    if url:
        from .shared.postgres import open_postgres  # noqa: PLC0415 - as below

        return open_postgres(url, standbys=standbys, read_only=read_only)
    return open_sqlite(path, read_only=read_only)


def padded(wanted: Iterable[T], letter: str) -> dict[str, T]:
    """Parameters for a power of two of places, at least eight; the last value fills up. So that there are few
    statements to spell, whatever there is to ask for.
    """
    values = list(wanted)
    count = max(8, 1 << (len(values) - 1).bit_length())
    return {f"{letter}{i}": values[min(i, len(values) - 1)] for i in range(count)}


def raised(error: type[DBAPIError]) -> tuple[type[Exception], ...]:
    """SQLAlchemy's class of an error and the drivers' own ones of that name (PEP 249), for an `except`.

    PostgreSQL's is a sixth of what a keyroom imports, so one with SQLite does without; and a driver that
    nobody imported has raised nothing.
    """
    name = "Error" if error is DBAPIError else error.__name__
    drivers = (sys.modules.get(one) for one in ("sqlite3", "psycopg"))
    return (error, *(getattr(one, name) for one in drivers if one is not None))


def driver(connection: Connection) -> Any:  # noqa: ANN401 - sqlite3 and psycopg have no type in common
    """The driver's own connection."""
    return connection.connection.driver_connection


def roll_back(connection: Connection) -> None:
    """Undo what is open. Some faults have undone it already, and then there is nothing to say."""
    if getattr(driver(connection), "in_transaction", True):
        _ROLLBACK.do(connection, {})


def is_gone(error: Exception) -> bool:
    """Whether the database could not be asked: no connection, locked, a disk that does not answer.

    A statement that is wrong is a bug, and stays one.
    """
    plain = error.orig if isinstance(error, DBAPIError) else error
    psycopg = sys.modules.get("psycopg")
    if psycopg is not None and isinstance(plain, psycopg.OperationalError):
        return True
    return str(getattr(plain, "sqlite_errorname", "")).startswith(_SQLITE_GONE)


def was_not_replicated(connection: Connection) -> bool:
    """Whether the commit just made came back without the standby's word; never with SQLite."""
    if connection.dialect.name == "sqlite":
        return False
    from .shared.postgres import take_warning  # noqa: PLC0415 - as above

    return take_warning(connection)


def scrub(connection: Connection, vacuum_bytes_max: int) -> tuple[bool, bool]:
    """Leave nothing of deleted rows in the files: whether the log is cut, whether the rest is rewritten."""
    if connection.dialect.name != "sqlite":
        from .shared import postgres  # noqa: PLC0415 - as above

        return postgres.scrub(connection)
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    size = pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    is_small = size <= vacuum_bytes_max
    if is_small:
        connection.exec_driver_sql("VACUUM")
    busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    return not busy, is_small


def open_sqlite(path: Path, *, read_only: bool = False) -> Engine:
    """Open the house's database; `network-file-system` and `not-durable` refuse (kind unavailable)."""
    kind = _file_system(path.parent)
    if kind in _NETWORK_FILE_SYSTEMS:
        raise unavailable("network-file-system", kind=kind)
    url = f"sqlite:///file:{path}?uri=true" + ("&mode=ro" if read_only else "")
    engine = sqlalchemy.create_engine(
        url,
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=4,
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False, "timeout": 2.0, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: DBAPIConnection, _record: object) -> None:
        for pragma in _PRAGMAS:
            if read_only and ("journal_mode" in pragma or "secure_delete" in pragma):
                continue
            connection.cursor().execute(pragma)
        asked = connection.cursor()
        asked.execute("PRAGMA synchronous")
        if asked.fetchone() != (2,):
            raise unavailable("not-durable")

    return engine


def _file_system(folder: Path) -> str:
    """Type of the file system that holds `folder`, from the kernel's mount table; '' when unknown."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    except OSError:
        return ""
    best, kind = "", ""
    real = str(folder.resolve())
    for line in mounts.splitlines():
        _device, at, name = line.split(" ")[:3]
        at = at.replace("\\040", " ")
        if (real == at or real.startswith(at.rstrip("/") + "/")) and len(at) >= len(best):
            best, kind = at, name
    return kind
