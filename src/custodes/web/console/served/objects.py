"""Buckets with the map of the boundary, the objects in one, and one object: where it lies and who read it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TypeVar
from urllib.parse import quote, urlencode

import msgspec

from custodes.acts.asks import Ask
from custodes.acts.asks.buckets.bounds import BucketBounds, LookBucketBounds, SetBucketBounds
from custodes.acts.asks.buckets.care import LackView, LookCare
from custodes.acts.asks.buckets.inventory import InventoryView
from custodes.acts.asks.buckets.stores import LookStores
from custodes.acts.asks.house import LookKills
from custodes.acts.asks.log import EntryView, LookEntries
from custodes.acts.asks.objects import (
    BlobView,
    BucketView,
    Listed,
    ListedObject,
    ListObjects,
    LookBucket,
    LookBuckets,
    LookObject,
    ObjectView,
)
from custodes.acts.asks.preserving.cases import LookPreservations, Preservations
from custodes.acts.asks.rules import LookPlaces, Places, PlaceView
from custodes.desks.preservation import RUNNING
from custodes.kernel.refusal import malformed
from custodes.law.book import Book, shipped
from custodes.objects.rules.inventory import WEEKLY
from custodes.web.console.pages import PageQuery
from custodes.web.console.tiles import GRID
from custodes.web.console.views import objects as views
from custodes.web.console.views.shell import Pager
from custodes.web.kit.call import Call, Reply, see_other
from custodes.web.kit.endpoint import Endpoint
from custodes.web.kit.forms import Form

from . import facts
from .facts import maybe
from .files.bringing import SENDING_CSP
from .files.naming import folder, folders
from .questions import boundary_name, boundary_of, place_of
from .stored.leases import LEASE, leased
from .visit import Desk, Visit, form, page, seated

ROWS_MAX = 50
READINGS_MAX = 20  # of each part of the log; the rest is a link away
LEASES_MAX = 5
VERSIONS_READ_MAX = 20
NUMBER_CHARACTERS_MAX = 19
READS = ("object.get", "grant.use", "break-glass.use", "object.copy")


T = TypeVar("T")
_OF_STORES = ("customer", "trustee")


class ObjectsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`prefix`: the folder; `token`: where a further page begins."""

    prefix: str = ""
    token: str = ""


class ObjectQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name` of the object; names may hold anything, so they are never part of a path."""

    name: str


class ObjectPages:
    """Buckets, one bucket, one object."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._law = shipped()

    async def buckets(self, call: Call, visit: Visit) -> Reply:
        """All buckets, and the boundary they lie in."""
        ask = self._desk.doors.ask
        found, places = await asyncio.gather(
            ask(LookBuckets(visit.evidence, visit.customer)),
            maybe(self._desk, LookPlaces(visit.evidence, visit.customer)),
        )
        view = views.BucketsView(
            customer=visit.customer_name,
            rows=tuple(_bucket(one, places) for one in found.buckets),
            boundary=_boundary(places, self._law, self._desk.clock.now().date()) if places else None,
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def list_(self, call: Call, visit: Visit) -> Reply:
        """One folder of a bucket."""
        query, name = call.asked(ObjectsQuery), call.path["bucket"]
        ask = self._desk.doors.ask
        listing = ListObjects(
            visit.evidence,
            name,
            "v2",
            prefix=query.prefix,
            delimiter="/",
            token=query.token,
            limit=ROWS_MAX,
        )
        bucket, listed, bounds, places, kills = await asyncio.gather(
            ask(LookBucket(visit.evidence, name)),
            ask(listing),
            maybe(self._desk, LookBucketBounds(visit.evidence, name)),
            maybe(self._desk, LookPlaces(visit.evidence, visit.customer)),
            maybe(self._desk, LookKills(visit.evidence, visit.customer)),
        )
        rows = _rows(listed, name, query.prefix)
        above, last = folders(name, query.prefix)
        view = views.ObjectsView(
            bucket=_bucket(bucket, places),
            care_href=f"/objects/{quote(name, safe='')}/care",
            prefix=query.prefix,
            here=folder(name, ""),
            above=above,
            last=last,
            rows=rows,
            pager=Pager(
                first=0 if query.token else min(1, len(rows)),
                last=0 if query.token else len(rows),
                next_href=folder(name, query.prefix, listed.next_token) if listed.truncated else None,
                previous_href=folder(name, query.prefix) if query.token else None,
            ),
            is_killed=bool(kills and kills.kills),
            bounds=_bounds(bounds, visit) if bounds is not None and not query.prefix else None,
            upload=views.UploadView(place=f"/objects/{quote(name, safe='')}") if _writes(visit) else None,
        )
        reply = self._desk.pages.reply(call, view, visit.visitor)
        if view.upload is None:
            return reply
        sending = ("content-security-policy", SENDING_CSP)
        return msgspec.structs.replace(reply, headers=(*reply.headers, sending))

    async def bound(self, call: Call, visit: Visit) -> Reply:
        """Limits and padding of a bucket, as its form says them; what is left empty is none."""
        given, name = call.taken(Form), call.path["bucket"]
        await self._desk.doors.ask(
            SetBucketBounds(
                visit.evidence,
                name,
                given.one("padding"),
                _number(given.one("bytes_max"), "bytes_max"),
                _number(given.one("versions_max"), "versions_max"),
            )
        )
        return see_other(folder(name, ""))

    async def show(self, call: Call, visit: Visit) -> Reply:
        """One name: its versions, where each part lies, and who read it, from entries."""
        name, bucket = call.asked(ObjectQuery).name, call.path["bucket"]
        ask = self._desk.doors.ask
        found, row, places, known, stores, care = await asyncio.gather(
            ask(LookObject(visit.evidence, bucket, name)),
            ask(LookBucket(visit.evidence, bucket)),
            maybe(self._desk, LookPlaces(visit.evidence, visit.customer)),
            facts.names(self._desk, visit, visit.customer),
            self._of_stores(visit, LookStores(visit.evidence, visit.customer)),
            self._of_stores(visit, LookCare(visit.evidence, bucket)),
        )
        by_exception, by_rule, leases, kills, kept = await asyncio.gather(
            self._reads(visit, found.ids, "exceptional"),
            self._reads(visit, found.ids, "machine"),
            facts.entries(
                self._desk,
                LookEntries(visit.evidence, visit.customer, subject=row.id, act=LEASE, limit=4 * LEASES_MAX),
            ),
            maybe(self._desk, LookKills(visit.evidence, visit.customer)),
            maybe(self._desk, LookPreservations(visit.evidence, visit.customer)),
        )
        where = {one.id: one for one in places.places} if places else {}
        first_at = min((one.at for one in found.versions), default="")
        since = [one for one in leases.entries if one.at >= first_at]
        above, last = folders(bucket, name)
        taken = leased(since, known, {}, (self._desk.clock.now(), {}, bucket))
        view = views.ObjectView(
            bucket=bucket,
            name=name,
            content=f"/objects/{quote(bucket, safe='')}/object/content",
            told=f"/objects/{quote(bucket, safe='')}/object/told?{urlencode({'name': name})}&version=",
            versions=_versions(found, where, care.lacking if care else ()),
            exceptions=_readings(by_exception, known),
            readings=_readings(by_rule, known),
            is_killed=bool(kills and kills.kills),
            reads_href=f"/objects/{quote(bucket, safe='')}/object/reads?{urlencode({'name': name})}&version=",
            leases=taken[:LEASES_MAX],
            leases_href=f"/leases?{urlencode({'bucket': bucket})}",
            away=tuple(
                where[one.location].name
                for one in (stores.stores if stores else ())
                if one.fault and one.location in where
            ),
            preserved=_announced(kept, row.id, name, found.ids),
            above=above,
            last=last,
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def _of_stores(self, visit: Visit, ask: Ask[T]) -> T | None:
        """An answer about stores; whoever is let in by a grant alone is not denied it."""
        return await maybe(self._desk, ask) if visit.me.party_kind in _OF_STORES else None

    async def _reads(self, visit: Visit, ids: Sequence[str], kind: str) -> tuple[tuple[EntryView, ...], str]:
        """The newest reads of these versions in one part of the log, and the log's page of the rest.

        Exceptions are asked for by themselves: ten thousand reads by rule would hide the one that matters.
        No more is asked for than is shown: each entry is opened and proven, while others wait.
        """
        asked = ids[:VERSIONS_READ_MAX]
        pages = await asyncio.gather(
            *(
                facts.entries(
                    self._desk,
                    LookEntries(visit.evidence, visit.customer, kind=kind, subject=id_, limit=READINGS_MAX),
                )
                for id_ in asked
            )
        )
        rows = [one for found in pages for one in found.entries if one.act in READS]
        rows.sort(key=lambda one: one.at, reverse=True)
        cut = [id_ for id_, found in zip(asked, pages, strict=True) if found.next_before is not None]
        is_more = bool(cut) or len(rows) > READINGS_MAX or len(ids) > len(asked)
        pairs = {"log": kind, "subject": (cut or list(asked))[0]} if is_more else {}
        return tuple(rows[:READINGS_MAX]), f"/log?{urlencode(pairs)}" if pairs else ""

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/objects", "buckets", seated(desk, self.buckets)),
            page("/objects/{bucket}", "objects", seated(desk, self.list_), ObjectsQuery),
            form("/objects/{bucket}/bounds", "bucket-bounds", seated(desk, self.bound)),
            page("/objects/{bucket}/object", "object", seated(desk, self.show), ObjectQuery),
        )


def _versions(
    found: ObjectView, where: Mapping[str, PlaceView], lacking: Sequence[LackView]
) -> tuple[views.VersionRow, ...]:
    lies: dict[str, list[BlobView]] = {}
    for blob in found.blobs:
        lies.setdefault(blob.version, []).append(blob)
    return tuple(
        views.VersionRow(
            version=id_,
            shown=one.version,
            size_bytes=one.size,
            written_at=facts.moment(one.at),
            is_latest=one.latest,
            is_marker=one.marker,
            places=tuple(
                place_of(where[store])
                for store in sorted({s.location for blob in lies.get(id_, ()) for s in blob.stores})
                if store in where
            ),
            parts=len(lies.get(id_, ())),
            is_held=marks.hold == "ON",
            kept_until=facts.moment(marks.lock_until) if marks.lock_until else None,
            kept_by=marks.lock_mode,
            lacks=tuple(
                (where[lack.location].name if lack.location in where else lack.location, lack.why)
                for lack in lacking
                if lack.version == id_
            ),
        )
        for one, id_, marks in zip(found.versions, found.ids, found.marks, strict=True)
    )


def _bucket(one: BucketView, places: Places | None) -> views.BucketRow:
    where = {place.id: place for place in places.places} if places else {}
    found = [where[id_] for id_ in one.locations if id_ in where]
    return views.BucketRow(
        name=one.name,
        href=folder(one.name, ""),
        data_class=one.data_class,
        versioning=one.versioning,
        key_href=f"/keys/{one.key}",
        places=tuple(place_of(place) for place in found),
        is_inside=len(found) == len(one.locations) and all(place.inside for place in found),
        created_at=facts.moment(one.created_at),
        public=one.public,
        public_by=tuple(rule.removeprefix("customer/") for rule in one.public_by),
    )


def _writes(visit: Visit) -> bool:
    """Whether a form to upload is shown; what may be done is decided when it comes."""
    return visit.me.party_kind == "customer" and "owner" in visit.me.roles


def _bounds(found: BucketBounds, visit: Visit) -> views.BoundsView:
    may_change = visit.me.party_kind == "customer" and "owner" in visit.me.roles
    return views.BoundsView(
        padding=found.padding,
        bytes_max=found.bytes_max,
        versions_max=found.versions_max,
        bytes_used=found.bytes_used,
        versions_used=found.versions_used,
        upload_bytes_used=found.upload_bytes_used,
        told=tuple(
            views.ToldRow(webhook=one.webhook, events=one.events, prefix=one.prefix, suffix=one.suffix)
            for one in found.told
        ),
        inventories=tuple(_report(one) for one in found.inventories),
        action=f"/objects/{quote(found.bucket, safe='')}/bounds" if may_change else "",
    )


def _report(one: InventoryView) -> views.ReportRow:
    below = f"{one.destination_prefix.rstrip('/')}/" if one.destination_prefix else ""
    return views.ReportRow(
        id=one.id,
        destination=one.destination,
        href=folder(one.destination, below),
        is_enabled=one.is_enabled,
        is_weekly=one.frequency == WEEKLY,
        reported_at=facts.moment(one.reported_at) if one.reported_at else None,
        lines=one.lines,
        is_running=one.is_running,
        problem=one.problem,
    )


def _number(text: str, limit: str) -> int | None:
    """A limit as a form says it; `limit-invalid` (malformed)."""
    text = text.strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= NUMBER_CHARACTERS_MAX):
        raise malformed("limit-invalid", limit=limit)
    return int(text)


def _below(name: str, prefix: str) -> str:
    """What a name adds to the folder it is shown in; all of it where that is nothing."""
    at = prefix.rfind("/") + 1
    return name[at:] or name


def _rows(listed: Listed, bucket: str, prefix: str) -> tuple[views.ObjectRow, ...]:
    """Folders first, then objects."""
    folders_ = (
        views.ObjectRow(name=one, shown=_below(one, prefix), href=folder(bucket, one), is_prefix=True)
        for one in listed.prefixes
    )
    return (*folders_, *(_object(one, bucket, prefix) for one in listed.objects))


def _object(one: ListedObject, bucket: str, prefix: str) -> views.ObjectRow:
    return views.ObjectRow(
        name=one.name,
        shown=_below(one.name, prefix),
        href=f"/objects/{quote(bucket, safe='')}/object?{urlencode({'name': one.name})}",
        version=one.version,
        size_bytes=one.size,
        written_at=facts.moment(one.at),
    )


def reading(one: EntryView, known: facts.Names) -> views.ReadingRow:
    """One entry that says somebody read something."""
    fields = one.fields
    return views.ReadingRow(
        act=one.act,
        phase=str(fields.get("phase", "")),
        at=facts.moment(one.at),
        who=known.who(str(fields.get("actor", "")), str(fields.get("person", ""))),
        organisation=known.organisation(str(fields.get("organisation", ""))),
        proof=facts.proof(one),
    )


def _readings(found: tuple[tuple[EntryView, ...], str], known: facts.Names) -> views.Readings:
    entries, href = found
    return views.Readings(rows=tuple(reading(one, known) for one in entries), older_href=href)


def _boundary(places: Places, law: Book, on: date) -> views.BoundaryView:
    """The map: countries machines may stand in, and those where data lies."""
    found = boundary_of(places)
    allowed: set[str] = set()
    for area in found.get("areas", ()):
        allowed |= law.members(area, on) if law.union(area) else {str(area)}
    used = [one for one in places.places if one.buckets or one.objects > 0]
    codes = {*allowed, *GRID, *(one.country for one in used if one.country)}
    return views.BoundaryView(
        name=boundary_name(places),
        areas=tuple(map(str, found.get("areas", ()))),
        jurisdictions=tuple(map(str, found.get("jurisdictions", ()))),
        denied_jurisdictions=tuple(map(str, found.get("denied_jurisdictions", ()))),
        data_classes=tuple(map(str, found.get("data_classes", ()))),
        generation=places.generation,
        law=places.law,
        countries=tuple(
            views.Country(
                code=code,
                is_inside=code in allowed,
                places=sum(one.country == code for one in used),
                places_outside=sum(one.country == code and not one.inside for one in used),
            )
            for code in sorted(codes)
        ),
        places=tuple(place_of(one) for one in places.places),
    )


def _announced(
    kept: Preservations | None, bucket: str, name: str, ids: Sequence[str]
) -> tuple[tuple[str, str], ...]:
    """Announced preservations that name this, as (who demands it, href). A hidden one is never shown here."""
    return tuple(
        (f"{one.authority}, {one.reference}", f"/preservations/{one.id}")
        for one in (kept.cases if kept else ())
        if one.bucket == bucket
        and not one.is_hidden
        and one.state in RUNNING
        and (
            not (one.names or one.prefixes or one.versions)
            or name in one.names
            or any(name.startswith(prefix) for prefix in one.prefixes)
            or not set(ids).isdisjoint(one.versions)
        )
    )
