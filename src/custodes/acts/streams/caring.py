"""Looks after what is stored: reads blobs again, copies those that are missing or bad, and says what it
found.

No data key is used and no plain byte is seen. A copy is believed only when it was read back from where it was
written. Work is paced, so that clients come first; what is cut off by a crash is handed out again.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import TypeVar

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.care import HoldWork, TakeWork, Task, TaskDone, WorkDone
from custodes.kernel.limits import BATCH_BYTES
from custodes.kernel.refusal import Kind, Refusal

from .checking import Check, lies_whole
from .going import held
from .ports import BlobStore, Stores

PAUSE_S = 30.0
BYTES_PER_S = 128 * 1_048_576
AT_ONCE_MAX = 4
WHOLE, ABSENT, DIFFERS, UNREACHABLE, NO_SOURCE = "whole", "absent", "differs", "unreachable", "no-source"

T = TypeVar("T")

_log = logging.getLogger("custodes.care")


class TargetGoneError(Exception):
    """The store a copy was to go to did not take it."""


class Carer:
    """One per process that reaches the stores."""

    def __init__(self, doors: Doors, stores: Stores) -> None:
        self._doors = doors
        self._stores = stores
        self._is_starting = True

    async def run(self, pause_s: float = PAUSE_S) -> None:
        """Batch after batch while there is work, then a look every `pause_s` seconds."""
        while True:
            read_bytes = -1
            try:
                read_bytes = await self.batch()
            except Refusal as refusal:  # sealed, busy, or not there: the next look asks again
                _log.info("care waits: %s", refusal.code)
            await asyncio.sleep(pause_s if read_bytes < 0 else read_bytes / BYTES_PER_S)

    async def batch(self) -> int:
        """Take a batch, do it, tell; how many bytes it was about, or -1 where there was none."""
        work = await self._doors.ask(TakeWork(self._is_starting))
        self._is_starting = False
        if not work.tasks:
            return -1
        gate = asyncio.Semaphore(AT_ONCE_MAX)
        async with held(self._doors, HoldWork(work.batch)):
            done = await asyncio.gather(*(self._done(task, gate) for task in work.tasks))
        await self._doors.ask(WorkDone(batch=work.batch, done=tuple(done)))
        return sum(task.cipher_bytes for task in work.tasks)

    async def _done(self, task: Task, gate: asyncio.Semaphore) -> TaskDone:
        async with gate:
            outcome = await (self._copied(task) if task.sources else self._checked(task))
        if outcome != WHOLE:
            _log.warning("%s in %s: %s", task.blob, task.at.location, outcome)
        return TaskDone(task.version, task.blob, task.at.location, outcome)

    async def _checked(self, task: Task) -> str:
        try:
            store = self._stores.at(task.at.uri)
            known = (task.check_key, task.check)
            return WHOLE if await lies_whole(store, task.blob, task.cipher_bytes, known) else DIFFERS
        except Refusal as refusal:
            return ABSENT if refusal.kind is Kind.BROKEN else UNREACHABLE

    async def _copied(self, task: Task) -> str:
        try:
            target = self._stores.at(task.at.uri)
        except Refusal:
            return UNREACHABLE
        is_away = False
        for place in task.sources:
            try:
                if await self._copied_from(self._stores.at(place.uri), target, task):
                    return await self._checked(task)
            except TargetGoneError:
                return UNREACHABLE
            except Refusal as refusal:
                is_away = is_away or refusal.kind is not Kind.BROKEN
        return UNREACHABLE if is_away else NO_SOURCE

    async def _copied_from(self, source: BlobStore, target: BlobStore, task: Task) -> bool:
        """Whether the source holds what was written; only then something is visible in the target."""
        running = Check(task.check_key)
        if task.cipher_bytes <= BATCH_BYTES:
            whole = bytearray()
            async for piece in source.read(task.blob, 0, task.cipher_bytes - 1):
                whole += piece
            running.update(whole)
            if not running.agrees(task.cipher_bytes, task.check):
                return False
            await _to(target.put(task.blob, whole))
            return True
        draft = await _to(target.begin(task.blob, task.cipher_bytes))
        try:
            async for piece in source.read(task.blob, 0, task.cipher_bytes - 1):
                running.update(piece)
                await _to(draft.write(piece))
            if not running.agrees(task.cipher_bytes, task.check):
                return False
            await _to(draft.commit())
            return True
        finally:
            await draft.drop()


async def _to(work: Awaitable[T]) -> T:
    """What the target refuses is not the source's fault."""
    try:
        return await work
    except Refusal as refusal:
        raise TargetGoneError from refusal
