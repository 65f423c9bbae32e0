"""The daily veil: one leaf per customer and day, always, be anything hidden by a duty or not.

A withheld act is sequenced in the house's withheld sub-log; the veil of its customer's day commits to it. The
day is UTC. A withheld act expects that its day has not ended, a veil is made only after it has and expects
that the withheld sub-log is as long as it was read: so nothing falls between two veils.
"""

import hmac
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import msgspec

from custodes.acts.authority import Alteration, withheld
from custodes.acts.footing.customer import EXCEPTIONAL, WITHHELD, Customer
from custodes.acts.footing.standing import Change
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.records import VEIL, Record
from custodes.acts.watched.auditors import document_of, sets_of
from custodes.acts.writing.act import Act, Before, Failed, Position, Row
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.kernel import canonical
from custodes.kernel.clock import from_text
from custodes.kernel.ids import new_id
from custodes.kernel.papers import SealAuditor
from custodes.kernel.refusal import absent, unavailable
from custodes.ledger import veil
from custodes.ledger.slots import SLOTS_MIN
from custodes.ledger.veil import ITEMS_MAX, VeilDraft, Withheld

from .common import BY_THE_KEYROOM, customers

ROUND_VEILS = 200
_DAY = timedelta(days=1)


class Veils:
    """Makes every veil that is due. Knows each customer's last day, from his log after a start."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._last: dict[str, date] = {}

    async def round(self) -> tuple[int, bool]:
        """At most `ROUND_VEILS` veils: how many were made, and whether there may be more."""
        o = self._o
        await settle_in(self._o)
        made = 0
        yesterday = o.clock.now().astimezone(UTC).date() - _DAY
        for customer in customers(o):
            if customer.sealed:
                continue  # made up for when he is unsealed
            last = self._last.get(customer.id) or await self._look(customer, yesterday)
            while last < yesterday:
                if made == ROUND_VEILS:
                    return made, True
                last += _DAY
                day = last.isoformat()
                await o.gate.until_committed(partial(self._make, customer, day))
                self._last[customer.id] = last
                made += 1
            self._last[customer.id] = last
        return made, False

    async def withhold(self, customer: Customer, record: Record) -> Position:
        """Sequence an act that a non-disclosure duty hides, in the house's withheld sub-log.

        Whoever uses a key under it waits for this position to be witnessed first, as under any grant.
        """
        await settle_in(self._o)
        return await self._o.gate.until_committed(lambda: self._withhold(customer, record))

    async def opening(self, customer_id: str, day: str) -> bytes:
        """The whole opening of one veil, for the seal auditors; `no-such-veil` (absent)."""
        o = self._o
        customer = o.standing.get("customer", customer_id, Customer)

        def look(reads: Reads) -> bytes:
            if customer is None or not (rows := _veils(reads, customer, day)):
                raise absent("no-such-veil")
            page = reads.page(o.house, rows[0].page)
            if page is None:
                raise absent("no-such-veil")
            return o.records.veil_opening(customer, page, rows[0])

        return await o.read(look)

    async def _look(self, customer: Customer, yesterday: date) -> date:
        """The last day that has a veil, or the day before his first."""
        first = from_text(customer.created_at).date()

        def look(reads: Reads) -> date:
            day = yesterday
            while day >= first and not _veils(reads, customer, day.isoformat()):
                day -= _DAY
            return max(day, first - _DAY)

        return await self._o.read(look)

    async def _make(self, customer: Customer, day: str) -> Receipted | Failed:
        o = self._o
        log, tag = _house(o).log(WITHHELD), tag_of(o, customer.id, day)
        size, withheld = await o.read(lambda reads: _withheld(reads, log, tag))
        sets = sets_of(o)
        seal = partial(_sealed, o, (customer.id, day), sets[0]) if sets else None
        draft: VeilDraft = veil.make(customer.id, day, withheld, o.dice, seal)
        act_id = f"act-veil-{customer.id}-{day}"
        await o.records.ready(customer)
        entry = o.records.seal_veil(customer, act_id, (day, draft))
        return await o.gate.commit(
            Act(id=act_id, expects=(Row("log.size", (log, size)),), entries=(entry,), is_named=True)
        )

    async def _withhold(self, customer: Customer, record: Record) -> Position | Failed:
        o = self._o
        house = _house(o)
        now = o.clock.now().astimezone(UTC)
        day = now.date().isoformat()
        act_id = new_id("act", o.dice)
        hidden = msgspec.structs.replace(record, fields={**record.fields, "customer": customer.id})
        await o.records.ready(house)
        sealed = o.records.seal(house, act_id, 0, hidden)
        entry = withheld(house, sealed, tag_of(o, customer.id, day))
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + _DAY
        outcome = await o.gate.commit(Act(id=act_id, expects=(Before(midnight),), entries=(entry,)))
        return outcome if isinstance(outcome, Failed) else outcome.committed.positions[0]


async def settle_in(o: Opened) -> None:
    """Give the house its withheld sub-log with a slot of its own: always, and long before it is used."""
    if WITHHELD in _house(o).slots:
        return

    def decide() -> Alteration:
        house = _house(o)
        slots = {**house.slots, WITHHELD: _free_slot(o)}
        changed = msgspec.structs.replace(house, slots=slots)
        record = Record(
            act="log.open", subject=house.id, fields={**BY_THE_KEYROOM, "subject": house.log(WITHHELD)}
        )
        return Alteration(
            changes=(Change(noun="customer", id=house.id, customer=house.id, value=changed),),
            records=((house, record),),
        )

    await o.authority.alter(decide)


def tag_of(o: Opened, customer: str, day: str) -> str:
    """By what the withheld acts of a customer's day are found; says nothing to who reads the database."""
    asked = canonical.encode(["custodes/withheld/v1", customer, day])
    return f"{WITHHELD}/{hmac.digest(o.keyring.house_keys.mac, asked, 'sha256').hex()}"


def _sealed(
    o: Opened, about: tuple[str, str], whom: tuple[tuple[SealAuditor, ...], int], inside: bytes
) -> bytes:
    return document_of(o, about, inside, whom)


def _house(o: Opened) -> Customer:
    row = o.standing.get("customer", o.house, Customer)
    if row is None:
        raise unavailable("not-settled")
    return row


def _free_slot(o: Opened) -> int:
    """A place in the slot tree that nobody has."""
    taken = {slot for row in customers(o) for slot in row.slots.values()}
    width = SLOTS_MIN
    while width < 2 * (len(taken) + 1):
        width *= 2
    while True:
        slot = int.from_bytes(o.dice.draw(4), "big") % width
        if slot not in taken:
            return slot


def _veils(reads: Reads, customer: Customer, day: str) -> Sequence[OpeningRow]:
    return reads.openings(customer.log(EXCEPTIONAL), subject=f"{VEIL}/{customer.id}/{day}", limit=2)


def _withheld(reads: Reads, log: str, tag: str) -> tuple[int, list[Withheld]]:
    """The sub-log's size, and every act in it that has this tag."""
    rows = reads.openings(log, subject=tag, limit=ITEMS_MAX, is_oldest_first=True)
    found = [
        Withheld(log=log, index=row.index, leaf=reads.leaves(log, row.index, row.index + 1)[0])
        for row in rows
    ]
    return reads.head(log).size, found
