"""Long files past the page cache: aligned pieces between a buffer and the disk itself (open(2), O_DIRECT).

Each fresh page of the cache has to be found by the kernel, and in a virtual machine by its host: measured, up
to 2 CPU seconds per GB, against 0.06 without. So long blobs are written past it, and read past it unless they
are in it, or are read again: then they shall be. A file system without direct I/O is written and read as any
other.
"""

import errno
import fcntl
import mmap
import os
from collections import OrderedDict
from contextlib import suppress

from custodes.acts.streams.ports import Buffer
from custodes.kernel.limits import BATCH_BYTES

ALIGNED_BYTES = 4_096
BUFFER_BYTES = 2 * BATCH_BYTES  # what one thread does at a time: waking it costs more than a tenth of it
STEP_BYTES = 65_536
_FREE_MAX = 32
_SEEN_MAX = 4_096
_NOT_DIRECT = frozenset({errno.EINVAL, errno.EOPNOTSUPP})


class Buffers:
    """Buffers of `BUFFER_BYTES` at the beginning of a page; those given back are taken again."""

    def __init__(self) -> None:
        self._free: list[mmap.mmap] = []

    def take(self) -> mmap.mmap:
        """One that is nobody else's; what is in it is of no meaning."""
        return self._free.pop() if self._free else mmap.mmap(-1, BUFFER_BYTES)

    def give(self, buffer: mmap.mmap) -> None:
        """Give it back; nothing may still read or write it."""
        if len(self._free) < _FREE_MAX:
            self._free.append(buffer)


class Seen:
    """Which places were read lately, so that what is read again is told from what is read once."""

    def __init__(self) -> None:
        self._places: OrderedDict[tuple[str, int], None] = OrderedDict()

    def again(self, blob: str, first: int) -> bool:
        """Whether a read from there was begun lately; from now on it was."""
        place = (blob, first)
        is_there = place in self._places
        self._places[place] = None
        self._places.move_to_end(place)
        if len(self._places) > _SEEN_MAX:
            self._places.popitem(last=False)
        return is_there


def opened(path: str | os.PathLike[str], flags: int, mode: int = 0) -> int:
    """Open for direct I/O where the file system has it, else as any file.

    Asked for at once, some leave the file they made behind when they refuse.
    """
    handle = os.open(path, flags, mode)
    with suppress(OSError):
        fcntl.fcntl(handle, fcntl.F_SETFL, fcntl.fcntl(handle, fcntl.F_GETFL) | os.O_DIRECT)
    return handle


def write(handle: int, piece: Buffer) -> None:
    """Write all of it at the end of what was written: direct as far as it is aligned, the rest by the cache.

    Through the cache it goes in steps: for a long write the kernel takes large pages, and those the host of a
    virtual machine has to find first.
    """
    view = memoryview(piece)
    direct = view[: len(view) - len(view) % ALIGNED_BYTES] if is_direct(handle) else view[:0]
    at = 0
    try:
        while at < len(direct):
            at += os.write(handle, direct[at:])
    except OSError as error:
        if error.errno not in _NOT_DIRECT:
            raise
    if at < len(view):
        _by_cache(handle)
    while at < len(view):
        at += os.write(handle, view[at : at + STEP_BYTES])


def read(handle: int, buffer: mmap.mmap, at: int) -> int:
    """Fill a buffer from an aligned place; how many bytes came, fewer only at the end of the file."""
    count = 0
    while count < len(buffer) and count % ALIGNED_BYTES == 0:
        with memoryview(buffer) as whole, whole[count:] as room:
            got = _read(handle, room, at + count)
        if not got:
            break
        count += got
    return count


def is_direct(handle: int) -> bool:
    """Whether the page cache is passed by."""
    return bool(fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_DIRECT)


def _read(handle: int, room: memoryview, at: int) -> int:
    try:
        return os.preadv(handle, [room], at)
    except OSError as error:
        if error.errno not in _NOT_DIRECT or not is_direct(handle):
            raise
        _by_cache(handle)
        return os.preadv(handle, [room], at)


def _by_cache(handle: int) -> None:
    flags = fcntl.fcntl(handle, fcntl.F_GETFL)
    if flags & os.O_DIRECT:
        fcntl.fcntl(handle, fcntl.F_SETFL, flags & ~os.O_DIRECT)
