"""Uploading a part: admitted each time, because its key opens what was uploaded before."""

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.objects import PutOpened, Stored
from custodes.acts.asks.uploads import ClosePart, OpenPart, PartClosed
from custodes.acts.footing.identities import Identified
from custodes.acts.objects.bounds.room import demand_room_for_part, held_bytes, refuse_if_full, used_by
from custodes.acts.objects.ground import Ground, Stand, again, checked
from custodes.acts.objects.outcomes import COMPLETE, FAILED, FATE_AFTER, check_outcome
from custodes.acts.objects.puts.closing import Puts
from custodes.acts.objects.puts.opening import Begun
from custodes.acts.objects.puts.stored import check_size, check_stored, is_certain, landed, lying, part_of
from custodes.acts.objects.rules.wishing import key_brought, rules_of, with_brought
from custodes.acts.objects.signed import Wanted
from custodes.acts.objects.tickets import PartTicket, chain_for, demand_checked, proof_of
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import PartRow
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, conflict, malformed
from custodes.objects.multipart import OBJECT_BYTES_MAX, check_part_number
from custodes.objects.rules.state import State

from .going import Going, Kept, data_key, encoded, going, part_etag, said


class PartAnswers:
    """Answers `OpenPart` and `ClosePart`."""

    def __init__(self, ground: Ground, puts: Puts) -> None:
        self._g = ground
        self._puts = puts

    async def open(self, ask: OpenPart) -> PutOpened:
        """See `OpenPart`."""
        checked(ask.name)
        check_part_number(ask.part_number)
        check_size(ask.size_bytes)
        return await self._g.o.gate.until_committed(lambda: self._open(ask))

    async def close(self, ask: ClosePart) -> PartClosed:
        """See `ClosePart`."""
        check_outcome(ask.outcome)
        g = self._g
        ticket = g.tickets.take(ask.ticket, PartTicket, ask.evidence)
        try:
            return await self._closed(ask, ticket)
        finally:
            g.tickets.closed(ticket)

    async def _closed(self, ask: ClosePart, ticket: PartTicket) -> PartClosed:
        g = self._g
        if ask.outcome != COMPLETE:
            self._puts.drop(ticket, ask.outcome)
            return PartClosed("", to_text(g.o.clock.now()))
        try:
            demand_checked(ticket)
            stored = check_stored(ticket, ask.stored)
            return await g.o.gate.until_committed(lambda: self._close(ticket, stored))
        except Refusal as refusal:
            if is_certain(refusal):
                self._puts.drop(ticket, FAILED)
            raise

    async def begin(
        self, who: Identified, stand: Stand, what: tuple[str, str, int, int | None], evidence: Evidence
    ) -> tuple[Begun, Going]:
        """Decide on a part (name, upload, number, declared size); its ticket has no key yet."""
        g, o = self._g, self._g.o
        name, upload, number, size_bytes = what
        judged, decided = await self._puts.decide(who, stand, name, "operation")
        on_way = await going(g, stand, name, upload)
        await self._demand_possible(stand, (upload, number), size_bytes or 0)
        await demand_room_for_part(o, stand.bucket, (name, upload, number), size_bytes or 0)
        plan = on_way.plan
        asked = State(sse=plan.sse, sse_key=f"{plan.sse_key} {plan.mark_of_key}")
        with_brought(o, asked, on_way.row.version, key_brought(who))
        ticket = PartTicket(
            customer=stand.customer.id,
            key=on_way.key.id,
            actor=who.actor,
            proof=proof_of(evidence),
            code="upload.part",
            size=size_bytes or 0,
            providers=judged.providers,
            chain=chain_for(o, evidence, who),
            bucket=stand.bucket.id,
            name=name,
            version=on_way.row.version,
            data_key=b"",
            blob=new_id("blb", o.dice),
            number=number,
            locations=on_way.plan.locations,
            size_bytes=size_bytes,
            purpose="operation",
            verified=who.verified,
            session=who.session,
            upload=upload,
            padding=rules_of(o, stand.bucket).padding,
        )
        begun = Begun(
            stand=stand,
            judged=judged,
            expects=(*g.footing(decided, stand, judged), o.standing.expect("key", on_way.key.id)),
            ticket=ticket,
            record=said(g, who, on_way, decided, ("upload.part", "admission", ticket.size, None)),
        )
        return begun, on_way

    def opened(self, begun: Begun, upload: Going) -> PutOpened:
        """After the commit: open the upload's data key and hand it over; closing the part needs none."""
        self._g.before_key(begun.stand, begun.judged.providers)
        opened = self._puts.opened(begun)
        return msgspec.structs.replace(
            opened, data_key=data_key(self._g, upload), checksum_algorithm=upload.plan.algorithm.value
        )

    async def _open(self, ask: OpenPart) -> PutOpened | Failed:
        g = self._g
        wanted = Wanted(
            operations=("UploadPart",),
            bucket=ask.bucket,
            name=ask.name,
            upload=ask.upload,
            part_number=ask.part_number,
        )
        who = g.who(ask.evidence, wanted)
        stand = g.stand(ask.bucket)
        what = (ask.name, ask.upload, ask.part_number, ask.size_bytes)
        begun, upload = await self.begin(who, stand, what, ask.evidence)
        outcome = await self._puts.commit(begun)
        if isinstance(outcome, Failed):
            return outcome
        g.o.gate.still_fresh(outcome)
        return self.opened(begun, upload)

    async def _demand_possible(self, stand: Stand, at: tuple[str, int], more_bytes: int) -> None:
        """`object-too-large` (malformed) for a part with which no object could be made any more, before it
        comes. Parts are only added up where all of the bucket's open uploads together are that much.
        """
        o, (upload, number) = self._g.o, at
        used = await used_by(o, (stand.bucket.id,))
        if used.upload_bytes + more_bytes <= OBJECT_BYTES_MAX:
            return
        others = await o.read(lambda reads: reads.objects.part_bytes(upload, number))
        if others + more_bytes > OBJECT_BYTES_MAX:
            raise malformed("object-too-large", bytes_max=OBJECT_BYTES_MAX)

    async def _close(self, ticket: PartTicket, stored: Stored) -> PartClosed | Failed:
        g, o = self._g, self._g.o
        part = part_of(ticket.number, stored)
        who = again(g, ticket)
        stand = g.stand_by_id(ticket.bucket)
        judged, decided = await self._puts.decide(who, stand, ticket.name, ticket.purpose)
        upload = await going(g, stand, ticket.name, ticket.upload)
        at = ticket.admitted
        if at is None:
            raise conflict("ticket-unknown")
        if upload.plan.algorithm.value not in part.checksums:
            raise malformed("checksum-missing", algorithm=upload.plan.algorithm.value)
        now = o.clock.now()
        row = PartRow(
            upload=ticket.upload,
            number=part.number,
            size=part.plain_bytes,
            body=encoded(Kept(part=part, at=to_text(now), check=stored.check)),
            blobs=landed(ticket, stored, stand.bucket),
        )
        act_id = new_id("act", o.dice)
        await o.records.ready(stand.customer)
        entry = said(g, who, upload, decided, ("upload.part", "outcome", part.plain_bytes, at))
        bounds, rests_on = held_bytes(o, stand.bucket)
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=(*g.footing(decided, stand, judged), *rests_on),
                entries=(o.records.seal(stand.customer, act_id, 0, entry),),
                writes=(
                    Write("upload.part", (stand.bucket.id, row, now + FATE_AFTER)),
                    *bounds,
                    Write("blob.keep", (lying(ticket), now)),
                    Write("admission.close", (((at.act, at.ordinal),),)),
                ),
            )
        )
        if isinstance(outcome, Failed):
            refuse_if_full(outcome)
            return outcome
        sums = tuple(sorted(part.checksums.items()))
        plan = upload.plan
        etag = part_etag(upload.row.id, part, plan.algorithm)
        return PartClosed(etag, to_text(now), sums, plan.sse, plan.sse_key)
