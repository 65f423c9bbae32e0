"""Removes what nothing refers to any more: the keyroom names the blobs, the process that stores them removes.

A blob is reported gone only when its store said so; what cannot be reached is named again later.
"""

import asyncio
import logging

from custodes.acts.asks import Doors
from custodes.acts.asks.objects import Fate, FateDone, LookFates, SweepUses
from custodes.kernel.refusal import Refusal

from .ports import Stores

PAUSE_S = 30.0
AT_ONCE_MAX = 8

_log = logging.getLogger("custodes.sweeper")


class Sweeper:
    """One per plane process."""

    def __init__(self, doors: Doors, stores: Stores) -> None:
        self._doors = doors
        self._stores = stores

    async def run(self, pause_s: float = PAUSE_S) -> None:
        """A round every `pause_s` seconds, for as long as the process runs."""
        while True:
            try:
                while await self.round():
                    pass
            except Refusal as refusal:  # sealed, or not there: the next round asks again
                _log.info("the sweep waits: %s", refusal.code)
            await asyncio.sleep(pause_s)

    async def round(self) -> int:
        """Remove what is due; how many blobs went. Whatever the keyroom refuses is raised."""
        await self._doors.ask(SweepUses())
        due = (await self._doors.ask(LookFates())).fates
        gate = asyncio.Semaphore(AT_ONCE_MAX)
        gone = await asyncio.gather(*(self._remove(fate, gate) for fate in due))
        done = tuple(
            (fate.blob, fate.store.location) for fate, is_gone in zip(due, gone, strict=True) if is_gone
        )
        if done:
            await self._doors.ask(FateDone(done=done))
        return len(done)

    async def _remove(self, fate: Fate, gate: asyncio.Semaphore) -> bool:
        async with gate:
            try:
                await self._stores.at(fate.store.uri).remove(fate.blob)
            except Refusal as refusal:
                _log.warning("%s stays in %s: %s", fate.blob, fate.store.location, refusal.code)
                return False
            return True
