"""A store in a cloud that let somebody wait in vain is not waited for again until it answers.

Whoever reads or writes goes on with the next store at once, or is refused at once where there is none,
instead of each waiting a minute by himself. A task of the plane's own asks the store every few seconds for a
blob that never was. A store that refuses quickly costs nobody time, and is asked each time.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from functools import partial
from typing import Any, TypeVar

from custodes.acts.streams.ports import BlobStore, Buffer, Draft
from custodes.acts.streams.probing import NEVER
from custodes.kernel.refusal import Kind, Refusal, unavailable

READ_S = 10.0  # for the first piece of at most 1 MiB, and for each one after it
WRITE_S = 30.0  # a draft waits for what was written before: up to 16 MiB on their way
VAIN_S = 5.0  # whoever waited so long for nothing waited for all
LOOK_EVERY_S = 2.0
WRITE_AGAIN_S = 60.0  # one that answers reads may still hold on to writes
DROP_S = 2.0

T = TypeVar("T")


class PatientStore:
    """Fulfils `BlobStore` over one that may hang."""

    def __init__(self, store: BlobStore) -> None:
        self._store = store
        self._reads = _Patience(READ_S, 0.0, store)
        self._writes = _Patience(WRITE_S, WRITE_AGAIN_S, store)

    async def begin(self, blob: str, bytes_expected: int = 0) -> Draft:
        """See `BlobStore.begin`."""
        begun = await self._writes.within(partial(self._store.begin, blob, bytes_expected))
        return _PatientDraft(begun, self._writes)

    async def put(self, blob: str, whole: Buffer) -> None:
        """See `BlobStore.put`."""
        await self._writes.within(partial(self._store.put, blob, whole))

    async def read(self, blob: str, first: int, last: int) -> AsyncGenerator[Buffer, None]:
        """See `BlobStore.read`."""
        async with aclosing(self._store.read(blob, first, last)) as pieces:
            while (piece := await self._reads.within(partial(_next, pieces))) is not None:
                yield piece

    async def remove(self, blob: str) -> None:
        """See `BlobStore.remove`."""
        await self._writes.within(partial(self._store.remove, blob))


async def _next(pieces: AsyncGenerator[Buffer, None]) -> Buffer | None:
    return await anext(pieces, None)


class _PatientDraft:
    """Fulfils `Draft`."""

    def __init__(self, draft: Draft, patience: "_Patience") -> None:
        self._draft = draft
        self._patience = patience

    async def write(self, piece: Buffer) -> None:
        """See `Draft.write`."""
        await self._patience.within(partial(self._draft.write, piece))

    async def commit(self) -> None:
        """See `Draft.commit`."""
        await self._patience.within(self._draft.commit)

    async def drop(self) -> None:
        """See `Draft.drop`; one that takes long goes on by itself."""
        await self._patience.leave(self._draft.drop())


class _Patience:
    """How long one store is waited for, and whether it is at all."""

    def __init__(self, within_s: float, again_s: float, store: BlobStore) -> None:
        self._within_s = within_s
        self._again_s = again_s
        self._store = store
        self._looking: asyncio.Task[None] | None = None
        self._left: set[asyncio.Task[None]] = set()

    async def within(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it; `store-gone` (unavailable) at once while it is not waited for, else after the time."""
        if self._looking is not None:
            raise unavailable("store-gone")
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            async with asyncio.timeout(self._within_s):
                return await work()
        except TimeoutError as error:
            self._give_up()
            raise unavailable("store-gone") from error
        except Refusal as refusal:
            if refusal.kind is Kind.UNAVAILABLE and loop.time() - began >= VAIN_S:
                self._give_up()
            raise

    async def leave(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait a little for what comes to its end by itself."""
        task = asyncio.get_running_loop().create_task(work)
        self._left.add(task)
        task.add_done_callback(self._left.discard)
        await asyncio.wait({task}, timeout=DROP_S)

    def _give_up(self) -> None:
        if self._looking is None:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        pause_s = self._again_s
        while True:
            await asyncio.sleep(pause_s)
            if await self._answers():
                break
            pause_s = LOOK_EVERY_S
        self._looking = None

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(READ_S):
                async for _ in self._store.read(NEVER, 0, 0):
                    break
        except TimeoutError:
            return False
        except Refusal as refusal:
            return refusal.code == "blob-absent"
        return True
