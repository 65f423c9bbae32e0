"""One attempt to unseal at a time: who has given his share, whether it is enough, and when it is forgotten.

Shares lie in this object's memory, from the first that is accepted until there are enough, somebody cancels,
or `ATTEMPT_S` have passed. Then they are dropped with the key they were sealed to, whatever came of it.
"""

import asyncio
import logging
from typing import NoReturn

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from custodes.acts.asks.documents import hash_of
from custodes.acts.asks.unsealing import CancelUnseal, GiveShare, UnsealGroup, UnsealView
from custodes.custody import shares, submission
from custodes.custody.shares import Given, Shared, ShareSet
from custodes.kernel import canonical
from custodes.kernel.clock import Clock, to_text
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.kernel.papers import Offer
from custodes.kernel.refusal import Refusal, conflict, denied, limited
from custodes.parties.signature import to_sign, verify_ed25519

from .notes import Journal, Note, encode

ATTEMPT_S = 30 * 60
REFUSED_MAX = 5  # wrong shares of one custodian in one attempt; he cannot use up those of others

_log = logging.getLogger("custodes.keyroom.unsealing")


class _Attempt(msgspec.Struct):
    """What is known of the attempt that runs. `began_ms`: since boot, at the first try."""

    offer: Offer
    key: X25519PrivateKey
    holder: str
    shares: ShareSet
    given: dict[tuple[int, int], Given]
    began_ms: int | None = None
    count: int = 0
    refused: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"_Attempt({len(self.given)} given)"


class Attempts:
    """Takes shares while the house is sealed. Its caller opens the house with what `give` returns."""

    def __init__(self, house: str, holder: Shared, journal: Journal, clock: Clock, dice: Dice) -> None:
        self._house = house
        self._holder = holder
        self._journal = journal
        self._clock = clock
        self._dice = dice
        self._running: _Attempt | None = None
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self.opened_by: tuple[str, ...] = ()  # organisations whose shares were enough, the last time

    async def opens(self) -> bool:
        """Whether shares open this house; refusals of the holder's file."""
        return await asyncio.to_thread(self._holder.share_set) is not None

    async def look(self) -> UnsealView:
        """What is offered and how far it is; refusals of the holder's file."""
        async with self._turn:
            running = await self._now()
            return UnsealView(sealed=True, by_shares=False) if running is None else self._view(running)

    async def give(self, ask: GiveShare) -> bytes | None:
        """Take a share; gives back the root's secret when there are enough, and has forgotten them all then.

        `shares-open-nothing` (conflict), `attempt-over` (conflict), `share-stranger`, `share-wrong`,
        `share-older` (denied), `share-given` (conflict), `share-tries-many` (limited), `journal-gone`.
        """
        async with self._turn:
            running = await self._current(ask.attempt)
            document = submission.give_document(running.offer, ask.share)
            self._demand_custodian(running, ask.public, document, ask.signature)
            if running.refused.get(ask.public, 0) >= REFUSED_MAX:
                raise limited("share-tries-many")
            self._begin(running)
            place = await self._accepted(running, ask)
            if not shares.is_enough(running.shares, running.given):
                return None
            groups = {group for group, _ in running.given}
            self.opened_by = tuple(running.shares.groups[group].organisation for group in sorted(groups))
            _log.warning("enough shares were given: %d, the last by place %s", len(running.given), place)
            try:
                return await asyncio.to_thread(shares.combine, running.shares, dict(running.given))
            finally:
                self.drop()

    async def cancel(self, ask: CancelUnseal) -> UnsealView:
        """End the attempt; `attempt-over` (conflict), `share-stranger` (denied)."""
        async with self._turn:
            running = await self._current(ask.attempt)
            self._demand_custodian(
                running, ask.public, submission.cancel_document(running.offer), ask.signature
            )
            await self._note(running, "share.cancel", ask.public)
            self.drop()
            fresh = await self._now()
            return UnsealView(sealed=True, by_shares=False) if fresh is None else self._view(fresh)

    def drop(self) -> None:
        """Forget shares and key; never fails."""
        self._running = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _accepted(self, running: _Attempt, ask: GiveShare) -> tuple[int, int]:
        place = shares.place_of(running.shares, ask.public)
        if place in running.given:
            raise conflict("share-given")
        try:
            given = shares.read(submission.unseal(running.offer, running.key, ask.share))
            place = shares.demand(running.shares, running.holder, ask.public, given)
        except Refusal as refusal:
            running.refused[ask.public] = running.refused.get(ask.public, 0) + 1
            await self._note(running, "share.refuse", ask.public, reason=refusal.code)
            raise
        await self._note(running, "share.give", ask.public, count=len(running.given) + 1)
        running.given[place] = given
        running.count += 1
        return place

    def _begin(self, running: _Attempt) -> None:
        """From the first try on time runs, and what was given is forgotten at its end even if nobody asks."""
        if running.began_ms is None:
            running.began_ms = self._clock.boot_ms()
            self._timer = asyncio.get_running_loop().call_later(ATTEMPT_S, running.given.clear)

    async def _current(self, attempt: str) -> _Attempt:
        running = await self._now()
        if running is None:
            raise conflict("shares-open-nothing")
        if running.offer.attempt != attempt:
            raise conflict("attempt-over")
        return running

    async def _now(self) -> _Attempt | None:
        """The attempt that runs; a new one when its time is over or the shares were made anew."""
        found = await asyncio.to_thread(self._holder.share_set)
        if found is None:
            self.drop()
            return None
        running = self._running
        if running is not None and self._left_ms(running) <= 0:
            await self._note(running, "share.lapse", "", count=running.count)
            self.drop()
        if self._running is None or (self._running.holder, self._running.shares) != found:
            self.drop()
            self._running = await self._fresh(*found)
        return self._running

    async def _fresh(self, holder: str, found: ShareSet) -> _Attempt:
        seed = await asyncio.to_thread(self._holder.submission_seed)
        key = X25519PrivateKey.from_private_bytes(self._dice.draw(32))
        naming = (self._house, holder, found.generation, new_id("act", self._dice))
        return _Attempt(submission.make_offer(naming, key, seed), key, holder, found, {})

    def _demand_custodian(self, running: _Attempt, public: str, document: bytes, signature: bytes) -> None:
        """One refusal for a stranger and a bad signature; neither is noted, or anybody could fill a disk."""
        try:
            key = canonical.unb64(public)
        except (Refusal, ValueError):
            raise _stranger() from None
        is_signed = verify_ed25519(key, signature, to_sign(hash_of(document)))
        if not is_signed or shares.place_of(running.shares, public) is None:
            raise _stranger()

    async def _note(
        self, running: _Attempt, act: str, public: str, *, count: int = 0, reason: str = ""
    ) -> None:
        place = shares.place_of(running.shares, public)
        custodian = running.shares.groups[place[0]].members[place[1]].custodian if place is not None else ""
        note = Note(
            act=act,
            act_id=new_id("act", self._dice),
            at=to_text(self._clock.now()),
            count=count,
            custodian=custodian,
            generation=running.shares.generation,
            holder=running.holder,
            public=public,
            reason=reason,
        )
        await asyncio.to_thread(self._journal.add, encode(note))

    def _left_ms(self, running: _Attempt) -> int:
        if running.began_ms is None:
            return ATTEMPT_S * 1000
        return running.began_ms + ATTEMPT_S * 1000 - self._clock.boot_ms()

    def _view(self, running: _Attempt) -> UnsealView:
        counted = [0] * len(running.shares.groups)
        for group, _ in running.given:
            counted[group] += 1
        return UnsealView(
            sealed=True,
            by_shares=True,
            organisations_needed=running.shares.group_threshold,
            groups=tuple(
                UnsealGroup(group.threshold, given)
                for group, given in zip(running.shares.groups, counted, strict=True)
            ),
            offer=running.offer,
            lapses_in_s=None if running.began_ms is None else max(0, self._left_ms(running) // 1000),
        )

    def __repr__(self) -> str:
        return "Attempts(...)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("shares do not travel")


def _stranger() -> Refusal:
    return denied("share-stranger")
