"""Authenticated denials are entries, aggregated when they flood; unauthenticated ones are only counted.

The first denial of (actor, reason, subject) is an entry at once. Further ones within `WINDOW_S` are
counted and written as one entry with their number when the window closes or the next one comes.

Whoever is denied can hang up. So a denial is written by a task of its own that nobody's hanging up ends, and
a denial that is only counted is not told before the one it is counted to is durable.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.gate import Gate, Receipted
from custodes.acts.records import Record, Records
from custodes.acts.writing.act import Act, Failed
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import Clock
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id

WINDOW_S = 60
KEPT_MAX = 10_000
_NOTHING: Mapping[str, Plain] = MappingProxyType({})


class _Window(msgspec.Struct):
    began_ms: int
    more: int
    customer: Customer
    record: Record
    first: asyncio.Task[None]


class Denials:
    """Writes denials into the customer's machine sub-log."""

    def __init__(self, gate: Gate, records: Records, clock: Clock, dice: Dice) -> None:
        self._gate = gate
        self._records = records
        self._clock = clock
        self._dice = dice
        self._windows: dict[tuple[str, str, str], _Window] = {}
        self._writing: set[asyncio.Task[None]] = set()

    async def record(
        self,
        who: Identified,
        customer: Customer,
        decided: Decided,
        *,
        subject: str,
        more: Mapping[str, Plain] = _NOTHING,
    ) -> None:
        """Note one denial, with `more` act fields; durable when this returns, unless it was only counted."""
        reasons = decided.decision.reasons
        reason = reasons[0].code if reasons else "denied"
        rules: list[Plain] = [f"{r.scope}/{r.rule}" for r in reasons if r.rule]
        every: list[Plain] = ["/".join((r.scope, r.code, *([r.rule] if r.rule else []))) for r in reasons]
        fields: dict[str, Plain] = {
            "actor": who.actor.credential,
            "actor_kind": who.actor.kind.value,
            "phase": "single",
            "decision": "deny",
            "subject": subject,
            "purpose": decided.decision.purpose,
            "reason": reason,
            "policies": rules,
            "reasons": every,
            "count": 1,
            **more,
        }
        if who.actor.organisation:
            fields["organisation"] = who.actor.organisation
        await self._note((who.actor.credential, reason, subject), customer, fields)

    async def flush(self) -> None:
        """Write every window that has closed with more than its first denial."""
        now = self._clock.boot_ms()
        for at, window in list(self._windows.items()):
            if now - window.began_ms >= WINDOW_S * 1000 and self._windows.get(at) is window:
                del self._windows[at]
                await self._write_more(window)

    async def _note(self, at: tuple[str, str, str], customer: Customer, fields: dict[str, Plain]) -> None:
        now = self._clock.boot_ms()
        window = self._windows.get(at)
        if window is not None and now - window.began_ms < WINDOW_S * 1000:
            window.more += 1
            await asyncio.shield(window.first)
            return
        past = self._windows.pop(at, None)
        if past is None and len(self._windows) >= KEPT_MAX:
            past = self._windows.pop(next(iter(self._windows)))
        record = Record(act="denial", subject=str(fields["subject"]), fields=fields)
        first = self._begin(customer, record)
        self._windows[at] = window = _Window(now, 0, customer, record, first)
        first.add_done_callback(lambda done: self._undone(at, window, done))
        if past is not None:
            await self._write_more(past)
        await asyncio.shield(first)

    def _undone(self, at: tuple[str, str, str], window: _Window, done: asyncio.Task[None]) -> None:
        """What could not be written is no window: the next denial is a first one again."""
        if (done.cancelled() or done.exception() is not None) and self._windows.get(at) is window:
            del self._windows[at]

    async def _write_more(self, window: _Window) -> None:
        if window.more:
            fields = {**window.record.fields, "count": window.more}
            record = msgspec.structs.replace(window.record, fields=fields)
            await asyncio.shield(self._begin(window.customer, record))

    def _begin(self, customer: Customer, record: Record) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._write(customer, record))
        self._writing.add(task)
        task.add_done_callback(self._written)
        return task

    def _written(self, task: asyncio.Task[None]) -> None:
        """Nobody may be left who hears of a failure: it is heard here."""
        self._writing.discard(task)
        if not task.cancelled():
            task.exception()

    async def _write(self, customer: Customer, record: Record) -> None:
        await self._gate.until_committed(lambda: self._once(customer, record))

    async def _once(self, customer: Customer, record: Record) -> Receipted | Failed:
        await self._records.ready(customer)
        act_id = new_id("act", self._dice)
        entry = self._records.seal(customer, act_id, 0, record)
        return await self._gate.commit(Act(id=act_id, entries=(entry,), is_urgent=True))
