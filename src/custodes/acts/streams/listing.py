"""Lists the stores, page by page, for what belongs to nothing: the keyroom says which; nothing is removed.

A store is asked before and after its page whether it is there: a mount that went away leaves an empty folder,
and what lay in the store is not gone. One that cannot be listed is left out for a while; the others go on.
"""

import asyncio
import logging
import re
from collections.abc import Sequence
from typing import Protocol

from custodes.acts.asks import Doors
from custodes.acts.asks.buckets.leftovers import ITEMS_MAX, StoreListed, Stray, TakeListing
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Refusal

from .ports import PlainItem, PlainStores, Stores
from .probing import NEVER

PAUSE_S = 60.0
BETWEEN_PAGES_S = 0.2
AWAY_S = 900.0
_OURS = re.compile(r"(?:.*/)?[0-9a-z]{2}/(blb-[0-9a-z]{26})")

_log = logging.getLogger("custodes.listing")


class Reach(Stores, PlainStores, Protocol):
    """Both kinds of stores."""


class Lister:
    """One per process that reaches the stores."""

    def __init__(self, doors: Doors, stores: Reach) -> None:
        self._doors = doors
        self._stores = stores
        self._away: dict[str, float] = {}

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
        now_s = asyncio.get_running_loop().time()
        self._away = {at: until_s for at, until_s in self._away.items() if now_s < until_s}
        work = await self._doors.ask(TakeListing(tuple(self._away)))
        if work.store is None:
            return False
        try:
            items = await self._page(work.store.uri, work.after)
        except Refusal as refusal:
            _log.warning("%s is not listed: %s", work.store.location, refusal.code)
            self._away[work.store.location] = now_s + AWAY_S
            return True
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

    async def _page(self, uri: str, after: str) -> Sequence[PlainItem]:
        await self._demand(uri)
        items = await self._stores.plain_at(uri).page(after, ITEMS_MAX)
        await self._demand(uri)
        return items

    async def _demand(self, uri: str) -> None:
        """Whatever a store says that is not there, or is not the one it was."""
        try:
            async for _ in self._stores.at(uri).read(NEVER, 0, 0):
                return
        except Refusal as refusal:
            if refusal.code != "blob-absent":
                raise
