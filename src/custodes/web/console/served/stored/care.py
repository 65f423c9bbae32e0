"""Copies of a bucket and their care, and how the stores are."""

import asyncio
from urllib.parse import quote

from custodes.acts.asks.buckets.bounds import LookBucketBounds
from custodes.acts.asks.buckets.care import CareView, LookCare, PlaceBucket, RoundView, ScrubBucket
from custodes.acts.asks.buckets.leftovers import LookStrays, StraysAt
from custodes.acts.asks.buckets.stores import LookStores, StoreView
from custodes.acts.asks.rules import LookPlaces, PlaceView
from custodes.kernel.refusal import malformed
from custodes.web.console.served.facts import maybe, moment
from custodes.web.console.served.questions import place_of
from custodes.web.console.served.stored.strays import SEEING
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.questions import Place
from custodes.web.console.views.stored import care as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form

LACKS_MAX = 50


class CarePages:
    """One bucket's copies, and all stores."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """The page of a bucket's copies."""
        bucket, ask = call.path["bucket"], self._desk.doors.ask
        found, places, bounds, stores = await asyncio.gather(
            ask(LookCare(visit.evidence, bucket)),
            maybe(self._desk, LookPlaces(visit.evidence, visit.customer)),
            maybe(self._desk, LookBucketBounds(visit.evidence, bucket)),
            maybe(self._desk, LookStores(visit.evidence, visit.customer)),
        )
        faults = {one.location: one.fault for one in (stores.stores if stores else ())}
        where = {one.id: one for one in places.places} if places else {}
        whole = bounds.bytes_used * len(found.places) if bounds else 0
        chosen = {one.location for one in found.places if not one.is_left}
        may_change = visit.me.party_kind == "customer" and "owner" in visit.me.roles
        view = views.CareView(
            bucket=bucket,
            place=f"/objects/{quote(bucket, safe='')}",
            copies_min=found.copies_min,
            places=tuple(
                views.CopiesRow(
                    place=_place(where, one.location),
                    fault=faults.get(one.location, ""),
                    lacks=one.lacks,
                    is_left=one.is_left,
                )
                for one in found.places
            ),
            lacking=_lacking(found, where),
            next_at=moment(found.next_at) if found.next_at else None,
            running=_round(found.running, whole),
            last=_round(found.last, 0),
            choices=tuple(
                views.Choice(id=one.id, place=place_of(one), is_chosen=one.id in chosen)
                for one in where.values()
                if one.inside or one.id in chosen
            )
            if may_change
            else (),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def scrub(self, call: Call, visit: Visit) -> Reply:
        """Read every copy again from now on."""
        call.taken(Form)
        await self._desk.doors.ask(ScrubBucket(visit.evidence, call.path["bucket"]))
        return self._back(call)

    async def move(self, call: Call, visit: Visit) -> Reply:
        """Where the bucket lies from now on, and how many copies must hold a write."""
        given = call.taken(Form)
        least = given.one("copies_min").strip() or "0"
        if not (least.isascii() and least.isdigit() and len(least) <= 3):
            raise malformed("copies-min-invalid")
        ask = PlaceBucket(visit.evidence, call.path["bucket"], given.many("location"), int(least))
        await self._desk.doors.ask(ask)
        return self._back(call)

    async def stores(self, call: Call, visit: Visit) -> Reply:
        """How the stores are, as the process that reaches them saw it last."""
        sees = visit.me.party_kind == "trustee" and not SEEING.isdisjoint(visit.me.roles)
        found, places, strays = await asyncio.gather(
            self._desk.doors.ask(LookStores(visit.evidence, visit.customer)),
            maybe(self._desk, LookPlaces(visit.evidence, visit.customer)),
            maybe(self._desk, LookStrays(evidence=visit.evidence)) if sees else _nothing(),
        )
        where = {one.id: one for one in places.places} if places else {}
        left = {one.location: one for one in strays.places} if strays else {}
        view = views.StoresView(
            customer=visit.customer_name,
            rows=tuple(_store(one, where, left.get(one.location)) for one in found.stores),
            strays_href="/strays" if strays else "",
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/stores", "stores", seated(desk, self.stores)),
            page("/objects/{bucket}/care", "care", seated(desk, self.show)),
            form("/objects/{bucket}/care/scrub", "care-scrub", seated(desk, self.scrub)),
            form("/objects/{bucket}/care/place", "care-place", seated(desk, self.move)),
        )

    def _back(self, call: Call) -> Reply:
        return see_other(f"/objects/{quote(call.path['bucket'], safe='')}/care")


def _lacking(found: CareView, where: dict[str, PlaceView]) -> tuple[views.LackRow, ...]:
    return tuple(
        views.LackRow(
            version=one.version,
            place=_place(where, one.location).name,
            why=one.why,
            due_at=moment(one.due_at),
        )
        for one in found.lacking[:LACKS_MAX]
    )


def _place(where: dict[str, PlaceView], location: str) -> Place:
    """A location as it is shown; one the visitor may not know of by its id alone, outside."""
    known = where.get(location)
    if known is not None:
        return place_of(known)
    return Place(name=location, country="", operator="", jurisdictions=(), is_inside=False)


def _round(found: RoundView | None, whole_bytes: int) -> views.RoundRow | None:
    if found is None:
        return None
    return views.RoundRow(
        begun_at=moment(found.begun_at),
        ended_at=moment(found.ended_at) if found.ended_at else None,
        checked=found.checked,
        checked_bytes=found.checked_bytes,
        whole_bytes=max(whole_bytes, found.checked_bytes),
        copied=found.copied,
        damaged=found.damaged,
        released=found.released,
        unreachable=found.unreachable,
    )


async def _nothing() -> None:
    """What is not asked for."""


def _store(one: StoreView, where: dict[str, PlaceView], left: StraysAt | None) -> views.StoreRow:
    return views.StoreRow(
        place=_place(where, one.location),
        seen_at=moment(one.seen_at) if one.seen_at else None,
        ms=one.ms,
        fault=one.fault,
        free_bytes=one.free_bytes,
        fault_at=moment(one.fault_at) if one.fault_at else None,
        fault_last=one.fault_last,
        strays=left.count if left else 0,
        strays_bytes=left.size_bytes if left else 0,
        strays_href=f"/strays/{one.location}" if left else "",
    )
