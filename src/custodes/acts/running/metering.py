"""What a customer used, counted from the entries he is shown: the same figures as he counts himself.

Entries are opened and proven a hundred at a time, so that a long log holds nobody up; the cost grows with it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from functools import partial

from custodes.acts.answers.log import Found, with_leaves
from custodes.acts.asks.running.metering import LookMetering, Metering
from custodes.acts.footing.customer import EXCEPTIONAL, MACHINE, Customer
from custodes.acts.opened import Opened
from custodes.acts.permitted import customer, may_read
from custodes.acts.retention.proven import destroyed
from custodes.acts.writing.ports import Reads
from custodes.assurance.metering import Fields, Meter, at
from custodes.policy.question import Resource

STEP = 100


class MeteringAnswers:
    """Answers `LookMetering`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def look(self, ask: LookMetering) -> Metering:
        """`bad-month` (malformed), `no-such-customer` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        row = customer(o, ask.customer)
        await may_read(o, who, "log:read", Resource(kind="log", id=row.id, customer=row.id))
        meter = Meter(row.id, ask.month)
        machine, exceptional = self._opened(row, MACHINE), self._opened(row, EXCEPTIONAL)
        first, second = await anext(machine, None), await anext(exceptional, None)
        while first is not None or second is not None:
            if second is None or (first is not None and at(first) <= at(second)):
                taken, first = first, await anext(machine, None)
            else:
                taken, second = second, await anext(exceptional, None)
            if taken is not None and not meter.add(taken):
                break
        return Metering(meter.csv())

    async def _opened(self, row: Customer, kind: str) -> AsyncIterator[Fields]:
        """One sub-log's entries in their order.

        Left out: a veil, which has no time of its own; what was destroyed at its time or lost with a machine.
        """
        o, log = self._o, row.log(kind)
        size = await o.read(lambda reads: reads.head(log).size)
        for start in range(0, size, STEP):
            span = (start, min(start + STEP, size))
            for opening, leaf, page in await o.read(partial(self._found, row, log, span)):
                if page is not None:
                    fields = o.records.unseal(row, page, opening, leaf).fields
                    if "at" in fields:
                        yield fields
            await asyncio.sleep(0)

    def _found(self, row: Customer, log: str, span: tuple[int, int], reads: Reads) -> Sequence[Found]:
        o = self._o
        gone = destroyed(reads, o.records, (o.house, row), log, span)
        rows = reads.openings(log, span, limit=STEP, is_oldest_first=True)
        left = [one for one in rows if not any(each.first <= one.index < each.end for each in gone)]
        return with_leaves(reads, o.house, left)
