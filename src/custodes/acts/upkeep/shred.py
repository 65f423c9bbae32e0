"""The shred key turns once a day if anything was erased; the old one is dropped when nothing needs it.

Turning is one act; then the pages are re-wrapped (`rewrap.py`); dropping is one act that checks, inside its
transaction, that no page of a living key lies under an older one. Pages of a destroyed key are not
re-wrapped: they die with the shred key they lie under.
"""

import asyncio
from functools import partial

import msgspec

from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Row, Write
from custodes.acts.writing.ports import Reads
from custodes.custody import hierarchy
from custodes.custody.hierarchy import Scope
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal

from .common import BY_THE_KEYROOM, at_rest, customers, destroyed

ROUND_TURNS = 50
MARKS_MAX = 100_000
VACUUM_BYTES_MAX = 32 * 1_048_576


class Shreds:
    """Turns and drops shred keys."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._looked_at: set[tuple[str, int]] = set()

    async def turn_due(self) -> int:
        """Turn for every customer of whom something was erased before today, or a key destroyed."""
        o = self._o
        today = o.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        due = set(await o.read(lambda reads: reads.upkeep.waiting("shred", today, MARKS_MAX)))
        turned = 0
        for customer in customers(o):
            if at_rest(o, customer) or turned == ROUND_TURNS:
                continue
            if customer.id in due or await self._has_dying_pages(customer):
                await self.turn(customer.id)
                turned += 1
        return turned

    async def turn(self, customer_id: str) -> None:
        """A fresh shred key for this customer; the old ones stay until nothing lies under them."""
        o = self._o

        def decide() -> Alteration:
            customer = _customer(o, customer_id)
            change, record = turned(o, customer)
            return Alteration(
                changes=(change,),
                records=((customer, record),),
                writes=(Write("keep.done", ("shred", customer.id)),),
            )

        await o.authority.alter(decide)

    async def drop_unneeded(self) -> tuple[int, list[str]]:
        """Drop every older shred key that no living page needs: how many, and customers still in need."""
        o = self._o
        dropped, behind = 0, []
        for customer in customers(o):
            if len(customer.shreds) == 1 or at_rest(o, customer):
                continue
            dead = destroyed(o, customer)
            is_free = await o.read(partial(_is_none_below, customer, dead))
            if not is_free:
                behind.append(customer.id)
                continue
            try:
                await self._drop(customer.id)
                dropped += 1
            except Refusal as refusal:
                if refusal.code != "changed-meanwhile":
                    raise
                behind.append(customer.id)
        return dropped, behind

    async def scrub(self) -> bool:
        """Once a shred key was dropped or an entry erased: leave nothing of it in the files; True if so."""
        o = self._o
        marked = await o.read(lambda reads: reads.upkeep.waiting("scrub", o.clock.now(), 1))
        if not marked:
            return False
        reached = await asyncio.to_thread(o.books.scrub, VACUUM_BYTES_MAX)
        if not reached.is_rewritten:
            await o.gate.commit(Act(id=new_id("act", o.dice), writes=(Write("standing.rewrite", ()),)))
            reached = await asyncio.to_thread(o.books.scrub, 0)
        if not reached.is_log_cut:
            return False
        done = Write("keep.done", ("scrub", o.house))
        await o.gate.commit(Act(id=new_id("act", o.dice), writes=(done,)))
        return True

    async def _has_dying_pages(self, customer: Customer) -> bool:
        """Whether a page of a destroyed key lies under the present shred key."""
        o = self._o
        for key in destroyed(o, customer):
            at = (key, customer.shred)
            if at in self._looked_at:
                continue
            if await o.read(partial(_is_any_under, at)):
                return True
            self._looked_at.add(at)
        return False

    async def _drop(self, customer_id: str) -> None:
        o = self._o
        now = o.clock.now()

        def decide() -> Alteration:
            customer = _customer(o, customer_id)
            kept = {customer.shred: customer.shreds[customer.shred]}
            changed = msgspec.structs.replace(customer, shreds=kept)
            return Alteration(
                changes=(Change(noun="customer", id=customer.id, customer=customer.id, value=changed),),
                records=((customer, _record("shred.drop", customer.id, customer.shred - 1)),),
                expects=(Row("page.none-below", (customer.id, customer.shred, destroyed(o, customer))),),
                writes=(
                    Write("shred.floor", (customer.id, customer.shred)),
                    Write("keep.due", ("scrub", o.house, now)),
                ),
            )

        await o.authority.alter(decide)
        o.keyring.drop_shreds(customer_id, _customer(o, customer_id).shred)


def turned(o: Opened, customer: Customer) -> tuple[Change, Record]:
    """A fresh shred key for this customer and its record, for an act that turns it with something else.

    The record is sealed for the customer as he is before: under a shred key that is durable already.
    """
    shred = customer.shred + 1
    scope = Scope(house=o.house, customer=customer.id)
    wrapped = hierarchy.make_shred(o.keyring.root(customer), scope, shred, o.dice)
    changed = msgspec.structs.replace(customer, shred=shred, shreds={**customer.shreds, shred: wrapped})
    change = Change(noun="customer", id=customer.id, customer=customer.id, value=changed)
    return change, _record("shred.turn", customer.id, shred)


def _is_none_below(customer: Customer, dead: tuple[str, ...], reads: Reads) -> bool:
    return reads.upkeep.is_none_below(customer.id, customer.shred, dead)


def _is_any_under(at: tuple[str, int], reads: Reads) -> bool:
    return reads.upkeep.is_any_under(*at)


def _customer(o: Opened, id_: str) -> Customer:
    row = o.standing.get("customer", id_, Customer)
    if row is None:
        raise ValueError("a customer's row is never removed")
    return row


def _record(act: str, customer: str, shred: int) -> Record:
    return Record(act=act, subject=customer, fields={**BY_THE_KEYROOM, "shred": shred})
