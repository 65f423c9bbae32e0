"""A local folder as a store: write, fdatasync, rename, fsync of the folder; then it is there, else it is not.

A blob lies below one of 1,024 folders named after the end of its id. What is being written bears a dot and
is held under an advisory lock, so that what a dead process left behind can be told from what a living one
writes (`remove_orphans`). Writes and syncs run in threads; reads take what the page cache has at once
(preadv2 with RWF_NOWAIT) and go to a thread only for what the disk must bring.
"""

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from custodes.acts.streams.ports import Buffer
from custodes.kernel.ids import is_id
from custodes.kernel.limits import BATCH_BYTES
from custodes.kernel.refusal import Kind, Refusal, unavailable

from .mark import Mark

NEW = ".new"
WRITE_BYTES = 65_536
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_NOT_AT_ONCE = frozenset({errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL})

T = TypeVar("T")
Hop = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]


class FolderStore:
    """Fulfils `BlobStore` over one folder."""

    def __init__(self, folder: Path, threads: Executor, mark: Mark | None = None) -> None:
        """`mark` is what tells the store from an empty folder of its name; None believes the name."""
        self._below = f"{folder}/"
        self._threads = threads
        self._demand = _believe if mark is None else mark.demand

    async def begin(self, blob: str) -> "FolderDraft":
        """See `BlobStore.begin`."""
        path = self._path(blob)

        def work() -> int:
            self._demand()
            return _create(path)

        return FolderDraft(path, await self._hop(work), self._hop, self._demand)

    async def put(self, blob: str, whole: Buffer) -> None:
        """See `BlobStore.put`: everything in one thread hop."""
        path = self._path(blob)

        def work() -> None:
            self._demand()
            handle = _create(path)
            try:
                _write(handle, whole)
                _settle(handle, path)
                self._demand()
            except BaseException:
                _forget(handle, path)
                raise
            os.close(handle)

        await self._hop(work)

    async def read(self, blob: str, first: int, last: int) -> AsyncGenerator[Buffer, None]:
        """See `BlobStore.read`."""
        try:
            handle = _open(self._name(blob))
        except FileNotFoundError:
            await self._hop(self._demand)
            raise Refusal("blob-absent", Kind.BROKEN) from None
        try:
            buffer = bytearray(min(BATCH_BYTES, last - first + 1))
            while first <= last:
                with memoryview(buffer)[: last - first + 1] as wanted:
                    count = _read_now(handle, wanted, first)
                    if count < 0:
                        count = await self._hop(partial(os.preadv, handle, [wanted], first))
                if count == 0:
                    return
                yield memoryview(buffer)[:count]
                first += count
        finally:
            os.close(handle)

    async def remove(self, blob: str) -> None:
        """See `BlobStore.remove`."""
        path = self._path(blob)

        def work() -> None:
            self._demand()
            with suppress(FileNotFoundError):
                path.unlink()

        await self._hop(work)

    def _path(self, blob: str) -> Path:
        return Path(self._name(blob))

    def _name(self, blob: str) -> str:
        if not is_id("blb", blob):
            raise ValueError("not the id of a blob")
        return f"{self._below}{blob[-2:]}/{blob}"

    async def _hop(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except OSError as error:
            raise _refusal(error) from error


class FolderDraft:
    """Fulfils `Draft` over one file with a dot before its name."""

    def __init__(self, path: Path, handle: int, hop: Hop, demand: Callable[[], None]) -> None:
        self._path = path
        self._demand = demand
        self._handle = handle
        self._hop = hop

    async def write(self, piece: Buffer) -> None:
        """See `Draft.write`."""
        await self._hop(lambda: _write(self._handle, piece))

    async def commit(self) -> None:
        """See `Draft.commit`."""

        def work() -> None:
            _settle(self._handle, self._path)
            self._demand()  # a name that is durable in another folder than the store is not there

        await self._hop(work)
        self._close()

    async def drop(self) -> None:
        """See `Draft.drop`."""
        handle, self._handle = self._handle, -1
        if handle >= 0:
            with suppress(Refusal):
                await self._hop(lambda: _forget(handle, self._path))

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        os.close(handle)


def remove_orphans(folder: Path) -> int:
    """Remove what dead processes had begun below this folder and not finished; how many. For a thread."""
    return sum(_remove_orphan(path) for path in folder.rglob(f".blb-*{NEW}"))


def _new(path: Path) -> Path:
    return path.with_name(f".{path.name}{NEW}")


def _create(path: Path) -> int:
    try:
        handle = os.open(_new(path), _CREATE, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sync_folder(path.parent.parent)
        handle = os.open(_new(path), _CREATE, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def _write(handle: int, piece: Buffer) -> None:
    """In steps: for a long write the kernel takes large pages, and those the host of a virtual machine has to
    find first. There about 2 CPU seconds per GB are saved; the further calls cost 0.02.
    """
    view = memoryview(piece)
    while view:
        view = view[os.write(handle, view[:WRITE_BYTES]) :]


def _settle(handle: int, path: Path) -> None:
    """The content first, then the name, then the folder that holds the name."""
    os.fdatasync(handle)
    _new(path).rename(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _forget(handle: int, path: Path) -> None:
    os.close(handle)
    with suppress(OSError):
        _new(path).unlink()


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise _refusal(error) from error


def _believe() -> None:
    return None


def _read_now(handle: int, room: memoryview, at: int) -> int:
    """What the page cache has, or -1."""
    try:
        return os.preadv(handle, [room], at, os.RWF_NOWAIT)
    except OSError as error:
        if error.errno in _NOT_AT_ONCE:
            return -1
        raise _refusal(error) from error


def _remove_orphan(path: Path) -> int:
    with suppress(OSError):
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        finally:
            os.close(handle)
        return 1
    return 0


def _refusal(error: OSError) -> Refusal:
    return unavailable("store-full" if error.errno in _FULL else "store-gone")
