"""How much is counted in a round of upkeep: what came meanwhile, and little while the house is busy.

Counting shares the interpreter with uses. It has a quarter of the time as a rule; where more is entered than
`QUIET_PER_S`, and in the first round of a run, which knows of nothing before it, a small share. A busy house
falls behind, which every answer says, and catches up when it is quiet again.
"""

import asyncio
import logging

from custodes.acts.counting.fold import STEP, Counting
from custodes.acts.footing.customer import SHOWN
from custodes.acts.opened import Opened
from custodes.acts.upkeep.common import customers
from custodes.kernel.refusal import Refusal

QUIET_PER_S = 200
QUIET_SHARE, BUSY_SHARE = 0.25, 0.04
ROUND_MAX, BUSY_MAX = 5_000, 2_000  # entries of a round
_log = logging.getLogger("custodes.counting")


class CountingRounds:
    """Goes through the customers that have something new, where it left off."""

    def __init__(self, opened: Opened, counting: Counting) -> None:
        self._o = opened
        self._counting = counting
        self._seen: tuple[int, int] | None = None  # when the last round began, and all entries by then
        self._done: dict[str, int] = {}
        self._was_quiet = True

    async def round(self) -> bool:
        """Count a bounded stretch; whether there is more that should be counted at once."""
        o = self._o
        heads = await o.read(lambda reads: {log: tree.size for log, tree in reads.heads().items()})
        left, share = BUSY_MAX, BUSY_SHARE
        if self._is_quiet(sum(heads.values())):
            left, share = ROUND_MAX, QUIET_SHARE
        is_more = False
        for customer in customers(o):
            size = sum(heads.get(customer.log(kind), 0) for kind in SHOWN)
            if customer.sealed or self._done.get(customer.id) == size:
                continue
            if left <= 0:
                return self._was_quiet
            try:
                behind = await self._counting.reach(customer, left, share)
            except Refusal as refusal:
                _log.error("alarm: entries of %s are not counted: %s", customer.id, refusal.code)
                continue
            left -= max(size - self._done.get(customer.id, 0), 0)
            self._done[customer.id] = size - min(behind.entries, size)
            is_more = is_more or behind.entries > STEP
            await asyncio.sleep(0)
        return is_more and self._was_quiet

    def _is_quiet(self, entries: int) -> bool:
        now = self._o.clock.boot_ms()
        before, self._seen = self._seen, (now, entries)
        self._was_quiet = False
        if before is not None:
            came, took_ms = entries - before[1], now - before[0]
            self._was_quiet = came * 1_000 <= QUIET_PER_S * took_ms
        return self._was_quiet
