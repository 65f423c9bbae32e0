"""The log as its customer sees it: entries opened and proven, receipts, and his own tiles.

Everything shown here is a fold over entries opened to the asker and proven against their leaves, never over
tables (promise 8): a row that does not prove is refused, not shown.
"""

from collections.abc import Sequence

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.log import (
    DestroyedView,
    Entries,
    EntryView,
    LookEntries,
    MakeReceipt,
    ReceiptFile,
    SlotEvidence,
    SubLogTile,
    Tile,
)
from custodes.acts.footing.customer import SHOWN, Customer
from custodes.acts.footing.decisions import Asked, refusal_of
from custodes.acts.footing.house_body import Shard
from custodes.acts.opened import Opened
from custodes.acts.records import LOST, VEIL
from custodes.acts.retention.proven import MARKS_MAX, Destroyed, destroyed
from custodes.acts.turning.shards import covering as first_covering
from custodes.acts.turning.shards import head_over
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow
from custodes.custody.hierarchy import Page
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, malformed
from custodes.ledger import entry as ledger_entry
from custodes.ledger import receipt as receipts
from custodes.ledger.merkle import inclusion_proof
from custodes.ledger.note import NoteSigner
from custodes.ledger.retention import spans
from custodes.ledger.vocabulary import is_person
from custodes.policy.question import Resource

from . import entry_pages
from .tiles_of import reader_of, tile_of

Found = tuple[OpeningRow, bytes, Page | None]


class LogAnswers:
    """Answers `LookEntries`, `MakeReceipt`, `SubLogTile`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def entries(self, ask: LookEntries) -> Entries:
        """A page; `bad-limit`, `bad-place`, `bad-time` (malformed), `no-such-log` (absent)."""
        o = self._o
        asked = entry_pages.sought(ask)
        customer = self._customer(ask.evidence, ask.customer, "log:read")

        def work(reads: Reads) -> tuple[entry_pages.Found, list[Found], tuple[Destroyed, ...]]:
            page = entry_pages.read(reads, customer, asked)
            gone = tuple(
                one
                for log, start, end in page.covered
                for one in destroyed(reads, o.records, (o.house, customer), log, (start, end))
            )
            if asked.subject is None and asked.act is None:
                _refuse_holes(page, gone)
            rows = [row for row in page.rows if not any(_is_in(row, one) for one in gone)]
            return page, with_leaves(reads, o.house, rows), gone

        page, found, gone = await o.read(work)
        views = tuple(self._view(customer, one, hides_persons=ask.hides_persons) for one in found)
        shown = tuple(_destroyed_view(one) for one in gone)
        if asked.is_oldest_first:
            return Entries(views, page.sizes, next_after=page.place, destroyed=shown)
        place = None if page.is_last else page.place
        return Entries(views, page.sizes, next_before=place, destroyed=shown)

    async def receipt(self, ask: MakeReceipt) -> ReceiptFile:
        """A receipt file; `no-such-entry` (absent), `not-yet-witnessed`, `entry-lost`,
        `destroyed-under-retention` (conflict), `bad-grade` (malformed).
        """
        o = self._o
        if ask.grade not in set(receipts.Grade):
            raise malformed("bad-grade")
        customer = self._customer(ask.evidence, ask.log.partition("/")[0], "log:prove")
        if ask.log not in {customer.log(kind) for kind in SHOWN}:
            raise absent("no-such-entry")
        span = (ask.index, ask.index + 1)

        def work(reads: Reads) -> Found:
            for one in destroyed(reads, o.records, (o.house, customer), ask.log, span):
                raise conflict("destroyed-under-retention", at=one.at, by=one.by, until=one.until)
            return _one(reads, o.house, ask.log, ask.index)

        row, leaf, page = await o.read(work)
        if row.code == LOST:  # nobody here knows any more when it was put in order
            raise conflict("entry-lost")
        signer = NoteSigner(receipt_key_name(o.origin), o.receipt_key)
        made = receipts.sequenced(
            o.house, f"{o.origin}/{ask.log}", (ask.index, leaf), to_text(row.at), signer
        )
        if row.code != VEIL and page is not None:  # else there is nothing to show: it says where it stands
            opening = o.records.opening(customer, page, row)
            names = _all_names(leaf, opening)
            names = names if ask.disclose is None else set(ask.disclose)
            made = receipts.with_opening(made, ledger_entry.disclose(opening[0], names, opening[1]))
        if ask.grade == receipts.Grade.WITNESSED:
            path, anchor = await o.read(lambda reads: _anchor(reads, o.shard, (ask.log, ask.index)))
            made = receipts.witnessed(made, path, anchor)
        return ReceiptFile(made.encode())

    async def tile(self, ask: SubLogTile) -> Tile:
        """One tile of the asker's own sub-log; `no-such-tile` (absent)."""
        customer = self._customer(ask.evidence, ask.log.partition("/")[0], "log:read")
        if ask.log not in {customer.log(kind) for kind in SHOWN}:
            raise absent("no-such-tile")

        def work(reads: Reads) -> bytes:
            return tile_of(reads, ask.log, ask.path, reads.head(ask.log).size)

        return Tile(await self._o.read(work))

    def _customer(self, evidence: Evidence, id_: str, action: str) -> Customer:
        o = self._o
        who = o.identities.of(evidence)
        customer = o.standing.get("customer", id_, Customer)
        if customer is None:
            raise absent("no-such-log")
        resource = Resource(kind="log", id=customer.id, customer=customer.id)
        decided = o.decisions.decide(who, Asked(action=action, resource=resource, purpose="audit"))
        if not decided.decision.allowed:
            raise refusal_of(decided.decision)
        return customer

    def _view(self, customer: Customer, found: Found, *, hides_persons: bool) -> EntryView:
        row, leaf, page = found
        if page is None:
            return EntryView(
                row.log, row.log.rpartition("/")[2], row.index, to_text(row.at), LOST, leaf, {}, ()
            )
        opened = self._o.records.unseal(customer, page, row, leaf)
        return EntryView(
            log=row.log,
            kind=row.log.rpartition("/")[2],
            index=row.index,
            at=to_text(row.at),
            act=row.code,
            leaf=leaf,
            fields={
                name: value
                for name, value in opened.fields.items()
                if not (hides_persons and is_person(name))
            },
            erased=opened.erased,
        )


def _refuse_holes(page: entry_pages.Found, gone: Sequence[Destroyed]) -> None:
    """`opening-missing` (broken): what is neither there nor provably destroyed is not passed over."""
    if len(gone) >= MARKS_MAX:
        return  # more than are told at once
    for log, start, end in page.covered:
        there = [(row.index, row.index + 1) for row in page.rows if row.log == log]
        there += [(one.first, one.end) for one in gone if one.log == log]
        holes = spans.missing(there, start, end)
        if holes:
            raise Refusal("opening-missing", Kind.BROKEN, {"log": log, "index": holes[0][0]})


def _is_in(row: OpeningRow, one: Destroyed) -> bool:
    """Whether a row lies where it was destroyed: put back, and not shown."""
    return row.log == one.log and one.first <= row.index < one.end


def _destroyed_view(one: Destroyed) -> DestroyedView:
    return DestroyedView(
        log=one.log,
        kind=one.log.rpartition("/")[2],
        first=one.first,
        end=one.end,
        entry_class=one.entry_class,
        days=one.days,
        at=one.at,
        until=one.until,
        by=one.by,
    )


def receipt_key_name(origin: str) -> str:
    """The note name of the keyroom's receipt key."""
    return f"{origin}/receipts"


def with_leaves(reads: Reads, house: str, rows: Sequence[OpeningRow]) -> list[Found]:
    """Each row with its leaf and its page; `no-such-entry` (absent) where one is wanting."""
    found: list[Found] = []
    pages: dict[str, Page | None] = {}
    for row in rows:
        if row.code == LOST:
            pages[row.page] = None
        elif row.page not in pages:
            page = reads.page(house, row.page)
            if page is None:
                raise absent("no-such-entry")
            pages[row.page] = page
        leaves = reads.leaves(row.log, row.index, row.index + 1)
        if len(leaves) != 1:
            raise absent("no-such-entry")
        found.append((row, leaves[0], pages[row.page]))
    return found


def _one(reads: Reads, house: str, log: str, index: int) -> Found:
    row = reads.opening(log, index)
    if row is None:
        raise absent("no-such-entry")
    return with_leaves(reads, house, [row])[0]


def _anchor(reads: Reads, present: Shard, at: tuple[str, int]) -> tuple[tuple[bytes, ...], receipts.Anchor]:
    """The way from an entry to the checkpoint of the shard whose epoch first held it."""
    log, index = at
    covering = first_covering(reads, log, index)
    if covering is None:
        raise conflict("not-yet-witnessed")
    epoch, root_index, raw = covering
    root_log, note, size = head_over(reads, present, epoch)
    if root_index >= size:
        raise conflict("not-yet-witnessed")
    slot = msgspec.msgpack.decode(raw, type=SlotEvidence)
    root_path = inclusion_proof(reader_of(reads, root_log, size), root_index, size)
    anchor = receipts.Anchor(
        slot=slot.slot,
        epoch=epoch,
        blind=slot.blind,
        size=slot.size,
        root=slot.root,
        previous=slot.previous,
        slot_path=slot.path,
        root_log=receipts.RootProof(index=root_index, path=tuple(root_path), checkpoint=note),
    )
    path = inclusion_proof(reader_of(reads, log, slot.size), index, slot.size)
    return tuple(path), anchor


def _all_names(leaf: bytes, opening: tuple[bytes, bytes | None]) -> set[str]:
    return set(ledger_entry.check(leaf, opening[0], opening[1]).fields)
