"""Copies of a bucket and their care."""

import asyncio
from collections.abc import Mapping
from urllib.parse import quote

from custodes.acts.asks.buckets.bounds import LookBucketBounds
from custodes.acts.asks.buckets.care import CareView, LookCare, PlaceBucket, RoundView, ScrubBucket
from custodes.acts.asks.buckets.stores import LookStores
from custodes.acts.asks.rules import LookPlaces, PlaceView
from custodes.kernel.refusal import malformed
from custodes.web.console.served.facts import maybe, moment
from custodes.web.console.served.questions import place_of
from custodes.web.console.served.visit import Desk, Visit, form, page, seated
from custodes.web.console.views.questions import Place
from custodes.web.console.views.stored import care as views
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form

LACKS_MAX = 50


class CarePages:
    """One bucket's copies."""

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
                    place=shown_at(where, one.location),
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

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
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
            place=shown_at(where, one.location).name,
            why=one.why,
            due_at=moment(one.due_at),
        )
        for one in found.lacking[:LACKS_MAX]
    )


def shown_at(where: Mapping[str, PlaceView], location: str) -> Place:
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
