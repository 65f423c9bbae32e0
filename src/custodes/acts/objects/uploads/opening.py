"""Opening, listing and aborting uploads."""

import msgspec

from custodes.acts.asks.objects import Closed
from custodes.acts.asks.uploads import (
    AbortUpload,
    ListParts,
    ListUploads,
    OpenUpload,
    Parts,
    PartView,
    UploadOpened,
    Uploads,
    UploadView,
)
from custodes.acts.objects.ground import Ground, Stand, bucket_asked, checked, record, together
from custodes.acts.objects.listings import check_texts
from custodes.acts.objects.pages import Wrapped
from custodes.acts.objects.puts.closing import Puts
from custodes.acts.objects.puts.opening import DATA_KEY_BYTES
from custodes.acts.objects.rules.listing_access import owner_of
from custodes.acts.objects.rules.wishing import Wished, other_half
from custodes.acts.objects.signed import Wanted
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import UploadRow
from custodes.custody import manifest
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import malformed
from custodes.objects import listing
from custodes.objects.checksums import DEFAULT, Algorithm, coverage_for
from custodes.objects.listing import ENTRIES_MAX, UploadsPage

from .going import ABORTED, OPEN, Plan, encoded, going, kept, part_etag, said


class Openings:
    """Answers `OpenUpload`, `AbortUpload`, `ListUploads`, `ListParts`."""

    def __init__(self, ground: Ground, puts: Puts) -> None:
        self._g = ground
        self._puts = puts

    async def open(self, ask: OpenUpload) -> UploadOpened:
        """See `OpenUpload`."""
        checked(ask.name)
        _checksum(ask)
        return await self._g.o.gate.until_committed(lambda: self._open(ask))

    async def abort(self, ask: AbortUpload) -> Closed:
        """See `AbortUpload`."""
        checked(ask.name)
        return await self._g.o.gate.until_committed(lambda: self._abort(ask))

    async def uploads(self, ask: ListUploads) -> Uploads:
        """See `ListUploads`."""
        g, o = self._g, self._g.o
        check_texts(ask.prefix, ask.delimiter, ask.key_marker)
        who = g.who(ask.evidence, Wanted(operations=("ListMultipartUploads",), bucket=ask.bucket))
        stand = g.stand(ask.bucket)
        await g.demand(who, stand, bucket_asked("object:list", stand), subject=stand.bucket.id)
        page: UploadsPage = await o.read(
            lambda r: listing.list_uploads(
                r.objects.seek_uploads(stand.bucket.id),
                prefix=ask.prefix,
                delimiter=ask.delimiter,
                after_key=ask.key_marker,
                after_upload=ask.upload_marker if ask.key_marker and ask.upload_marker else None,
                most=max(0, min(ask.limit, ENTRIES_MAX)),
            )
        )
        return Uploads(
            uploads=tuple(UploadView(one.id, one.key, to_text(one.opened_at)) for one in page.uploads),
            prefixes=page.common_prefixes,
            truncated=page.is_truncated,
            next_key=page.next_key or "",
            next_upload=page.next_upload or "",
            owner=owner_of(o, stand.bucket)[0],
            owner_name=owner_of(o, stand.bucket)[1],
        )

    async def parts(self, ask: ListParts) -> Parts:
        """See `ListParts`."""
        g, o = self._g, self._g.o
        checked(ask.name)
        wanted = Wanted(operations=("ListParts",), bucket=ask.bucket, name=ask.name, upload=ask.upload)
        who = g.who(ask.evidence, wanted)
        stand = g.stand(ask.bucket)
        await self._puts.decide(who, stand, ask.name, "operation")
        upload = await going(g, stand, ask.name, ask.upload)
        most = max(0, min(ask.limit, ENTRIES_MAX))
        rows = await o.read(lambda r: r.objects.parts(ask.upload, ask.after, most + 1))
        shown = [kept(row) for row in rows[:most]]
        return Parts(
            parts=tuple(
                PartView(
                    one.part.number,
                    part_etag(upload.row.id, one.part, upload.plan.algorithm),
                    one.part.plain_bytes,
                    one.at,
                    tuple(sorted(one.part.checksums.items())),
                )
                for one in shown
            ),
            truncated=len(rows) > most,
            next_number=shown[-1].part.number if shown else ask.after,
            checksum_algorithm=upload.plan.algorithm.value,
            checksum_type=upload.plan.coverage.value,
            owner=owner_of(o, stand.bucket, upload.plan.owner)[0],
            owner_name=owner_of(o, stand.bucket, upload.plan.owner)[1],
        )

    async def _open(self, ask: OpenUpload) -> UploadOpened | Failed:
        g, o = self._g, self._g.o
        who = g.who(
            ask.evidence, Wanted(operations=("CreateMultipartUpload",), bucket=ask.bucket, name=ask.name)
        )
        stand = g.stand(ask.bucket)
        version, data_key = new_id("ver", o.dice), o.dice.draw(DATA_KEY_BYTES)
        stand, wished, brought = await self._puts.wish(who, stand, ask.name, version)
        judged, decided = await self._puts.decide(who, stand, ask.name, "operation")
        plan = _planned(_checksum(ask), stand, wished)
        await o.records.ready(stand.customer)
        await g.pages.ready(stand.customer, stand.key)
        at_rest = g.pages.wrap(stand.customer, stand.key, version, data_key)
        stored_key = other_half(data_key, version, brought) if brought is not None else b""
        row = self._row(stand, (ask, plan), (version, data_key, stored_key), at_rest)
        act_id = new_id("act", o.dice)
        entry = record(
            "upload.open",
            who,
            stand,
            decided,
            subject=version,
            name=ask.name,
            key=stand.key.id,
            key_version=at_rest.key_version,
            object_version=version,
            bytes=0,
            location=together(plan.locations),
            standing_seq=o.standing.seq,
        )
        act = Act(
            id=act_id,
            expects=(*g.footing(decided, stand, judged), *wished.expects, at_rest.expect),
            entries=(o.records.seal(stand.customer, act_id, 0, entry),),
            writes=(Write("upload.add", (row,)),),
        )
        outcome = await o.gate.commit(act)
        if isinstance(outcome, Failed):
            if outcome.expect == at_rest.expect:
                g.pages.forget(stand.customer, stand.key)
            return outcome
        return UploadOpened(
            row.id,
            stand.bucket.id,
            plan.algorithm.value,
            plan.coverage.value,
            sse=plan.sse,
            sse_key=plan.sse_key,
        )

    def _row(
        self, stand: Stand, what: tuple[OpenUpload, Plan], drawn: tuple[str, bytes, bytes], at_rest: Wrapped
    ) -> UploadRow:
        o = self._g.o
        (ask, plan), (version, data_key, stored_key) = what, drawn
        kept = msgspec.to_builtins(ask.content)
        if stored_key:  # what is to be wrapped in the end: known only while the customer's key is at hand
            kept = {**kept, "stored_key": canonical.b64(stored_key)}
        plain = canonical.encode(kept)
        ids = (o.house, stand.customer.id, version)
        return UploadRow(
            id=new_id("upl", o.dice),
            bucket=stand.bucket.id,
            name=ask.name,
            version=version,
            at=o.clock.now(),
            state=OPEN,
            page=at_rest.page,
            wrapped=at_rest.wrapped,
            sealed=manifest.wrap_metadata(data_key, ids, plain, o.dice),
            body=encoded(plan),
        )

    async def _abort(self, ask: AbortUpload) -> Closed | Failed:
        g, o = self._g, self._g.o
        wanted = Wanted(
            operations=("AbortMultipartUpload",), bucket=ask.bucket, name=ask.name, upload=ask.upload
        )
        who = g.who(ask.evidence, wanted)
        stand = g.stand(ask.bucket)
        judged, decided = await self._puts.decide(who, stand, ask.name, "operation")
        upload = await going(g, stand, ask.name, ask.upload)
        act_id = new_id("act", o.dice)
        await o.records.ready(stand.customer)
        entry = said(g, who, upload, decided, ("upload.abort", "single", 0, None))
        nothing: frozenset[str] = frozenset()
        end = Write(
            "upload.end",
            ((stand.bucket.id, upload.row.id), (ABORTED, upload.row.body), nothing, o.clock.now()),
        )
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=g.footing(decided, stand, judged),
                entries=(o.records.seal(stand.customer, act_id, 0, entry),),
                writes=(end,),
            )
        )
        return outcome if isinstance(outcome, Failed) else Closed()


def _planned(plan: Plan, stand: Stand, wished: Wished) -> Plan:
    return msgspec.structs.replace(
        plan,
        locations=stand.bucket.locations,
        tags=wished.tags,
        retention=wished.retention,
        is_held=wished.is_held,
        sse=wished.sse,
        sse_key=wished.sse_key,
        mark_of_key=wished.mark,
        acl=wished.acl,
        owner=wished.owner,
    )


def _checksum(ask: OpenUpload) -> Plan:
    try:
        algorithm = Algorithm(ask.checksum_algorithm) if ask.checksum_algorithm else DEFAULT
    except ValueError as error:
        raise malformed("checksum-algorithm-unsupported") from error
    coverage = coverage_for(algorithm, ask.checksum_type or None)
    return Plan(locations=(), algorithm=algorithm, coverage=coverage)
