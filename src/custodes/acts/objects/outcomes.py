"""How long uses ended: grouped into one leaf per customer and kind, written a little later.

An outcome that is lost with the process is not lost to the log: its admission is found by the sweep and
counts as all bytes. The timer runs only while something waits.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from custodes.acts.asks.objects import Closed, Fate, FateDone, Fates, LookFates, Store, SweepUses
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.opened import Opened
from custodes.acts.preserving.sparing import not_spared
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.object_rows import AdmissionRow
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.limits import OUTCOME_MINUTES_MAX
from custodes.kernel.refusal import Refusal, malformed

if TYPE_CHECKING:
    from .tickets import Ticket, Tickets

COMPLETE, CUT, FAILED = "complete", "cut", "failed"
OUTCOMES = (COMPLETE, CUT, FAILED)
FLUSH_S = 2.0
GROUP_MAX = 40  # an entry's field holds 4,096 bytes; one outcome takes at most 90
SWEEP_MAX = 1_000
LOCATIONS_MAX = 16  # rows per blob, for how many to read at once
UPLOAD_KEPT = timedelta(days=2)  # a completed upload: so long may its completion be repeated
UNCLOSED_AFTER = timedelta(days=2)  # a write that takes longer has lost its blob, and is refused
FATE_AFTER = timedelta(minutes=OUTCOME_MINUTES_MAX)  # whoever reads a replaced version may finish

_log = logging.getLogger("custodes.outcomes")


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """One long use that ended."""

    customer: str
    code: str
    grant: str
    act: str
    ordinal: int
    log: str
    index: int
    size: int
    outcome: str


class Outcomes:
    """Collects outcomes and blobs nobody refers to, and writes them in groups."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._tickets: Tickets | None = None
        self._holders: list[Callable[[], frozenset[str]]] = []
        self._ended: list[Ended] = []
        self._doomed: list[tuple[str, str]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._flushing = asyncio.Lock()

    def attach(self, tickets: "Tickets") -> None:
        """Tickets tell of their end here, and the sweep asks which are still open."""
        self._tickets = tickets

    def held_by(self, blobs: Callable[[], frozenset[str]]) -> None:
        """Besides those of tickets, blobs that this says are on their way."""
        self._holders.append(blobs)

    def ended(self, ticket: "Ticket", outcome: str, size: int) -> None:
        """Note how a ticket's long use ended; nothing for one without an admission."""
        at = ticket.admitted
        if at is None:
            return
        self._ended.append(
            Ended(
                customer=ticket.customer,
                code=ticket.code,
                grant=ticket.grant,
                act=at.act,
                ordinal=at.ordinal,
                log=at.log,
                index=at.index,
                size=min(max(size, 0), ticket.size),
                outcome=outcome,
            )
        )
        self._wind(0.0 if len(self._ended) >= GROUP_MAX else FLUSH_S)

    def expired(self, ticket: "Ticket") -> None:
        """Nobody closed it: it counts as all bytes; what it stored is nobody's, and the sweep collects it."""
        self.ended(ticket, CUT, ticket.size)

    def doom(self, lying: Iterable[tuple[str, str]]) -> None:
        """These blobs are not referred to: to be removed at once."""
        self._doomed.extend(lying)
        if self._doomed:
            self._wind(FLUSH_S)

    async def flush(self) -> None:
        """Write what waits; what cannot be written now waits on."""
        async with self._flushing:
            doomed, self._doomed = self._doomed, []
            ended, self._ended = self._ended, []
            try:
                while doomed:
                    await self._write_doomed(doomed[:SWEEP_MAX])
                    del doomed[:SWEEP_MAX]
                while ended:
                    group = _first_group(ended)
                    await self._write_group(group)
                    ended = [one for one in ended if one not in group]
            finally:
                self._doomed = doomed + self._doomed
                self._ended = ended + self._ended

    async def sweep(self) -> None:
        """Close what nobody closed in time, drop old uploads' memory, then flush."""
        o, tickets = self._o, self._tickets
        if tickets is not None:
            tickets.expire()
        before = o.clock.now() - timedelta(minutes=OUTCOME_MINUTES_MAX)
        rows: Sequence[AdmissionRow] = await o.read(lambda r: r.objects.admissions(before, SWEEP_MAX))
        known = {(one.act, one.ordinal) for one in self._ended}
        known |= tickets.admitted() if tickets is not None else set()
        self._ended.extend(_lost(row) for row in rows if (row.act, row.ordinal) not in known)
        forget = Write("upload.forget", (o.clock.now() - UPLOAD_KEPT,))
        await o.gate.commit(Act(id=new_id("act", o.dice), writes=(forget,)))
        while await self._collect():
            pass
        await self.flush()

    async def sweep_uses(self, ask: SweepUses) -> Closed:  # noqa: ARG002 - an ask without arguments
        """See `SweepUses`."""
        await self.sweep()
        return Closed()

    async def fates(self, ask: LookFates) -> Fates:
        """See `LookFates`."""
        o = self._o
        limit = max(1, min(ask.limit, SWEEP_MAX))
        rows = await not_spared(o, await o.read(lambda r: r.objects.fates(o.clock.now(), limit)))
        at = {row.location: o.standing.get("store", row.location, StoreAt) for row in rows}
        found = ((row.blob, at[row.location]) for row in rows)
        return Fates(
            tuple(Fate(blob, Store(row.location, row.uri)) for blob, row in found if row is not None)
        )

    async def fate_done(self, ask: FateDone) -> Closed:
        """See `FateDone`."""
        if len(ask.done) > SWEEP_MAX:
            raise malformed("too-many-blobs")
        o = self._o
        await o.gate.commit(
            Act(id=new_id("act", o.dice), writes=(Write("blob.gone", (ask.done, o.clock.now())),))
        )
        return Closed()

    async def _collect(self) -> bool:
        """Blobs whose names were written ahead, and that no write still on its way can refer to: due now.

        They were begun longer ago than a ticket lasts, by a plane or a keyroom that died. A name that was
        never used is among them; removing what is not there does no harm. True when there may be more.
        """
        o = self._o
        now, held = o.clock.now(), self._held()
        until = now + UNCLOSED_AFTER - FATE_AFTER
        limit = SWEEP_MAX + len(held) * LOCATIONS_MAX
        rows = await o.read(lambda r: r.objects.scheduled(now + FATE_AFTER, until, limit))
        held = self._held()  # a close may have begun meanwhile
        lying = tuple((row.blob, row.location) for row in rows if row.blob not in held)[:SWEEP_MAX]
        house = o.standing.get("customer", o.house, Customer)
        if not lying or house is None:
            return False
        fields: dict[str, Plain] = {
            "actor": "keyroom",
            "actor_kind": "process",
            "phase": "single",
            "count": len({blob for blob, _ in lying}),
        }
        act_id = new_id("act", o.dice)
        await o.records.ready(house)
        entry = o.records.seal(house, act_id, 0, Record(act="blob.collect", subject=o.house, fields=fields))
        await o.gate.commit(Act(id=act_id, entries=(entry,), writes=(Write("blob.collect", (lying, now)),)))
        return len(lying) == SWEEP_MAX

    def _held(self) -> frozenset[str]:
        held = self._tickets.blobs() if self._tickets is not None else frozenset[str]()
        return held.union(*(blobs() for blobs in self._holders))

    async def _write_group(self, group: Sequence[Ended]) -> None:
        o = self._o
        first = group[0]
        customer = o.standing.get("customer", first.customer, Customer)
        if customer is None:
            return
        outcomes: list[Plain] = [[one.log, one.index, one.size, one.outcome] for one in group]
        fields: dict[str, Plain] = {
            "actor": "keyroom",
            "actor_kind": "process",
            "phase": "outcome",
            "outcomes": outcomes,
        }
        if first.grant:
            fields["grant"] = first.grant
        act_id = new_id("act", o.dice)
        await o.records.ready(customer)
        entry = o.records.seal(
            customer, act_id, 0, Record(act=first.code, subject=first.customer, fields=fields)
        )
        close = Write("admission.close", (tuple((one.act, one.ordinal) for one in group),))
        await o.gate.commit(Act(id=act_id, entries=(entry,), writes=(close,)))

    async def _write_doomed(self, doomed: Sequence[tuple[str, str]]) -> None:
        o = self._o
        schedule = Write("blob.schedule", (tuple(doomed), o.clock.now()))
        await o.gate.commit(Act(id=new_id("act", o.dice), writes=(schedule,)))

    def _wind(self, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        if self._timer is not None and (after_s > 0 or self._task is not None):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(after_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._task = asyncio.get_running_loop().create_task(self._flush_later())

    async def _flush_later(self) -> None:
        try:
            await self.flush()
        except Refusal as refusal:  # sealed meanwhile, or busy: the sweep finds what is left
            _log.warning("outcomes wait: %s", refusal.code)
        finally:
            self._task = None


def check_outcome(outcome: str) -> str:
    """One of `OUTCOMES`; `bad-outcome` (malformed)."""
    if outcome not in OUTCOMES:
        raise malformed("bad-outcome")
    return outcome


def _first_group(ended: Sequence[Ended]) -> list[Ended]:
    first = ended[0]
    alike = (first.customer, first.code, first.grant)
    return [one for one in ended if (one.customer, one.code, one.grant) == alike][:GROUP_MAX]


def _lost(row: AdmissionRow) -> Ended:
    return Ended(
        customer=row.customer,
        code=row.code,
        grant=row.grant,
        act=row.act,
        ordinal=row.ordinal,
        log=row.log,
        index=row.index,
        size=row.size,
        outcome=CUT,
    )
