"""Which signed requests were let through before this keyroom was opened: read from the log, once.

Each took an act id that follows from its signature, and the entries keep their acts' ids. So a start forgets
nothing, and no use costs more than it did: there is no table of marks, and the ids are in no index. It
matters only for as long as something signed before the start may still be fresh.
"""

import asyncio
from array import array
from bisect import bisect_left
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from custodes.acts.footing.customer import SHOWN
from custodes.acts.opened import Opened
from custodes.acts.writing.ports import Reads
from custodes.parties.connections import Connection, ConnectionKind

from .repeats import act_ids

AT_ONCE = 20_000  # entries of one reading: some tens of milliseconds of a thread
WAITED = timedelta(minutes=1)  # entries lie in the order of their times but for what an act waited its turn


class Earlier:
    """Counts how often a signature was let through by whoever had this database before."""

    def __init__(self, opened: Opened, *, span_s: int, times_max: int) -> None:
        """`span_s`: how long after its first use a signature may still be fresh."""
        self._o = opened
        self._times_max = times_max
        self._since = opened.clock.now() - timedelta(seconds=span_s)
        self._until_ms = opened.clock.boot_ms() + span_s * 1_000
        self._reading = asyncio.Lock()
        self._marks: array[int] | None = None

    async def times(self, signature: str) -> int:
        """How often it was let through before; the first to ask has the log read."""
        if self._o.clock.boot_ms() > self._until_ms:
            self._marks = None
            return 0
        async with self._reading:
            if self._marks is None:
                self._marks = await self._read()
        marks = self._marks
        if not marks:
            return 0
        taken = (hash(one) for one in act_ids(signature, range(self._times_max)))
        return sum(at < len(marks) and marks[at] == one for one in taken for at in (bisect_left(marks, one),))

    async def _read(self) -> "array[int]":
        """A number for each act (Python's own keyed hash of its id), in order: eight bytes each."""
        o, found = self._o, array("q")
        rows = o.standing.all_of("connection", Connection)
        customers = {row.customer for row in rows if row.kind is ConnectionKind.XKS}
        since = int((self._since - WAITED).timestamp() * 1_000_000)
        begins = await o.read(lambda reads: _begins(reads, customers, since))
        for log, (first, size) in begins.items():
            for at in range(first, size, AT_ONCE):
                found.extend(map(hash, await o.read(partial(_acts, log, at))))
        return array("q", sorted(found))


def _acts(log: str, first: int, reads: Reads) -> Sequence[str]:
    return reads.upkeep.acts_from(log, (first, first + AT_ONCE))


def _begins(reads: Reads, customers: set[str], since: int) -> dict[str, tuple[int, int]]:
    """From where to where each of these customers' logs may hold something of this span."""
    return {
        log: (reads.index_at(log, since, tree.size), tree.size)
        for log, tree in reads.heads().items()
        if log.partition("/")[0] in customers and log.split("/")[1] in SHOWN
    }
