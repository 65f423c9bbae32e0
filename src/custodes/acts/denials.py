"""Authenticated denials are entries, aggregated when they flood; unauthenticated ones are only counted.

The first denial of (actor, reason, subject) is an entry at once. Further ones within `WINDOW_S` are
counted and written as one entry with their number when the window closes or the next one comes.
"""

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


class Denials:
    """Writes denials into the customer's machine sub-log."""

    def __init__(self, gate: Gate, records: Records, clock: Clock, dice: Dice) -> None:
        self._gate = gate
        self._records = records
        self._clock = clock
        self._dice = dice
        self._windows: dict[tuple[str, str, str], _Window] = {}

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
            if now - window.began_ms >= WINDOW_S * 1000:
                del self._windows[at]
                await self._write_more(window)

    async def _note(self, at: tuple[str, str, str], customer: Customer, fields: dict[str, Plain]) -> None:
        now = self._clock.boot_ms()
        window = self._windows.get(at)
        if window is not None and now - window.began_ms < WINDOW_S * 1000:
            window.more += 1
            return
        if window is not None:
            await self._write_more(window)
        record = Record(act="denial", subject=str(fields["subject"]), fields=fields)
        if len(self._windows) >= KEPT_MAX:
            self._windows.clear()
        self._windows[at] = _Window(now, 0, customer, record)
        await self._write(customer, record)

    async def _write_more(self, window: _Window) -> None:
        if window.more:
            fields = {**window.record.fields, "count": window.more}
            await self._write(window.customer, msgspec.structs.replace(window.record, fields=fields))

    async def _write(self, customer: Customer, record: Record) -> None:
        await self._gate.until_committed(lambda: self._once(customer, record))

    async def _once(self, customer: Customer, record: Record) -> Receipted | Failed:
        await self._records.ready(customer)
        act_id = new_id("act", self._dice)
        entry = self._records.seal(customer, act_id, 0, record)
        return await self._gate.commit(Act(id=act_id, entries=(entry,), is_urgent=True))
