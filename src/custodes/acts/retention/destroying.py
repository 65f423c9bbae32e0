"""Openings whose term is over: destroyed with their page key, in the transaction of the entry that says so.

A round does one act for each log that has something to do. Before it a crash leaves everything, after it
nothing: there is no state between. A record page dies whole where it can; what must stay in it is sealed anew
under a fresh key, as in an erasure. The shred key turns after it, so that rows put back open nothing.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

import msgspec

from custodes.acts.counting.fold import Counting
from custodes.acts.footing.customer import SHOWN, Customer
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.upkeep import wrapping
from custodes.acts.upkeep.common import BY_THE_KEYROOM, at_rest, customers, keks
from custodes.acts.writing.act import Act, Expect, Failed, StandingSeq, Untouched, Write
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import OpeningRow, Resealed, Retiring
from custodes.custody.hierarchy import Page
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.ledger.retention import spans
from custodes.ledger.retention.terms import EntryClass, Terms, class_of

from .over import Over, over, taken

ROWS_LOOKED_AT = 500
ACT_PAGES = 4
COUNTED_FIRST_MAX = 5_000
_log = logging.getLogger("custodes.retention")


class _Page(msgspec.Struct, frozen=True):
    page: Page
    gone: tuple[OpeningRow, ...]
    kept: tuple[OpeningRow, ...]


class _Stretch(msgspec.Struct, frozen=True):
    """A stretch of a log that was looked through: pages with something over, where to go on, the end."""

    pages: tuple[str, ...]
    reached: int
    is_end: bool


class Destroying:
    """Knows how far each log was looked through; what was looked through to its end is in the books."""

    def __init__(self, opened: Opened, counting: Counting | None = None) -> None:
        self._o = opened
        self._counting = counting or Counting(opened)
        self._at: dict[str, tuple[int, int]] = {}
        self._done: dict[str, int] = {}

    async def round(self) -> tuple[int, bool]:
        """One act for each log at most: how many openings were destroyed, and whether there may be more."""
        o = self._o
        destroyed, more = 0, False
        for customer in customers(o):
            if o.standing.get("retention", customer.id, Terms) is None or at_rest(o, customer):
                continue
            for kind in SHOWN:
                try:
                    o.time.refuse_if_frozen()
                    count, is_more = await self._log(customer, kind)
                except Refusal as refusal:
                    _log.warning("retention of %s stands still: %s", customer.log(kind), refusal.code)
                    continue
                destroyed += count
                more = more or is_more
        return destroyed, more

    async def _log(self, customer: Customer, kind: str) -> tuple[int, bool]:
        o, log = self._o, customer.log(kind)
        due = await o.read(lambda reads: over(o.standing, reads, customer, o.clock.now()))
        if due is None or due.newest(kind) is None or self._done.get(log) == due.number:
            return 0, False
        state, reached = self._at.get(log, (due.number, 0))
        begin = reached if state == due.number else 0
        behind = await self._counting.reach(customer, COUNTED_FIRST_MAX)
        found = await o.read(partial(_look, (due, log), (begin, behind.taken(kind))))
        if found is None:
            self._done[log] = due.number
            return 0, False
        if found.pages:
            count = await o.gate.until_committed(partial(self._destroy, customer, found.pages))
            if not count:
                _log.critical("entry %s:%d is over and was not destroyed", log, found.reached)
            self._at[log] = (due.number, found.reached + (not count))
            return count, True
        self._at[log] = (due.number, found.reached)
        if not found.is_end:
            return 0, True
        write = Write("retention.done", (log, due.number))
        await o.gate.commit(Act(id=new_id("act", o.dice), writes=(write,)))
        self._done[log] = due.number
        self._at.pop(log, None)
        return 0, False

    async def _destroy(self, customer: Customer, page_ids: tuple[str, ...]) -> int | Failed:
        """One act over these pages; decided anew inside, so that a hold placed meanwhile counts."""
        o = self._o
        seq = o.standing.seq
        o.time.refuse_if_frozen()
        o.records.forget(customer.id)  # the entries of this very act go into other pages
        await o.gate.commit(Act(id=new_id("act", o.dice)))  # what is on its way into these is there
        read = await o.read(partial(_pages, o, customer, page_ids))
        if read is None:
            return 0
        due, pages = read
        current = o.standing.get("customer", customer.id, Customer)
        if current is not customer:
            return Failed(None, "changed-meanwhile")
        gone = [row for one in pages for row in one.gone]
        if not gone:
            return 0
        at, writes = o.clock.now(), []
        for one in pages:
            new: Page | None = None
            kept: tuple[Resealed, ...] = ()
            if one.kept:
                both = keks(o, customer, customer.records, one.page)
                made = await asyncio.to_thread(
                    wrapping.records, both, one.page, one.kept, frozenset(), o.dice
                )
                new, kept = made.new, made.rows
            runs = [
                (log, first, end)
                for log, rows in _by_log(one.gone)
                for first, end in spans.of(row.index for row in rows)
            ]
            what = Retiring(gone=tuple(runs), kept=kept, at=at)
            writes.append(Write("retention.destroy", (one.page, new, what)))
        outcome = await self._commit(customer, due, gone, (seq, tuple(writes), pages))
        if isinstance(outcome, Failed):
            return outcome
        for one in pages:
            o.keyring.drop_page(one.page.id, one.page.generation + 1)
        _log.info("%d openings of %s were destroyed: their term was over", len(gone), customer.id)
        return len(gone)

    async def _commit(
        self,
        customer: Customer,
        due: Over,
        gone: Sequence[OpeningRow],
        how: tuple[int, tuple[Write, ...], tuple[_Page, ...]],
    ) -> Receipted | Failed:
        o, (seq, writes, pages) = self._o, how
        act_id = new_id("act", o.dice)
        told = list(_told(due, gone))
        await o.records.ready(customer, len(told))
        entries = tuple(
            o.records.seal(
                customer, act_id, ordinal, Record(act="retention.destroy", subject=log, fields=fields)
            )
            for ordinal, (log, fields) in enumerate(told)
        )
        marks = tuple(
            Write("retention.mark", (log, tuple(spans.from_field(fields["ranges"])), (act_id, ordinal)))
            for ordinal, (log, fields) in enumerate(told)
        )
        expects: tuple[Expect, ...] = (
            StandingSeq(seq),
            o.standing.expect("customer", customer.id),
            *(Untouched(one.page.id) for one in pages),
        )
        return await o.gate.commit(
            Act(id=act_id, expects=expects, entries=entries, writes=(*writes, *marks), is_sought=True)
        )


def _look(what: tuple[Over, str], span: tuple[int, int], reads: Reads) -> _Stretch | None:
    """The next stretch of a log; None when it was looked through in this state before.

    `span` is (where to go on, how many entries are counted): nothing goes before it was.
    """
    (due, log), (begin, counted) = what, span
    newest = due.newest(log.rpartition("/")[2])
    if newest is None or reads.upkeep.is_retained(log, due.number):
        return None
    size = reads.head(log).size
    end = reads.index_at(log, int(newest.timestamp() * 1_000_000), size)
    if end > counted:
        return _Stretch((), begin, is_end=False)
    rows = reads.openings(log, (begin, end), limit=ROWS_LOOKED_AT, is_oldest_first=True)
    pages: dict[str, int] = {}
    for row in taken(reads, due, rows):
        pages.setdefault(row.page, row.index)
    some = tuple(pages)[:ACT_PAGES]
    if some:
        return _Stretch(some, pages[some[0]], is_end=False)
    is_end = len(rows) < ROWS_LOOKED_AT
    return _Stretch((), end if is_end else rows[-1].index + 1, is_end)


def _pages(
    o: Opened, customer: Customer, page_ids: tuple[str, ...], reads: Reads
) -> tuple[Over, tuple[_Page, ...]] | None:
    """What lies in these pages, and what of it is over; pages in which nothing is are left out."""
    due = over(o.standing, reads, customer, o.clock.now())
    if due is None:
        return None
    found = []
    for id_ in page_ids:
        page = reads.page(o.house, id_)
        if page is None:
            continue
        rows = tuple(reads.upkeep.records(id_))
        gone = taken(reads, due, rows)
        if gone:
            places = {(row.log, row.index) for row in gone}
            kept = tuple(row for row in rows if (row.log, row.index) not in places)
            found.append(_Page(page, tuple(gone), kept))
    return due, tuple(found)


def _by_log(rows: Sequence[OpeningRow]) -> Iterator[tuple[str, list[OpeningRow]]]:
    for log, some in groupby(sorted(rows, key=lambda row: (row.log, row.index)), key=lambda row: row.log):
        yield log, list(some)


def _told(due: Over, gone: Sequence[OpeningRow]) -> Iterator[tuple[str, dict[str, Plain]]]:
    """(log, fields) of each entry that says what was destroyed: by log, class, and as many spans as fit."""
    for log, rows in _by_log(gone):
        by_class: dict[EntryClass, list[int]] = {}
        for row in rows:
            entry_class = class_of(log.rpartition("/")[2], row.code)
            if entry_class is not None:
                by_class.setdefault(entry_class, []).append(row.index)
        for entry_class, indexes in sorted(by_class.items()):
            for value in spans.field_values(spans.of(indexes)):
                yield (
                    log,
                    {
                        **BY_THE_KEYROOM,
                        "subject": log,
                        "entry_class": entry_class.value,
                        "days": due.terms.days[entry_class],
                        "until": to_text(due.cutoffs[entry_class]),
                        "count": spans.count(spans.from_field(value)),
                        "ranges": value,
                    },
                )
