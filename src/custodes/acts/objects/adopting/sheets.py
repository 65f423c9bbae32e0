"""The sheets of an export, handed over for a restoration: kept as they were sealed, opened where one is used.

What a sheet says is checked when it comes. What cannot come over is an item that failed, with its reason.
"""

import asyncio
import hashlib
from collections import Counter

from custodes.acts.asks.buckets.adopting import AdoptedItem, AdoptionView, HandSheet
from custodes.acts.exporting.reading import CUSTOMERS_OWN, Line, Sheet, manifest_of, opened
from custodes.acts.gate import Receipted
from custodes.acts.objects.ground import Stand, bucket_asked, placed
from custodes.acts.objects.signed import Wanted
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Failed, Write
from custodes.custody import hierarchy
from custodes.kernel.canonical import b64
from custodes.kernel.clock import from_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, conflict
from custodes.objects.adoption import COUNTING, FAILED, FOUND, STREAM_BYTES_MAX, Adoption, item_name, named
from custodes.objects.version import Versioning

from .ground import AdoptionGround

KEPT_OPEN = 4  # sheets, in this run's memory: they are worked through one after the other


class Sheets:
    """Answers `HandSheet`, and opens what was handed over."""

    def __init__(self, ground: AdoptionGround) -> None:
        self._a = ground
        self._g = ground.g
        self._open: dict[tuple[str, int], Sheet] = {}

    async def hand(self, ask: HandSheet) -> AdoptionView:
        """See `HandSheet`."""
        a, o = self._a, self._g.o
        await self._demanded(ask)
        row = a.row(ask.adoption)
        sheet = await asyncio.to_thread(opened, identity_of(o, row), ask.sealed)
        stand = self._g.stand_by_id(row.bucket)
        await self._demand_versioned(stand, row, sheet)
        items = await asyncio.to_thread(self._items, stand, sheet)
        digest = b64(hashlib.sha256(sheet.plain).digest())
        kept = Write("adopt.hand", (row.id, (digest, sheet.origin, ask.sealed), items))

        async def commit() -> Receipted | Failed:
            self._demand_counting(a.row(row.id))
            expects = (o.standing.expect("adoption", row.id), o.standing.expect("bucket", row.bucket))
            outcome = await o.gate.commit(Act(id=new_id("act", o.dice), expects=expects, writes=(kept,)))
            if isinstance(outcome, Failed) and outcome.code == "sheet-of-another-bucket":
                raise conflict("sheet-of-another-bucket")
            return outcome

        await o.gate.until_committed(commit)
        return await a.view(a.row(row.id))

    async def line(self, row: Adoption, item: AdoptedItem) -> tuple[Sheet, Line]:
        """What opens one version; `sheet-absent` (broken)."""
        o, at = self._g.o, (row.id, item.sheet)
        sheet = self._open.get(at)
        if sheet is None:
            sealed = await o.read(lambda r: r.objects.adopted_sheet(row.id, item.sheet))
            if sealed is None:
                raise Refusal("sheet-absent", Kind.BROKEN)
            sheet = await asyncio.to_thread(opened, identity_of(o, row), sealed)
            while len(self._open) >= KEPT_OPEN:
                self._open.pop(next(iter(self._open)))
            self._open[at] = sheet
        line = sheet.line(item.etag)
        if line is None:
            raise Refusal("sheet-absent", Kind.BROKEN)
        return sheet, line

    async def _demanded(self, ask: HandSheet) -> None:
        """Who may configure the bucket, while sheets are taken."""
        a, g = self._a, self._g
        who = g.who(ask.evidence, Wanted(operations=()))
        row = a.row(ask.adoption)
        if g.o.decisions.is_stranger(who, row.customer):
            a.row("")
        stand = g.stand_by_id(row.bucket)
        judged = g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
        asked = placed(bucket_asked("bucket:configure", stand, purpose="administration"), judged)
        await g.demand(who, stand, asked, subject=stand.bucket.id, judged=judged)
        self._demand_counting(row)

    def _demand_counting(self, row: Adoption) -> None:
        if row.state != COUNTING or not row.is_restoration:
            raise conflict("not-now", state=row.state)

    async def _demand_versioned(self, stand: Stand, row: Adoption, sheet: Sheet) -> None:
        """Several versions of a name, or its deletion, come only into a bucket that keeps versions."""
        if stand.bucket.versioning is Versioning.ENABLED or not sheet.lines:
            return
        names = Counter(line.name for line in sheet.lines)
        ends = {line.name: line.sequence for line in (sheet.lines[0], sheet.lines[-1])}
        is_many = max(names.values()) > 1 or any(line.marker for line in sheet.lines)
        for name, sequence in ends.items():  # its other versions may stand in another sheet
            known = await self._versions(row.id, name)
            is_many = is_many or bool(known - {sequence})
        if is_many:
            raise conflict("bucket-not-versioned")

    async def _versions(self, adoption: str, name: str) -> set[int | None]:
        """Sequences of the first two versions of a name that were handed over."""
        known = await self._g.o.read(lambda r: r.objects.adopted(adoption, f"{name}\0", "", 2))
        return {named(one.name)[1] for one in known if named(one.name)[0] == name}

    def _items(self, stand: Stand, sheet: Sheet) -> tuple[AdoptedItem, ...]:
        return tuple(self._item(stand, sheet, line) for line in sheet.lines)

    def _item(self, stand: Stand, sheet: Sheet, line: Line) -> AdoptedItem:
        why = "" if line.marker else self._hindrance(stand, sheet, line)
        return AdoptedItem(
            name=item_name(line.name, line.sequence),
            size=line.size,
            etag=line.version,
            modified=line.at,
            state=FAILED if why else FOUND,
            note=why,
        )

    def _hindrance(self, stand: Stand, sheet: Sheet, line: Line) -> str:
        """Why this version cannot come over as it is; empty where it can."""
        if line.state.sse == CUSTOMERS_OWN:
            return "customer-key-needed"
        if line.state.forged:
            return "state-forged"
        if line.size > STREAM_BYTES_MAX:
            return "object-too-large"
        if not stand.bucket.can_lock and is_bound(self._g.o, line):
            return "lock-not-enabled"
        try:
            found = manifest_of(sheet, line)
        except Refusal as refusal:
            return refusal.code
        return "" if found.plain_bytes == line.size else "manifest-mismatch"


def identity_of(o: Opened, row: Adoption) -> bytes:
    """What opens the sheets of a restoration; `not-now` (conflict) where it has none any more."""
    if not row.identity:
        raise conflict("not-now", state=row.state)
    return hierarchy.open_credential(o.keyring.house_keys, o.house, row.id, row.identity)


def is_bound(o: Opened, line: Line) -> bool:
    """Whether a hold stands, or a retention still runs."""
    until = line.state.retention
    return line.state.held or (until is not None and from_text(until.until) > o.clock.now())
