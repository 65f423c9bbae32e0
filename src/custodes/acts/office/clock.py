"""Time is an actor: every move that is due is taken by the clock, in order, also when it is late.

The keyroom's own process asks for this every few seconds (`RunClock`); nothing but the case itself says what
is due, so asking twice changes nothing. Due work that cannot be done is an alarm for as long as it lasts.
Grants that are used up are ended here too, once nothing can be continued under them.
"""

import logging
from collections.abc import Iterator

from custodes.acts.asks.cases import ClockRan, RunClock
from custodes.acts.footing.case_head import CaseHead
from custodes.acts.footing.granted import GRANTED, Granted
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.timekeeping.officers import Officers
from custodes.kernel.actor import ActorKind
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Refusal, denied

from .grants import in_use_until
from .office import Office, microseconds

CASES_AT_ONCE = 200
MOVES_OF_A_CASE_MAX = 32  # a case that was down for weeks has that many reminders to catch up with at most
HEADS_EVERY_MS = 60_000

_log = logging.getLogger("custodes.clock")


class Clockwork:
    """Answers `RunClock`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._office = Office(opened)
        self._officers = Officers(opened)
        self._heads_at_ms: int | None = None
        self.undone: tuple[str, ...] = ()

    async def run(self, ask: RunClock) -> ClockRan:
        """Take every move that is due. `local-only` (denied) for anybody but the house's own processes;
        `clock-behind` (unavailable) while the clock cannot be trusted.
        """
        o = self._o
        if not is_logkeeper(o, ask, ask.evidence):
            refuse_remote(o, ask)
        await o.denials.flush()
        await self._officers.notice()
        now = microseconds(o.grants.now())
        due = dict.fromkeys(await o.read(lambda reads: reads.cases_due(now, CASES_AT_ONCE)))
        due.update(dict.fromkeys(self._due_by_head()))
        moved, undone = 0, []
        for case in due:
            try:
                moved += await self._catch_up(case)
            except Refusal as refusal:
                undone.append(case)
                _log.error("alarm: due work of case %s is not done: %s", case, refusal.code)
        for granted in list(self._used_up()):
            try:
                await self._office.take(granted.case, "spend")
                moved += 1
            except Refusal as refusal:
                undone.append(granted.case)
                _log.error("alarm: grant %s is not ended: %s", granted.id, refusal.code)
        self.undone = tuple(undone)
        return ClockRan(moved, self.undone)

    async def _catch_up(self, case: str) -> int:
        """Every due move of one case, in the order in which they were due."""
        for count in range(MOVES_OF_A_CASE_MAX):
            try:
                await self._office.take(case, None)
            except Refusal as refusal:
                if refusal.code == "move-closed" and refusal.facts.get("reasons") == ("not-due",):
                    return count
                raise
        return MOVES_OF_A_CASE_MAX

    def _due_by_head(self) -> Iterator[str]:
        """What stands as due, looked at now and then: a row whose time was taken out is found here."""
        o = self._o
        if self._heads_at_ms is not None and o.clock.boot_ms() - self._heads_at_ms < HEADS_EVERY_MS:
            return
        self._heads_at_ms = o.clock.boot_ms()
        now = o.grants.now()
        for head in o.standing.all_of("case", CaseHead):
            if head.due_at is not None and from_text(head.due_at) <= now:
                yield head.id

    def _used_up(self) -> Iterator[Granted]:
        o = self._o
        now = o.grants.now()
        for one in o.standing.all_of("grant", Granted):
            if one.state != GRANTED:
                continue
            is_empty = one.uses_spent >= one.uses_max or one.bytes_spent >= one.bytes_max
            until = in_use_until(one)
            if is_empty and (until is None or until <= now):
                yield one


def refuse_remote(o: Opened, ask: RunClock) -> None:
    """Only a process of the house itself; `local-only` (denied)."""
    if o.identities.of(ask.evidence).actor.kind is not ActorKind.PROCESS:
        raise denied("local-only")
