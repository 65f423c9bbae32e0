"""A local folder as a store: write, fdatasync, rename, fsync of the folder; then it is there, else it is not.

A blob lies below one of 1,024 folders named after the end of its id. What is being written bears a dot and
is held under an advisory lock, so that what a dead process left behind can be told from what a living one
writes (`remove_orphans`). Writes and syncs run in threads; reads take what the page cache has at once
(preadv2 with RWF_NOWAIT) and go to a thread only for what the disk must bring. Long blobs pass the cache by
(`direct.py`), one piece on its way while the next is made or used.
"""

import asyncio
import errno
import fcntl
import os
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Executor, Future, wait
from contextlib import aclosing, suppress
from functools import partial
from mmap import mmap
from pathlib import Path
from typing import TypeVar

from custodes.acts.streams.ports import Buffer
from custodes.kernel.ids import is_id
from custodes.kernel.limits import BATCH_BYTES
from custodes.kernel.refusal import Kind, Refusal

from . import direct
from .company import COMPANY_BYTES_MAX, Company
from .direct import BUFFER_BYTES
from .files import NEW, create, forget, refusal_of, settle
from .mark import Mark

_NOT_AT_ONCE = frozenset({errno.EAGAIN, errno.EOPNOTSUPP, errno.EINVAL})

T = TypeVar("T")


class FolderStore:
    """Fulfils `BlobStore` over one folder."""

    def __init__(self, folder: Path, threads: Executor, mark: Mark | None = None) -> None:
        """`mark` is what tells the store from an empty folder of its name; None believes the name."""
        self._below = f"{folder}/"
        self._threads = threads
        self._demand = _believe if mark is None else mark.demand
        self._company = Company(threads, self._demand)
        self._buffers = direct.Buffers()
        self._seen = direct.Seen()

    async def begin(self, blob: str, bytes_expected: int = 0) -> "FolderDraft":  # noqa: ARG002 - a file grows
        """See `BlobStore.begin`."""
        path = self._name(blob)

        def work() -> int:
            self._demand()
            return create(path, direct.opened)

        handle = await _done(self._threads.submit(work))
        return FolderDraft(path, handle, (self._threads, self._buffers), self._demand)

    async def put(self, blob: str, whole: Buffer) -> None:
        """See `BlobStore.put`: small ones in company, everything else in one thread hop."""
        path = self._name(blob)
        if len(whole) <= COMPANY_BYTES_MAX:
            await self._company.put(path, whole)
            return

        def work() -> None:
            self._demand()
            handle = create(path, os.open)
            try:
                direct.write(handle, whole)
                settle(handle, path)
                self._demand()
            except BaseException:
                forget(handle, path)
                raise
            os.close(handle)

        await self._hop(work)

    async def read(self, blob: str, first: int, last: int) -> AsyncGenerator[Buffer, None]:
        """See `BlobStore.read`."""
        path = self._name(blob)
        try:
            handle = _open(path)
        except FileNotFoundError:
            await self._hop(self._demand)
            raise Refusal("blob-absent", Kind.BROKEN) from None
        is_long = last - first >= BATCH_BYTES
        try:
            buffer = bytearray(min(BATCH_BYTES, last - first + 1))
            while first <= last:
                # to a border of batches, which are borders of segments too
                with memoryview(buffer)[: min(BATCH_BYTES - first % BATCH_BYTES, last - first + 1)] as wanted:
                    count = _read_now(handle, wanted, first)
                    if count < 0:
                        if is_long and not self._seen.again(blob, first):
                            break
                        is_long = False
                        count = await self._hop(partial(os.preadv, handle, [wanted], first))
                if count == 0:
                    return
                yield memoryview(buffer)[:count]
                first += count
        finally:
            os.close(handle)
        if first <= last:
            async with aclosing(self._past_cache(path, first, last)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _past_cache(self, path: str, first: int, last: int) -> AsyncGenerator[Buffer, None]:
        """A long read from the disk: while one buffer is used, the next one is filled."""
        handle = _open(path, direct.opened)
        at = first - first % direct.STEP_BYTES
        now, then = self._buffers.take(), self._buffers.take()
        coming = self._threads.submit(direct.read, handle, now, at)
        try:
            while at <= last:
                count = await _done(coming)
                is_more = count == BUFFER_BYTES and at + count <= last
                if is_more:
                    coming = self._threads.submit(direct.read, handle, then, at + BUFFER_BYTES)
                begin, end = first - at, min(count, last + 1 - at)
                while begin < end:
                    stop = min(begin - begin % BATCH_BYTES + BATCH_BYTES, end)
                    yield memoryview(now)[begin:stop]
                    begin = stop
                if not is_more:
                    return
                at += BUFFER_BYTES
                first = at
                now, then = then, now
        finally:
            _afterwards(coming, self._threads, partial(self._read_over, handle, (now, then)))

    def _read_over(self, handle: int, buffers: tuple[mmap, mmap]) -> None:
        os.close(handle)
        for buffer in buffers:
            self._buffers.give(buffer)

    async def remove(self, blob: str) -> None:
        """See `BlobStore.remove`."""
        path = self._name(blob)

        def work() -> None:
            self._demand()
            with suppress(FileNotFoundError):
                Path(path).unlink()

        await self._hop(work)

    def _name(self, blob: str) -> str:
        if not is_id("blb", blob):
            raise ValueError("not the id of a blob")
        return f"{self._below}{blob[-2:]}/{blob}"

    async def _hop(self, work: Callable[[], T]) -> T:
        return await _done(self._threads.submit(work))


class FolderDraft:
    """Fulfils `Draft` over one file with a dot before its name.

    A piece is copied into a buffer; full ones are written in a thread while the next one fills. So a write
    may be refused by the next one, or by the commit.
    """

    def __init__(
        self,
        path: str,
        handle: int,
        means: tuple[Executor, direct.Buffers],
        demand: Callable[[], None],
    ) -> None:
        self._path = path
        self._demand = demand
        self._handle = handle
        self._threads, self._buffers = means
        self._filling, self._flying = self._buffers.take(), self._buffers.take()
        self._filled = 0
        self._under_way: Future[None] | None = None

    async def write(self, piece: Buffer) -> None:
        """See `Draft.write`."""
        left = memoryview(piece)
        while left:
            count = min(len(left), BUFFER_BYTES - self._filled)
            self._filling[self._filled : self._filled + count] = left[:count]
            self._filled += count
            left = left[count:]
            if self._filled == BUFFER_BYTES:
                await self._landed()
                full = memoryview(self._filling)
                self._under_way = self._threads.submit(direct.write, self._handle, full)
                self._filling, self._flying = self._flying, self._filling
                self._filled = 0

    async def commit(self) -> None:
        """See `Draft.commit`."""

        def work() -> None:
            with memoryview(self._filling)[: self._filled] as rest:
                direct.write(self._handle, rest)
            settle(self._handle, self._path)
            self._demand()  # a name that is durable in another folder than the store is not there

        await self._landed()
        self._under_way = self._threads.submit(work)
        await self._landed()
        self._close()

    async def drop(self) -> None:
        """See `Draft.drop`. What a thread still does with the file comes to its end first."""
        handle, self._handle = self._handle, -1
        if handle >= 0:

            def work() -> None:
                forget(handle, self._path)
                self._give_back()

            with suppress(Refusal):
                await _done(_afterwards(self._under_way, self._threads, work))

    async def _landed(self) -> None:
        """The piece before is written. A task that is cancelled here leaves it under way."""
        if self._under_way is not None:
            await _done(self._under_way)
            self._under_way = None

    def _close(self) -> None:
        handle, self._handle = self._handle, -1
        os.close(handle)
        self._give_back()

    def _give_back(self) -> None:
        self._buffers.give(self._filling)
        self._buffers.give(self._flying)


def remove_orphans(folder: Path) -> int:
    """Remove what dead processes had begun below this folder and not finished; how many. For a thread."""
    return sum(_remove_orphan(path) for path in folder.rglob(f".blb-*{NEW}"))


async def _done(work: Future[T]) -> T:
    """What a thread made of it; it goes on when the task that waits is cancelled."""
    try:
        if work.done():
            return work.result()
        return await asyncio.shield(asyncio.wrap_future(work))
    except OSError as error:
        raise refusal_of(error) from error


def _afterwards(work: Future[T] | None, threads: Executor, end: Callable[[], None]) -> Future[None]:
    """Do this in a thread once that is at its end. Threads begin in order: none waits for ever."""

    def run() -> None:
        if work is not None:
            wait((work,))
        end()

    return threads.submit(run)


def _open(path: str, open_: Callable[[str, int], int] = os.open) -> int:
    try:
        return open_(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise refusal_of(error) from error


def _believe() -> None:
    return None


def _read_now(handle: int, room: memoryview, at: int) -> int:
    """What the page cache has, or -1."""
    try:
        return os.preadv(handle, [room], at, os.RWF_NOWAIT)
    except OSError as error:
        if error.errno in _NOT_AT_ONCE:
            return -1
        raise refusal_of(error) from error


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
