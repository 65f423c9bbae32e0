"""How far each sub-log is witnessed, and waiting until it is.

A use under a grant, break-glass or an order is witnessed before its key is used; machine uses need a quorum
checkpoint younger than `UNWITNESSED_MINUTES_MAX`. Both count by the house's policy and, where he has one, by
the customer's own. A quorum is as old as its cosignatures say, not as its arrival. Where nobody asks for a
quorum (demo only) nobody is waited for, and the receipts say so.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills
from custodes.acts.footing.standing import Standing
from custodes.acts.witness_policies import Policies
from custodes.kernel.clock import Clock
from custodes.kernel.limits import UNWITNESSED_MINUTES_MAX
from custodes.kernel.refusal import unavailable

from .writing.act import Position

LOGKEEPER = "logkeeper"  # who stopped the house when a witness knows another tree


class Witnessing:
    """Fed by the logkeeper's `Published`; asked by everything that must not run ahead of the witnesses."""

    def __init__(self, clock: Clock, standing: Standing, policies: Policies, house: str) -> None:
        self._clock = clock
        self._standing = standing
        self._policies = policies
        self._house = house
        self._published: dict[str, int] = {}
        self._witnessed: dict[str, int] = {}
        self._pending: dict[str, int] = {}
        self._met_at: dict[str, datetime] = {}
        self._waiting = 0
        self._asked = asyncio.Event()
        self._moved = asyncio.Condition()
        self._owners: dict[str, list[str]] = {}  # whose quorum counts for a customer, while nothing changes
        self._owners_seq = -1

    @property
    def has_waiters(self) -> bool:
        """Whether a use waits for an epoch right now."""
        return self._waiting > 0

    @property
    def published_at(self) -> datetime | None:
        """Since when the house's quorum vouches for the last checkpoint published; None since the start."""
        return self._met_at.get(self._house)

    def is_needed(self, customer: str) -> bool:
        """Whether anybody's cosignature is asked for before this customer's keys are used."""
        return any(True for _ in self._asking(customer))

    def published_size(self, log: str) -> int:
        """How many entries of a sub-log lie under a published checkpoint."""
        return self._published.get(log, 0)

    def size(self, log: str) -> int:
        """How many of them are witnessed as the house and their customer ask for."""
        return self._witnessed.get(log, 0)

    def appended(self, sizes: dict[str, int]) -> None:
        """An epoch that holds these sizes was appended; the next `published` makes them witnessed."""
        self._pending.update(sizes)

    async def published(self, met_at: Mapping[str, datetime | None]) -> None:
        """A checkpoint over everything appended was published; since when each owner's quorum vouches for it.

        An owner whose quorum is not met has None: his sub-logs stay as they were for him.
        """
        now = self._clock.now()
        async with self._moved:
            for owner, at in met_at.items():
                if at is not None:
                    self._met_at[owner] = min(at, now)
            self._published.update(self._pending)
            self._pending.clear()
            for log, size in self._published.items():
                if self._witnessed.get(log) != size and met_at.get(log.partition("/")[0], now) is not None:
                    self._witnessed[log] = size
            self._moved.notify_all()

    def refuse_if_conflicted(self) -> None:
        """`witness-conflict` (unavailable) while the logkeeper's stop of the house stands."""
        row = self._standing.get("kills", KILLS_OF_HOUSE, Kills)
        if row is not None and any(one.by == LOGKEEPER and one.lifted_at is None for one in row.kills):
            raise unavailable("witness-conflict")

    def refuse_if_stale(self, customer: str) -> None:
        """`witness-conflict`, `not-witnessed-lately` (unavailable): before any key of his is used."""
        self.refuse_if_conflicted()
        oldest = self._clock.now() - timedelta(minutes=UNWITNESSED_MINUTES_MAX)
        for owner in self._asking(customer):
            at = self._met_at.get(owner)
            if at is None or at < oldest:
                raise unavailable("not-witnessed-lately")

    async def until(self, position: Position, timeout_s: float) -> None:
        """Wait until this entry is witnessed; `not-witnessed-in-time`, `witness-conflict` (unavailable)."""
        if not self.is_needed(position.log.partition("/")[0]):
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
        self.refuse_if_conflicted()

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

    def ask(self) -> None:
        """A use waits at another keyroom: start an epoch."""
        self._asked.set()

    async def heard(self, sizes: Mapping[str, int], met_at: Mapping[str, datetime | None]) -> None:
        """Another keyroom's logkeeper has published a checkpoint under which sub-logs have these sizes."""
        self.appended(dict(sizes))
        await self.published(met_at)

    def _asking(self, customer: str) -> "list[str]":
        """Whose quorum counts for this customer: the house's, and his own where he has one."""
        if self._owners_seq != self._standing.seq:
            self._owners, self._owners_seq = {}, self._standing.seq
        kept = self._owners.get(customer)
        if kept is None:
            found = ((owner, self._policies.of(owner)) for owner in dict.fromkeys((self._house, customer)))
            kept = [owner for owner, policy in found if policy is not None and not policy.is_none]
            self._owners[customer] = kept
        return kept
