"""Completing an upload: the listed parts become one object, once; the same list gets the same answer."""

from collections.abc import Sequence
from typing import Any

import msgspec

from custodes.acts.asks.objects import Content, PutClosed
from custodes.acts.asks.uploads import CompletePart, CompleteUpload
from custodes.acts.footing.identities import Identified
from custodes.acts.gate import Receipted
from custodes.acts.objects.ground import Ground, Stand, again, checked, shown_id
from custodes.acts.objects.outcomes import FAILED, FATE_AFTER
from custodes.acts.objects.puts.closing import Judgement, Made, Puts, closed, keyed, told_closed
from custodes.acts.objects.puts.opening import Begun
from custodes.acts.objects.puts.stored import is_certain
from custodes.acts.objects.signed import Wanted
from custodes.acts.objects.tickets import PutTicket, proof_of
from custodes.acts.writing.act import Expect, Failed, Row, Write
from custodes.acts.writing.object_rows import PartRow, VersionRow
from custodes.custody import manifest
from custodes.kernel import canonical
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, malformed
from custodes.objects.checksums import Checksum
from custodes.objects.etags import PARTS_MAX, bare, etag_for
from custodes.objects.multipart import Assembled, Listed, assemble, completion_mark
from custodes.objects.version import Part as Uploaded
from custodes.protocols.s3 import requests
from custodes.protocols.s3.canonical import signed_head

from .going import (
    COMPLETED,
    Going,
    Plan,
    data_key,
    encoded,
    going,
    is_of,
    kept,
    part_etag,
    said,
    wished,
)

OUTCOME_WITHIN = 100  # entries of one version: completions sent at once were admitted before and behind it


class Completing:
    """Answers `CompleteUpload`."""

    def __init__(self, ground: Ground, puts: Puts) -> None:
        self._g = ground
        self._puts = puts

    async def complete(self, ask: CompleteUpload) -> PutClosed:
        """See `CompleteUpload`."""
        checked(ask.name)
        g = self._g
        wanted = Wanted(
            operations=("CompleteMultipartUpload",),
            bucket=ask.bucket,
            name=ask.name,
            upload=ask.upload,
            conditions=ask.conditions,
        )
        who = g.who(ask.evidence, wanted)
        if g.signed.demand_body(who, ask.body):
            _demand_body(g, who, ask)
        stand = g.stand(ask.bucket)
        listed = [_listed(one) for one in ask.parts]
        await self._puts.decide(who, stand, ask.name, "operation")
        before = await self._repeated(stand, ask, listed)
        if before is not None:
            return before
        try:
            return await self._first(who, stand, ask, listed)
        except Refusal as refusal:
            if refusal.kind in (Kind.ABSENT, Kind.CONFLICT, Kind.MALFORMED):  # sent twice: one was first
                before = await self._repeated(stand, ask, listed)
                if before is not None:
                    return before
            raise

    async def _first(
        self, who: Identified, stand: Stand, ask: CompleteUpload, listed: Sequence[Listed]
    ) -> PutClosed:
        g = self._g
        upload = await going(g, stand, ask.name, ask.upload)
        rows, made = await self._assembled(upload, ask, listed)
        ticket = await self._admitted(who, upload, (ask, made.size_bytes))
        try:
            g.before_key(stand, ticket.providers)
            ticket.data_key = data_key(g, upload)
            whole = self._made(ticket, upload, (made, rows))
            return await g.o.gate.until_committed(
                lambda: self._complete(ticket, upload, (whole, rows, listed))
            )
        except Refusal as refusal:
            if is_certain(refusal):
                g.outcomes.ended(ticket, FAILED, 0)
            raise

    async def _admitted(self, who: Identified, upload: Going, what: tuple[CompleteUpload, int]) -> PutTicket:
        """Completing uses the upload's key to seal the manifest: that use has its entry first."""
        g = self._g
        ask, size = what
        ticket = PutTicket(
            customer=upload.stand.customer.id,
            key=upload.key.id,
            actor=who.actor,
            proof=proof_of(ask.evidence),
            code="object.put",
            size=size,
            providers=(),
            bucket=upload.row.bucket,
            name=upload.row.name,
            version=upload.row.version,
            data_key=b"",
            blob="",
            number=0,
            locations=(),
            size_bytes=size,
            purpose="operation",
            conditions=ask.conditions,
            verified=who.verified,
            session=who.session,
            wished=wished(upload.plan),
        )

        async def once() -> Receipted | Failed:
            judged, decided = await self._puts.decide(who, upload.stand, ask.name, "operation")
            ticket.providers = judged.providers
            footing = g.footing(decided, upload.stand, judged)
            begun = Begun(
                stand=upload.stand,
                judged=judged,
                expects=(*footing, g.o.standing.expect("key", upload.key.id)),
                ticket=ticket,
                record=said(g, who, upload, decided, ("object.put", "admission", size, None)),
            )
            return await self._puts.commit(begun)

        g.o.gate.still_fresh(await g.o.gate.until_committed(once))
        return ticket

    async def _complete(
        self, ticket: PutTicket, upload: Going, what: tuple[Made, Sequence[PartRow], Sequence[Listed]]
    ) -> PutClosed | Failed:
        g = self._g
        made, rows, listed = what
        who = again(g, ticket)
        stand = keyed(g, g.stand_by_id(ticket.bucket), ticket)
        upload = await going(g, stand, ticket.name, upload.row.id)  # its page may have a fresh key by now
        judged, decided = await self._puts.decide(who, stand, ticket.name, ticket.purpose)
        judgement = Judgement(who=who, stand=stand, judged=judged, decided=decided)
        conditional = await self._puts.on_current(stand, ticket.name, ticket.conditions)
        version = upload.page.key_version
        row = msgspec.structs.replace(
            self._puts.row(judgement, ticket, made),
            page=upload.row.page,
            wrapped=upload.row.wrapped,
            manifest=self._puts.sealed(stand, ticket.data_key, made, version),
            blobs=tuple(pair for part in rows for pair in part.blobs),
            checks=tuple(_check(part) for part in rows),
        )
        if ticket.stored_key:
            row, rewrapped = await self._halved(upload, ticket, row)
            conditional = (*conditional, rewrapped)
        act_id = new_id("act", g.o.dice)
        plan = msgspec.structs.replace(_done(upload.plan, row, (made, listed)), act=act_id)
        how = (COMPLETED, encoded(plan))
        blobs = frozenset(part.blob for part in made.parts)
        end = Write("upload.end", ((stand.bucket.id, upload.row.id), how, blobs, row.at + FATE_AFTER))
        page = Row("page.is", (upload.page.id, upload.page.generation))
        outcome = await self._puts.finish(
            judgement, ticket, (row, version), (end,), (page, *conditional), act_id=act_id
        )
        if isinstance(outcome, Failed):
            if ticket.stored_key:
                g.pages.forget(upload.stand.customer, upload.key)
            return outcome
        return told_closed(closed(stand.bucket.versioning, row, made, outcome), ticket.wished)

    async def _halved(self, upload: Going, ticket: PutTicket, row: VersionRow) -> tuple[VersionRow, Expect]:
        """What stays of a key the customer brings: half of the data key; the whole goes with the upload."""
        g, customer = self._g, upload.stand.customer
        await g.pages.ready(customer, upload.key)
        at_rest = g.pages.wrap(customer, upload.key, ticket.version, ticket.stored_key)
        return msgspec.structs.replace(row, page=at_rest.page, wrapped=at_rest.wrapped), at_rest.expect

    async def _repeated(
        self, stand: Stand, ask: CompleteUpload, listed: Sequence[Listed]
    ) -> PutClosed | None:
        """The first answer once more; another list for a completed upload is `part-invalid`."""
        row = await self._g.o.read(lambda r: r.objects.upload(ask.upload))
        if row is None or row.state != COMPLETED or not is_of(row, stand, ask.name):
            return None
        plan = msgspec.json.decode(row.body, type=Plan)
        if plan.mark != completion_mark(listed):
            raise malformed("part-invalid")
        log = stand.customer.log("machine")
        found = await self._g.o.read(
            lambda r: r.openings(log, subject=row.version, code="object.put", limit=OUTCOME_WITHIN)
        )
        index = next((one.index for one in found if one.act == plan.act), 0)
        return PutClosed(
            version=row.version,
            version_shown=shown_id(stand.bucket.versioning, row.version, plan.is_null),
            etag=plan.etag,
            at=from_text(plan.at),
            log=log,
            index=index,
            checksums=((plan.algorithm.value, plan.checksum),) if plan.checksum else (),
            checksum_type=plan.coverage.value if plan.checksum else "",
        )

    async def _assembled(
        self, upload: Going, ask: CompleteUpload, listed: Sequence[Listed]
    ) -> tuple[tuple[PartRow, ...], Assembled]:
        """The chosen parts' rows in order, and what they make."""
        rows = await self._g.o.read(lambda r: r.objects.parts(upload.row.id, 0, PARTS_MAX))
        algorithm = upload.plan.algorithm
        uploaded, said = {}, {one.number: bare(one.etag) for one in listed}
        for row in rows:
            part = kept(row).part
            before = etag_for(part.blob)  # what an upload begun by an earlier release calls it
            value = part.checksums.get(algorithm.value)
            uploaded[part.number] = Uploaded(
                number=part.number,
                blob=part.blob,
                size_bytes=part.plain_bytes,
                etag=before if said.get(part.number) == before else part_etag(upload.row.id, part, algorithm),
                checksum=Checksum(algorithm=algorithm, value=value) if value else None,
            )
        if ask.checksum_type not in ("", upload.plan.coverage.value):
            raise malformed("checksum-type-differs")
        made = assemble(uploaded, listed, algorithm, upload.plan.coverage)
        if ask.size_bytes is not None and ask.size_bytes != made.size_bytes:
            raise malformed("object-size-differs")
        if ask.checksum is not None and ask.checksum != made.checksum:
            raise malformed("checksum-differs", algorithm=ask.checksum.algorithm.value)
        numbered = {row.number: row for row in rows}
        return tuple(numbered[part.number] for part in made.parts), made

    def _made(self, ticket: PutTicket, upload: Going, what: tuple[Assembled, Sequence[PartRow]]) -> Made:
        made, rows = what
        ids = (self._g.o.house, upload.stand.customer.id, upload.row.version)
        plain = manifest.open_metadata(ticket.data_key, ids, upload.row.sealed)
        sealed = msgspec.json.decode(plain, type=dict[str, Any])
        ticket.stored_key = canonical.unb64(sealed.pop("stored_key", ""))
        return Made(
            version=upload.row.version,
            name=upload.row.name,
            parts=tuple(kept(row).part for row in rows),
            etag=etag_for(upload.row.version, len(rows)),
            checksums={made.checksum.algorithm.value: made.checksum.value} if made.checksum else {},
            checksum_type=upload.plan.coverage.value if made.checksum else "",
            content=msgspec.convert(sealed, Content),
            locations=upload.plan.locations,
        )


def _done(plan: Plan, row: VersionRow, what: tuple[Made, Sequence[Listed]]) -> Plan:
    made, listed = what
    return msgspec.structs.replace(
        plan,
        mark=completion_mark(listed),
        etag=row.etag,
        at=to_text(row.at),
        is_null=row.is_null,
        checksum=next(iter(made.checksums.values()), ""),
    )


def _check(row: PartRow) -> tuple[str, int, bytes]:
    found = kept(row)
    return found.part.blob, found.part.cipher_bytes, found.check


def _listed(part: CompletePart) -> Listed:
    return Listed(number=part.number, etag=part.etag, checksum=part.checksum)


def _demand_body(ground: Ground, who: Identified, ask: CompleteUpload) -> None:
    if who.verified is None:
        return
    read = requests.completing(signed_head(who.verified.signed), ask.body)
    ground.signed.demand_same([_listed(one) for one in ask.parts], list(read.listed))
    if read.checksum is not None:
        ground.signed.demand_same(ask.checksum, read.checksum)
    if read.coverage is not None:
        ground.signed.demand_same(ask.checksum_type, read.coverage.value)
    if read.size_bytes is not None:
        ground.signed.demand_same(ask.size_bytes, read.size_bytes)
