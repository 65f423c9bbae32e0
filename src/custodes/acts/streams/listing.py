"""Lists the stores, page by page, for what belongs to nothing: the keyroom says which; nothing is removed."""

import asyncio
import logging
import re

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.leftovers import ITEMS_MAX, StoreListed, Stray, TakeListing
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Refusal

from .ports import PlainStores

PAUSE_S = 60.0
BETWEEN_PAGES_S = 0.2
_OURS = re.compile(r"(?:.*/)?[0-9a-z]{2}/(blb-[0-9a-z]{26})")

_log = logging.getLogger("custodes.listing")


class Lister:
    """One per process that reaches the stores."""

    def __init__(self, doors: Doors, stores: PlainStores) -> None:
        self._doors = doors
        self._stores = stores

    async def run(self, pause_s: float = PAUSE_S) -> None:
        """Page after page while a store is due, then a look every `pause_s` seconds."""
        while True:
            is_busy = False
            try:
                is_busy = await self.step()
            except Refusal as refusal:  # sealed, or a store is away
                _log.info("listing waits: %s", refusal.code)
            await asyncio.sleep(BETWEEN_PAGES_S if is_busy else pause_s)

    async def step(self) -> bool:
        """One page of one store; False where none was due."""
        work = await self._doors.ask(TakeListing())
        if work.store is None:
            return False
        items = await self._stores.plain_at(work.store.uri).page(work.after, ITEMS_MAX)
        blobs = []
        for item in items:
            found = _OURS.fullmatch(item.name)
            if found is not None:
                blobs.append(Stray(found[1], item.size, from_text(item.modified)))
        await self._doors.ask(
            StoreListed(
                location=work.store.location,
                after=work.after,
                last=items[-1].name if items else work.after,
                blobs=tuple(blobs),
                is_end=len(items) < ITEMS_MAX,
            )
        )
        return True
