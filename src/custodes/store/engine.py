"""Opening the database: SQLite with a durable write-ahead log, checked on every connection.

`synchronous=FULL` is what makes "committed" mean "on the disk"; a network file system cannot keep that
word, so it is refused. Transactions are begun by hand (`BEGIN IMMEDIATE`), the driver never begins one.
"""

from pathlib import Path

import sqlalchemy
from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
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
