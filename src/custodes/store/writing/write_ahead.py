"""Keeps SQLite's write-ahead log short without holding up a commit.

By itself SQLite copies the log into the database inside the commit that made it too long, some ten
milliseconds during which everybody waits. Here a thread with a connection of its own copies beside the
writer (PASSIVE waits for nobody), again while much was added meanwhile; the few pages that are left the
writer copies before its next group, and the log begins anew. What is durable when is SQLite's as before:
pages are copied only after their log is on the disk, and a log begins anew only after the database file is.
SQLite flushes that file with the last page, so in the writer's thread: each pass flushes what it has copied.

Should the thread not keep up (a reader may hold an old state for long), the log grows, and beyond
`PAGES_MAX` SQLite does it in the commit again.
"""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from custodes.store.engine import Prepared

PAGES_BEFORE_PASS = 4_000
PAGES_MAX = 16_384
PAGES_NEAR = 128
PASSES_MAX = 5
PAGES_OF_GROUP = 10  # and about one more for two entries

_PASS = Prepared(text("PRAGMA wal_checkpoint(PASSIVE)"))
_LIMIT = Prepared(text(f"PRAGMA wal_autocheckpoint={PAGES_MAX}"))
_log = logging.getLogger("custodes.store")


class WriteAhead:
    """One writer's log. `begin` and `wrote` are the writer's; `close` ends the thread.

    `is_near`: passes have left little, and the writer's own copy will finish it.
    """

    def __init__(self, engine: Engine, file: Path) -> None:
        """`file`: the database's path."""
        self._engine, self._file = engine, file
        self._pages = 0
        self.is_near = False
        self._is_closing = False
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def take(self, connection: Connection) -> None:
        """This is the writer's connection from now on."""
        _LIMIT.one(connection, {})

    def wrote(self, entries: int) -> None:
        """A group of so many entries is durable."""
        self._pages += PAGES_OF_GROUP + entries // 2
        if self._pages < PAGES_BEFORE_PASS:
            return
        self._pages = 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="write-ahead", daemon=True)
            self._thread.start()
        self._wake.set()

    def begin(self, connection: Connection) -> None:
        """Before a group: copy what the passes have left, if it is little."""
        if self.is_near:
            self.is_near = False
            _try(lambda: _PASS.one(connection, {}))

    def close(self) -> None:
        """End the thread; what is in the log stays there."""
        self._is_closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._thread, self._is_closing = None, False
        self._wake.clear()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            self._wake.clear()
            if self._is_closing:
                return
            _try(self._copy)

    def _copy(self) -> None:
        """Some passes, until little is left."""
        with self._engine.connect() as connection:
            for _ in range(PASSES_MAX):
                row = _PASS.one(connection, {})
                self._flush()
                if row is not None and row[1] - row[2] <= PAGES_NEAR:
                    self.is_near = True
                    return

    def _flush(self) -> None:
        """Put the copied pages on the disk, by a descriptor that SQLite has open, and keeps open.

        To open and close one here would drop every lock this process holds on the file (POSIX, fcntl). Should
        the number be another file's by now, that one is flushed, which harms nothing.
        """
        with suppress(OSError):  # SQLite flushes for itself, with the last page
            number = _open_at(self._file)
            if number is not None:
                os.fdatasync(number)


def _try(copy: Callable[[], object]) -> None:
    """SQLite, too, goes on when copying fails; the writer finds out by itself what is wrong."""
    try:
        copy()
    except Exception as error:
        _log.warning("the write-ahead log was not copied: %s", type(error).__name__)


def _open_at(path: Path) -> int | None:
    """The number of a descriptor this process has of a file (Linux)."""
    wanted = path.stat()
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            found = link.stat()
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return int(link.name)
    return None
