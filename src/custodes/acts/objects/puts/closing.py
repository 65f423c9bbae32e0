"""Closing a write: everything is decided again unless nothing changed, and its conditions hold inside the
transaction.

Of fifty writers that each want to be the first, one is.
"""

import msgspec

from custodes.acts.asks.objects import ClosePut, Content, OpenPut, PutClosed, PutOpened, Stored
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.gate import Receipted
from custodes.acts.objects.bounds.room import held, refuse_if_full
from custodes.acts.objects.care.copies import behind
from custodes.acts.objects.events.raised import raised_by_write
from custodes.acts.objects.ground import (
    Ground,
    Stand,
    again,
    checked,
    record,
    shown_id,
    together,
)
from custodes.acts.objects.outcomes import COMPLETE, FAILED, FATE_AFTER, check_outcome
from custodes.acts.objects.rules.states import sealed_state
from custodes.acts.objects.rules.wishing import (
    KMS,
    Wished,
    state_kept,
)
from custodes.acts.objects.signed import Wanted
from custodes.acts.objects.tickets import PutTicket, demand_checked
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed, Row, Write
from custodes.acts.writing.object_rows import VersionRow
from custodes.custody import envelope, manifest
from custodes.custody.keys import Key
from custodes.custody.manifest import Manifest, Origin, Part
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, conflict, locked
from custodes.objects.conditions import NONE, Conditions
from custodes.objects.etags import EMPTY, etag_for
from custodes.objects.version import Versioning, put_effect

from .opening import Opening
from .stored import check_size, check_stored, is_certain, landed, lying, part_of


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """Who may write where, decided this moment."""

    who: Identified
    stand: Stand
    judged: Judged
    decided: Decided


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """A version about to be written: how its content is put together."""

    version: str
    name: str
    parts: tuple[Part, ...]
    etag: str
    checksums: dict[str, str]
    checksum_type: str
    content: Content
    locations: tuple[str, ...]


class Puts(Opening):
    """Answers `OpenPut` and `ClosePut`."""

    async def open(self, ask: OpenPut) -> PutOpened:
        """See `OpenPut`."""
        checked(ask.name)
        check_size(ask.size_bytes)
        return await self._g.o.gate.until_committed(lambda: self._open(ask))

    async def close(self, ask: ClosePut) -> PutClosed:
        """See `ClosePut`."""
        return await self.close_as(ask, PutTicket)

    async def close_as(self, ask: ClosePut, kind: type[PutTicket]) -> PutClosed:
        """Close a write whose ticket is of exactly this kind."""
        check_outcome(ask.outcome)
        ticket = self._g.tickets.take(ask.ticket, kind, ask.evidence)
        try:
            return await self._closed(ask, ticket)
        finally:
            self._g.tickets.closed(ticket)

    async def _closed(self, ask: ClosePut, ticket: PutTicket) -> PutClosed:
        if ask.outcome != COMPLETE:
            self.drop(ticket, ask.outcome)
            return PutClosed("", None, "", self._g.o.clock.now(), "", 0)
        try:
            demand_checked(ticket)
            stored = check_stored(ticket, ask.stored)
            return await self._g.o.gate.until_committed(lambda: self._close(ticket, stored, ask.content))
        except Refusal as refusal:
            if is_certain(refusal):
                self.drop(ticket, FAILED)
            if refusal.code == "changed-meanwhile" and ticket.conditions != NONE:
                raise conflict("conditional-conflict") from refusal
            raise

    def drop(self, ticket: PutTicket, outcome: str) -> None:
        """A write that came to nothing: its outcome is noted, its blob is to be removed."""
        self._g.outcomes.ended(ticket, outcome, 0)
        self._g.outcomes.doom(lying(ticket))

    def sealed(self, stand: Stand, data_key: bytes, made: Made, key_version: int) -> bytes:
        """The manifest of a version, sealed under its data key."""
        o = self._g.o
        whole = Manifest(
            house=o.house,
            customer=stand.customer.id,
            object_version=made.version,
            origin=Origin(bucket=stand.bucket.id, object_version=made.version),
            parts=made.parts,
            content_type=made.content.content_type,
            headers=dict(made.content.headers),
            metadata=dict(made.content.metadata),
            etag=made.etag,
            checksums=made.checksums,
            checksum_type=made.checksum_type,
            commitment=envelope.commitment(data_key, made.version),
            location=made.locations[0],
            key=stand.key.id,
            key_version=key_version,
            written_at=to_text(o.clock.now()),
        )
        return manifest.wrap_manifest(data_key, whole, o.dice)

    async def on_current(self, stand: Stand, name: str, conditions: Conditions) -> tuple[Expect, ...]:
        """What a conditional write expects of its name inside the transaction; `precondition-failed`."""
        if conditions == NONE:
            return ()
        current = await self._current(stand, name, conditions)
        return (Row("object.current", (stand.bucket.id, name, current.version if current else None)),)

    async def _open(self, ask: OpenPut) -> PutOpened | Failed:
        g, o = self._g, self._g.o
        wanted = Wanted(
            operations=("PutObject",), bucket=ask.bucket, name=ask.name, conditions=ask.conditions
        )
        who = g.who(ask.evidence, wanted)
        stand = g.stand(ask.bucket)
        what = (ask.name, ask.size_bytes, ask.conditions, ask.purpose)
        begun = await self.begin(who, stand, what, ask.evidence)
        if begun.is_long:
            outcome = await self.commit(begun)
            if isinstance(outcome, Failed):
                return outcome
            o.gate.still_fresh(outcome)
        return self.opened(begun)

    async def _close(self, ticket: PutTicket, stored: Stored, content: Content) -> PutClosed | Failed:
        g, o = self._g, self._g.o
        judgement = await self._judgement(ticket)
        stand = judgement.stand
        conditional = await self.on_current(stand, ticket.name, ticket.conditions)
        await o.records.ready(stand.customer)
        await g.pages.ready(stand.customer, stand.key)
        stored_key = ticket.stored_key or ticket.data_key
        at_rest = g.pages.wrap(stand.customer, stand.key, ticket.version, stored_key)
        made = _made(ticket, stored, content)
        row = self.row(judgement, ticket, made)
        row = msgspec.structs.replace(
            row,
            page=at_rest.page,
            wrapped=at_rest.wrapped,
            manifest=self.sealed(stand, ticket.data_key, made, at_rest.key_version),
            blobs=landed(ticket, stored, stand.bucket),
            checks=((stored.blob, stored.cipher_bytes, stored.check),),
        )
        writes = (Write("blob.keep", (lying(ticket), row.at)), *ticket.also)
        outcome = await self.finish(
            judgement, ticket, (row, at_rest.key_version), writes, (at_rest.expect, *conditional)
        )
        if isinstance(outcome, Failed):
            if outcome.expect == at_rest.expect:
                g.pages.forget(stand.customer, stand.key)
            return outcome
        return told_closed(closed(stand.bucket.versioning, row, made, outcome), ticket.wished)

    async def _judgement(self, ticket: PutTicket) -> Judgement:
        """Decided again, unless that would ask the same of the same: nothing that stands has changed."""
        g, o = self._g, self._g.o
        stand, kept = keyed(g, g.stand_by_id(ticket.bucket), ticket), ticket.settled
        if kept is not None and kept.seq == o.standing.seq and kept.day == o.clock.now().date():
            return Judgement(who=kept.who, stand=stand, judged=kept.judged, decided=kept.decided)
        who = again(g, ticket)
        judged, decided = await self.decide(who, stand, ticket.name, ticket.purpose)
        return Judgement(who=who, stand=stand, judged=judged, decided=decided)

    def row(self, judgement: Judgement, ticket: PutTicket, made: Made) -> VersionRow:
        """The index row of a version, without its wrap."""
        return VersionRow(
            bucket=ticket.bucket,
            name=ticket.name,
            version=ticket.version,
            at=self._g.o.clock.now(),
            is_null=put_effect(judgement.stand.bucket.versioning, None).is_null,
            size=sum(part.plain_bytes for part in made.parts),
            etag=made.etag,
            state=sealed_state(
                self._g.o,
                judgement.stand.bucket,
                ticket.version,
                state_kept(self._g.o, judgement.stand.bucket, ticket.wished),
            ),
        )

    async def finish(
        self,
        judgement: Judgement,
        ticket: PutTicket,
        what: tuple[VersionRow, int],
        writes: tuple[Write, ...],
        expects: tuple[Expect, ...],
        *,
        act_id: str = "",
    ) -> Receipted | Failed:
        """Commit a version: row and wrap, the outcome of its admission, and its one entry, in an act of this
        id or a new one.
        """
        g, o = self._g, self._g.o
        stand, row = judgement.stand, what[0]
        act_id = act_id or new_id("act", o.dice)
        said = self._said(judgement, ticket, what)
        await o.records.ready(stand.customer)
        at = ticket.admitted
        if at is not None:
            writes = (*writes, Write("admission.close", (((at.act, at.ordinal),),)))
        bounds, rests_on = held(o, stand.bucket)
        told = raised_by_write(o, stand.bucket, judgement.who, row)
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=(
                    *g.footing(judgement.decided, stand, judgement.judged),
                    *ticket.wished.expects,
                    *expects,
                    *rests_on,
                ),
                entries=(o.records.seal(stand.customer, act_id, 0, said),),
                writes=(
                    Write("object.add", (row, row.at + FATE_AFTER)),
                    *told,
                    *writes,
                    *behind(stand.bucket, row),
                    *bounds,  # the parts of an upload it ends are counted no more
                ),
            )
        )
        if isinstance(outcome, Failed):
            refuse_if_full(outcome)
        return outcome

    def _said(self, judgement: Judgement, ticket: PutTicket, what: tuple[VersionRow, int]) -> Record:
        row, key_version = what
        at = ticket.admitted
        return record(
            ticket.code,
            judgement.who,
            judgement.stand,
            judgement.decided,
            subject=row.version,
            name=row.name,
            phase="outcome" if at else "single",
            admission=[at.log, at.index] if at else None,
            outcome=COMPLETE if at else None,
            key=ticket.key,
            key_version=key_version,
            object_version=row.version,
            bytes=row.size,
            location=together(tuple(dict.fromkeys(location for _, location in row.blobs))),
            versioning=judgement.stand.bucket.versioning.value,
            standing_seq=self._g.o.standing.seq,
        )


def closed(versioning: Versioning, row: VersionRow, made: Made, receipted: Receipted) -> PutClosed:
    """The answer to a write that stands."""
    at = receipted.committed.positions[0]
    return PutClosed(
        version=row.version,
        version_shown=shown_id(versioning, row.version, row.is_null),
        etag=row.etag,
        at=row.at,
        log=at.log,
        index=at.index,
        checksums=tuple(made.checksums.items()),
        checksum_type=made.checksum_type,
    )


def told_closed(done: PutClosed, wished: Wished) -> PutClosed:
    """The answer with what it says of the encryption that was asked for."""
    return msgspec.structs.replace(done, sse=wished.sse, sse_key=wished.sse_key)


def keyed(ground: Ground, stand: Stand, ticket: PutTicket) -> Stand:
    """The bucket under the key this write was opened with: its own, or another (`key-destroyed`)."""
    if ticket.wished.sse != KMS:
        return stand
    key = ground.o.standing.get("key", ticket.key, Key)
    if key is None or key.customer != stand.customer.id:
        raise locked("key-destroyed")
    return msgspec.structs.replace(stand, key=key)


def _made(ticket: PutTicket, stored: Stored, content: Content) -> Made:
    checksums = dict(stored.checksums)
    return Made(
        version=ticket.version,
        name=ticket.name,
        parts=(part_of(ticket.number, stored),),
        etag=etag_for(ticket.version) if stored.plain_bytes else EMPTY,
        checksums=checksums,
        checksum_type="FULL_OBJECT" if checksums else "",
        content=content,
        locations=ticket.locations,
    )
