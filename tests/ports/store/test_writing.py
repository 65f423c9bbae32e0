"""What the writer's connection keeps between groups, and its write-ahead log, over a real SQLite file."""

import contextlib
import logging
import os
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from custodes.acts.writing.act import Entry
from custodes.acts.writing.ports import WriteRefused
from custodes.ledger.merkle import CompactRange, leaf_hash
from custodes.ledger.tiles import extend, touched
from custodes.store.books import SqlBooks
from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.writing import write_ahead
from custodes.store.writing.remembered import LOGS_MAX, Remembered
from custodes.store.writing.write_ahead import PAGES_BEFORE_PASS, WriteAhead
from fakes import SetClock

PATIENCE_S = 60
ROW = ("kills", "house")
AT = SetClock().now()


@pytest.fixture
def engine(tmp_path):
    made = open_sqlite(tmp_path / "custodes.db")
    migrate(made)
    yield made
    made.dispose()


def refuse(_connection):
    raise WriteRefused("on purpose")


def raise_generation(connection):
    connection.execute(text("UPDATE standing SET generation = generation + 1 WHERE noun = 'kills'"))


def is_there(connection, page, _generation):
    return connection.execute(text("SELECT 1 FROM page WHERE id = :p"), {"p": page}).first() is not None


def add_standing(connection):
    connection.execute(
        text(
            "INSERT INTO standing (noun, id, customer, position, generation, body, mac, changed) "
            "VALUES ('kills', 'house', '', 0, 1, x'', x'', 1)"
        )
    )


@pytest.fixture
def books(engine):
    verbs = {"raise": raise_generation, "add": add_standing, "refuse": refuse}
    made = SqlBooks(engine, verbs, {"page.is": is_there})
    yield made
    made.close()


class Verb:
    def __init__(self, verb):
        self.verb, self.args = verb, ()


def entry(n):
    return Entry(log="cus/machine", leaf=b"\x01" + bytes([n % 256]) * 32, act_code="key.wrap", subject="key",
                 at=AT, page="pag", sealed=bytes(900))  # fmt: skip


def append(group, count, first):
    """As the sequencer does: leaves after `first`, head and tiles."""
    entries = [(f"act-{first + n}", 0, False, entry(first + n)) for n in range(count)]
    before = group.heads(["cus/machine"])["cus/machine"]
    assert before.size == first
    wanted = {("cus/machine", level, n): (level, n) for level, n in touched(first, count)}
    partials = {wanted[at]: raw for at, raw in group.tiles(wanted).items()}
    hashes = [leaf_hash(one.leaf) for *_, one in entries]
    group.append("cus/machine", first, entries)
    group.advance("cus/machine", before.extend(hashes), extend(first, hashes, partials))


def generation(group):
    return group.generations([ROW]).get(ROW, 0)


def test_another_connections_commit_is_seen_by_the_next_group(engine, books):
    with books.group() as group:
        assert generation(group) == 0
        assert not group.holds("page.is", ("pag-x", 1))
    with engine.connect() as other:
        add_standing(other)
        other.execute(
            text(
                "INSERT INTO page (id, customer, kind, key, key_version, shred, generation, wrapped) "
                "VALUES ('pag-x', 'c', 'record', 'k', 1, 1, 1, x'')"
            )
        )
    with books.group() as group:
        assert generation(group) == 1
        assert group.holds("page.is", ("pag-x", 1))
    with engine.connect() as other:
        raise_generation(other)
    with books.group() as group:
        assert generation(group) == 2


def test_what_a_group_writes_is_seen_at_once_and_what_it_takes_back_never_was(books):
    with books.group() as group:
        assert generation(group) == 0
        group.write(Verb("add"))
        assert generation(group) == 1
        group.commit()
    with books.group() as group:
        assert generation(group) == 1
        group.write(Verb("raise"))
        assert generation(group) == 2  # left without a commit
    with books.group() as group:
        assert generation(group) == 1
        with contextlib.suppress(WriteRefused), group.savepoint():
            group.write(Verb("raise"))
            assert generation(group) == 2
            group.write(Verb("refuse"))
        assert generation(group) == 1


def test_a_log_goes_on_from_memory_as_from_the_file(engine, books):
    size = 0
    for count in (1, 255, 3, 300, 40):
        with books.group() as group:
            append(group, count, size)
            group.commit()
        size += count
    with books.group() as group:
        append(group, 7, size)  # never committed
    with books.group() as group:
        remembered = group.heads(["cus/machine"])["cus/machine"]
        tiles = dict(group.tiles([("cus/machine", level, n) for level, n in touched(size, 1)]))
    fresh = SqlBooks(engine, {}, {})
    with fresh.group() as group:
        assert group.heads(["cus/machine"])["cus/machine"] == remembered
        assert dict(group.tiles([("cus/machine", level, n) for level, n in touched(size, 1)])) == tiles
    fresh.close()
    expected = CompactRange(size=0, stack=()).extend([leaf_hash(entry(n).leaf) for n in range(size)])
    assert remembered == expected


def test_memory_is_bounded():
    kept = Remembered()
    for n in range(3 * LOGS_MAX):
        kept.advanced(f"log-{n}", CompactRange(size=0, stack=()), [])
    assert len(kept.heads) <= LOGS_MAX


def until(holds):
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)


def fill(connection, rows):
    for n in range(rows):
        connection.execute(text("INSERT INTO filler VALUES (:n, zeroblob(3000))"), {"n": n})


def pages(connection):
    """Pages in the log since it began, and how many are copied."""
    return tuple(connection.execute(text("PRAGMA wal_checkpoint(PASSIVE)")).one()[1:])


def test_the_log_is_copied_beside_the_writer_and_begins_anew(engine, tmp_path):
    ahead = WriteAhead(engine, tmp_path / "custodes.db")
    with engine.connect() as writer:
        ahead.take(writer)
        writer.execute(text("CREATE TABLE filler (n INTEGER, raw BLOB)"))
        writer.execute(text("BEGIN"))
        fill(writer, 3_000)
        writer.execute(text("COMMIT"))
        grown = (tmp_path / "custodes.db-wal").stat().st_size
        copied = (tmp_path / "custodes.db").stat().st_size
        ahead.wrote(2 * PAGES_BEFORE_PASS)
        until(lambda: ahead.is_near)
        assert (tmp_path / "custodes.db").stat().st_size > copied
        ahead.begin(writer)
        assert not ahead.is_near
        fill(writer, 1)
        assert pages(writer)[0] < 50  # begun anew
        assert (tmp_path / "custodes.db-wal").stat().st_size == grown  # and no longer than it was
    ahead.close()


def test_what_a_pass_has_copied_is_on_the_disk_before_the_writer_needs_it(engine, tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(write_ahead.os, "fdatasync", lambda number: flushed.append(os.fstat(number)))
    ahead = WriteAhead(engine, tmp_path / "custodes.db")
    with engine.connect() as writer:
        ahead.take(writer)
        writer.execute(text("CREATE TABLE filler (n INTEGER, raw BLOB)"))
        ahead.wrote(2 * PAGES_BEFORE_PASS)
        until(lambda: ahead.is_near)
        found = (tmp_path / "custodes.db").stat()
        assert [(one.st_dev, one.st_ino) for one in flushed] == [(found.st_dev, found.st_ino)]
        with open_sqlite(tmp_path / "custodes.db").connect() as other:  # the locks are all there still
            writer.execute(text("BEGIN IMMEDIATE"))
            other.execute(text("PRAGMA busy_timeout=0"))
            with pytest.raises(OperationalError, match="locked"):
                other.execute(text("BEGIN IMMEDIATE"))
            writer.execute(text("ROLLBACK"))
    ahead.close()


def test_a_copy_that_fails_is_told_and_nothing_else(engine, tmp_path, caplog, monkeypatch):
    ahead = WriteAhead(engine, tmp_path / "custodes.db")

    def no_connection():
        raise OSError("no")

    monkeypatch.setattr(engine, "connect", no_connection)
    with caplog.at_level(logging.WARNING, "custodes.store"):
        ahead.wrote(2 * PAGES_BEFORE_PASS)
        until(lambda: caplog.records)
    assert not ahead.is_near
    ahead.close()
    monkeypatch.undo()
    ahead.wrote(2 * PAGES_BEFORE_PASS)  # a house that was sealed and opened again has a thread again
    until(lambda: ahead.is_near)
    ahead.close()


def test_few_pages_wake_nobody(engine, tmp_path, monkeypatch):
    monkeypatch.setattr(write_ahead, "PAGES_BEFORE_PASS", 100)
    ahead = WriteAhead(engine, tmp_path / "custodes.db")
    ahead.wrote(20)
    ahead.wrote(20)
    ahead.close()
    assert not ahead.is_near
