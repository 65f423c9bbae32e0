"""A real PostgreSQL for tests: started once per session in a scratch folder, by a user who is not root.

`initdb` refuses root, so a root session starts it as `postgres` (Debian's package makes that user). Each
test gets one of its own, copied from one that is migrated. Where PostgreSQL is missing the tests skip, which
CI=true turns into a failure.
"""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event

from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.shared.postgres import open_postgres
from roomy import SHARED, memory

ROLE = "custodes_keyroom"
BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/usr/bin"))
SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


def as_user(command, **more):
    """Run a command as an unprivileged user, whoever runs the tests."""
    if os.geteuid() != 0:
        return subprocess.run(command, check=True, capture_output=True, text=True, cwd="/", **more)
    return subprocess.run(
        ["runuser", "-u", "postgres", "--", *command],
        check=True,
        capture_output=True,
        text=True,
        cwd="/",
        **more,
    )


class Server:
    """One server in a folder of its own; `port` names its socket."""

    def __init__(self, folder, port=5432):
        self.folder, self.port = Path(folder), port
        self.data = self.folder / f"data-{port}"

    @classmethod
    def found(cls, folder, port=5432, **settings):
        """initdb, start, and the role the keyroom comes as."""
        server = cls(folder, port)
        as_user(
            [
                str(BIN / "initdb"), "-D", str(server.data), "-U", "postgres", "-A", "trust",
                "-E", "UTF8", "--no-locale", "--no-sync",
            ]
        )  # fmt: skip
        server.start(**settings)
        with server.admin() as admin:
            admin.execute(f"CREATE ROLE {ROLE} LOGIN")
        return server

    def start(self, **settings):
        """Start and wait until it answers."""
        told = {**SETTINGS, **settings, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in told.items())
        log = str(self.folder / f"log-{self.port}")
        as_user(
            [str(BIN / "pg_ctl"), "-D", str(self.data), "-w", "-t", "30", "-l", log, "-o", options, "start"]
        )

    def stop(self, mode="immediate"):
        """Stop; nothing is written down any more in mode `immediate`."""
        if (self.data / "postmaster.pid").exists():
            as_user([str(BIN / "pg_ctl"), "-D", str(self.data), "-m", mode, "-w", "stop"])

    @property
    def pid(self):
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def kill(self):
        """SIGKILL of the server and every process of it."""
        pid = self.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):  # it had just ended
                os.kill(int(child), signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            time.sleep(0.02)
        (self.data / "postmaster.pid").unlink()

    def standby(self, port):
        """A copy that follows this server, started."""
        other = Server(self.folder, port)
        source = f"host={self.folder} port={self.port} user=postgres"
        as_user(
            [
                str(BIN / "pg_basebackup"),
                "-D",
                str(other.data),
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
                "-d",
                source,
            ]
        )
        other.start()
        return other

    def tell(self, setting, value):
        """Change a setting while it runs."""
        with self.admin() as admin:
            admin.execute(f"ALTER SYSTEM SET {setting} = '{value}'")
            admin.execute("SELECT pg_reload_conf()")

    def promote(self):
        as_user([str(BIN / "pg_ctl"), "-D", str(self.data), "-w", "promote"])

    def admin(self, database="postgres"):
        """A connection as the server's superuser."""
        return psycopg.connect(f"postgresql:///{database}?{self.where()}&user=postgres", autocommit=True)

    def where(self):
        return f"host={self.folder}&port={self.port}"

    def url(self, database, role=ROLE):
        """What settings would say."""
        return f"postgresql:///{database}?{self.where()}&user={role}"

    def database(self, name, template="template0"):
        """A fresh database owned by the keyroom's role; its URL."""
        # in memory copied as files: a tenth of the work of writing every page through the log
        how = "STRATEGY FILE_COPY" if SHARED in self.folder.parents else ""
        with self.admin() as admin:
            admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {ROLE} {how}")
        return self.url(name)

    def drop(self, *names):
        """Remove databases, whoever is still in them."""
        with self.admin() as admin:
            for name in names:
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def is_here():
    return (BIN / "initdb").exists() and (os.geteuid() != 0 or _has_user())


def _has_user():
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


@contextmanager
def scratch():
    """A folder the unprivileged user owns."""
    folder = Path(tempfile.mkdtemp(prefix="cpg", dir=memory()))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running():
    """A server with a migrated template, for a session."""
    if not is_here():
        pytest.skip("PostgreSQL is not installed")
    with scratch() as folder:
        server = Server.found(folder)
        try:
            engine = open_postgres(server.database("fresh"))
            migrate(engine)
            with engine.connect() as connection:
                for words in INTRUDERS:
                    connection.exec_driver_sql(words)
            engine.dispose()
            yield server
        finally:
            server.stop()


class Databases:
    """Hands out databases and drops them again."""

    def __init__(self, server):
        self.server = server
        self._names = []
        self._engines = []

    def url(self):
        self._names.append(f"t{os.getpid()}_{len(self._names)}_{time.monotonic_ns()}")
        return self.server.database(self._names[-1], "fresh")

    def engine(self, url=None, **more):
        engine = open_postgres(url or self.url(), **more)
        event.listen(engine, "before_cursor_execute", _marks, retval=True)
        self._engines.append(engine)
        return engine

    def close(self):
        for engine in self._engines:
            engine.dispose()
        if self._names:  # else the databases are somebody else's
            self.server.drop(*self._names)


INTRUDERS = (  # words of SQLite that tests use when they edit rows behind the house's back
    """CREATE FUNCTION zeroblob(n integer) RETURNS bytea LANGUAGE sql AS
    $$ SELECT decode(repeat('00', n), 'hex') $$""",
    """CREATE FUNCTION replace(b bytea, f text, t text) RETURNS bytea LANGUAGE sql AS
    $$ SELECT convert_to(replace(convert_from(b, 'UTF8'), f, t), 'UTF8') $$""",
)


def _marks(_connection, _cursor, statement, parameters, _context, _many):
    """Tests write placeholders as SQLite does."""
    if parameters and "?" in statement and "%(" not in statement:
        statement = statement.replace("%", "%%").replace("?", "%s")
    return statement, parameters


class Choice:
    """Which database a test's house lies in: SQLite in its folder, unless a fixture chose PostgreSQL."""

    databases = None

    @classmethod
    def opened(cls, folder):
        if cls.databases is not None:
            return cls.databases.engine()
        file = folder / "custodes.db"
        if not file.exists():
            file.write_bytes(_migrated())
        engine = open_sqlite(file)
        # whoever forgets it leaves connections to the collector, which is a warning from Python 3.13 on
        weakref.finalize(engine, engine.pool.dispose)
        return engine


@cache
def _migrated():
    """A SQLite file with this release's tables: made once, for a test does not wait for each step."""
    with tempfile.TemporaryDirectory(prefix="custodes-tables-") as folder:
        file = Path(folder) / "custodes.db"
        engine = open_sqlite(file)
        migrate(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()
        return file.read_bytes()
