"""Does what is preserved still open? Looked at when a quorum asks for it; no byte is handed out.

The keyroom opens each second wrap and, under the data key, the manifest; whoever reaches the stores reads
each blob again against its keyed check, as the care of copies does, and sees no plain byte. Both must hold.
"""

import logging

import msgspec

from custodes.acts.asks.buckets.care import HoldWork, TakeWork, Task, TaskDone, Work, WorkDone
from custodes.acts.asks.objects import Closed
from custodes.acts.objects.care.copies import check_key
from custodes.acts.objects.care.work import HELD_MS, WHOLE, CareWork
from custodes.acts.objects.ground import Ground
from custodes.custody import manifest
from custodes.custody.preserving import keys as preservation
from custodes.desks.forms import Counted
from custodes.desks.preservation import PreservationCase
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal

from . import kept, rows
from .office import PreservationOffice
from .rows import Pair, Preserved
from .securing import Securing

_log = logging.getLogger("custodes.preservation")


class _Out(msgspec.Struct):
    """A page that is being read. `opened` are the versions whose second wrap and manifest open."""

    batch: str
    until_ms: int
    case: str
    version: int
    first: int
    asked: tuple[Preserved, ...]
    opened: frozenset[str]
    tasks: tuple[Task, ...]


class _Sum(msgspec.Struct):
    first: int = 0
    whole: int = 0
    bad: int = 0


class Verifying:
    """Answers `TakeWork`, `HoldWork` and `WorkDone`: the care of copies first, then this."""

    def __init__(
        self, ground: Ground, care: CareWork, office: PreservationOffice, securing: Securing
    ) -> None:
        self._g, self._o = ground, ground.o
        self._care, self._office, self._securing = care, office, securing
        self._out: _Out | None = None
        self._sums: dict[tuple[str, int], _Sum] = {}

    async def take(self, ask: TakeWork) -> Work:
        """See `TakeWork`."""
        work = await self._care.take(ask)
        return work if work.tasks else await self._take()

    async def hold(self, ask: HoldWork) -> Closed:
        """See `HoldWork`."""
        if self._out is None or self._out.batch != ask.batch:
            return await self._care.hold(ask)
        self._out.until_ms = self._o.clock.boot_ms() + HELD_MS
        return Closed()

    async def done(self, ask: WorkDone) -> Closed:
        """See `WorkDone`."""
        out = self._out
        if out is None or out.batch != ask.batch:
            return await self._care.done(ask)
        self._out = None
        await self._count(out, ask.done)
        return Closed()

    async def _take(self) -> Work:
        o = self._o
        if self._out is not None and o.clock.boot_ms() < self._out.until_ms:
            return Work("", ())
        self._out = None
        for case in kept.every(o):
            if case.state != "verifying":
                continue
            try:
                out = await self._page(case)
            except Refusal as refusal:
                if refusal.kind not in (Kind.UNAVAILABLE, Kind.LOCKED):
                    raise
                _log.error("alarm: preservation %s cannot be verified: %s", case.id, refusal.code)
                continue
            if out.tasks:
                self._out = out
                return Work(out.batch, out.tasks)
            await self._count(out, ())
        return Work("", ())

    async def _page(self, case: PreservationCase) -> _Out:
        """The next page of a case: what opens here, and what is to be read where it lies."""
        o = self._o
        o.decisions.refuse_if_killed(case.customer, ())
        done = self._sums.setdefault((case.id, case.version), _Sum())
        found, _ = await rows.page(o, case, done.first)
        key = await self._securing.key(case)
        opened = frozenset(one.version for one in found if _opens(o.house, case, key, one))
        tasks = [task for one in found if one.version in opened for task in await self._tasks(one)]
        return _Out(
            batch=o.dice.draw(16).hex(),
            until_ms=o.clock.boot_ms() + HELD_MS,
            case=case.id,
            version=case.version,
            first=done.first,
            asked=tuple(found),
            opened=opened,
            tasks=tuple(tasks),
        )

    async def _tasks(self, one: Preserved) -> list[Task]:
        o = self._o
        found: list[Task] = []
        for blob, size, check in one.checks:
            for _, location in await self._lies(one, blob):
                for store in self._g.places.stores((location,)):
                    at = canonical.unb64(check)
                    found.append(Task(one.version, blob, size, at, check_key(o, blob), store))
        return found

    async def _lies(self, one: Preserved, blob: str) -> list[Pair]:
        """Where a blob lies: as the index has it now, or where it is kept for this alone."""
        o = self._o
        tag = rows.blob_tag(o, blob)
        row, noted = await o.read(lambda r: (r.objects.by_id(one.version), list(r.objects.lying([tag]))))
        lying = [rows.opened_lying(o, note) for note in noted]
        if row is not None:
            lying += [pair for pair in row.blobs if pair[0] == blob]
        return list(dict.fromkeys(lying or [pair for pair in one.blobs if pair[0] == blob]))

    async def _count(self, out: _Out, told: tuple[TaskDone, ...]) -> None:
        """Take the page into the sum; after the last one the case goes on."""
        o = self._o
        case = kept.load(o, out.case)
        if case.state != "verifying" or case.version != out.version:
            return
        read = {(one.version, one.blob) for one in told if one.outcome == WHOLE}
        whole = [
            one
            for one in out.asked
            if one.version in out.opened and all((one.version, blob) in read for blob, _, _ in one.checks)
        ]
        done = self._sums[out.case, out.version]
        page = min(rows.PAGE_ROWS, case.body.count - out.first)
        done.first, done.whole, done.bad = (
            out.first + page,
            done.whole + len(whole),
            done.bad + page - len(whole),
        )
        lost_pins = await rows.lost_pins(o, out.asked)
        if lost_pins:
            _log.critical("alarm: %d rows of preservation %s have lost their hold", lost_pins, case.id)
        if done.first >= case.body.count:
            del self._sums[out.case, out.version]
            await self._office.take(case.id, "finish", Counted(count=done.whole, missing=done.bad))


def _opens(house: str, case: PreservationCase, key: bytes, one: Preserved) -> bool:
    """Whether the second wrap opens and, under the data key, the manifest. Where the data key needs a half
    that an application brings with each request, the manifest stays shut: the wrap alone is looked at.
    """
    place = (house, case.customer, one.version)
    try:
        data_key = preservation.open_again(key, place, canonical.unb64(one.wrapped))
        if not one.needs_brought:
            manifest.open_manifest(data_key, place, canonical.unb64(one.manifest))
    except Refusal:
        return False
    return True
