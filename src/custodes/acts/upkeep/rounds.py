"""A round of upkeep, as the logkeeper asks for it: everything due, in bounded pieces, in a safe order.

Veils first (they are due by the day), then what lifecycle rules end, fresh keys for pages that lost
something, counts of what was entered, openings whose term is over (nothing goes uncounted), then shred
keys turn, pages are re-wrapped, shred keys that nothing needs are dropped, and the files are scrubbed
last.
"""

import asyncio
import logging

from custodes.acts.asks import Local
from custodes.acts.asks.upkeep import RunUpkeep, Upkept
from custodes.acts.counting.fold import Counting
from custodes.acts.counting.rounds import CountingRounds
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.objects.rules.ending import Endings
from custodes.acts.opened import Opened
from custodes.acts.retention.destroying import Destroying
from custodes.kernel.refusal import unauthenticated

from . import findings
from .deletions import Deletions
from .rewrap import Rewrap
from .shred import Shreds
from .veils import Veils

_log = logging.getLogger("custodes.upkeep")


class Rounds:
    """Answers `RunUpkeep`; one round at a time."""

    def __init__(self, opened: Opened, counting: Counting | None = None) -> None:
        counting = counting or Counting(opened)
        self._o = opened
        self.veils = Veils(opened)
        self.deletions = Deletions(opened)
        self.endings = Endings(opened)
        self.rewrap = Rewrap(opened)
        self.shreds = Shreds(opened)
        self.counting = CountingRounds(opened, counting)
        self.destroying = Destroying(opened, counting)
        self._one = asyncio.Lock()
        self._has_looked = False

    async def run(self, ask: RunUpkeep) -> Upkept:
        """One bounded round; `not-the-logkeeper` (unauthenticated) to anybody else."""
        if isinstance(ask.evidence, Local):
            self._o.identities.of(ask.evidence)
        elif not is_logkeeper(self._o, ask, ask.evidence):
            raise unauthenticated("not-the-logkeeper")
        async with self._one:
            return await self._round()

    async def _round(self) -> Upkept:
        await self._o.denials.flush()
        veils, more_veils = await self.veils.round()
        ended, more_ends = await self.endings.round()
        rekeyed, more_pages = await self.deletions.round()
        more_entries = await self.counting.round()
        destroyed, more_over = await self.destroying.round()
        turned = await self.shreds.turn_due()
        moved, more_moves = await self.rewrap.round()
        dropped, behind = await self.shreds.drop_unneeded()
        for customer in behind:
            self.rewrap.look_again(customer)
        if veils or not self._has_looked:  # once a day, and after a start
            self._has_looked = True
            for finding in await findings.look(self._o):
                _log.critical("alarm: %s %s", finding.code, finding.where)
        more = more_veils or more_ends or more_pages or more_moves or more_over or more_entries
        scrubbed = False if more else await self.shreds.scrub()
        return Upkept(
            veils=veils,
            rekeyed=rekeyed,
            rewrapped=moved,
            turned=turned,
            dropped=dropped,
            destroyed=destroyed,
            ended=ended,
            scrubbed=scrubbed,
            more=more,
        )
