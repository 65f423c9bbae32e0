"""Many files synced at once: the kernel is handed all of them and waited for once.

One fdatasync after the other waits for the disk as often as there are files; asked for together, the kernel
lets them share one commit of the file system's journal and one flush of the disk. Linux has that as an
asynchronous operation (io_submit(2): IOCB_CMD_FSYNC, IOCB_CMD_FDSYNC; since 4.18). Where a kernel, a file
system or a filter of system calls will not have it, each file is synced by itself, as it would be without.
"""

import ctypes
import errno
import os
import platform
from collections.abc import Mapping, Sequence
from types import MappingProxyType

TOGETHER_MAX = 64
_FSYNC, _FDSYNC = 2, 3
_SETUP, _SUBMIT, _GETEVENTS = range(3)
_CALLS: Mapping[str, tuple[int, int, int]] = MappingProxyType(
    {"x86_64": (206, 209, 208), "aarch64": (0, 2, 4)}
)


class _Block(ctypes.Structure):
    """`struct iocb` of linux/aio_abi.h, little-endian."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("key", ctypes.c_uint32),
        ("rw_flags", ctypes.c_uint32),
        ("opcode", ctypes.c_uint16),
        ("priority", ctypes.c_int16),
        ("handle", ctypes.c_uint32),
        ("buffer", ctypes.c_uint64),
        ("count", ctypes.c_uint64),
        ("offset", ctypes.c_int64),
        ("reserved", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("resfd", ctypes.c_uint32),
    )


class _Event(ctypes.Structure):
    """`struct io_event`; `result` is 0 or a negative errno."""

    _fields_ = (
        ("data", ctypes.c_uint64),
        ("block", ctypes.c_uint64),
        ("result", ctypes.c_int64),
        ("result2", ctypes.c_int64),
    )


class Syncs:
    """Syncs files for one thread at a time."""

    def __init__(self, *, is_together: bool = True) -> None:
        """With `is_together` False each file is synced by itself."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._calls = _CALLS.get(platform.machine()) if is_together else None
        self._context: ctypes.c_ulong | None = None
        self._blocks = (_Block * TOGETHER_MAX)()
        self._events = (_Event * TOGETHER_MAX)()
        starts = (ctypes.addressof(self._blocks) + n * ctypes.sizeof(_Block) for n in range(TOGETHER_MAX))
        self._pointers = (ctypes.c_void_p * TOGETHER_MAX)(*starts)

    def all_of(self, files: Sequence[int], folders: Sequence[int] = ()) -> list[OSError | None]:
        """The content of each file and the names in each folder are durable when this returns, or what went
        wrong with it: of the files in their order, then of the folders.
        """
        wanted = [(handle, _FDSYNC) for handle in files] + [(handle, _FSYNC) for handle in folders]
        found: list[OSError | None] = []
        for at in range(0, len(wanted), TOGETHER_MAX):
            some = wanted[at : at + TOGETHER_MAX]
            done = self._together(some) if len(some) > 1 else {}
            found += [done[n] if n in done else _alone(*one) for n, one in enumerate(some)]
        return found

    def _together(self, wanted: Sequence[tuple[int, int]]) -> dict[int, OSError | None]:
        """What the kernel took, by its place; whatever it took is at its end when this returns."""
        context = self._ready()
        if context is None or self._calls is None:
            return {}
        for n, (handle, opcode) in enumerate(wanted):
            block = self._blocks[n]
            block.data, block.opcode, block.handle = n, opcode, handle
        taken = self._call(self._calls[_SUBMIT], context, ctypes.c_long(len(wanted)), self._pointers)
        found: dict[int, OSError | None] = {}
        while len(found) < taken:
            left = ctypes.c_long(taken - len(found))
            count = self._call(self._calls[_GETEVENTS], context, left, left, self._events, None)
            if count < 0 and (number := ctypes.get_errno()) != errno.EINTR:
                self._context = self._calls = None  # what is still to come would be taken for another's
                raise OSError(number, "io_getevents")
            for event in self._events[: max(count, 0)]:
                result = event.result
                found[event.data] = OSError(-result, os.strerror(-result)) if result else None
        return found

    def _ready(self) -> ctypes.c_ulong | None:
        """The kernel's context, or None from the first time on that it gives none."""
        if self._context is None and self._calls is not None:
            context = ctypes.c_ulong(0)
            if self._call(self._calls[_SETUP], ctypes.c_uint(TOGETHER_MAX), ctypes.byref(context)) < 0:
                self._calls = None
            else:
                self._context = context
        return self._context

    def _call(self, number: int, *given: object) -> int:
        """A system call that lets go of the interpreter."""
        return int(self._libc.syscall(ctypes.c_long(number), *given))


def _alone(handle: int, opcode: int) -> OSError | None:
    try:
        if opcode == _FSYNC:
            os.fsync(handle)
        else:
            os.fdatasync(handle)
    except OSError as error:
        return error
    return None
