"""A small durable file of lines (`acts.unsealing.notes.Journal`): appended, synced, cleared as a whole.

A line that a crash cut off has no end and is left out: its step was never answered.
"""

import os
from pathlib import Path

from custodes.kernel.refusal import unavailable

FILE_BYTES_MAX = 1_048_576


class LineJournal:
    """One file, mode 0600, for one process; `journal-gone` (unavailable) when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, line: bytes) -> None:
        """Append a line that holds no line feed, and wait until it is durable."""
        if b"\n" in line:
            raise ValueError("a line is one line")
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(self._path, flags, 0o600)
            try:
                if os.fstat(handle).st_size + len(line) >= FILE_BYTES_MAX:
                    raise OSError("full")
                self._end_cut_line(handle)
                os.write(handle, line + b"\n")
                os.fsync(handle)
            finally:
                os.close(handle)
            self._sync_folder()
        except OSError:
            raise unavailable("journal-gone") from None

    def lines(self) -> tuple[bytes, ...]:
        """Whole lines, oldest first."""
        try:
            raw = self._path.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError:
            raise unavailable("journal-gone") from None
        return tuple(line for line in raw.split(b"\n")[:-1] if line.endswith(b"}"))

    def clear(self) -> None:
        """Remove the file."""
        try:
            self._path.unlink(missing_ok=True)
            self._sync_folder()
        except OSError:
            raise unavailable("journal-gone") from None

    def _end_cut_line(self, handle: int) -> None:
        """After a crash within a line: the next one starts on a line of its own."""
        size = os.fstat(handle).st_size
        if size and not self._path.read_bytes().endswith(b"\n"):
            os.write(handle, b"\n")

    def _sync_folder(self) -> None:
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
