"""The fold: each entry of a customer is taken once, in bounded steps, from where the last step ended.

A step reads a stretch of both sub-logs, opens and proves it beside the loop, adds it up, and writes head,
days and names in one act that expects the head it began from. So a crash between counting and writing counts
nothing twice, and of two keyrooms that fold the same stretch one is refused and looks again. Order does not
matter between the sub-logs: every figure is a sum, and what lies in a name's row moves within the machine
log only. What is not of this log is put aside and everything is counted anew, with an alarm.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from custodes.acts.counting import holding, reading, state
from custodes.acts.counting.holding import Holding, Looked
from custodes.acts.counting.reading import Proven, Stretch
from custodes.acts.counting.state import HEAD, DayHead, DayPart, Head, Taken
from custodes.acts.footing.customer import SHOWN, Customer
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Expect, Failed, Row, Write
from custodes.acts.writing.fold_reads import FoldPart, FoldStep
from custodes.acts.writing.ports import Reads
from custodes.assurance import counting, metering
from custodes.assurance.counting import Begun
from custodes.assurance.metering import Change, Day, Fields
from custodes.custody.hierarchy import Page
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, conflict
from custodes.ledger.merkle import CompactRange

STEP, STEP_FAR = 100, 500  # entries of each sub-log: whoever asks waits for a step that is going on
ASKED_SHARE = 0.5  # of the interpreter's time, where somebody waits for the count
TRIES_MAX = 5
BEGUN_MAX = 20_000
_ANEW = frozenset({"counts-forged", "counts-differ", "bad-compact-range"})
_log = logging.getLogger("custodes.counting")


class Behind(msgspec.Struct, frozen=True, kw_only=True):
    """A head with the sizes of the sub-logs as it was read beside them."""

    head: Head
    sizes: Mapping[str, int]

    @property
    def entries(self) -> int:
        """How many entries are not counted yet."""
        return sum(max(size - self.taken(kind), 0) for kind, size in self.sizes.items())

    def taken(self, kind: str) -> int:
        """How many entries of a sub-log are counted."""
        found = self.head.logs.get(kind)
        return found.size if found is not None else 0


class _Base(msgspec.Struct, kw_only=True):
    """What a step begins from: the head's row as it lies there, and the page new parts go into."""

    head: Head
    generation: int
    page: Page
    is_new_page: bool
    is_anew: bool
    sizes: Mapping[str, int]


class Counting:
    """Folds customers' logs. Any number of these may work side by side."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._one: dict[str, asyncio.Lock] = {}
        self._begun: dict[holding.At, Begun] = {}

    async def reach(self, customer: Customer, most: int, share: float = ASKED_SHARE) -> Behind:
        """Take up to `most` entries, then say how far it is; what lay there wrongly is counted anew. `share`:
        how much of the time opening them may take.

        `opening-missing`, `counts-differ` (broken), and what holders and the store refuse.
        """
        async with self._one.setdefault(customer.id, asyncio.Lock()):
            taken = 0
            while True:
                base = await self._base(customer)
                behind = Behind(head=base.head, sizes=base.sizes)
                if not behind.entries or taken >= most:
                    return behind
                step = STEP_FAR if share >= ASKED_SHARE and behind.entries > STEP_FAR else STEP
                taken += await self._step(customer, base, (step, share))

    async def look(
        self, customer: Customer, most: int, names: Sequence[str]
    ) -> tuple[Behind, dict[str, DayPart]]:
        """Take up to `most` entries, then say how far it is, with those of the days named that have a part:
        of one snapshot. Counted anew where a day is not what was sealed there.
        """
        for _ in range(TRIES_MAX):
            await self.reach(customer, most)
            found, trees = await self._o.read(partial(_snapshot, self._o.house, customer, (HEAD, *names)))
            generation = next((row.generation for row, _ in found if row.part == HEAD), 0)
            try:
                head = await self._opened_head(customer, found, trees)
                if head is None:
                    break
                known = [name for name in names if name in head.days]
                days = self._opened_days(customer, head, known, found)
                return Behind(head=head, sizes=_sizes(trees)), days
            except Refusal as refusal:
                self._put_aside(customer, refusal)
            async with self._one.setdefault(customer.id, asyncio.Lock()):
                fresh = self._fresh(customer, generation, _sizes(trees))
                await self._fold(customer, fresh, (STEP, ASKED_SHARE))
        base = await self._base(customer)
        return Behind(head=base.head, sizes=base.sizes), {}

    async def _base(self, customer: Customer) -> _Base:
        o = self._o
        await o.keyring.ready(customer)
        found, trees = await o.read(partial(_snapshot, o.house, customer, (HEAD,)))
        sizes = _sizes(trees)
        if not found:
            return self._fresh(customer, 0, sizes)
        row, page = found[0]
        try:
            head = await self._opened_head(customer, found, trees)
        except Refusal as refusal:
            self._put_aside(customer, refusal)
            head = None
        if head is None or page is None:
            return self._fresh(customer, row.generation, sizes)
        return _Base(
            head=head, generation=row.generation, page=page, is_new_page=False, is_anew=False, sizes=sizes
        )

    async def _opened_head(
        self,
        customer: Customer,
        found: Sequence[tuple[FoldPart, Page | None]],
        trees: Mapping[str, CompactRange],
    ) -> Head | None:
        """The head among these, if it is there; `counts-forged`, `counts-differ` (broken)."""
        for row, at in found:
            if row.part == HEAD:
                page, key = self._key(customer, row, at)
                head = await asyncio.to_thread(state.opened_head, key, page, row)
                for kind, tree in trees.items():
                    _demand_same(customer.log(kind), head.logs.get(kind, Taken()).tree(), tree)
                return head
        return None

    def _key(self, customer: Customer, row: FoldPart, page: Page | None) -> tuple[Page, bytes]:
        """The page a part lies in and its key; `counts-forged` (broken) for one that is not his."""
        if page is None or page.scope.customer != customer.id:
            raise state.forged(row.part)
        try:
            return page, self._o.keyring.page(customer, customer.records, page)
        except Refusal as refusal:
            raise state.forged(row.part) if refusal.code == "wrap-mismatch" else refusal from refusal

    def _fresh(self, customer: Customer, generation: int, sizes: Mapping[str, int]) -> _Base:
        o = self._o
        return _Base(
            head=Head(secret=o.dice.draw(state.SECRET_BYTES)),
            generation=generation,
            page=o.keyring.new_page(customer, customer.records, new_id("pag", o.dice)),
            is_new_page=True,
            is_anew=generation > 0,
            sizes=sizes,
        )

    def _put_aside(self, customer: Customer, refusal: Refusal) -> None:
        if refusal.code not in _ANEW:
            raise refusal
        _log.critical("alarm: counts of %s are made anew: %s", customer.id, refusal.code)

    async def _step(self, customer: Customer, base: _Base, pace: tuple[int, float]) -> int:
        """One step, of `pace` = (entries of each sub-log, share of the time); how many entries it took. What
        lay there wrongly makes it begin anew, once.
        """
        for _ in range(TRIES_MAX):
            try:
                count = await self._fold(customer, base, pace)
            except Refusal as refusal:
                if base.is_new_page:
                    raise  # it is the log that does not fit, not what was counted
                now = await self._base(customer)
                if now.generation != base.generation:
                    base = now  # somebody else made a step meanwhile
                    continue
                self._put_aside(customer, refusal)
                base = self._fresh(customer, base.generation, base.sizes)
                continue
            if count is not None:
                return count
            base = await self._base(customer)
        raise conflict("changed-meanwhile")

    async def _fold(self, customer: Customer, base: _Base, pace: tuple[int, float]) -> int | None:
        """Count one stretch of each sub-log and write it; None when somebody else did meanwhile."""
        o, head = self._o, base.head
        starts = {kind: head.logs.get(kind, Taken()) for kind in SHOWN}
        stretches = await o.read(
            lambda reads: {
                kind: reading.read(o, customer, reads, customer.log(kind), (start.size, start.size + pace[0]))
                for kind, start in starts.items()
            }
        )
        found: list[tuple[int, Fields]] = []
        erased = o.records.erased()
        for kind, stretch in stretches.items():
            keys = reading.keys_of(o, customer, stretch.pages)
            open_ = partial(reading.proven, stretch, keys, erased, starts[kind].tree(), share=pace[1])
            proven = await asyncio.to_thread(open_)
            self._take_head(head, kind, stretch, proven)
            self._remember(stretch.log, proven)
            found += proven.entries
        looked = await self._look(customer, head, [fields for _, fields in found])
        names = sorted({*(metering.at(fields)[:10] for _, fields in found), *self._settled(head, found)})
        known = [name for name in names if name in head.days]
        rows = await o.read(partial(_parts, o.house, customer, known))
        days = self._opened_days(customer, head, known, rows)
        held = Holding(customer.id, head, looked)
        for name in names:
            days.setdefault(name, DayPart(figures=Day(customer=customer.id, day=name)))
        for n, (index, fields) in enumerate(found, 1):
            self._count(head, days, held.take(index, fields), fields)
            if n % reading.AT_ONCE == 0:
                await asyncio.sleep(0)
        if await self._write(customer, base, days, held) is None:
            return None
        return sum(len(stretch.leaves) for stretch in stretches.values())

    def _take_head(self, head: Head, kind: str, stretch: Stretch, proven: Proven) -> None:
        head.logs[kind] = Taken(proven.tree.size, proven.tree.encode())
        head.missed += stretch.gone
        head.lost += proven.lost

    def _remember(self, log: str, proven: Proven) -> None:
        """Where reads began: their ends come soon."""
        if len(self._begun) > BEGUN_MAX:
            self._begun.clear()
        for index, fields in proven.entries:
            if fields.get("act") in holding.ENDED and fields.get("phase") == "admission":
                self._begun[log, index] = counting.begun_of(fields)

    def _settled(self, head: Head, found: Sequence[tuple[int, Fields]]) -> set[str]:
        """Days on which leases were taken that end here."""
        ends = (self._begun.get(at) for _, fields in found for at, _ in holding.ends_of(fields))
        return {one.day for one in ends if one is not None and one.given and one.day in head.days}

    async def _look(self, customer: Customer, head: Head, entries: Sequence[Fields]) -> Looked:
        o = self._o
        asked = holding.wanted(head.secret, entries, self._begun)
        if not asked:
            return Looked()
        looked = await o.read(partial(holding.look, o, customer, asked))
        self._begun.update(holding.begun_in(o, customer, looked.begun))
        return looked

    def _opened_days(
        self,
        customer: Customer,
        head: Head,
        names: Sequence[str],
        found: Sequence[tuple[FoldPart, Page | None]],
    ) -> dict[str, DayPart]:
        rows = {row.part: (row, page) for row, page in found}
        days: dict[str, DayPart] = {}
        for name in names:
            row, at = rows.get(name, (None, None))
            known = head.days[name]
            if row is None or (row.generation, state.digest(row)) != (known.generation, known.digest):
                raise state.forged(name)
            page, key = self._key(customer, row, at)
            days[name] = state.opened_day(key, page, row)
        return days

    def _count(self, head: Head, days: Mapping[str, DayPart], change: Change, fields: Fields) -> None:
        day = days[metering.at(fields)[:10]]
        metering.count(day.figures, fields)
        case = fields.get("case")
        if case is not None and case not in head.cases:
            head.cases.append(str(case))
            day.figures.cases += 1
        sent = [
            (self._begun[at], size)
            for at, size in holding.ends_of(fields)
            if at in self._begun and self._begun[at].bucket
        ]
        counting.count(day.portion, head.life, fields, change, sent)
        for begun, _ in sent:
            if begun.given and begun.day in days:
                counting.settle(days[begun.day].portion, begun)
        name = day.figures.day
        known = head.days.get(name, DayHead())
        head.days[name] = DayHead(change=metering.summed((known.change, change)))
        head.counted_at = max(head.counted_at, metering.at(fields))

    async def _write(
        self, customer: Customer, base: _Base, days: Mapping[str, DayPart], held: Holding
    ) -> int | None:
        o, page, generation = self._o, base.page, base.generation + 1
        key = o.keyring.page(customer, customer.records, page)
        parts = await asyncio.to_thread(
            _sealed, (key, page), (customer.id, generation), (base.head, days), o.dice
        )
        step = FoldStep(
            customer=customer.id,
            generation=base.generation,
            parts=parts,
            names=held.names,
            gone=held.gone,
            is_anew=base.is_anew,
        )
        writes = [Write("fold.put", (step,))]
        expects: tuple[Expect, ...] = ()
        if base.is_new_page:
            writes.insert(0, Write("page.add", (page, "record")))
        else:
            expects = (Row("page.is", (page.id, page.generation)),)
        outcome = await o.gate.commit(Act(id=new_id("act", o.dice), expects=expects, writes=tuple(writes)))
        return None if isinstance(outcome, Failed) else generation


def _snapshot(
    house: str, customer: Customer, names: Sequence[str], reads: Reads
) -> tuple[list[tuple[FoldPart, Page | None]], dict[str, CompactRange]]:
    """Parts as they lie there, and the trees of both sub-logs beside them."""
    return _parts(house, customer, names, reads), {kind: reads.head(customer.log(kind)) for kind in SHOWN}


def _sizes(trees: Mapping[str, CompactRange]) -> dict[str, int]:
    return {kind: tree.size for kind, tree in trees.items()}


def _demand_same(log: str, taken: CompactRange, tree: CompactRange) -> None:
    """`counts-differ` (broken). Of a shorter one the last step says so, when it has come to the end."""
    if taken.size > tree.size or (taken.size == tree.size and taken.root() != tree.root()):
        raise reading.differ(log)


def _sealed(
    under: tuple[bytes, Page],
    at: tuple[str, int],
    what: tuple[Head, Mapping[str, DayPart]],
    dice: Dice,
) -> tuple[FoldPart, ...]:
    """The days' parts, and the head that knows them."""
    (key, page), (customer, generation), (head, days) = under, at, what
    made = []
    for name, part in days.items():
        row = state.sealed(key, page, (customer, name, generation), part, dice)
        head.days[name] = DayHead(generation, state.digest(row), head.days[name].change)
        made.append(row)
    return (*made, state.sealed(key, page, (customer, HEAD, generation), head, dice))


def _parts(
    house: str, customer: Customer, names: Sequence[str], reads: Reads
) -> list[tuple[FoldPart, Page | None]]:
    """Parts as they lie there, each with its page."""
    pages: dict[str, Page | None] = {}
    found = []
    for row in reads.upkeep.folds.parts(customer.id, names):
        if row.page not in pages:
            pages[row.page] = reads.page(house, row.page)
        found.append((row, pages[row.page]))
    return found
