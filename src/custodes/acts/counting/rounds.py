"""How much is counted in a round of upkeep: what came meanwhile, and little while the house is busy.

Counting shares the interpreter with uses. It has a quarter of the time as a rule; where more is entered than
`QUIET_PER_S`, and in the first round of a run, which knows of nothing before it, a small share. A busy
house falls behind, which every answer says. Where hardly anything is entered (`IDLE_PER_S`) it has most of
the time: some thousands of entries a second are caught up.
"""

import asyncio
import logging
from typing import NamedTuple

from custodes.acts.counting.fold import STEP, Counting
from custodes.acts.footing.customer import SHOWN
from custodes.acts.opened import Opened
from custodes.acts.upkeep.common import customers
from custodes.kernel.refusal import Refusal


class Speed(NamedTuple):
    """How many entries a round takes, and which share of the time opening them may have."""

    most: int
    share: float


IDLE_PER_S, QUIET_PER_S = 20, 200
IDLE, QUIET, BUSY = Speed(2_500, 0.9), Speed(5_000, 0.25), Speed(2_000, 0.004)
_log = logging.getLogger("custodes.counting")


class CountingRounds:
    """Goes through the customers that have something new, where it left off."""

    def __init__(self, opened: Opened, counting: Counting) -> None:
        self._o = opened
        self._counting = counting
        self._seen: tuple[int, int] | None = None  # when the last round began, and all entries by then
        self._done: dict[str, int] = {}

    async def round(self) -> bool:
        """Count a bounded stretch; whether there is more that should be counted at once."""
        o = self._o
        heads = await o.read(lambda reads: {log: tree.size for log, tree in reads.heads().items()})
        speed = self._speed(sum(heads.values()))
        left, is_more, goes_on = speed.most, False, speed is not BUSY
        for customer in customers(o):
            size = sum(heads.get(customer.log(kind), 0) for kind in SHOWN)
            if customer.sealed or self._done.get(customer.id) == size:
                continue
            if left <= 0:
                return goes_on
            try:
                behind = await self._counting.reach(customer, left, speed.share)
            except Refusal as refusal:
                _log.error("alarm: entries of %s are not counted: %s", customer.id, refusal.code)
                continue
            left -= max(size - self._done.get(customer.id, 0), 0)
            self._done[customer.id] = size - min(behind.entries, size)
            is_more = is_more or behind.entries > STEP
            await asyncio.sleep(0)
        return is_more and goes_on

    def _speed(self, entries: int) -> Speed:
        """By what was entered since the last round, our own steps aside: they enter nothing."""
        now = self._o.clock.boot_ms()
        before, self._seen = self._seen, (now, entries)
        if before is None:
            return BUSY
        came, took_ms = (entries - before[1]) * 1_000, now - before[0]
        if came <= IDLE_PER_S * took_ms:
            return IDLE
        return QUIET if came <= QUIET_PER_S * took_ms else BUSY
