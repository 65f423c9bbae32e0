"""Erasing person fields of entries: a quorum of two organisations signs, and it is for ever.

One act: tombstone (standing, so no row put back shows the fields again), one `erasure` entry for each entry
erased, and a fresh key for every record page that held one of them. The leaves stay as they are and still
verify: what is erased is named there and cannot be opened by anybody.
"""

import asyncio
import logging

import msgspec

from custodes.acts import signed
from custodes.acts.answers.said import single
from custodes.acts.asks.documents import erasure_document, hash_of
from custodes.acts.asks.upkeep import Erased, EraseFields
from custodes.acts.authority import Alteration
from custodes.acts.footing.case_head import CaseHead
from custodes.acts.footing.customer import SHOWN, Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.footing.tombstone import Tombstone
from custodes.acts.opened import Opened
from custodes.acts.records import VEIL, Record
from custodes.acts.writing.act import Act, Expect, Untouched, Write
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.custody.hierarchy import Page
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import absent, conflict, denied, malformed
from custodes.parties.distinct import Quorum, Seat
from custodes.parties.rows import Organisation
from custodes.policy.question import Resource

from . import wrapping
from .common import keks

ENTRIES_MAX = 50
PAGES_MAX = 4
REASON_CHARACTERS_MAX = 200
_log = logging.getLogger("custodes.upkeep")


class _Found(msgspec.Struct, frozen=True):
    """The entries named, and everything that lies in the pages they lie in."""

    rows: tuple[OpeningRow | None, ...]
    pages: tuple[tuple[Page, tuple[OpeningRow, ...]], ...]


class Erasure:
    """Answers `EraseFields`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def erase(self, ask: EraseFields) -> Erased:
        """Erase, or refuse.

        `bad-erasure` (malformed); `no-such-customer`, `no-such-entry` (absent); `asker-did-not-sign`,
        `signatures-too-few`, `signature-refused` and what policy says (denied); `case-used`,
        `case-of-a-desk` (it is about something else),
        `already-erased`, `nothing-to-erase`, `erasure-too-wide` (conflict: more than four record pages; ask
        in parts).
        """
        _check(ask)
        o = self._o
        pages = 0

        async def decide() -> Alteration:
            nonlocal pages
            customer = _customer(o, ask)
            who, decided, expects = await self._may(ask, customer)
            if o.standing.get("tombstone", ask.case, Tombstone) is not None:
                raise conflict("case-used")
            if o.standing.get("case", ask.case, CaseHead) is not None:
                raise conflict("case-of-a-desk")  # none of which decides about erasing
            o.records.forget(customer.id)  # the entries of this very act go into another page
            await o.gate.commit(Act(id=new_id("act", o.dice)))  # what is on its way into this one is there
            found = await o.read(lambda reads: _read(reads, o.house, ask.entries))
            _refuse_what_is_not_there(o, found)
            fresh = await self._rekeyed(customer, found, frozenset(ask.entries))
            pages = len(fresh)
            now = o.clock.now()
            stone = Tombstone(
                id=ask.case,
                customer=customer.id,
                entries=ask.entries,
                pages={one.new.id: one.new.generation for one in fresh},
                erased_at=to_text(now),
            )
            writes = [Write("rekey.records", (one.old, one.new, one.rows, now)) for one in fresh]
            writes.append(Write("keep.due", ("scrub", o.house, now)))
            return Alteration(
                changes=(Change(noun="tombstone", id=stone.id, customer=customer.id, value=stone),),
                records=tuple((customer, _record(who, ask, position)) for position in ask.entries),
                expects=(
                    *decided.expects,
                    *expects,
                    o.standing.expect("customer", customer.id),
                    o.standing.expect("case", ask.case),
                    *(Untouched(one.old.id) for one in fresh),
                ),
                writes=tuple(writes),
            )

        done = await o.authority.alter(decide)
        stone = o.standing.get("tombstone", ask.case, Tombstone)
        for page, generation in (stone.pages if stone else {}).items():
            o.keyring.drop_page(page, generation)
        await asyncio.to_thread(o.books.scrub, 0)  # at once as far as it goes; a round does it for good
        at = done.committed.positions[0]
        return Erased(at.log, at.index, pages)

    async def _may(
        self, ask: EraseFields, customer: Customer
    ) -> tuple[Identified, Decided, tuple[Expect, ...]]:
        """Who asks, raised by his own signature; the decision; what the other signatures rest on."""
        o = self._o
        who = o.identities.of(ask.evidence)
        document = erasure_document(o.house, customer.id, ask.case, ask.entries, ask.reason)
        signers = signed.signers(o, ask.approvals, hash_of(document))
        own = [
            one for one in signers if one.actor.person is not None and one.actor.person == who.actor.person
        ]
        if not own:
            raise denied("asker-did-not-sign")
        resource = Resource(kind="log", id=customer.id, customer=customer.id)
        for one in signers:
            asked = Asked(action="person-field:erase", resource=resource, purpose="person-right")
            decided = o.decisions.decide(one, asked)
            if not decided.decision.allowed:
                await o.denials.record(who, customer, decided, subject=ask.case)
                raise refusal_of(decided.decision)
        short = signed.shortfall(o, signers, _quorum(o, customer))
        if short is not None:
            raise denied("signatures-too-few", reason=short.code, need=short.need, have=short.have)
        asked = Asked(action="person-field:erase", resource=resource, purpose="person-right")
        expects = tuple(expect for one in (who, *signers) for expect in one.expects)
        return own[0], o.decisions.decide(own[0], asked), expects

    async def _rekeyed(
        self, customer: Customer, found: _Found, erased: frozenset[tuple[str, int]]
    ) -> list[wrapping.Rekeyed]:
        o = self._o
        if len(found.pages) > PAGES_MAX:
            raise conflict("erasure-too-wide", pages_max=PAGES_MAX)
        fresh = []
        for page, rows in found.pages:
            both = keks(o, customer, customer.records, page)
            one = await asyncio.to_thread(wrapping.records, both, page, rows, erased, o.dice)
            if one.damaged:
                _log.critical("page %s: %d records did not open when it was re-keyed", page.id, one.damaged)
            fresh.append(one)
        return fresh


def _check(ask: EraseFields) -> None:
    logs = {f"{ask.customer}/{kind}" for kind in SHOWN}
    is_good = (
        is_id("cas", ask.case)
        and 1 <= len(ask.entries) <= ENTRIES_MAX
        and len(set(ask.entries)) == len(ask.entries)
        and all(log in logs and index >= 0 for log, index in ask.entries)
        and len(ask.reason) <= REASON_CHARACTERS_MAX
    )
    if not is_good:
        raise malformed("bad-erasure")


def _customer(o: Opened, ask: EraseFields) -> Customer:
    row = o.standing.get("customer", ask.customer, Customer)
    if row is None or o.decisions.is_stranger(o.identities.of(ask.evidence), row.id):
        raise absent("no-such-customer")
    return row


def _quorum(o: Opened, customer: Customer) -> Quorum:
    """Two persons of two controlling groups, and the customer himself is one of them (promise 3)."""
    own = o.standing.get("organisation", customer.organisation, Organisation)
    seats = () if own is None else (Seat(kind=own.kind, organisation=own.id),)
    return Quorum(persons=2, organisations=2, seats=seats)


def _read(reads: Reads, house: str, entries: tuple[tuple[str, int], ...]) -> _Found:
    rows = tuple(reads.opening(log, index) for log, index in entries)
    pages = []
    for id_ in sorted({row.page for row in rows if row is not None})[: PAGES_MAX + 1]:
        page = reads.page(house, id_)
        if page is not None:
            pages.append((page, tuple(reads.upkeep.records(id_))))
    return _Found(rows, tuple(pages))


def _refuse_what_is_not_there(o: Opened, found: _Found) -> None:
    erased = o.records.erased().entries
    pages = {page.id for page, _ in found.pages}
    for row in found.rows:
        if row is None or (row.page not in pages and len(pages) <= PAGES_MAX):
            raise absent("no-such-entry")
        if (row.log, row.index) in erased:
            raise conflict("already-erased", log=row.log, index=row.index)
        if row.person_sealed is None or row.code == VEIL:
            raise conflict("nothing-to-erase", log=row.log, index=row.index)


def _record(who: Identified, ask: EraseFields, position: tuple[str, int]) -> Record:
    at: list[Plain] = [position[0], position[1]]
    return single(
        "erasure",
        who,
        ask.case,
        case=ask.case,
        position=at,
        purpose="person-right",
        reason=ask.reason or None,
    )
