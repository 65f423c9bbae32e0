"""Who read a version: every entry that says so, by reader, days and place; as a page and as a file."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote, urlencode

import msgspec

from custodes.acts.asks.log import EntryView, LookEntries
from custodes.acts.asks.objects import LookBucket, LookObject
from custodes.acts.asks.rules import LookPlaces
from custodes.kernel.actor import ANYONE
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import absent, malformed
from custodes.web.console.pages import PageQuery
from custodes.web.console.served import facts
from custodes.web.console.served.objects import READS, reading
from custodes.web.console.served.visit import Desk, Visit, page, seated
from custodes.web.console.views.shell import Option, Pager
from custodes.web.console.views.stored import readings as views
from custodes.web.kit.call import Call, Reply
from custodes.web.kit.endpoint import Endpoint

from .leases import LEASE, leased
from .sheets import as_sheet, sheet

ROWS_MAX = 50
ENTRIES_A_LOOK = 500
NARROWED, LOOKS_MAX = 100, 20  # entries a look, and looks, of a page that narrows: then one is asked to go on
SHEET_LOOKS_MAX = 40
SHEET_LINES_MAX = ENTRIES_A_LOOK * SHEET_LOOKS_MAX
COLUMNS = (
    "at", "act", "application", "organisation", "credential", "person", "purpose", "grant",
    "locations", "bucket", "version", "log", "entry",
)  # fmt: skip


class ReadingsQuery(PageQuery, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`name` of the object; `version` by its own id, empty: the newest. `who`: a party's id, or `anyone`;
    `place`: a location; `since`, `until`: days (`YYYY-MM-DD`, both included); `before`: where a page begins.
    """

    name: str
    version: str = ""
    who: str = ""
    place: str = ""
    since: str = ""
    until: str = ""
    before: str = ""


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A checked query: which entries of a version are wanted."""

    version: str
    who: str
    place: str
    since: datetime | None
    until: datetime | None

    def fits(self, one: EntryView, known: facts.Names) -> bool:
        """Whether an entry is a read that is looked for."""
        if one.act not in READS or one.fields.get("phase") == "outcome":
            return False
        places = str(one.fields.get("location", "")).split(",")
        return self.who in {"", _reader(one, known)} and (not self.place or self.place in places)


class ReadingsPages:
    """`/objects/{bucket}/object/reads` and the same as CSV."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, call: Call, visit: Visit) -> Reply:
        """Newest first."""
        query, bucket = call.asked(ReadingsQuery), call.path["bucket"]
        ask = self._desk.doors.ask
        found, row, places, known = await asyncio.gather(
            ask(LookObject(visit.evidence, bucket, query.name)),
            ask(LookBucket(visit.evidence, bucket)),
            facts.maybe(self._desk, LookPlaces(visit.evidence, visit.customer)),
            facts.names(self._desk, visit, visit.customer),
        )
        sought = sought_of(query, found.ids)
        names = {one.id: one.name for one in (places.places if places else ())}
        (rows, looked, before), leases = await asyncio.gather(
            self._rows(visit, sought, known, (query.before, ROWS_MAX, LOOKS_MAX)),
            facts.entries(self._desk, LookEntries(visit.evidence, visit.customer, subject=row.id, act=LEASE)),
        )
        taken = _within(leases.entries, sought, known)
        given = leased(taken, known, {}, (self._desk.clock.now(), {}, bucket))
        view = views.ReadingsView(
            bucket=bucket,
            name=query.name,
            object_href=f"/objects/{quote(bucket, safe='')}/object?{urlencode({'name': query.name})}",
            version=sought.version,
            versions=tuple(
                (id_, facts.moment(one.at)) for one, id_ in zip(found.versions, found.ids, strict=True)
            ),
            who=query.who,
            whos=_whos(known),
            place=query.place,
            places=tuple(Option(value=id_, text=name) for id_, name in sorted(names.items())),
            since=query.since,
            until=query.until,
            rows=tuple(_row(one, known, names) for one in rows),
            looked_through=looked,
            leases=len(given),
            leased_max=sum(one.given if one.used is None else one.used for one in given),
            leases_cut=leases.next_before is not None,
            leases_href=f"/leases?{urlencode({'bucket': bucket})}",
            sheet_href=_href(query, bucket, "/reads.csv", before=""),
            sheet_lines_max=SHEET_LINES_MAX,
            pager=Pager(
                first=0,
                last=0,
                next_href=_href(query, bucket, "/reads", before=before) if before else None,
                previous_href=_href(query, bucket, "/reads", before="") if query.before else None,
            ),
        )
        return self._desk.pages.reply(call, view, visit.visitor)

    async def take(self, call: Call, visit: Visit) -> Reply:
        """The same as CSV."""
        query, bucket = call.asked(ReadingsQuery), call.path["bucket"]
        found, known = await asyncio.gather(
            self._desk.doors.ask(LookObject(visit.evidence, bucket, query.name)),
            facts.names(self._desk, visit, visit.customer),
        )
        sought = sought_of(query, found.ids)
        rows, _, _ = await self._rows(visit, sought, known, ("", SHEET_LINES_MAX, SHEET_LOOKS_MAX))
        lines = [_line(one, known, bucket) for one in rows]
        return as_sheet(sheet(COLUMNS, lines), f"reads-{sought.version}")

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Rows of the table."""
        desk = self._desk
        return (
            page("/objects/{bucket}/object/reads", "readings", seated(desk, self.show), ReadingsQuery),
            page(
                "/objects/{bucket}/object/reads.csv", "readings-sheet", seated(desk, self.take), ReadingsQuery
            ),
        )

    async def _rows(
        self, visit: Visit, sought: Sought, known: facts.Names, bounds: tuple[str, int, int]
    ) -> tuple[list[EntryView], int, str]:
        """Entries that fit, how many were looked through, and the place to go on from; empty at the end."""
        before, most, looks = bounds
        a_look = NARROWED if most == ROWS_MAX and (sought.who or sought.place) else ENTRIES_A_LOOK
        rows: list[EntryView] = []
        looked = 0
        for _ in range(looks):
            found = await facts.entries(
                self._desk,
                LookEntries(
                    visit.evidence,
                    visit.customer,
                    subject=sought.version,
                    before=before or None,
                    until=to_text(sought.until) if sought.until else None,
                    limit=min(a_look, most - len(rows)) if a_look != NARROWED else NARROWED,
                ),
            )
            looked += len(found.entries)
            rows += [
                one
                for one in found.entries
                if sought.fits(one, known) and (sought.since is None or facts.moment(one.at) >= sought.since)
            ]
            before = found.next_before or ""
            is_past = sought.since is not None and any(
                facts.moment(one.at) < sought.since for one in found.entries
            )
            if not before or is_past:
                return rows, looked, ""
            if len(rows) >= most:
                break
        return rows, looked, before


def sought_of(query: ReadingsQuery, versions: Sequence[str]) -> Sought:
    """`key-absent` (absent) for no version of this name, `malformed-query` (malformed) for no day."""
    version = query.version or next(iter(versions), "")
    if version not in versions:
        raise absent("key-absent")
    until = _day(query.until, "until")
    return Sought(
        version=version,
        who=query.who,
        place=query.place,
        since=_day(query.since, "since"),
        until=until + timedelta(days=1) if until is not None else None,
    )


def _day(text: str, member: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC) if text else None
    except ValueError as error:
        raise malformed("malformed-query", path=f"$.{member}") from error


def _reader(one: EntryView, known: facts.Names) -> str:
    """Who it was, by a name for the filter: a party's id, or the credential nobody is known to hold."""
    credential = str(one.fields.get("actor", ""))
    return str(one.fields.get("person", "")) or known.holders.get(credential, credential)


def _whos(known: facts.Names) -> tuple[Option, ...]:
    parties = sorted((one.name, one.id) for one in known.parties)
    anyone = Option(value=ANYONE.credential, text=ANYONE.credential)
    return (*(Option(value=id_, text=name) for name, id_ in parties), anyone)


def _within(entries: Sequence[EntryView], sought: Sought, known: facts.Names) -> tuple[EntryView, ...]:
    """Leases of the time and the reader looked for; the ends of all, which name no reader."""
    return tuple(
        one
        for one in entries
        if one.fields.get("phase") == "outcome"
        or (
            (sought.since is None or facts.moment(one.at) >= sought.since)
            and (sought.until is None or facts.moment(one.at) < sought.until)
            and sought.who in {"", _reader(one, known)}
        )
    )


def _row(one: EntryView, known: facts.Names, places: Mapping[str, str]) -> views.ReadRow:
    locations = str(one.fields.get("location", ""))
    return views.ReadRow(
        reading=reading(one, known),
        places=tuple(places.get(id_, id_) for id_ in locations.split(",") if id_),
    )


def _line(one: EntryView, known: facts.Names, bucket: str) -> Sequence[object]:
    fields = one.fields
    credential = str(fields.get("actor", ""))
    return (
        one.at,
        one.act,
        known.who(credential),
        known.organisation(str(fields.get("organisation", ""))),
        credential,
        str(fields.get("person", "")),
        str(fields.get("purpose", "")),
        str(fields.get("grant", "")),
        str(fields.get("location", "")).replace(",", " "),
        bucket,
        str(fields.get("object_version", fields.get("subject", ""))),
        one.log,
        one.index,
    )


def _href(query: ReadingsQuery, bucket: str, page_: str, **other: str) -> str:
    kept = ("name", "version", "who", "place", "since", "until", "before")
    pairs = {**{name: getattr(query, name) for name in kept}, **other}
    said = urlencode({name: value for name, value in pairs.items() if value})
    return f"/objects/{quote(bucket, safe='')}/object{page_}?{said}"
