"""PostgreSQL as the house's database: what it must be before a single row of it is believed.

"Committed" has to mean "on the disk, here and wherever the settings say". Every new connection asks again,
because a failover puts another server behind the same address. Advisory locks end with the transaction and
prepared statements belong to the connection, so nothing may sit in between that hands connections round.
Sources: https://www.postgresql.org/docs/15/ (runtime-config-wal, warm-standby, functions-admin, libpq).
"""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import psycopg
import sqlalchemy
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from custodes.kernel.refusal import Refusal, malformed, unavailable

SCHEMES = ("postgresql://", "postgres://")
VERSION_MIN = 150_000
POOL = 6
_WARNED = "custodes-not-replicated"  # a mark in SQLAlchemy's record of the connection
_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "lock_timeout": "2s",
        "statement_timeout": "0",  # a commit that waits for its standby must not be cut short
        "idle_in_transaction_session_timeout": "10s",
        "client_min_messages": "warning",  # so that a commit without its standby is heard
        "default_transaction_isolation": "read committed",
        "TimeZone": "UTC",
        "application_name": "custodes",
    }
)
_LIBPQ: Mapping[str, str | int] = MappingProxyType(
    {
        "connect_timeout": 3,
        "keepalives": 1,
        "keepalives_idle": 2,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 8_000,
        "client_encoding": "UTF8",
    }
)
_ASKED = """
SELECT current_setting('server_version_num')::int AS version,
       pg_is_in_recovery() AS is_replica,
       current_setting('fsync') AS fsync,
       current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('synchronous_standby_names') AS standby_names,
       current_setting('server_encoding') AS encoding,
       current_setting('transaction_read_only') AS read_only,
       (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation,
       (SELECT rolsuper OR rolreplication OR rolcreaterole FROM pg_roles WHERE rolname = current_user)
           AS is_mighty,
       pg_backend_pid() AS pid
"""
_TIMELINE = "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int"
_SYNCHRONOUS = frozenset({"on", "remote_apply"})
_COLLATIONS = frozenset({"C", "POSIX"})

_log = logging.getLogger("custodes.store")


def open_postgres(url: str, *, standbys: int = 0, read_only: bool = False) -> Engine:
    """Open a PostgreSQL database by its libpq URL; every connection is checked (`why_unfit`).

    `bad-database-url` (malformed), `database-in-clear` (unavailable): another machine without verified TLS.
    `standbys` is how many synchronous standbys a commit must wait for at least.
    """
    _demand_good(url)
    timelines: list[int] = []

    def connect() -> DBAPIConnection:
        options = {**_LIBPQ, **({} if "target_session_attrs" in url else _primary(read_only))}
        connection = psycopg.connect(url, autocommit=True, **options)  # type: ignore[arg-type]
        try:
            _prepare(connection, standbys, read_only=read_only)
            if not read_only:
                _note_timeline(connection, timelines)
        except BaseException:
            connection.close()
            raise
        return connection  # type: ignore[return-value]

    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://",
        creator=connect,
        poolclass=QueuePool,
        pool_size=POOL,
        max_overflow=2,
        isolation_level="AUTOCOMMIT",
        pool_pre_ping=True,
        query_cache_size=1_000,
    )

    @event.listens_for(engine, "connect")
    def _listen(connection: psycopg.Connection[Any], record: ConnectionPoolEntry) -> None:
        def heard(notice: psycopg.errors.Diagnostic) -> None:
            if notice.sqlstate == "01000":  # its words depend on the server's language
                record.info[_WARNED] = True

        connection.add_notice_handler(heard)

    return engine


def why_unfit(found: Mapping[str, Any], pid: int, standbys: int, *, read_only: bool) -> Refusal | None:
    """None when this server may be believed. Else one of (all `unavailable`): `server-too-old`,
    `pooler-between`, `database-is-replica`, `not-durable`, `standby-not-required`, `database-encoding`,
    `database-collation`, `role-too-mighty`.
    """
    laws: tuple[tuple[bool, str, dict[str, Any]], ...] = (
        (found["pid"] == pid, "pooler-between", {}),
        (found["version"] >= VERSION_MIN, "server-too-old", {"least": VERSION_MIN}),
        (not found["is_replica"], "database-is-replica", {}),
        (read_only or found["read_only"] == "off", "database-is-replica", {}),
        (found["fsync"] == "on", "not-durable", {"setting": "fsync"}),
        (found["full_page_writes"] == "on", "not-durable", {"setting": "full_page_writes"}),
        (found["synchronous_commit"] in _SYNCHRONOUS, "not-durable", {"setting": "synchronous_commit"}),
        (standbys_of(str(found["standby_names"])) >= standbys, "standby-not-required", {"least": standbys}),
        (found["encoding"] == "UTF8", "database-encoding", {"found": found["encoding"]}),
        (found["collation"] in _COLLATIONS, "database-collation", {"found": found["collation"]}),
        (not found["is_mighty"], "role-too-mighty", {}),
    )
    return next((unavailable(code, **facts) for holds, code, facts in laws if not holds), None)


def standbys_of(names: str) -> int:
    """How many standbys a commit waits for under this `synchronous_standby_names`; 0 for none.

    `FIRST n (...)`, `ANY n (...)`, `n (...)`; a bare list waits for the first of it.
    """
    text = names.strip()
    if not text:
        return 0
    head = text.partition("(")[0].split() if "(" in text else []
    numbers = [word for word in head if word.isdigit()]
    return int(numbers[0]) if numbers else 1


def take_warning(connection: Connection) -> bool:
    """Whether the server said that what it has just committed may not be replicated; said once."""
    info = connection.connection.info
    return bool(info.pop(_WARNED, False))


def scrub(connection: Connection) -> tuple[bool, bool]:
    """Write the standing rows anew into fresh files: a wrapped shred key that was dropped is not left in dead
    tuples. The server's write-ahead log keeps what it kept; it counts as a backup (docs/keys.md).
    """
    for table in ("standing", "page"):
        connection.exec_driver_sql(f"VACUUM (FULL) {table}")
    connection.exec_driver_sql("VACUUM opening, object_version, upload, upkeep_due")
    return True, True


def _demand_good(url: str) -> None:
    if not url.startswith(SCHEMES):
        raise malformed("bad-database-url")
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error as error:
        raise malformed("bad-database-url") from error
    if parts.get("password"):
        raise malformed("bad-database-url", why="a password belongs into the passfile, not into settings")
    hosts = str(parts.get("host") or parts.get("hostaddr") or "").split(",")
    is_local = all(host.startswith("/") or host in {"", "localhost", "127.0.0.1", "::1"} for host in hosts)
    if not is_local and parts.get("sslmode") != "verify-full":
        raise unavailable("database-in-clear")


def _primary(read_only: bool) -> dict[str, str]:
    return {} if read_only else {"target_session_attrs": "read-write"}


def _prepare(connection: psycopg.Connection[Any], standbys: int, *, read_only: bool) -> None:
    names = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items())
    connection.execute(f"SELECT {names}".encode())
    cursor = connection.execute(_ASKED.encode())
    row = cursor.fetchone()
    if row is None or cursor.description is None:
        raise unavailable("database-silent")
    found = dict(zip((column.name for column in cursor.description), row, strict=True))
    unfit = why_unfit(found, connection.info.backend_pid, standbys, read_only=read_only)
    if unfit is not None:
        raise unfit


def _note_timeline(connection: psycopg.Connection[Any], timelines: list[int]) -> None:
    """A promoted standby goes on under a new timeline: said aloud; the sequencer checks what it holds."""
    row = connection.execute(_TIMELINE).fetchone()
    found = int(row[0]) if row else 0
    if timelines and timelines[-1] != found:
        _log.critical("alarm: the database went from timeline %d to %d (failover)", timelines[-1], found)
    if not timelines or timelines[-1] != found:
        timelines.append(found)
