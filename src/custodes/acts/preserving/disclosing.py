"""What was withheld, once it may be known: each act's own opening, and the proof that its day's veil held it.

A customer compares with what he has had all along: the veil of that day in his exceptional sub-log. Until
that veil is made (after midnight UTC) the act alone is opened.
"""

from collections.abc import Sequence
from functools import partial

import msgspec

from custodes.acts.asks.preserving.cases import Disclosed, DisclosedEntry, LookDisclosed
from custodes.acts.footing.customer import EXCEPTIONAL, WITHHELD, Customer
from custodes.acts.footing.decisions import refusal_of
from custodes.acts.opened import Opened
from custodes.acts.permitted import house
from custodes.acts.records import VEIL
from custodes.acts.upkeep.veils import tag_of
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.custody.hierarchy import Page
from custodes.desks.preservation import PreservationCase, is_hidden
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import absent
from custodes.ledger import veil
from custodes.ledger.veil import ITEMS_MAX

from . import kept
from .office import READ, asked_for

Stored = tuple[OpeningRow, bytes, Page]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One withheld act of a case, with what it says."""

    day: str
    row: OpeningRow
    leaf: bytes
    page: Page
    fields: dict[str, Plain]


async def withheld_of(o: Opened, case: PreservationCase) -> list[Entry]:
    """The acts of a case that stand in the house's withheld sub-log, oldest first."""
    found = []
    for day in case.body.days:
        tag = tag_of(o, case.customer, day)
        for row, leaf, page in await o.read(partial(_stored, o.house, house(o).log(WITHHELD), tag)):
            fields = o.records.unseal(house(o), page, row, leaf).fields
            if fields.get("case") == case.id:
                found.append(Entry(day=day, row=row, leaf=leaf, page=page, fields=dict(fields)))
    return found


class Disclosing:
    """Answers `LookDisclosed`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def look(self, ask: LookDisclosed) -> Disclosed:
        """See `LookDisclosed`. The customer's own people, and those who see every case of his anyway."""
        o = self._o
        who = o.identities.of(ask.evidence)
        customer = o.standing.get("customer", ask.customer, Customer)
        homes = {customer.organisation, o.grants.trustee()} if customer is not None else set()
        if customer is None or who.actor.organisation not in homes:
            raise absent("no-such-customer")
        decided = o.decisions.decide(who, asked_for(o, READ))
        if not decided.decision.allowed:
            raise refusal_of(decided.decision)
        entries: list[DisclosedEntry] = []
        for case in kept.every(o):
            if case.customer == customer.id and not is_hidden(case):
                entries += await self._of_case(customer, case)
        entries.sort(key=lambda one: (one.day, one.index))
        return Disclosed(customer=customer.id, entries=tuple(entries))

    async def _of_case(self, customer: Customer, case: PreservationCase) -> list[DisclosedEntry]:
        o, shown = self._o, []
        for entry in await withheld_of(o, case):
            opening, person = o.records.opening(house(o), entry.page, entry.row)
            at, leaf, lifted = await self._veil(customer, entry)
            shown.append(
                DisclosedEntry(
                    day=entry.day,
                    case=case.id,
                    log=entry.row.log,
                    index=entry.row.index,
                    leaf=entry.leaf,
                    opening=opening,
                    person_opening=person,
                    veil_index=at,
                    veil_leaf=leaf,
                    veil_opening=lifted,
                )
            )
        return shown

    async def _veil(self, customer: Customer, entry: Entry) -> tuple[int | None, bytes, bytes]:
        """Where the veil of that day stands, its leaf, and an opening that shows this one act."""
        o, log = self._o, customer.log(EXCEPTIONAL)
        found = await o.read(partial(_stored, o.house, log, f"{VEIL}/{customer.id}/{entry.day}"))
        if not found:
            return None, b"", b""
        row, leaf, page = found[0]
        whole = o.records.veil_opening(customer, page, row)
        return row.index, leaf, veil.disclose(whole, [(entry.row.log, entry.row.index)])


def _stored(house_id: str, log: str, subject: str, reads: Reads) -> Sequence[Stored]:
    found = []
    for row in reads.openings(log, subject=subject, limit=ITEMS_MAX, is_oldest_first=True):
        page = reads.page(house_id, row.page)
        if page is not None:
            found.append((row, reads.leaves(log, row.index, row.index + 1)[0], page))
    return found
