"""After objects were deleted: their pages get fresh keys, so that nothing left of their wraps opens."""

import asyncio
import logging
from datetime import UTC, datetime
from functools import partial

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.readers import Subject
from custodes.custody.hierarchy import Page
from custodes.custody.keys import Key, KeyState
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal

from . import wrapping
from .common import BY_THE_KEYROOM, at_rest, keks

ROUND_PAGES = 16
_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_log = logging.getLogger("custodes.upkeep")


class _Found(msgspec.Struct, frozen=True):
    page: Page
    subjects: tuple[Subject, ...]


class Deletions:
    """Re-keys pages that something was deleted from, one act each."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._left: set[str] = set()
        self._changes = 0

    async def round(self) -> tuple[int, bool]:
        """At most `ROUND_PAGES` pages: how many were re-keyed, and whether there may be more."""
        o = self._o
        changes = o.standing.changes(("customer", "key", "kills"))
        if changes != self._changes:  # what was left aside for a kill may go on
            self._changes = changes
            self._left.clear()
        limit = ROUND_PAGES + len(self._left)
        due = await o.read(lambda reads: reads.upkeep.waiting("rekey", _EVER, limit))
        chosen = [page for page in due if page not in self._left][:ROUND_PAGES]
        count = 0
        for page in chosen:
            try:
                count += await o.gate.until_committed(partial(self._rekey, page))
            except Refusal as refusal:
                _log.critical("page %s was not re-keyed: %s", page, refusal.code)
                self._left.add(page)
        return count, len(chosen) == ROUND_PAGES

    async def _rekey(self, page_id: str) -> int | Failed:
        """One page; 0 when there is nothing to do (any more) or its customer is at rest."""
        o = self._o
        found = await o.read(
            lambda reads: (
                _Found(page, tuple(reads.upkeep.subjects(page_id)))
                if (page := reads.page(o.house, page_id)) is not None
                else None
            )
        )
        customer = o.standing.get("customer", found.page.scope.customer, Customer) if found else None
        key = o.standing.get("key", found.page.scope.key, Key) if found else None
        if found is None or customer is None or key is None or key.state is KeyState.DESTROYED:
            await o.gate.commit(
                Act(id=new_id("act", o.dice), writes=(Write("keep.done", ("rekey", page_id)),))
            )
            return 0
        if at_rest(o, customer):
            self._left.add(page_id)  # until something changes
            return 0
        both = keks(o, customer, key, found.page)
        new, rows = await asyncio.to_thread(wrapping.subjects, both, found.page, found.subjects, o.dice)
        outcome = await self._commit((customer, key), found.page, new, rows)
        if isinstance(outcome, Failed):
            return outcome
        o.keyring.drop_page(page_id, new.generation)
        return 1

    async def _commit(
        self, who: tuple[Customer, Key], old: Page, new: Page, rows: tuple[Subject, ...]
    ) -> Receipted | Failed:
        o, (customer, key) = self._o, who
        act_id = new_id("act", o.dice)
        fields: dict[str, Plain] = {
            **BY_THE_KEYROOM,
            "key": key.id,
            "count": len(rows),
            "pages": [new.id, new.id],
        }
        await o.records.ready(customer)
        entry = o.records.seal(customer, act_id, 0, Record(act="rekey", subject=key.id, fields=fields))
        is_current = (
            o.standing.get("customer", customer.id, Customer) is customer
            and o.standing.get("key", key.id, Key) is key
        )
        if not is_current:
            return Failed(None, "changed-meanwhile")
        return await o.gate.commit(
            Act(
                id=act_id,
                expects=(o.standing.expect("customer", customer.id), o.standing.expect("key", key.id)),
                entries=(entry,),
                writes=(Write("rekey.objects", (old, new, rows, o.clock.now())),),
            )
        )
