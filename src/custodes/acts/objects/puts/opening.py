"""Opening a write: decided, admitted if it is long, and one fresh data key on a ticket.

The data key of a version that does not exist yet opens nothing, so a small body needs no admission: its one
entry commits with the row. A larger one is admitted first.
"""

import msgspec

from custodes.acts.asks import Evidence
from custodes.acts.asks.objects import PutOpened
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.gate import Receipted
from custodes.acts.objects.bounds.room import demand_room
from custodes.acts.objects.care.copies import check_key
from custodes.acts.objects.ground import (
    Ground,
    Stand,
    object_asked,
    placed,
    record,
    together,
)
from custodes.acts.objects.outcomes import UNCLOSED_AFTER
from custodes.acts.objects.rules.listing_access import with_acl
from custodes.acts.objects.rules.wishing import (
    Wished,
    chosen_key,
    judged_wishes,
    other_half,
    rules_of,
    wishes_of,
)
from custodes.acts.objects.tickets import Admitted, PutTicket, Settled, Ticket, chain_for, proof_of
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed, Write
from custodes.acts.writing.object_rows import AdmissionRow, VersionRow
from custodes.custody import envelope
from custodes.custody.materials.kinds import Use
from custodes.kernel.actor import ActorKind
from custodes.kernel.ids import new_id
from custodes.kernel.limits import SMALL_BODY_BYTES_MAX
from custodes.kernel.refusal import absent, conflict
from custodes.objects.conditions import NONE, Conditions, Verdict, judge_write
from custodes.objects.rules.tags import Tags
from custodes.protocols.s3.wishes import CustomerKey

from .stored import lying

DATA_KEY_BYTES = 32


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A write that may begin: what its act rests on, its ticket, and the record of its admission.

    A short one is not admitted: it has no such record.
    """

    stand: Stand
    judged: Judged
    expects: tuple[Expect, ...]
    ticket: PutTicket
    record: Record | None

    @property
    def is_long(self) -> bool:
        """Whether it is admitted before its key is used."""
        return self.record is not None


class Opening:
    """How a write begins, for whoever writes: a PUT, a part, a copy, an adoption."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

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
            session=who.session,
            bytes_range=bytes_of(who),
            settled=self._settled(who, judged, decided),
            stored_key=other_half(data_key, version, brought),
            padding=rules_of(o, stand.bucket).padding,
        )
        return Begun(
            stand=stand,
            judged=judged,
            expects=(*g.footing(decided, stand, judged), *wished.expects),
            ticket=ticket,
            record=self._admission(who, stand, decided, ticket) if is_long else None,
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
        wished = with_acl(o, who, stand.bucket, wished)
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

    def _settled(self, who: Identified, judged: Judged, decided: Decided) -> Settled | None:
        """What need not be decided again before the write is committed, if nothing changes; else None."""
        o = self._g.o
        if who.session is not None or who.actor.kind is not ActorKind.APPLICATION:
            return None
        if not o.decisions.is_lasting(decided):
            return None
        day = o.clock.now().date()
        return Settled(seq=o.standing.seq, day=day, who=who, judged=judged, decided=decided)

    async def commit(self, begun: Begun) -> Receipted | Failed:
        """Commit the admission of a long write, and note in its ticket where it stands."""
        if begun.record is None:
            raise ValueError("a short write has no admission")
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


def note(ticket: Ticket, act_id: str, receipted: Receipted, ordinal: int) -> None:
    """Where a ticket's admission stands in the log."""
    at = receipted.committed.positions[ordinal]
    ticket.admitted = Admitted(act=act_id, ordinal=ordinal, log=at.log, index=at.index)


def bytes_of(who: Identified) -> tuple[int, int | None]:
    """The least and most plain bytes the signer allowed."""
    return (0, None) if who.verified is None else (who.verified.bytes_min, who.verified.bytes_max)
