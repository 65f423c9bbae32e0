"""Looks whether each store answers: asks for a blob that never was, and takes the time.

Nothing is written and no object is read. A store that says "not there" in its own words is one that answers;
a folder without room, or one that is read-only, is told as full.
"""

import asyncio
import logging
from collections.abc import Callable

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.stores import DueStores, StoreTold, TellStores
from custodes.acts.asks.objects import Store
from custodes.kernel.refusal import Refusal

from .ports import Stores

PAUSE_S = 30.0
WITHIN_S = 20.0
AT_ONCE_MAX = 8
NEVER = "blb-00000000000000000000000000"
SLOW, FULL = "store-slow", "store-full"
FULL_BYTES = 16 * 1_048_576  # of a local folder: what has less room takes the next long write no more

_log = logging.getLogger("custodes.probing")


class Prober:
    """One per process that reaches the stores; `free` says how many bytes fit at a URI, if known."""

    def __init__(self, doors: Doors, stores: Stores, free: Callable[[str], int | None]) -> None:
        self._doors = doors
        self._stores = stores
        self._free = free

    async def run(self, pause_s: float = PAUSE_S) -> None:
        """A look at every store each `pause_s` seconds."""
        while True:
            try:
                await self.look()
            except Refusal as refusal:  # sealed, busy, or not there: the next look asks again
                _log.info("nobody hears of the stores: %s", refusal.code)
            await asyncio.sleep(pause_s)

    async def look(self) -> None:
        """One look at each."""
        due = await self._doors.ask(DueStores())
        gate = asyncio.Semaphore(AT_ONCE_MAX)
        told = await asyncio.gather(*(self._told(one, gate) for one in due.stores))
        await self._doors.ask(TellStores(tuple(told)))

    async def _told(self, at: Store, gate: asyncio.Semaphore) -> StoreTold:
        loop = asyncio.get_running_loop()
        async with gate:
            began = loop.time()
            fault = await self._fault(at.uri)
            ms = round((loop.time() - began) * 1_000)
        free = None if fault else await asyncio.to_thread(self._free, at.uri)
        if free is not None and free < FULL_BYTES:
            fault = FULL
        return StoreTold(location=at.location, ms=ms, fault=fault, free_bytes=free)

    async def _fault(self, uri: str) -> str:
        try:
            async with asyncio.timeout(WITHIN_S):
                async for _ in self._stores.at(uri).read(NEVER, 0, 0):
                    break
        except TimeoutError:
            return SLOW
        except Refusal as refusal:
            return "" if refusal.code == "blob-absent" else refusal.code
        return ""
