"""Writing an object: open with a fresh data key, store, close with index row, wrap and manifest.

The data key of a version that does not exist yet opens nothing, so a small body needs no admission: its one
entry commits with the row. A larger one is admitted first. Closing decides everything again, and its
conditions hold inside the transaction: of fifty writers that each want to be the first, one is.
"""

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.objects import ClosePut, Content, OpenPut, PutClosed, PutOpened, Stored
from custodes.acts.footing.decisions import Asked, Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.gate import Receipted
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed, Row, Write
from custodes.acts.writing.object_rows import AdmissionRow, VersionRow
from custodes.custody import envelope, manifest
from custodes.custody.keys import Key
from custodes.custody.manifest import Manifest, Origin, Part
from custodes.custody.materials.kinds import Use
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.limits import SMALL_BODY_BYTES_MAX
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, locked, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.conditions import NONE, Conditions, Verdict, judge_write
from custodes.objects.etags import EMPTY, etag_for
from custodes.objects.multipart import PART_BYTES_MAX
from custodes.objects.padding import padding_for
from custodes.objects.rules.tags import Tags
from custodes.objects.version import Versioning, put_effect
from custodes.parties.rows import Credential
from custodes.policy.question import Place
from custodes.protocols.s3.wishes import CustomerKey

from .bounds.room import demand_room, held, refuse_if_full
from .care.copies import CHECK_BYTES, behind, check_key, landed_in
from .events.raised import created, raised
from .ground import Ground, Stand, checked, object_asked, record, shown_id, together
from .outcomes import COMPLETE, FAILED, FATE_AFTER, UNCLOSED_AFTER, check_outcome
from .rules.listing_access import wished_acl
from .rules.states import sealed_state
from .rules.wishing import (
    KMS,
    Wished,
    chosen_key,
    judged_wishes,
    other_half,
    rules_of,
    state_kept,
    wishes_of,
)
from .signed import Wanted
from .tickets import Admitted, PutTicket, Ticket, chain_for, demand_checked, proof_of

DATA_KEY_BYTES = 32
CHECKSUMS_MAX = 6


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A write that may begin: what its act rests on, the record of its admission, and its ticket."""

    stand: Stand
    judged: Judged
    expects: tuple[Expect, ...]
    ticket: PutTicket
    record: Record
    is_long: bool = True


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


class Puts:
    """Answers `OpenPut` and `ClosePut`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

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
            return PutClosed("", None, "", to_text(self._g.o.clock.now()), "", 0)
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

    async def begin(
        self,
        who: Identified,
        stand: Stand,
        what: tuple[str, int | None, Conditions, str],
        evidence: Evidence,
        tags: Tags | None = None,
    ) -> Begun:
        """Decide on a write of (name, declared size, conditions, purpose) and make its ticket ready.

        `tags` are those a copy takes from its source.
        """
        g, o = self._g, self._g.o
        name, size_bytes, conditions, purpose = what
        version, data_key = new_id("ver", o.dice), o.dice.draw(DATA_KEY_BYTES)
        stand, wished, brought = await self.wish(who, stand, name, version)
        if tags is not None:
            wished = msgspec.structs.replace(wished, tags=tags)
        judged, decided = await self.decide(who, stand, name, purpose)
        await self._current(stand, name, conditions)
        await demand_room(o, stand.bucket, name, size_bytes or 0)
        is_long = size_bytes is None or size_bytes > SMALL_BODY_BYTES_MAX
        blob = new_id("blb", o.dice) if is_long else await g.ahead.draw(stand.bucket.locations)
        ticket = PutTicket(
            customer=stand.customer.id,
            key=stand.key.id,
            actor=who.actor,
            proof=proof_of(evidence),
            code="object.put",
            size=size_bytes or 0,
            providers=judged.providers,
            chain=chain_for(o, evidence, who),
            bucket=stand.bucket.id,
            name=name,
            version=version,
            data_key=data_key,
            blob=blob,
            number=1,
            locations=stand.bucket.locations,
            size_bytes=size_bytes,
            purpose=purpose,
            conditions=conditions,
            wished=wished,
            verified=who.verified,
            bytes_range=bytes_of(who),
            stored_key=other_half(data_key, version, brought),
            padding=rules_of(o, stand.bucket).padding,
        )
        return Begun(
            stand=stand,
            judged=judged,
            expects=(*g.footing(decided, stand, judged), *wished.expects),
            ticket=ticket,
            record=self._admission(who, stand, decided, ticket),
            is_long=is_long,
        )

    async def wish(
        self, who: Identified, stand: Stand, name: str, version: str
    ) -> tuple[Stand, Wished, CustomerKey | None]:
        """What this request wishes for, if it may be had: the bucket under the key chosen, and a key
        brought.
        """
        g, o = self._g, self._g.o
        asked = wishes_of(who)
        key, expects = chosen_key(o, who, stand.bucket, asked)
        named = asked.kms_key
        if key is not None and not named:
            default = rules_of(o, stand.bucket).encryption
            named = default.key if default is not None else key.id
        wished = judged_wishes(o, stand.bucket, asked, (version, key, named))
        wished = msgspec.structs.replace(wished, acl=wished_acl(o, who, stand.bucket))
        if asked.retention is not None or asked.is_held is not None:
            retain = object_asked("object:retain", stand, name, None)
            decided = await g.demand(who, stand, retain, subject=stand.bucket.id)
            expects = (*expects, *decided.expects)
        if key is not None:
            stand = msgspec.structs.replace(stand, key=key)
        return stand, msgspec.structs.replace(wished, expects=expects), asked.customer_key

    async def decide(self, who: Identified, stand: Stand, name: str, purpose: str) -> tuple[Judged, Decided]:
        """May this actor write here, does the place hold, can the key wrap? Refuses otherwise."""
        g = self._g
        judged = g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
        asked = placed(object_asked("object:write", stand, name, None, purpose=purpose), judged)
        decided = await g.demand(who, stand, asked, subject=stand.bucket.id, judged=judged)
        g.usable(stand.key, Use.WRAP)
        return judged, decided

    async def commit(self, begun: Begun) -> Receipted | Failed:
        """Commit the admission of a write, and note in its ticket where it stands."""
        o = self._g.o
        act_id = new_id("act", o.dice)
        await o.records.ready(begun.stand.customer)
        entry = o.records.seal(begun.stand.customer, act_id, 0, begun.record)
        act = Act(id=act_id, expects=begun.expects, entries=(entry,), writes=self.admission(begun, act_id, 0))
        outcome = await o.gate.commit(act)
        if isinstance(outcome, Receipted):
            note(begun.ticket, act_id, outcome, 0)
        return outcome

    def admission(self, begun: Begun, act_id: str, ordinal: int) -> tuple[Write, ...]:
        """What an admitted write stores: that it is open, and that its blob goes unless it is closed."""
        o, ticket = self._g.o, begun.ticket
        row = AdmissionRow(
            act=act_id,
            ordinal=ordinal,
            customer=ticket.customer,
            code=ticket.code,
            grant="",
            size=ticket.size,
            at=o.clock.now(),
        )
        return (
            Write("admission.open", (row,)),
            Write("blob.schedule", (lying(ticket), o.clock.now() + UNCLOSED_AFTER)),
        )

    def opened(self, begun: Begun) -> PutOpened:
        """Keep the ticket and hand over the data key; the admission, if it needs one, is committed."""
        g, o = self._g, self._g.o
        g.before_key(begun.stand, begun.judged.providers)
        ticket = g.tickets.open(begun.ticket)
        return PutOpened(
            ticket=ticket.id,
            customer=ticket.customer,
            bucket=ticket.bucket,
            version=ticket.version,
            data_key=ticket.data_key,
            blob=ticket.blob,
            number=ticket.number,
            associated=envelope.associated(
                house=o.house,
                customer=ticket.customer,
                bucket=ticket.bucket,
                object_version=ticket.version,
                part=ticket.number,
                attempt=ticket.blob,
            ),
            stores=g.places.stores(ticket.locations),
            padding=ticket.padding,
            check_key=check_key(o, ticket.blob),
            copies_min=begun.stand.bucket.copies_wanted,
        )

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
        who = again(g, ticket)
        stand = keyed(g, g.stand_by_id(ticket.bucket), ticket)
        judged, decided = await self.decide(who, stand, ticket.name, ticket.purpose)
        judgement = Judgement(who=who, stand=stand, judged=judged, decided=decided)
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
    ) -> Receipted | Failed:
        """Commit a version: row and wrap, the outcome of its admission, and its one entry."""
        g, o = self._g, self._g.o
        stand, row = judgement.stand, what[0]
        act_id = new_id("act", o.dice)
        said = self._said(judgement, ticket, what)
        await o.records.ready(stand.customer)
        at = ticket.admitted
        if at is not None:
            writes = (*writes, Write("admission.close", (((at.act, at.ordinal),),)))
        bounds, rests_on = held(o, stand.bucket)
        who = judgement.who
        told = raised(o, stand.bucket, created(o, who), row, who.actor.credential)
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
                    *bounds,
                    *told,
                    *writes,
                    *behind(stand.bucket, row),
                ),
            )
        )
        if isinstance(outcome, Failed):
            refuse_if_full(outcome)
        return outcome

    def _admission(self, who: Identified, stand: Stand, decided: Decided, ticket: PutTicket) -> Record:
        return record(
            ticket.code,
            who,
            stand,
            decided,
            subject=ticket.version,
            name=ticket.name,
            phase="admission",
            key=stand.key.id,
            object_version=ticket.version,
            bytes=ticket.size,
            location=together(ticket.locations),
            standing_seq=self._g.o.standing.seq,
        )

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

    async def _current(self, stand: Stand, name: str, conditions: Conditions) -> VersionRow | None:
        if conditions == NONE:
            return None
        row = await self._g.o.read(lambda r: r.objects.version(stand.bucket.id, name, None))
        verdict = judge_write(conditions, row.etag if row and not row.is_marker else None)
        if verdict is Verdict.ABSENT:
            raise absent("key-absent")
        if verdict is not Verdict.GO_ON:
            raise conflict("precondition-failed")
        return row


def placed(asked: Asked, judged: Judged) -> Asked:
    """The question with the verdict on the place, and with who runs it."""
    place = Place(is_inside=judged.is_inside, areas=judged.place.areas)
    return msgspec.structs.replace(asked, place=place, providers=judged.providers)


def is_certain(refusal: Refusal) -> bool:
    """Whether a refused write surely did not happen: what may have been committed is not taken back.

    The blob of a long write that did not happen goes by itself, two days later.
    """
    return refusal.kind not in (Kind.UNAVAILABLE, Kind.BROKEN)


def lying(ticket: PutTicket) -> tuple[tuple[str, str], ...]:
    """Where the blob of a write lies or is to lie."""
    return tuple((ticket.blob, location) for location in ticket.locations)


def landed(ticket: PutTicket, stored: Stored, bucket: Bucket) -> tuple[tuple[str, str], ...]:
    """Where the blob of a write lies durably; `copies-too-few` (unavailable) if that is not enough."""
    return landed_in(lying(ticket), stored, bucket)


def note(ticket: Ticket, act_id: str, receipted: Receipted, ordinal: int) -> None:
    """Where a ticket's admission stands in the log."""
    at = receipted.committed.positions[ordinal]
    ticket.admitted = Admitted(act=act_id, ordinal=ordinal, log=at.log, index=at.index)


def again(ground: Ground, ticket: Ticket) -> Identified:
    """The ticket's actor as he stands now: `not-authenticated` when his credential ended meanwhile."""
    o = ground.o
    credential = o.standing.get("credential", ticket.actor.credential, Credential)
    if credential is None:
        raise conflict("ticket-unknown")
    found = o.identities.actor_of(credential, ticket.actor.how)
    return msgspec.structs.replace(found, verified=ticket.verified)


def check_size(size_bytes: int | None) -> None:
    """`body-too-large` (malformed) above what one PUT may have."""
    if size_bytes is not None and not 0 <= size_bytes <= PART_BYTES_MAX:
        raise malformed("body-too-large", bytes_max=PART_BYTES_MAX)


def check_stored(ticket: PutTicket, stored: Stored | None) -> Stored:
    """What was stored is what was opened: `body-incomplete`, `bad-stored` (malformed)."""
    if stored is None or stored.blob != ticket.blob or len(stored.checksums) > CHECKSUMS_MAX:
        raise malformed("bad-stored")
    if ticket.size_bytes is not None and stored.plain_bytes != ticket.size_bytes:
        raise malformed("body-incomplete")
    check_size(stored.plain_bytes)
    least, most = ticket.bytes_range
    if stored.plain_bytes < least:
        raise malformed("body-too-small", bytes_min=least)
    if most is not None and stored.plain_bytes > most:
        raise malformed("body-too-large", bytes_max=most)
    if stored.padding_bytes != padding_for(ticket.padding, stored.plain_bytes):
        raise malformed("bad-stored")
    if stored.cipher_bytes != envelope.cipher_length(stored.plain_bytes + stored.padding_bytes):
        raise malformed("bad-stored")
    if len(stored.header) != envelope.HEADER_BYTES or len(stored.check) != CHECK_BYTES:
        raise malformed("bad-stored")
    return stored


def part_of(number: int, stored: Stored) -> Part:
    """What was stored as a part of the manifest."""
    return Part(
        number=number,
        blob=stored.blob,
        plain_bytes=stored.plain_bytes,
        padding_bytes=stored.padding_bytes,
        cipher_bytes=stored.cipher_bytes,
        header=stored.header,
        checksums=dict(stored.checksums),
    )


def closed(versioning: Versioning, row: VersionRow, made: Made, receipted: Receipted) -> PutClosed:
    """The answer to a write that stands."""
    at = receipted.committed.positions[0]
    return PutClosed(
        version=row.version,
        version_shown=shown_id(versioning, row.version, row.is_null),
        etag=row.etag,
        at=to_text(row.at),
        log=at.log,
        index=at.index,
        checksums=tuple(made.checksums.items()),
        checksum_type=made.checksum_type,
    )


def bytes_of(who: Identified) -> tuple[int, int | None]:
    """The least and most plain bytes the signer allowed."""
    return (0, None) if who.verified is None else (who.verified.bytes_min, who.verified.bytes_max)


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
