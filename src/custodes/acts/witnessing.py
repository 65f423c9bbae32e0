"""How far each sub-log is witnessed, and waiting until it is.

A use under a grant, break-glass or an order is witnessed before its key is used; machine uses need a quorum
checkpoint younger than `UNWITNESSED_MINUTES_MAX`. A house whose policy asks for no quorum (demo only) waits
for nobody, and its receipts say so.
"""

import asyncio
from datetime import datetime, timedelta

from custodes.kernel.clock import Clock
from custodes.kernel.limits import UNWITNESSED_MINUTES_MAX
from custodes.kernel.refusal import unavailable

from .writing.act import Position


class Witnessing:
    """Fed by the logkeeper's `Published`; asked by everything that must not run ahead of the witnesses."""

    def __init__(self, clock: Clock, *, is_needed: bool) -> None:
        self._clock = clock
        self.is_needed = is_needed
        self._sizes: dict[str, int] = {}
        self._pending: dict[str, int] = {}
        self._published_at: datetime | None = None
        self._is_conflicted = False
        self._waiting = 0
        self._asked = asyncio.Event()
        self._moved = asyncio.Condition()

    @property
    def has_waiters(self) -> bool:
        """Whether a use waits for an epoch right now."""
        return self._waiting > 0

    @property
    def published_at(self) -> datetime | None:
        """When the last checkpoint was published, as far as this process was told."""
        return self._published_at

    def size(self, log: str) -> int:
        """How many entries of a sub-log lie under a published checkpoint."""
        return self._sizes.get(log, 0)

    def appended(self, sizes: dict[str, int]) -> None:
        """An epoch that holds these sizes was appended; the next `published` makes them witnessed."""
        self._pending.update(sizes)

    async def published(self, at: datetime) -> None:
        """A cosigned checkpoint over everything appended was published."""
        async with self._moved:
            self._sizes.update(self._pending)
            self._published_at = at
            self._moved.notify_all()

    def conflicted(self) -> None:
        """A witness has seen another tree: every use stops until officers have looked."""
        self._is_conflicted = True

    def refuse_if_stale(self) -> None:
        """`witness-conflict`, `not-witnessed-lately` (unavailable): before any key is used."""
        if self._is_conflicted:
            raise unavailable("witness-conflict")
        if not self.is_needed:
            return
        oldest = self._clock.now() - timedelta(minutes=UNWITNESSED_MINUTES_MAX)
        if self._published_at is None or self._published_at < oldest:
            raise unavailable("not-witnessed-lately")

    async def until(self, position: Position, timeout_s: float) -> None:
        """Wait until this entry is witnessed; `not-witnessed-in-time` (limited) and the epoch goes on."""
        if not self.is_needed:
            return
        self._waiting += 1
        self._asked.set()
        try:
            async with asyncio.timeout(timeout_s), self._moved:
                await self._moved.wait_for(lambda: self.size(position.log) > position.index)
        except TimeoutError:
            raise unavailable("not-witnessed-in-time") from None
        finally:
            self._waiting -= 1

    async def until_asked(self, timeout_s: float) -> None:
        """For the logkeeper: come back as soon as somebody waits, or after the timeout."""
        if self._waiting:
            return
        self._asked.clear()
        try:
            async with asyncio.timeout(timeout_s):
                await self._asked.wait()
        except TimeoutError:
            return
