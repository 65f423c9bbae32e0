"""Looking up what is to be read: at once where the store can, else all that wait share one hop.

A look-up costs little; the way into a thread, a connection and a transaction cost ten times as much. Each
sees at least everything that was committed before it was asked for: it never joins one that has begun.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from custodes.acts.opened import Opened
from custodes.acts.writing.object_rows import VersionRow
from custodes.acts.writing.ports import Reads
from custodes.custody.hierarchy import Page
from custodes.kernel.refusal import Refusal

TOGETHER_MAX = 64


class At(NamedTuple):
    """A bucket's id, a name in it, and a version as it is shown (None: the newest)."""

    bucket: str
    name: str
    version: str | None


Seen = tuple[VersionRow | None, Page | None]  # the row, and the page its key lies in


class Looks:
    """Look-ups of one unsealed house."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._waiting: list[tuple[At, asyncio.Future[Seen]]] = []
        self._looking: asyncio.Task[None] | None = None

    async def find(self, at: At) -> Seen:
        """What lies there now; `books-unavailable` (unavailable)."""
        if not self._waiting:
            found = self._o.read.at_once(lambda reads: seen(reads, self._o.house, (at,)))
            if found is not None:
                return _one(found[0])
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Seen] = loop.create_future()
        self._waiting.append((at, future))
        if self._looking is None:
            self._looking = loop.create_task(self._look())
        return await future

    async def _look(self) -> None:
        try:
            while self._waiting:
                some, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
                await self._look_for(some)
        finally:
            self._looking = None

    async def _look_for(self, some: Sequence[tuple[At, asyncio.Future[Seen]]]) -> None:
        house, wanted = self._o.house, [at for at, _ in some]
        try:
            found = await self._o.read(lambda reads: seen(reads, house, wanted))
        except BaseException as error:
            for _, future in some:
                if not future.done():
                    future.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), one in zip(some, found, strict=True):
            if future.done():
                continue
            if isinstance(one, Exception):
                future.set_exception(one)
            else:
                future.set_result(one)


def _one(found: Seen | Exception) -> Seen:
    if isinstance(found, Exception):
        raise found
    return found


def seen(reads: Reads, house: str, wanted: Sequence[At]) -> list[Seen | Exception]:
    """Each row and the page its key lies in, one statement each; a row that makes no sense fails alone."""
    found: list[Seen | Exception] = []
    for at in wanted:
        try:
            found.append(reads.objects.seen(house, *at))
        except (Refusal, ValueError, TypeError) as error:
            found.append(error)
    return found
