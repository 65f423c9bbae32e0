"""Names of blobs, written down before anything is stored under them.

A body that travels as one ask and one commit has no admission that could hold its blob's name. If plane or
keyroom die between storing and closing, nothing would know the blob. So its name comes from a handful that
was committed beforehand, each with the day on which it goes; closing takes the name off that list in the
transaction that refers to it. What nobody came back for is collected (`outcomes.py`).

One commit pays for many names: a handful doubles while it is used up quickly and begins at one again after
a pause, so that a bucket written to once a day leaves one unused name and not hundreds. The names of one
handful end alike: a local store keeps them in one folder, and syncs it once for many of them.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec

from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Failed, Write
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import unavailable

from .outcomes import UNCLOSED_AFTER

HANDFUL_MAX = 256
END_LETTERS = 2  # what a folder of a local store is named after
GOOD_MS = 60_000  # a name not used by then is left to be collected: long before that may happen


class _Hand(msgspec.Struct):
    """What one set of locations has ready."""

    lock: asyncio.Lock
    names: deque[tuple[str, int]]  # blob and until when it may be given out, since boot
    size: int = 1
    filled_ms: int = 0


class Ahead:
    """Gives out names of blobs that are durable already."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._hands: dict[tuple[str, ...], _Hand] = {}

    async def draw(self, locations: Sequence[str]) -> str:
        """A fresh name for a blob in these locations; whatever refuses a commit is raised."""
        hand = self._hands.setdefault(tuple(locations), _Hand(asyncio.Lock(), deque()))
        while True:
            found = self._take(hand)
            if found is not None:
                return found
            async with hand.lock:
                if not hand.names:
                    await self._fill(hand, tuple(locations))

    def _take(self, hand: _Hand) -> str | None:
        now = self._o.clock.boot_ms()
        while hand.names:
            name, until_ms = hand.names.popleft()
            if now < until_ms:
                return name
        return None

    async def _fill(self, hand: _Hand, locations: tuple[str, ...]) -> None:
        o = self._o
        now = o.clock.boot_ms()
        hand.size = min(2 * hand.size, HANDFUL_MAX) if now - hand.filled_ms < GOOD_MS else 1
        hand.filled_ms = now
        end = new_id("blb", o.dice)[-END_LETTERS:]
        names = [new_id("blb", o.dice)[:-END_LETTERS] + end for _ in range(hand.size)]
        lying = tuple((name, location) for name in names for location in locations)
        written = Write("blob.schedule", (lying, o.clock.now() + UNCLOSED_AFTER))
        if isinstance(await o.gate.commit(Act(id=new_id("act", o.dice), writes=(written,))), Failed):
            raise unavailable("books-unavailable")  # it expects nothing, so nothing can have changed
        hand.names.extend((name, now + GOOD_MS) for name in names)
