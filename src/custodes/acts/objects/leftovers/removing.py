"""What people do about leftovers: look at them, plan, and have removed what two organisations signed for.

Nothing is removed by time. What was signed for is a list, by its digest: what is not as it was then is not
removed, and before a blob is named to whoever removes it everything that is known is read anew. A place from
which something is adopted or restored is left alone for as long as that lasts.
"""

import hashlib
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from custodes.acts.answers.kills import quorum
from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.buckets.leftovers import (
    DAYS_MAX,
    DAYS_MIN,
    ITEMS_MAX,
    REMOVED_MAX,
    LookStrays,
    PlanStrays,
    RemoveStrays,
    Strays,
    StraysAt,
    StraysPlan,
    StrayView,
)
from custodes.acts.asks.documents import hash_of, strays_document
from custodes.acts.asks.objects import Closed, Fate, FateDone, Fates, LookFates, Store
from custodes.acts.authority import Alteration
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.objects.ground import Ground, kept_at
from custodes.acts.permitted import alter, may_read, permit
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.object_rows import StrayRow
from custodes.boundary.places import Location
from custodes.kernel import canonical
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, conflict, malformed
from custodes.policy.question import Resource

from .rounds import Leftovers, sources

ACT = "house.strays"
ACTION = "kill:lift-house"  # those who may bring the house back may say what in its stores nobody needs
FRESH_MS = 600_000  # so old may be what is known when a blob is named to be removed

_log = logging.getLogger("custodes.leftovers")


class Removing:
    """Answers `LookStrays`, `PlanStrays`, `RemoveStrays`, and for these and deletions `LookFates`,
    `FateDone`.
    """

    def __init__(self, ground: Ground, leftovers: Leftovers) -> None:
        self._g = ground
        self._o = ground.o
        self._leftovers = leftovers
        self._doomed_ms = 0
        self._named: set[tuple[str, str]] = set()

    async def look(self, ask: LookStrays) -> Strays:
        """See `LookStrays`."""
        o = self._o
        await may_read(o, o.identities.of(ask.evidence), "house:read", Resource(kind="house", id=o.house))
        return await self._view(ask.location, ask.after)

    async def plan(self, ask: PlanStrays) -> StraysPlan:
        """See `PlanStrays`."""
        o = self._o
        await may_read(o, o.identities.of(ask.evidence), "house:read", Resource(kind="house", id=o.house))
        if not DAYS_MIN <= ask.days <= DAYS_MAX:
            raise malformed("bad-days", least=DAYS_MIN, most=DAYS_MAX)
        before = to_text(o.clock.now() - timedelta(days=ask.days)) if not ask.before else ask.before
        found = await self._found(ask.location, self._old_enough(before))
        document, digest = self._document(ask.location, before, found)
        return StraysPlan(
            location=ask.location,
            before=before,
            count=len(found),
            size_bytes=sum(row.size for row in found),
            digest=digest,
            document=document,
            blobs=tuple(map(_shown, found)),
        )

    async def remove(self, ask: RemoveStrays) -> Strays:
        """See `RemoveStrays`."""
        o = self._o
        before = self._old_enough(ask.before)
        await self._leftovers.known(o.clock.boot_ms())

        async def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            permit(o, who, "house:read", Resource(kind="house", id=o.house))
            found = await self._found(ask.location, before)
            document, digest = self._document(ask.location, ask.before, found)
            if digest != ask.digest:
                raise conflict("strays-changed")
            if not found:
                raise conflict("nothing-to-remove")
            seen = quorum(o, who, ask.approvals, hash_of(document))
            each = tuple(permit(o, one, ACTION, Resource(kind="house", id=o.house)) for one in seen)
            blobs = tuple(row.blob for row in found)
            return Alteration(
                changes=(),
                records=tuple(
                    (one, _record(seen[0], ask.location, found, digest)) for one in kept_at(o, ask.location)
                ),
                expects=tuple(expect for decided in each for expect in decided.expects),
                writes=(Write("stray.doom", (ask.location, blobs, (before, o.clock.now()))),),
            )

        await alter(o, decide, ask, ask.evidence)
        self._doomed_ms = o.clock.boot_ms()
        return await self._view(ask.location, "")

    async def fates(self, ask: LookFates) -> Fates:
        """See `LookFates`: first what deletions left, then what was signed for here."""
        due = (await self._g.outcomes.fates(ask)).fates
        room = min(ask.limit, REMOVED_MAX) - len(due)
        return Fates((*due, *await self._going(room))) if room > 0 else Fates(due)

    async def fate_done(self, ask: FateDone) -> Closed:
        """See `FateDone`."""
        closed = await self._g.outcomes.fate_done(ask)
        gone = tuple(pair for pair in ask.done if pair in self._named)
        if gone:
            await self._forget(gone)
            self._named.difference_update(gone)
        return closed

    async def _going(self, room: int) -> tuple[Fate, ...]:
        o = self._o
        rows = await o.read(lambda r: r.objects.strays_doomed(room))
        if not rows:
            self._named.clear()
            return ()
        now_ms = o.clock.boot_ms()
        known = await self._leftovers.known(max(self._doomed_ms, now_ms - FRESH_MS))
        held, away = self._g.tickets.blobs(), sources(o)
        spared = tuple((row.blob, row.location) for row in rows if known.has(row.blob) or row.blob in held)
        if spared:
            _log.critical("%d blobs were to go as belonging to nothing, and are needed: kept", len(spared))
            await self._forget(spared)
        at = {row.location: o.standing.get("store", row.location, StoreAt) for row in rows}
        fates = tuple(
            Fate(row.blob, Store(row.location, store.uri))
            for row in rows
            if (store := at[row.location]) is not None
            and row.location not in away
            and (row.blob, row.location) not in spared
        )
        self._named = {(one.blob, one.store.location) for one in fates}
        return fates

    async def _forget(self, lying: tuple[tuple[str, str], ...]) -> None:
        o = self._o
        await o.gate.commit(Act(id=new_id("act", o.dice), writes=(Write("stray.forget", (lying,)),)))

    async def _found(self, location: str, before: datetime) -> tuple[StrayRow, ...]:
        """What would be removed. `no-such-location` (absent), `location-is-a-source` (conflict)."""
        o = self._o
        if o.standing.get("store", location, StoreAt) is None:
            raise absent("no-such-location")
        if location in sources(o):
            raise conflict("location-is-a-source")
        rows = await o.read(lambda r: r.objects.strays_old(location, before, REMOVED_MAX))
        known = await self._leftovers.known(o.clock.boot_ms() - FRESH_MS)
        held = self._g.tickets.blobs()
        return tuple(row for row in rows if not known.has(row.blob) and row.blob not in held)

    def _old_enough(self, before: str) -> datetime:
        """`bad-days` (malformed): no time, or a younger one than anything may be removed of."""
        try:
            at = from_text(before)
        except (Refusal, ValueError) as error:
            raise malformed("bad-days", least=DAYS_MIN, most=DAYS_MAX) from error
        if at > self._o.clock.now() - timedelta(days=DAYS_MIN):
            raise malformed("bad-days", least=DAYS_MIN, most=DAYS_MAX)
        return at

    def _document(self, location: str, before: str, found: Sequence[StrayRow]) -> tuple[bytes, str]:
        lines = "".join(f"{row.blob} {row.size}\n" for row in found)
        digest = canonical.b64(hashlib.sha256(lines.encode("ascii")).digest())
        size = sum(row.size for row in found)
        return strays_document(self._o.house, location, (before, len(found), size, digest)), digest

    async def _view(self, location: str, after: str) -> Strays:
        o = self._o
        if location and o.standing.get("store", location, StoreAt) is None:
            raise absent("no-such-location")
        counted = {
            at: (count, size) for at, count, size in await o.read(lambda r: r.objects.strays_by_place())
        }
        stores = sorted(o.standing.all_of("store", StoreAt), key=lambda one: one.location)
        places = tuple(
            StraysAt(one.location, self._name(one.location), one.uri, *counted.get(one.location, (0, 0)))
            for one in stores
            if location in ("", one.location)
        )
        rows = await o.read(lambda r: r.objects.strays(location, after, ITEMS_MAX)) if location else ()
        more = rows[-1].blob if len(rows) == ITEMS_MAX else ""
        return Strays(places=places, blobs=tuple(map(_shown, rows)), after=more)

    def _name(self, location: str) -> str:
        row = self._o.standing.get("location", location, Location)
        return row.name if row is not None else ""


def _shown(row: StrayRow) -> StrayView:
    return StrayView(
        blob=row.blob,
        size_bytes=row.size,
        found_at=to_text(row.found_at) if row.found_at is not None else "",
        doomed_at=to_text(row.doomed_at) if row.doomed_at is not None else "",
    )


def _record(who: Identified, location: str, found: Sequence[StrayRow], digest: str) -> Record:
    fields: dict[str, canonical.Plain] = {
        **said(who),
        "phase": "single",
        "location": location,
        "count": len(found),
        "bytes": sum(row.size for row in found),
        "subject_hash": digest,
    }
    return Record(act=ACT, subject=location, fields=fields, person=said_person(who))
