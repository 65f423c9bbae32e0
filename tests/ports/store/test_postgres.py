"""PostgreSQL is believed only when it keeps its word: each setting that would break it refuses."""

import contextlib
import socket
import struct
import threading

import pytest

from custodes.kernel.refusal import Refusal
from custodes.store.migrate import HEAD, migrate, version
from custodes.store.shared import postgres
from custodes.store.shared.heads import standing_seq
from custodes.store.shared.postgres import open_postgres
from fakes.databases import ROLE, Server, scratch


def refused(url, **more):
    engine = open_postgres(url, **more)
    try:
        with pytest.raises(Refusal) as caught:
            engine.connect()
    finally:
        engine.dispose()
    return caught.value.code, dict(caught.value.facts)


def test_a_sound_server_is_opened_and_migrated_once(databases):
    engine = databases.engine()
    with engine.connect() as connection:
        assert version(connection) == HEAD
        assert standing_seq(connection) == 0
    migrate(engine)


def test_two_keyrooms_migrate_at_once(postgres_server):
    url = postgres_server.database("migrated_at_once")
    faults = []

    def one():
        engine = open_postgres(url)
        try:
            migrate(engine)
        except Exception as error:
            faults.append(error)
        finally:
            engine.dispose()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not faults


def test_append_only_tables_refuse(databases):
    with databases.engine().connect() as connection:
        connection.exec_driver_sql("INSERT INTO bundle VALUES ('log', 0, 1, '')")
        for attack in ("UPDATE bundle SET count = 2", "DELETE FROM bundle", "TRUNCATE bundle"):
            with pytest.raises(Exception, match="append-only"):
                connection.exec_driver_sql(attack)


@pytest.mark.parametrize(
    ("role_setting", "expected"),
    [
        ("synchronous_commit = off", ("not-durable", "synchronous_commit")),
        ("synchronous_commit = local", ("not-durable", "synchronous_commit")),
        ("default_transaction_read_only = on", ("database-is-replica", None)),
    ],
)
def test_what_the_role_was_told_counts(databases, postgres_server, role_setting, expected):
    url = databases.url()
    name = url.partition("///")[2].partition("?")[0]
    with postgres_server.admin() as admin:
        admin.execute(f"ALTER ROLE {ROLE} IN DATABASE {name} SET {role_setting}")
    plain = url + "&target_session_attrs=any"
    code, facts = refused(plain)
    assert (code, facts.get("setting")) == expected


def test_a_standby_that_is_asked_for_must_be_waited_for(databases):
    assert refused(databases.url(), standbys=1)[0] == "standby-not-required"


def test_a_superuser_is_not_let_in(databases, postgres_server):
    name = databases.url().partition("///")[2].partition("?")[0]
    assert refused(postgres_server.url(name, "postgres"))[0] == "role-too-mighty"


def test_another_order_of_text_or_encoding_is_refused(postgres_server):
    with postgres_server.admin() as admin:
        admin.execute(f"CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' OWNER {ROLE}")
        admin.execute(
            f"CREATE DATABASE sorted TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' OWNER {ROLE}"
        )
    assert refused(postgres_server.url("latin"))[0] == "database-encoding"
    assert refused(postgres_server.url("sorted"))[0] == "database-collation"


@pytest.mark.slow
def test_a_server_that_does_not_sync_is_refused():
    with scratch() as folder:
        for port, told, setting in (
            (5501, {"fsync": "off"}, "fsync"),
            (5502, {"full_page_writes": "off"}, "full_page_writes"),
        ):
            server = Server.found(folder, port, **told)
            try:
                assert refused(server.database("d")) == ("not-durable", {"setting": setting})
            finally:
                server.stop()


@pytest.mark.parametrize(
    ("names", "count"),
    [
        ("", 0),
        ("a", 1),
        ("a, b", 1),
        ("*", 1),
        ("FIRST 2 (a, b, c)", 2),
        ("ANY 1 (a, b)", 1),
        ("3 (a, b, c)", 3),
        ('"standby-7"', 1),
    ],
)
def test_how_many_standbys_a_commit_waits_for(names, count):
    assert postgres.standbys_of(names) == count


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://x", "bad-database-url"),
        ("postgresql://host/db?nonsense=1", "bad-database-url"),
        ("postgresql://u:secret@localhost/db", "bad-database-url"),
        ("postgresql://db.example/db", "database-in-clear"),
        ("postgresql://db.example/db?sslmode=require", "database-in-clear"),
        ("postgresql://localhost,db.example/db", "database-in-clear"),
    ],
)
def test_a_url_that_would_leak_is_refused_unopened(url, code):
    with pytest.raises(Refusal, match=code) as caught:
        open_postgres(url)
    assert "secret" not in str(caught.value.facts)


class Pooler(threading.Thread):
    """Hands one server connection on, and as every pooler does, gives the client a key of its own."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.target = target
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def run(self):
        with self.socket, socket.socket(socket.AF_UNIX) as server:
            client, _ = self.socket.accept()
            server.connect(self.target)
            with client:
                other = threading.Thread(target=self._pump, args=(client, server))
                other.start()
                head = b""
                while b"Z\x00\x00\x00\x05I" not in head:
                    head += server.recv(65536)
                at = head.index(b"K\x00\x00\x00\x0c")
                client.sendall(head[: at + 5] + struct.pack(">i", 4711) + head[at + 9 :])
                self._pump(server, client)
                other.join()

    @staticmethod
    def _pump(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


def test_a_pooler_in_between_is_refused(databases, postgres_server):
    name = databases.url().partition("///")[2].partition("?")[0]
    pooler = Pooler(str(postgres_server.folder / f".s.PGSQL.{postgres_server.port}"))
    pooler.start()
    url = f"postgresql://127.0.0.1:{pooler.port}/{name}?user={ROLE}&sslmode=disable&gssencmode=disable"
    assert refused(url)[0] == "pooler-between"
    pooler.join(10)
    assert not pooler.is_alive()
