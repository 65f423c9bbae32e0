"""How the stores are, place by place: what was seen, what was found when everything was read, what waits."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from urllib.parse import quote

from custodes.acts.asks.buckets.care import CareView, LookCare
from custodes.acts.asks.buckets.leftovers import LookStrays, StraysAt
from custodes.acts.asks.buckets.stores import LookStores, StoreOutage, StoreView
from custodes.acts.asks.objects import BucketView, LookBuckets
from custodes.acts.asks.rules import LookPlaces, PlaceView
from custodes.web.console.served.facts import maybe, moment
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views.stored import health as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .care import shown_at
from .strays import SEEING

BUCKETS_MAX = 50  # whose care is asked for; each costs a look
STALE_AFTER = timedelta(minutes=5)  # it is looked at every half minute


class HealthPages:
    """All stores of a customer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def stores(self, call: Call, visit: Visit) -> Reply:
        """How the stores are, as the process that reaches them saw it last."""
        sees = visit.me.party_kind == "trustee" and not SEEING.isdisjoint(visit.me.roles)
        found, places, listed, strays = await asyncio.gather(
            self._desk.doors.ask(LookStores(visit.evidence, visit.customer)),
            maybe(self._desk, LookPlaces(visit.evidence, visit.customer)),
            maybe(self._desk, LookBuckets(visit.evidence, visit.customer)),
            maybe(self._desk, LookStrays(evidence=visit.evidence)) if sees else _nothing(),
        )
        buckets = listed.buckets if listed else ()
        asked = buckets[:BUCKETS_MAX]
        cares = await asyncio.gather(
            *(maybe(self._desk, LookCare(visit.evidence, one.name)) for one in asked)
        )
        kept = [(one, care) for one, care in zip(asked, cares, strict=True) if care is not None]
        where = {one.id: one for one in places.places} if places else {}
        left = {one.location: one for one in strays.places} if strays else {}
        view = views.StoresView(
            customer=visit.customer_name,
            house=visit.house.name,
            rows=tuple(
                _store((one, self._desk.clock.now()), where, left.get(one.location), kept)
                for one in found.stores
            ),
            buckets_cut=len(buckets) > BUCKETS_MAX,
            strays_href="/strays" if strays else "",
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        return (page("/stores", "stores", seated(self._desk, self.stores)),)


def _store(
    of: tuple[StoreView, datetime],
    where: Mapping[str, PlaceView],
    left: StraysAt | None,
    kept: Sequence[tuple[BucketView, CareView]],
) -> views.StoreRow:
    one, now = of
    seen_at = moment(one.seen_at) if one.seen_at else None
    return views.StoreRow(
        place=shown_at(where, one.location),
        seen_at=seen_at,
        is_stale=seen_at is not None and now - seen_at > STALE_AFTER,
        ms=one.ms,
        fault=one.fault,
        free_bytes=one.free_bytes,
        outages=tuple(map(_outage, one.outages)),
        mark=one.mark,
        marked_at=moment(one.marked_at) if one.marked_at else None,
        kept=tuple(row for bucket, care in kept for row in _kept(bucket, care, one.location)),
        strays=left.count if left else 0,
        strays_bytes=left.size_bytes if left else 0,
        strays_href=f"/strays/{one.location}" if left else "",
    )


def _kept(bucket: BucketView, care: CareView, location: str) -> tuple[views.KeptRow, ...]:
    """What a bucket says of this place; nothing where it has never lain there."""
    last = care.last
    return tuple(
        views.KeptRow(
            bucket=bucket.name,
            href=f"/objects/{quote(bucket.name, safe='')}/care",
            read_at=moment(last.ended_at or last.begun_at) if last else None,
            is_running=care.running is not None,
            checked=last.checked if last else 0,
            checked_bytes=last.checked_bytes if last else 0,
            damaged=last.damaged if last else 0,
            unreachable=last.unreachable if last else 0,
            waiting=sum(count for _, count in place.lacks),
        )
        for place in care.places
        if place.location == location
    )


def _outage(one: StoreOutage) -> views.OutageRow:
    return views.OutageRow(
        since=moment(one.since),
        last=moment(one.last),
        until=moment(one.until) if one.until else None,
        fault=one.fault,
    )


async def _nothing() -> None:
    """What is not asked for."""
