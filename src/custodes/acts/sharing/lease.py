"""The lease: a keyroom uses keys only while it reached the database within the last five seconds.

So a kill is done when every other keyroom has said that it followed, or has been silent for so long that it
uses none any more. The first by name of those that live tends the house: clock, upkeep, epochs.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from custodes.acts.sharing.following import Following
from custodes.acts.sharing.ports import LEASE_S, Beat, Lease, Leases
from custodes.acts.witnessing import Witnessing
from custodes.kernel.clock import Clock
from custodes.kernel.refusal import Refusal, unavailable

EVERY_S = 1.0
LOOK_EVERY_S = 0.1
TRY_EVERY_S = 0.5
OUTLIVES_S = LEASE_S + 1.0  # a run of this name that ended without a word is over by then
WAITED_S = 2.0  # for the others to say that they followed a kill, before the answer says how many have not

_log = logging.getLogger("custodes.lease")


class Living:
    """This keyroom's own lease, and what it knows of the others."""

    def __init__(self, name: str, run: str, leases: Leases, clock: Clock) -> None:
        self._name, self._run = name, run
        self._leases = leases
        self._clock = clock
        self._until_ms = 0
        self._last: Beat | None = None
        self._note = b""
        self._task: asyncio.Task[None] | None = None

    @property
    def leases(self) -> tuple[Lease, ...]:
        """Every keyroom's, as the last beat showed them."""
        return () if self._last is None else self._last.leases

    @property
    def is_tender(self) -> bool:
        """Whether time, upkeep and epochs are this keyroom's to run."""
        if self._last is None:
            return False
        return self._name == min((one.keyroom for one in self._last.leases if one.left_ms > 0), default="")

    def refuse_if_lapsed(self) -> None:
        """`lease-lapsed` (unavailable): whether something was killed meanwhile is not known here."""
        if self._clock.boot_ms() >= self._until_ms:
            raise unavailable("lease-lapsed")

    def left_ms(self) -> int:
        """How long the present beat still lets keys be used; 0 and less: not at all."""
        return self._until_ms - self._clock.boot_ms()

    async def begin(self, standing_seq: int) -> Beat:
        """The first beat. An earlier run of this name that could not give its lease up (its database was
        gone) is outlived; one that lives on is `keyroom-runs-elsewhere` (conflict).
        """
        for _ in range(round(OUTLIVES_S / TRY_EVERY_S)):
            try:
                return await self.beat(standing_seq)
            except Refusal as refusal:
                if refusal.code != "keyroom-runs-elsewhere":
                    raise
            await asyncio.sleep(TRY_EVERY_S)
        return await self.beat(standing_seq)

    async def beat(self, standing_seq: int, *, wants_epoch: bool = False) -> Beat:
        """Live on; counted from before the database was asked."""
        began = self._clock.boot_ms()
        beat = await asyncio.to_thread(
            lambda: self._leases.renew(
                self._name, self._run, standing_seq, wants_epoch=wants_epoch, now=self._clock.now()
            )
        )
        self._until_ms = began + LEASE_S * 1000
        self._last = beat
        return beat

    async def pending(self, seq: int) -> int:
        """How many other keyrooms may still use keys as if the change `seq` had not been; waits a little."""
        left = round(WAITED_S / LOOK_EVERY_S)
        while True:
            beat = await asyncio.to_thread(self._leases.look)
            others = [one for one in beat.leases if one.keyroom != self._name]
            behind = sum(one.left_ms > 0 and one.seen < seq for one in others)
            if not behind or not left:
                return behind
            left -= 1
            await asyncio.sleep(LOOK_EVERY_S)

    def start(self, round_: Callable[[], Awaitable[None]]) -> None:
        """Beat for as long as the house is unsealed."""
        self._task = asyncio.get_running_loop().create_task(self._run_on(round_))

    async def stop(self) -> None:
        """End the lease: what waits for this keyroom need not wait."""
        task, self._task = self._task, None
        self._until_ms = 0
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        try:
            await asyncio.to_thread(self._leases.give_up, self._name, self._run)
        except Exception:
            _log.warning("the lease could not be given up; it lapses by itself")

    async def _run_on(self, round_: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await round_()
            except Refusal as refusal:
                _log.critical("alarm: the lease is not renewed: %s", refusal.code)
            except Exception:
                _log.exception("alarm: the lease is not renewed")


async def keep_up(
    living: Living, following: Following, witnessing: Witnessing, seq: Callable[[], int]
) -> Beat:
    """One round: live on, follow, and say so at once; start an epoch where a use waits for it elsewhere."""
    beat = await living.beat(seq(), wants_epoch=witnessing.has_waiters)
    if beat.standing_seq > seq():
        await following.catch_up()
        beat = await living.beat(seq(), wants_epoch=witnessing.has_waiters)
    if living.is_tender and any(one.wants_epoch for one in beat.leases):
        witnessing.ask()
    return beat
