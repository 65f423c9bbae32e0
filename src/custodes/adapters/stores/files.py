"""A file that is there whole or not at all: begun under another name, synced, renamed, its folder synced.

What is begun bears a dot and is held under an advisory lock, so that what a dead process left behind can be
told from what a living one writes. Everything here may wait for the disk: for threads only.
"""

import errno
import fcntl
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from custodes.kernel.refusal import Refusal, unavailable

NEW = ".new"
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def begun(path: str) -> str:
    """The path a file has until it is whole."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/.{name}{NEW}"


def folder_of(path: str) -> str:
    """What holds its name."""
    return path.rpartition("/")[0]


def create(path: str, open_: Callable[[str, int, int], int]) -> int:
    """Begin a file, with the folder it lies in where that is missing; OSError as it comes."""
    try:
        handle = open_(begun(path), _CREATE, 0o600)
    except FileNotFoundError:
        folder = Path(path).parent
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(str(folder.parent))
        handle = open_(begun(path), _CREATE, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def name(path: str) -> None:
    """Give it its own name, in the place of whatever bears it."""
    os.rename(begun(path), path)  # noqa: PTH104 - for a small file a path as an object is a cost


def settle(handle: int, path: str) -> None:
    """The content first, then the name, then the folder that holds the name."""
    os.fdatasync(handle)
    name(path)
    sync_folder(folder_of(path))


def sync_folder(folder: str) -> None:
    """The names in it are durable when this returns."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def forget(handle: int, path: str, *, is_named: bool = False) -> None:
    """Nothing stays of what was begun, or was named already."""
    os.close(handle)
    with suppress(OSError):
        Path(path if is_named else begun(path)).unlink()


def refusal_of(error: OSError) -> Refusal:
    """`store-full` or `store-gone` (unavailable)."""
    return unavailable("store-full" if error.errno in _FULL else "store-gone")
