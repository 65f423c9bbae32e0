"""The tour against a house that lacks a protection: it must see so, and say which step is not proved."""

import sqlite3
from contextlib import closing

import pytest

from custodes.store.engine import open_sqlite
from custodes.store.intruder import Intruder, Row
from custodes.store.migrate import migrate
from fakes.demos import Demo, steps

# Loaded by every interpreter the demo starts, before our code: takes one protection out of the keyroom.
BROKEN = """
import sys

if "keyroom" in sys.orig_argv:
    from custodes.desks import grant

    judged = grant.admits

    def admits(document, verdict, use):
        reason = judged(document, verdict, use)
        return None if reason in ("no-uses-left", "grant-lapsed") else reason

    grant.admits = admits
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_tour_with_a_broken_proof_fails(tmp_path):
    """A keyroom that counts no uses: the second use succeeds, the step is not proved, exit code 1."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sitecustomize.py").write_text(BROKEN)
    finished = Demo(tmp_path / "demo", tmp_path / "broken").run("demo", "--once", "--json")
    found = steps(finished)
    assert not found["second-use"]["proved"]
    assert "HTTP 200" in found["second-use"]["shown"]
    assert finished.returncode == 1
    assert found["store"]["proved"]
    assert found["kill"]["proved"]


@pytest.fixture
def database(tmp_path):
    engine = open_sqlite(tmp_path / "house.db")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "INSERT INTO standing VALUES ('key', 'key-1', 'c', 0, 1, x'626f6479', x'6d6163', 1)"
        )
    engine.dispose()
    return tmp_path / "house.db"


def test_an_intruder_puts_rows_and_takes_copies(database):
    intruder = Intruder(database)
    genuine = intruder.standing("key", "key-1")
    assert genuine.generation == 1
    intruder.copy_to(database.with_name("copy.db"))
    intruder.put_standing("key", "key-1", Row(7, b"other", b"mac"))
    assert intruder.standing("key", "key-1") == Row(7, b"other", b"mac")
    assert Intruder(database.with_name("copy.db")).standing("key", "key-1") == genuine
    with pytest.raises(LookupError):
        intruder.standing("key", "key-2")


def test_an_intruder_cannot_take_an_entry_out(database):
    """What he may do to the log's own tables is nothing: they are append-only for SQL, too."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("INSERT INTO bundle VALUES ('log', 0, 1, 'leaf')")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM bundle")
