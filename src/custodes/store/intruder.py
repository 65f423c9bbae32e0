"""What somebody with the database, and nothing else, can do to it by SQL. For the tour and attack tests only.

Every change gives back what undoes it. No part of the house calls this; it needs no key and has none.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

_TIMEOUT_S = 5.0


class Row(NamedTuple):
    """A standing row's changeable columns, as they lie in the database."""

    generation: int
    body: bytes
    mac: bytes


class Intruder:
    """Holds a database file by its path; every call opens it anew and leaves nothing open."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def copy_to(self, target: Path) -> None:
        """A consistent copy, as a backup would have it."""
        with self._open() as there, closing(sqlite3.connect(target)) as copy:
            there.backup(copy)

    def standing(self, noun: str, id_: str) -> Row:
        """A standing row; LookupError when there is none."""
        with self._open() as there:
            found = there.execute(
                "SELECT generation, body, mac FROM standing WHERE noun = ? AND id = ?", (noun, id_)
            ).fetchone()
        if found is None:
            raise LookupError(noun, id_)
        return Row(*found)

    def put_standing(self, noun: str, id_: str, row: Row) -> None:
        """Put another content into a standing row."""
        with self._open() as there:
            there.execute(
                "UPDATE standing SET generation = ?, body = ?, mac = ? WHERE noun = ? AND id = ?",
                (*row, noun, id_),
            )

    def wrap_of(self, version: str) -> bytes:
        """The wrapped data key in a version's row."""
        with self._open() as there:
            found = there.execute(
                "SELECT wrapped FROM object_version WHERE version = ?", (version,)
            ).fetchone()
        if found is None:
            raise LookupError(version)
        return bytes(found[0])

    def put_wrap(self, version: str, wrapped: bytes) -> None:
        """Put a wrapped data key into a version's row."""
        with self._open() as there:
            there.execute("UPDATE object_version SET wrapped = ? WHERE version = ?", (wrapped, version))

    @contextmanager
    def rolled_back(self, newest: str, older: str) -> Iterator[None]:
        """While this lasts, the name of `newest` stands for its `older` version, in index and listing."""
        with self._open() as there:
            line = there.execute("SELECT * FROM object_latest WHERE version = ?", (newest,)).fetchone()
            if line is None:
                raise LookupError(newest)
            there.execute("UPDATE object_version SET rank = -rank WHERE version = ?", (newest,))
            there.execute(
                "UPDATE object_latest SET (seq, version, is_null, size, etag, at) = "
                "(SELECT -rank, version, is_null, size, etag, at FROM object_version WHERE version = ?) "
                "WHERE version = ?",
                (older, newest),
            )
        try:
            yield
        finally:
            with self._open() as there:
                there.execute("UPDATE object_version SET rank = -rank WHERE version = ?", (newest,))
                there.execute("DELETE FROM object_latest WHERE version = ?", (older,))
                marks = ", ".join("?" * len(line))
                there.execute(f"INSERT INTO object_latest VALUES ({marks})", line)  # noqa: S608 - marks only

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._database, timeout=_TIMEOUT_S)) as connection, connection:
            yield connection
