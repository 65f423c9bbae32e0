"""Re-wrap in the background: every page under its key's newest version and the customer's newest shred key.

One batch is one act with one entry; a crash between two leaves every page openable under one of the two keks,
because a retired version and an older shred key stay until nothing lies under them.
"""

import asyncio
import logging
from functools import partial

from custodes.acts.footing.customer import Customer
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Write
from custodes.custody import hierarchy
from custodes.custody.hierarchy import Page, PageKek
from custodes.custody.keys import Key
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal

from .common import BY_THE_KEYROOM, at_rest, customers, keks, living

BATCH_PAGES = 32
ROUND_BATCHES = 8
ROUND_KEYS = 1_000
_log = logging.getLogger("custodes.upkeep")


class Rewrap:
    """Moves pages that are behind. Remembers which keys have none, so that a round is cheap."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._settled: set[tuple[str, int, int]] = set()
        self._damaged: set[str] = set()

    async def round(self) -> tuple[int, bool]:
        """At most `ROUND_BATCHES` batches: pages moved, and whether there may be more."""
        moved = batches = looked = 0
        for customer in customers(self._o):
            if at_rest(self._o, customer):
                continue
            for key in living(self._o, customer):
                at = (key.id, key.version_current or 0, customer.shred)
                while at not in self._settled:
                    if batches == ROUND_BATCHES or looked == ROUND_KEYS:
                        return moved, True
                    looked += 1
                    count = await self._o.gate.until_committed(partial(self._batch, customer, key))
                    batches += count > 0
                    moved += count
                    if not count:
                        self._settled.add(at)
        return moved, False

    def look_again(self, customer: str) -> None:
        """A page of this customer came under an older kek: look at all his keys again."""
        keys = {key.id for row in customers(self._o) if row.id == customer for key in living(self._o, row)}
        self._settled = {at for at in self._settled if at[0] not in keys}

    async def _batch(self, stale: Customer, stale_key: Key) -> int | Failed:
        """One act; 0 when no page of this key is behind."""
        o = self._o
        customer = o.standing.get("customer", stale.id, Customer) or stale
        found = {key.id: key for key in living(o, customer)}
        key = found.get(stale_key.id)
        if key is None or key.version_current is None:
            return 0  # destroyed meanwhile: its pages stay where they are
        at = (key.id, key.version_current, customer.shred)
        limit = BATCH_PAGES + len(self._damaged)
        pages = await o.read(lambda reads: reads.upkeep.behind(o.house, at, limit))
        chosen = [(page, *keks(o, customer, key, page)) for page in pages if page.id not in self._damaged]
        done, damaged = await asyncio.to_thread(_rewrapped, chosen[:BATCH_PAGES], o.dice)
        for page in damaged:
            _log.critical("page %s of key %s does not open and was not re-wrapped", page, key.id)
            self._damaged.add(page)
        if not done:
            return 0 if not damaged else await self._batch(customer, key)
        outcome = await self._commit(customer, key, done)
        return outcome if isinstance(outcome, Failed) else len(done)

    async def _commit(
        self, customer: Customer, key: Key, done: list[tuple[Page, Page]]
    ) -> Receipted | Failed:
        o = self._o
        act_id = new_id("act", o.dice)
        record = Record(
            act="rewrap",
            subject=key.id,
            fields={
                **BY_THE_KEYROOM,
                "key": key.id,
                "key_version": key.version_current or 0,
                "shred": customer.shred,
                "count": len(done),
                "pages": [done[0][0].id, done[-1][0].id],
            },
        )
        await o.records.ready(customer)
        entry = o.records.seal(customer, act_id, 0, record)
        expects = [o.standing.expect("customer", customer.id)]
        if key.id != customer.records.id:
            expects.append(o.standing.expect("key", key.id))
        writes = tuple(Write("page.replace", pair) for pair in done)
        if not _is_current(o, customer, key):
            return Failed(None, "changed-meanwhile")
        return await o.gate.commit(Act(id=act_id, expects=tuple(expects), entries=(entry,), writes=writes))


def _is_current(o: Opened, customer: Customer, key: Key) -> bool:
    """Whether what the pages were wrapped under is still what stands."""
    if o.standing.get("customer", customer.id, Customer) is not customer:
        return False
    return key is customer.records or o.standing.get("key", key.id, Key) is key


def _rewrapped(
    chosen: list[tuple[Page, PageKek, PageKek]], dice: Dice
) -> tuple[list[tuple[Page, Page]], list[str]]:
    """(old, new) pairs, and the ids of pages that do not open."""
    done, damaged = [], []
    for page, old, new in chosen:
        try:
            done.append((page, hierarchy.rewrap_page(old, new, page, dice)))
        except Refusal:
            damaged.append(page.id)
    return done, damaged
