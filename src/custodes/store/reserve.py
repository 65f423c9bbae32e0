"""Disk space kept back, so that kill, revoke and refusals still commit when the disk is full.

A file of real blocks beside the database. When the disk runs full it is given up, and from then on only
urgent acts are written until there is room for it again.
"""

import os
from pathlib import Path

RESERVE_BYTES = 64 * 1_048_576


class Reserve:
    """One reserve file; `size_bytes` can be smaller in tests."""

    def __init__(self, path: Path, size_bytes: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size_bytes = size_bytes

    def keep(self) -> bool:
        """Have the file there with all its blocks; False where the disk has no room for twice its size."""
        if self._path.exists() and self._path.stat().st_size == self._size_bytes:
            return True
        room = os.statvfs(self._path.parent)
        if room.f_bavail * room.f_frsize < 2 * self._size_bytes:
            return False
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size_bytes)
            os.fsync(handle)
        except OSError:
            self._path.unlink(missing_ok=True)
            return False
        finally:
            os.close(handle)
        return True

    def spend(self) -> None:
        """Give the blocks back to the disk."""
        self._path.unlink(missing_ok=True)
