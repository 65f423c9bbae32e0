"""Reading an object: the admission is in the log before the data key is opened.

HEAD opens the manifest and so uses the key: it is an entry of its own, of no bytes. What a read releases is
one data key for one object version, and the pieces that hold the bytes asked for.
"""

import asyncio
from collections.abc import Mapping

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.objects import (
    CLOSED_MAX,
    Closed,
    CloseGet,
    CloseGets,
    Content,
    GetOpened,
    GoesOn,
    Marks,
    OpenGet,
    PartFact,
    Piece,
    StillOpen,
    Store,
)
from custodes.acts.footing.decisions import Asked, Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.gate import Receipted
from custodes.acts.objects.adopting.meanwhile import adopted_first
from custodes.acts.objects.anyone import is_anyone
from custodes.acts.objects.ground import (
    Ground,
    Stand,
    again,
    asked_under,
    bucket_asked,
    checked,
    object_asked,
    record,
    shown_id,
    together,
)
from custodes.acts.objects.outcomes import check_outcome
from custodes.acts.objects.rules.policed import Told
from custodes.acts.objects.rules.states import opened_state
from custodes.acts.objects.rules.wishing import CUSTOMERS_OWN, key_brought, other_half, with_brought
from custodes.acts.objects.signed import Wanted
from custodes.acts.objects.tickets import Admitted, GetTicket, Ticket
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed, Position, Write
from custodes.acts.writing.object_rows import AdmissionRow, VersionRow
from custodes.custody import manifest
from custodes.custody.hierarchy import Page
from custodes.custody.keys import Key
from custodes.custody.manifest import Manifest, Part
from custodes.custody.materials.kinds import Use
from custodes.kernel.actor import ActorKind
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.limits import GOES_ON_MS_MAX, KILL_CHECK_BYTES
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, locked, malformed
from custodes.objects import ranges
from custodes.objects.conditions import Conditions, Verdict, judge_copy, judge_read, range_stands
from custodes.objects.multipart import span_of_part
from custodes.objects.ranges import Span
from custodes.objects.rules.state import NOTHING, State
from custodes.objects.version import NULL
from custodes.protocols.s3.wishes import CustomerKey

from .grants import Grants, GrantUse, Read
from .leases import Lease, Leases
from .looking import At, Looks

ACT = "object.get"
_HEADS = ("HeadObject", "GetObjectAttributes")
_TOLD_BY_LISTING = (ActorKind.APPLICATION, ActorKind.ANYONE)
MANIFEST_INLINE_BYTES_MAX = 64 * 1_024


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """What a read is about. `span` is the range as resolved; None where a part number chooses it."""

    name: str
    version: str | None
    purpose: str
    conditions: Conditions
    is_copy: bool = False
    is_head: bool = False
    range_header: str | None = None
    part_number: int | None = None
    brought: CustomerKey | None = None
    shows_parts: bool = False


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A read that may begin: the row, the page its key lies in, and what its act rests on."""

    who: Identified
    stand: Stand
    row: VersionRow
    page: Page
    key: Key
    span: Span | None
    is_partial: bool
    decided: Decided
    expects: tuple[Expect, ...]
    standing_seq: int
    size: int
    locations: tuple[str, ...]
    state: State = NOTHING
    grant: GrantUse | None = None

    @property
    def record(self) -> Record:
        """What its entry says; a read under a lease has none."""
        row, page = self.row, self.page
        return record(
            ACT,
            self.who,
            self.stand,
            self.decided,
            subject=row.version,
            name=row.name,
            phase="admission" if self.size else "single",
            key=page.scope.key,
            key_version=page.key_version,
            object_version=row.version,
            bytes=self.size,
            location=together(self.locations),
            standing_seq=self.standing_seq,
        )

    asked: tuple[str, Asked, Told] | None = None  # of anyone: what is decided again while it runs


class Gets:
    """Answers `OpenGet`, `StillOpen`, `CloseGet` and `CloseGets`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._grants = Grants(ground)
        self._leases = Leases(ground)
        self._looks = Looks(ground.o)

    async def open(self, ask: OpenGet) -> GetOpened:
        """See `OpenGet`."""
        checked(ask.name, ask.version)
        return await self._g.o.gate.until_committed(lambda: self._open(ask))

    async def still_open(self, ask: StillOpen) -> GoesOn:
        """See `StillOpen`: what would be refused now is stopped now."""
        g = self._g
        ticket = g.tickets.look(ask.ticket, Ticket)
        who = again(g, ticket)
        if isinstance(ticket, GetTicket) and ticket.asked is not None:  # what let anyone in must still stand
            bucket, asked, told = ticket.asked
            stand = g.stand_by_id(bucket)
            told = await self._told_now(stand, asked, ticket.version) or told
            await g.demand(who, stand, asked, subject=ticket.version, told=told)
        g.o.decisions.refuse_if_killed(ticket.customer, ticket.providers)
        key = g.o.standing.get("key", ticket.key, Key)
        if key is None:
            raise locked("key-destroyed")
        g.usable(key, Use.WRAP)
        self._grants.refuse_if_ended(ticket.grant)
        if ticket.grant or ticket.session is not None:
            return GoesOn()
        return GoesOn(good_ms=max(0, min(GOES_ON_MS_MAX, g.o.lease_left_ms())))

    async def _told_now(self, stand: Stand, asked: Asked, version: str) -> Told | None:
        """What the version that is read is told now: its access list and tags may let nobody in any more.

        None where it was replaced or removed meanwhile: who reads it then reads it to its end.
        """
        name = str(asked.resource.facts.get("name", ""))
        for shown in (None, version, NULL):
            row, _ = await self._looks.find(At(stand.bucket.id, name, shown))
            if row is not None and row.version == version:
                state = opened_state(self._g.o, stand.bucket, row)
                return Told(tags=state.tags, acl=state.acl, owner=state.owner)
        return None

    async def close(self, ask: CloseGet) -> Closed:
        """See `CloseGet`."""
        check_outcome(ask.outcome)
        try:
            ticket = self._g.tickets.take(ask.ticket, GetTicket)
        except Refusal:  # closed before, or counted as all bytes: nothing to add
            return Closed()
        self._g.outcomes.ended(ticket, ask.outcome, ask.sent_bytes)
        return Closed()

    async def close_many(self, ask: CloseGets) -> Closed:
        """See `CloseGets`; each is closed as if it came alone."""
        if len(ask.closed) > CLOSED_MAX:
            raise malformed("too-many-endings", endings_max=CLOSED_MAX)
        for one in ask.closed:
            check_outcome(one.outcome)
        for one in ask.closed:
            await self.close(one)
        return Closed()

    async def find(
        self, who: Identified, stand: Stand, sought: Sought, decided: Decided | None = None
    ) -> Found:
        """Decide on a read, if that is not `decided` already, then look. Refusals of `OpenGet`."""
        g, o = self._g, self._g.o
        row, page = await self._looks.find(At(stand.bucket.id, sought.name, sought.version))
        version = row.version if row is not None and not row.is_marker else None
        grant = self._grants.find(who, stand, version)
        asked = object_asked("object:read", stand, sought.name, version, purpose=sought.purpose)
        if grant is not None:
            asked = msgspec.structs.replace(asked, grant=grant.fact, purpose=grant.purpose)
        locations = tuple(dict.fromkeys(location for _, location in row.blobs)) if row else ()
        asked = msgspec.structs.replace(asked, providers=g.places.providers(locations))
        subject = g.reference(stand, sought.name, version)
        state = opened_state(o, stand.bucket, row) if row is not None else NOTHING
        told = Told(tags=state.tags, acl=state.acl, owner=state.owner)
        if decided is None and (row is None or row.is_marker) and who.actor.kind in _TOLD_BY_LISTING:
            await self._may_miss(who, stand, sought.name)
            may_read = o.decisions.decide(who, g.policed.asked(who, stand.bucket, asked, told)).decision
            if is_anyone(who) or not may_read.allowed:
                raise _missing(stand, row, sought)
        if decided is None:
            decided = await g.demand(who, stand, asked, subject=subject, told=told)
        if row is None or row.is_marker:
            raise await adopted_first(o, stand.bucket, sought.name, _missing(stand, row, sought))
        if page is None or page.scope.customer != stand.customer.id:
            raise Refusal("page-lost", Kind.BROKEN)
        key = o.standing.get("key", page.scope.key, Key)
        if key is None or key.customer != stand.customer.id:
            raise Refusal("page-lost", Kind.BROKEN)
        g.usable(key, Use.UNWRAP, page.key_version)
        with_brought(o, state, row.version, sought.brought)
        _judge(stand, row, sought)
        span = _span(row, sought)
        size = 0 if sought.is_head else span.size_bytes if span is not None else row.size
        return Found(
            who=who,
            stand=stand,
            row=row,
            page=page,
            key=key,
            span=span,
            is_partial=span is not None or sought.part_number is not None,
            decided=decided,
            expects=(*g.footing(decided, stand), o.standing.expect("key", key.id)),
            standing_seq=o.standing.seq,
            size=size,
            locations=locations,
            state=state,
            grant=grant,
            asked=(stand.bucket.id, asked, told) if is_anyone(who) else None,
        )

    async def _may_miss(self, who: Identified, stand: Stand, name: str) -> None:
        """Who is told that a name is absent: whoever may list it. Everybody else is refused (S3 API
        Reference, GetObject and HeadObject, "Permissions").
        """
        asked, told = bucket_asked("object:list", stand), Told(prefix=name)
        await self._g.demand(who, stand, asked, subject=stand.bucket.id, told=told)

    def admission(self, found: Found, act_id: str, ordinal: int) -> tuple[Write, ...]:
        """That this read is open; nothing where no byte is asked for."""
        if found.size == 0:
            return ()
        row = AdmissionRow(
            act=act_id,
            ordinal=ordinal,
            customer=found.stand.customer.id,
            code=ACT,
            grant=found.grant.id if found.grant else "",
            size=found.size,
            at=self._g.o.clock.now(),
        )
        return (Write("admission.open", (row,)),)

    async def opened(
        self,
        found: Found,
        at: Position,
        sought: Sought,
        whose: tuple[Identified, Evidence, Admitted | None],
    ) -> GetOpened:
        """After what is `at` was committed: open the key, demand what it must hold, hand over what was asked
        for. A read without an admission of its own (it is under a lease) needs a ticket only if it is long.
        """
        g, o = self._g, self._g.o
        g.before_key(found.stand, g.places.providers(found.locations))
        row, customer = found.row, found.stand.customer
        stored_key = g.pages.unwrap(customer, found.key, found.page, row.version, row.wrapped)
        brought = sought.brought if found.state.sse == CUSTOMERS_OWN else None
        data_key = other_half(stored_key, row.version, brought)
        ids = (o.house, customer.id, row.version)
        if len(row.manifest) > MANIFEST_INLINE_BYTES_MAX:  # ten thousand parts hold the loop for long
            whole = await asyncio.to_thread(manifest.open_manifest, data_key, ids, row.manifest)
            g.before_key(found.stand, g.places.providers(found.locations))
        else:
            whole = manifest.open_manifest(data_key, ids, row.manifest)
        if whole.plain_bytes != row.size or whole.etag != row.etag:
            raise Refusal("index-differs", Kind.BROKEN)
        span = found.span or Span(first=0, end=row.size)
        if sought.part_number is not None:
            span = span_of_part([part.plain_bytes for part in whole.parts], sought.part_number)
        is_short = whose[2] is None and span.size_bytes <= KILL_CHECK_BYTES
        is_releasing = found.size > 0 and span.size_bytes > 0
        return GetOpened(
            ticket=self._ticket(found, span, whose) if found.size and not is_short else "",
            customer=customer.id,
            bucket=found.stand.bucket.id,
            version=row.version,
            version_shown=shown_id(found.stand.bucket.versioning, row.version, row.is_null),
            size=row.size,
            first=span.first,
            last=span.end - 1,
            partial=found.is_partial,
            etag=row.etag,
            at=row.at,
            content=Content(
                content_type=whole.content_type,
                headers=tuple(sorted(whole.headers.items())),
                metadata=tuple(sorted(whole.metadata.items())),
            ),
            checksums=tuple(sorted(_checksums(whole, sought.part_number).items())),
            checksum_type=whole.checksum_type,
            data_key=data_key if is_releasing else b"",
            commitment=whole.commitment,
            pieces=self._pieces(row, whole, span) if is_releasing else (),
            parts_count=len(whole.parts) if found.state.by_parts else 0,
            log=at.log,
            index=at.index,
            marks=marks_of(found.state),
            parts=parts_of(whole) if sought.shows_parts and found.state.by_parts else (),
        )

    async def admitted(
        self,
        found: Found,
        placed: tuple[str, int, Receipted],
        sought: Sought,
        whose: tuple[Identified, Evidence],
    ) -> GetOpened:
        """`opened`, for a read whose own admission is the entry `placed` = (act, ordinal, receipt)."""
        act, ordinal, receipted = placed
        at = receipted.committed.positions[ordinal]
        own = Admitted(act=act, ordinal=ordinal, log=at.log, index=at.index)
        return await self.opened(found, at, sought, (*whose, own))

    def _ticket(self, found: Found, span: Span, whose: tuple[Identified, Evidence, Admitted | None]) -> str:
        who, _, admitted = whose
        ticket = GetTicket(
            customer=found.stand.customer.id,
            key=found.key.id,
            actor=who.actor,
            proof=b"",  # its end needs no evidence
            code=ACT,
            size=min(found.size, span.size_bytes),
            providers=self._g.places.providers(found.locations),
            admitted=admitted,
            session=who.session,
            grant=found.grant.id if found.grant else "",
            version=found.row.version,
            verified=who.verified if found.asked is not None else None,
            asked=found.asked,
        )
        return self._g.tickets.open(ticket).id

    async def _open(self, ask: OpenGet) -> GetOpened | Failed:
        g, o = self._g, self._g.o
        wanted = Wanted(
            operations=_HEADS if ask.head else ("GetObject",),
            bucket=ask.bucket,
            name=ask.name,
            version=ask.version,
            part_number=ask.part_number,
            span=ask.range_header,
            conditions=ask.conditions,
        )
        who = g.who(ask.evidence, wanted)
        stand = g.stand(ask.bucket)
        sought = Sought(
            name=ask.name,
            version=ask.version,
            purpose=ask.purpose,
            conditions=ask.conditions,
            is_head=ask.head,
            range_header=ask.range_header,
            part_number=ask.part_number,
            brought=key_brought(who),
            shows_parts=ask.shows_parts,
        )
        found = await self.find(who, stand, sought)
        lease = await self._lease(who, found) if found.grant is None else None
        if lease is not None:
            opened = await self.opened(found, lease.at, sought, (who, ask.evidence, None))
            lease.sent_bytes += opened.last - opened.first + 1 if opened.pieces else 0
            return opened
        act_id = new_id("act", o.dice)
        writes = self.admission(found, act_id, 0)
        if found.grant is not None:
            act_id, receipted = await self._grants.commit(self._under_grant(who, found), act_id, writes)
            self._grants.refuse_if_ended(found.grant.id)
            return await self.admitted(found, (act_id, 0, receipted), sought, (who, ask.evidence))
        await o.records.ready(stand.customer)
        entry = o.records.seal(stand.customer, act_id, 0, found.record)
        outcome = await o.gate.commit(Act(id=act_id, expects=found.expects, entries=(entry,), writes=writes))
        if isinstance(outcome, Failed):
            return outcome
        o.gate.still_fresh(outcome)
        return await self.admitted(found, (act_id, 0, outcome), sought, (who, ask.evidence))

    async def _lease(self, who: Identified, found: Found) -> Lease | None:
        purpose = found.decided.decision.purpose
        return await self._leases.admit(who, found.stand, (found.key, purpose, found.expects))

    def _under_grant(self, who: Identified, found: Found) -> Read:
        span = found.span or Span(first=0, end=found.row.size)
        return Read(
            stand=found.stand,
            who=who,
            version=found.row.version,
            span=span if found.size else None,
            decided=found.decided,
            expects=found.expects,
            record=found.record,
            ask=asked_under(found.stand, found.row.version),
        )

    def _pieces(self, row: VersionRow, whole: Manifest, span: Span) -> tuple[Piece, ...]:
        lies: dict[str, list[str]] = {}
        for blob, location in row.blobs:
            lies.setdefault(blob, []).append(location)
        stores: dict[tuple[str, ...], tuple[Store, ...]] = {}
        pieces = []
        for part, first, last in manifest.cover(whole, span.first, span.end - 1):
            at = tuple(lies.get(part.blob, ()))
            if at not in stores:
                stores[at] = self._g.places.stores(at)
            pieces.append(piece_of(whole, (part, first, last), stores[at]))
        return tuple(pieces)


def piece_of(whole: Manifest, covered: tuple[Part, int, int], stores: tuple[Store, ...]) -> Piece:
    """What opens so much of one part: (part, first, last) as `manifest.cover` gives it, and where it lies."""
    part, first, last = covered
    return Piece(
        blob=part.blob,
        number=part.number,
        plain_bytes=part.stream_bytes,
        cipher_bytes=part.cipher_bytes,
        header=part.header,
        associated=whole.associated(part),
        first=first,
        last=last,
        stores=stores,
    )


def parts_of(whole: Manifest) -> tuple[PartFact, ...]:
    """The parts as S3 counts them when it shows them: in order, from 1."""
    return tuple(
        PartFact(number, part.plain_bytes, tuple(sorted(part.checksums.items())))
        for number, part in enumerate(whole.parts, 1)
    )


def _checksums(whole: Manifest, part_number: int | None) -> Mapping[str, str]:
    """The object's checksum, or that of the one part that is read, by the object's algorithm."""
    if part_number is None or len(whole.parts) == 1:
        return whole.checksums
    part = whole.parts[part_number - 1]
    return {name: value for name, value in part.checksums.items() if name in whole.checksums}


def marks_of(state: State) -> Marks:
    """What an answer shows of a state."""
    return Marks(
        tags_count=len(state.tags),
        lock_mode=state.retention.mode.value if state.retention is not None else "",
        lock_until=state.retention.until if state.retention is not None else "",
        hold=("ON" if state.is_held else "OFF") if state.was_held else "",
        sse=state.sse,
        sse_key=state.sse_key.partition(" ")[0],
    )


def _missing(stand: Stand, row: VersionRow | None, sought: Sought) -> Refusal:
    if row is None:
        return absent("key-absent" if sought.version is None else "version-absent")
    shown = shown_id(stand.bucket.versioning, row.version, row.is_null)
    if sought.version is None:
        return absent("key-absent", marker=shown)
    return malformed("version-is-marker", marker=shown)


def _span(row: VersionRow, sought: Sought) -> Span | None:
    """The range asked for; None for the whole, and where a part number chooses it."""
    if sought.is_copy and sought.range_header is not None:
        return ranges.resolve_copy(sought.range_header, row.size)
    if sought.part_number is not None or sought.range_header is None:
        return None
    asked = ranges.parse(sought.range_header)
    if asked is None or not range_stands(sought.conditions, row.etag, row.at):
        return None
    return ranges.resolve(asked, row.size)


def _judge(stand: Stand, row: VersionRow, sought: Sought) -> None:
    judge = judge_copy if sought.is_copy else judge_read
    verdict = judge(sought.conditions, row.etag, row.at)
    if verdict is Verdict.GO_ON:
        return
    shown = shown_id(stand.bucket.versioning, row.version, row.is_null)
    code = "not-modified" if verdict is Verdict.NOT_MODIFIED else "precondition-failed"
    raise conflict(code, etag=row.etag, at=to_text(row.at), version=shown)
