"""How much is counted in a round of upkeep: what came meanwhile, and little while the house is busy.

Counting shares the machine with uses. Where more is entered than `QUIET_PER_S`, a round counts one short
stretch and falls behind, which every answer says; it catches up when it is quiet again.
"""

import asyncio
import logging

from custodes.acts.counting.fold import STEP, Counting
from custodes.acts.footing.customer import SHOWN
from custodes.acts.opened import Opened
from custodes.acts.upkeep.common import customers
from custodes.kernel.refusal import Refusal

QUIET_PER_S = 200
ROUND_MAX = 20 * STEP
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
        left = ROUND_MAX if self._is_quiet(sum(heads.values())) else STEP
        is_more = False
        for customer in customers(o):
            size = sum(heads.get(customer.log(kind), 0) for kind in SHOWN)
            if customer.sealed or self._done.get(customer.id) == size:
                continue
            if left <= 0:
                return self._was_quiet
            try:
                behind = await self._counting.reach(customer, left)
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
        self._was_quiet = before is None or (entries - before[1]) * 1_000 <= QUIET_PER_S * (now - before[0])
        return self._was_quiet
