"""What people ask about copies: how they are, that all are read again, and that a bucket lies elsewhere."""

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.buckets.care import CareView, LackView, LookCare, PlaceBucket, PlaceView, ScrubBucket
from custodes.acts.authority import Alteration
from custodes.acts.footing.decisions import Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.footing.standing import Change
from custodes.acts.objects.ground import Ground, Stand, bucket_asked, placed, together
from custodes.acts.objects.signed import Wanted
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import CareRow, CopyRow
from custodes.acts.writing.ports import Reads
from custodes.boundary.judge import LOCATIONS_MAX
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import malformed
from custodes.objects.bucket import Bucket

from .rounds import begun, care_of, care_row

LACKS_SHOWN_MAX = 200
PLACES_MAX = 16


class CareAnswers:
    """Answers `LookCare`, `ScrubBucket` and `PlaceBucket`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

    async def look(self, ask: LookCare) -> CareView:
        """See `LookCare`."""
        g = self._g
        who = g.who(ask.evidence, Wanted(operations=()))
        stand = g.stand(ask.bucket)
        await g.demand(who, stand, bucket_asked("bucket:read", stand), subject=stand.bucket.id)
        return await self._view(stand.bucket)

    async def scrub(self, ask: ScrubBucket) -> CareView:
        """See `ScrubBucket`."""
        g, o = self._g, self._g.o

        async def once() -> Stand | Failed:
            who = g.who(ask.evidence, Wanted(operations=()))
            stand = g.stand(ask.bucket)
            judged = g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
            asked = placed(bucket_asked("bucket:configure", stand, purpose="administration"), judged)
            decided = await g.demand(who, stand, asked, subject=stand.bucket.id)
            row = await o.read(lambda r: r.objects.care(stand.bucket.id))
            if care_of(row).running is not None:
                return stand
            now = o.clock.now()
            act_id = new_id("act", o.dice)
            await o.records.ready(stand.customer)
            entry = o.records.seal(
                stand.customer, act_id, 0, _record("bucket.scrub", who, stand.bucket, decided)
            )
            write = Write("care.put", (care_row(stand.bucket.id, now, begun(care_of(row), now)),))
            expects = g.footing(decided, stand, judged)
            outcome = await o.gate.commit(Act(id=act_id, expects=expects, entries=(entry,), writes=(write,)))
            return outcome if isinstance(outcome, Failed) else stand

        return await self._view((await o.gate.until_committed(once)).bucket)

    async def place(self, ask: PlaceBucket) -> CareView:
        """See `PlaceBucket`."""
        g, o = self._g, self._g.o
        if not 1 <= len(ask.locations) <= min(PLACES_MAX, LOCATIONS_MAX):
            raise malformed("location-invalid")
        if not 0 <= ask.copies_min <= len(set(ask.locations)):
            raise malformed("copies-min-invalid")
        who = g.who(ask.evidence, Wanted(operations=()))
        stand = g.stand(ask.bucket)
        _, judged = self._placed(stand, ask)
        asked = placed(bucket_asked("bucket:configure", stand, purpose="administration"), judged)
        await g.demand(who, stand, asked, subject=stand.bucket.id, judged=judged)
        if not judged.is_inside:
            raise judged.refusal()

        async def decide() -> Alteration:
            who = g.who(ask.evidence, Wanted(operations=()))
            stand = g.stand(ask.bucket)
            moved, judged = self._placed(stand, ask)
            asked = placed(bucket_asked("bucket:configure", stand, purpose="administration"), judged)
            decided = o.decisions.decide(who, asked)
            if not decided.decision.allowed or not judged.is_inside:
                raise judged.refusal() if not judged.is_inside else refusal_of(decided.decision)
            now = o.clock.now()
            left = tuple(at for at in stand.bucket.locations if at not in moved.locations)
            row = await o.read(lambda r: r.objects.care(moved.id))
            care = begun(care_of(row), now, left)
            back = tuple(at for at in care.leaving if at not in moved.locations)
            care = msgspec.structs.replace(care, leaving=back)
            return Alteration(
                changes=(Change(noun="bucket", id=moved.id, customer=moved.customer, value=moved),),
                records=((stand.customer, _record("bucket.change", who, moved, decided)),),
                expects=g.footing(decided, stand, judged),
                writes=(Write("care.put", (care_row(moved.id, now, care),)),),
            )

        await o.authority.alter(decide)
        return await self._view(g.stand_by_id(stand.bucket.id).bucket)

    def _placed(self, stand: Stand, ask: PlaceBucket) -> tuple[Bucket, Judged]:
        places, bucket = self._g.places, stand.bucket
        locations = places.chosen(bucket.customer, ask.locations, bucket.data_class)
        moved = msgspec.structs.replace(bucket, locations=locations, copies_min=ask.copies_min)
        return moved, places.judged(bucket.customer, locations, bucket.data_class)

    async def _view(self, bucket: Bucket) -> CareView:
        row, lacking, wanting = await self._g.o.read(lambda r: _looked(r, bucket.id))
        care = care_of(row)
        lacks: dict[str, list[tuple[str, int]]] = {}
        for location, why, count in wanting:
            lacks.setdefault(location, []).append((why, count))
        places = [PlaceView(at, tuple(lacks.get(at, ()))) for at in bucket.locations]
        places += [PlaceView(at, is_left=True) for at in care.leaving]
        return CareView(
            bucket=bucket.id,
            copies_min=bucket.copies_wanted,
            places=tuple(places),
            lacking=tuple(
                LackView(one.version, one.blob, one.location, one.why, to_text(one.at)) for one in lacking
            ),
            next_at=to_text(row.at) if row is not None else "",
            running=care.running,
            last=care.last,
        )


def _looked(reads: Reads, bucket: str) -> tuple[CareRow | None, list[CopyRow], list[tuple[str, str, int]]]:
    objects = reads.objects
    lacking = list(objects.copies_of(bucket, LACKS_SHOWN_MAX))
    return objects.care(bucket), lacking, list(objects.copies_wanting(bucket))


def _record(act: str, who: Identified, bucket: Bucket, decided: Decided) -> Record:
    rules: list[Plain] = list(decided.decision.rules)
    fields: dict[str, Plain] = {
        **said(who),
        "phase": "single",
        "bucket": bucket.id,
        "location": together(bucket.locations),
        "purpose": decided.decision.purpose,
        "decision": "allow",
        "policies": rules,
    }
    return Record(act=act, subject=bucket.id, fields=fields, person=said_person(who))
