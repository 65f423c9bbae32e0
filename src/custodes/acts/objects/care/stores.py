"""What is known of the stores' health: in this keyroom's memory, from the process that reaches them.

It is no entry and rests on no proof: whoever reaches the stores says so, and pages name it as that.
"""

import re
from collections.abc import Iterable

import msgspec

from custodes.acts.asks.buckets.stores import (
    DueStores,
    LookStores,
    StoreOutage,
    StoresDue,
    StoresView,
    StoreTold,
    StoreView,
    TellStores,
)
from custodes.acts.asks.objects import Closed, Store
from custodes.acts.footing.nouns import StoreAt, StoreMark
from custodes.acts.objects.ground import OPEN, Ground
from custodes.acts.permitted import customer, may_read
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import malformed
from custodes.objects.bucket import Bucket
from custodes.policy.question import Resource

from .copies import hasten

TOLD_MAX = 1_000
MS_MAX = 3_600_000
OUTAGES_MAX = 20
_CODE = re.compile(r"[a-z0-9-]{0,64}")


class StoreHealth:
    """Answers `DueStores`, `TellStores`, `LookStores`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

    async def due(self, ask: DueStores) -> StoresDue:  # noqa: ARG002 - it says nothing
        """See `DueStores`."""
        return StoresDue(tuple(Store(one.location, one.uri) for one in self._stores()))

    async def told(self, ask: TellStores) -> Closed:
        """See `TellStores`; `bad-stores` (malformed)."""
        if len(ask.told) > TOLD_MAX or not all(map(_is_plain, ask.told)):
            raise malformed("bad-stores")
        known, now = {one.location for one in self._stores()}, to_text(self._g.o.clock.now())
        kept = {at: seen for at, seen in self._g.o.stores_seen.items() if at in known}
        back = []
        for one in ask.told:
            if one.location not in known:
                continue
            before = kept.get(one.location, StoreView(location=one.location))
            if before.fault and not one.fault:
                back.append(one.location)
            kept[one.location] = msgspec.structs.replace(
                before,
                seen_at=now,
                ms=one.ms,
                fault=one.fault,
                free_bytes=one.free_bytes,
                fault_at=now if one.fault else before.fault_at,
                fault_last=one.fault or before.fault_last,
                outages=_outages(before.outages, one.fault, now),
            )
        seen = self._g.o.stores_seen
        seen.clear()
        seen.update(kept)
        for location in back:
            await hasten(self._g.o, location)
        return Closed()

    async def look(self, ask: LookStores) -> StoresView:
        """See `LookStores`."""
        o = self._g.o
        who = o.identities.of(ask.evidence)
        owner = customer(o, ask.customer)
        await may_read(o, who, "boundary:read", Resource(kind="boundary", id=owner.id, customer=owner.id))
        rows = o.standing.all_of("bucket", Bucket, owner.id)
        places = dict.fromkeys(at for row in rows if row.state == OPEN for at in row.locations)
        return StoresView(tuple(map(self._view, places)))

    def _view(self, location: str) -> StoreView:
        """What was seen, with the disk's mark as it stands."""
        o = self._g.o
        seen = o.stores_seen.get(location, StoreView(location=location))
        row = o.standing.get("store-mark", location, StoreMark)
        return seen if row is None else msgspec.structs.replace(seen, mark=row.number, marked_at=row.set_at)

    def _stores(self) -> Iterable[StoreAt]:
        return self._g.o.standing.all_of("store", StoreAt)


def _outages(before: tuple[StoreOutage, ...], fault: str, now: str) -> tuple[StoreOutage, ...]:
    """The stretches after one more look."""
    newest = before[0] if before and not before[0].until else None
    if newest is not None and newest.fault == fault:
        return (msgspec.structs.replace(newest, last=now), *before[1:])
    if newest is not None:
        before = (msgspec.structs.replace(newest, until=now), *before[1:])
    begun = (StoreOutage(since=now, last=now, fault=fault),) if fault else ()
    return (*begun, *before)[:OUTAGES_MAX]


def _is_plain(one: StoreTold) -> bool:
    is_number = one.free_bytes is None or 0 <= one.free_bytes < 1 << 63
    return is_number and 0 <= one.ms <= MS_MAX and _CODE.fullmatch(one.fault) is not None
