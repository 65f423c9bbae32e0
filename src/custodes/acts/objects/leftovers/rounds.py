"""Rounds over the stores: which is listed next, and what of a page belongs to nothing.

Where a round is stands in the database, so that it goes on after a crash; a page told twice does no harm.
A blob that is younger than `YOUNG`, by what the store says, may be one on its way and is not judged.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from custodes.acts.asks.buckets.leftovers import ITEMS_MAX, ListingWork, StoreListed, Stray, TakeListing
from custodes.acts.asks.objects import Closed
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.objects.ground import Ground
from custodes.acts.objects.outcomes import UNCLOSED_AFTER
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import StrayRow
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import conflict, malformed
from custodes.objects.adoption import Adoption, is_open

from .known import Known, known_now

REST = timedelta(days=7)
YOUNG = UNCLOSED_AFTER + timedelta(days=1)
GOOD_MS = 24 * 3_600_000
NAME_CHARS_MAX = 1_100

_log = logging.getLogger("custodes.leftovers")


class Leftovers:
    """Answers `TakeListing` and `StoreListed`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._o = ground.o
        self._known: Known | None = None
        self._one = asyncio.Lock()

    async def take(self, ask: TakeListing) -> ListingWork:
        """See `TakeListing`. From where something is adopted or restored, it is full of what is not ours."""
        o, now = self._o, self._o.clock.now()
        left_out = {*ask.away, *sources(o)}
        for location in sorted(row.location for row in o.standing.all_of("store", StoreAt)):
            if location in left_out:
                continue
            found = await o.read(lambda r, at=location: r.objects.listing(at))  # type: ignore[misc]
            stores = self._g.places.stores((location,))
            if not stores or (found is not None and found.at > now):
                continue
            await self._ready()
            return ListingWork(store=stores[0], after=found.after if found is not None else "")
        return ListingWork()

    async def listed(self, ask: StoreListed) -> Closed:
        """See `StoreListed`."""
        o = self._o
        if len(ask.blobs) > ITEMS_MAX or len(ask.last) > NAME_CHARS_MAX:
            raise malformed("too-many-blobs")
        known = self._known
        if known is None:
            raise conflict("not-now")
        strays = self._strays(ask, known)
        due = o.clock.now() + REST if ask.is_end else None
        write = Write("stray.listed", (ask.location, (ask.after, ask.last), strays, (o.clock.now(), due)))
        outcome = await o.gate.commit(Act(id=new_id("act", o.dice), writes=(write,)))
        if isinstance(outcome, Failed):
            raise conflict("not-now")
        for row in strays:
            _log.warning("%s in %s belongs to nothing (%d bytes)", row.blob, row.location, row.size)
        return Closed()

    def _strays(self, ask: StoreListed, known: Known) -> tuple[StrayRow, ...]:
        now, held = self._o.clock.now(), self._g.tickets.blobs()
        return tuple(
            StrayRow(location=ask.location, blob=one.blob, size=one.size)
            for one in _whole(ask.blobs)
            if one.modified < now - YOUNG and one.blob not in held and not known.has(one.blob)
        )

    async def known(self, since_ms: int) -> Known:
        """What is known, read at that time since boot or later."""
        async with self._one:
            known = self._known
            if known is None or known.at_ms < since_ms:
                known = self._known = await known_now(self._o)
            return known

    async def _ready(self) -> None:
        """What is known, of today."""
        await self.known(self._o.clock.boot_ms() - GOOD_MS)


def sources(o: Opened) -> frozenset[str]:
    """Locations from which something is adopted or restored now."""
    rows = o.standing.all_of("adoption", Adoption)
    return frozenset(row.source for row in rows if is_open(row))


def _whole(blobs: Sequence[Stray]) -> list[Stray]:
    return [one for one in blobs if is_id("blb", one.blob) and one.size >= 0]
