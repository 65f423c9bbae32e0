"""Beginning an export, ending it, looking at what there is. Its sheets are given in `giving.py`."""

from datetime import timedelta

import msgspec

from custodes.acts import signed
from custodes.acts.asks.documents import export_document, hash_of
from custodes.acts.asks.exports import BeginExport, EndExport, ExportsView, ExportView, LookExports
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Expect
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, denied, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.export import DAYS_MAX, ENDED, OPEN, Export
from custodes.parties.distinct import Quorum, Seat
from custodes.parties.rows import Organisation
from custodes.policy.question import Resource

from . import sheet
from .ground import Ground, record

REASON_CHARACTERS_MAX = 200


class Exports:
    """Answers `BeginExport`, `EndExport`, `LookExports`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

    async def begin(self, ask: BeginExport) -> ExportView:
        """See `BeginExport`."""
        g, o = self._g, self._g.o
        recipient = _checked(ask)
        id_ = new_id("exp", o.dice)

        async def decide() -> Alteration:
            customer = g.customer(ask.evidence, ask.customer)
            buckets = _buckets(o, customer, ask.buckets)
            (location,) = g.places.chosen(customer.id, (ask.location,), "")
            document = export_document(o.house, ask)
            who, decided, expects = await self._signed_by_two(ask, customer, (location, buckets), document)
            now = o.clock.now()
            row = Export(
                id=id_,
                customer=customer.id,
                buckets=tuple(bucket.id for bucket in buckets),
                recipient=recipient,
                location=location,
                reason=ask.reason,
                begun_at=to_text(now),
                lapses_at=to_text(now + timedelta(days=ask.days)),
            )
            said = record(
                "export.begin",
                who,
                decided,
                row.id,
                subject_hash=canonical.b64(hash_of(document)),
                location=location,
                until=row.lapses_at,
                reason=ask.reason,
            )
            return Alteration(
                changes=(Change(noun="export", id=row.id, customer=customer.id, value=row),),
                records=((customer, said),),
                expects=(*expects, o.standing.expect("customer", customer.id)),
            )

        await o.authority.alter(decide)
        return g.view(g.row(id_))

    async def end(self, ask: EndExport) -> ExportView:
        """See `EndExport`; ending twice is no fault."""
        g, o = self._g, self._g.o
        o.identities.of(ask.evidence)  # nobody learns which exports there are

        async def decide() -> Alteration:
            row = g.row(ask.export)
            customer, who, decided = await g.allowed(ask.evidence, row)
            ended = msgspec.structs.replace(row, state=ENDED)
            return Alteration(
                changes=(Change(noun="export", id=row.id, customer=customer.id, value=ended),),
                records=((customer, record("export.end", who, decided, row.id)),),
                expects=(*decided.expects, o.standing.expect("export", row.id)),
            )

        await g.allowed(ask.evidence, g.row(ask.export))
        if g.row(ask.export).state == OPEN:
            await o.authority.alter(decide)
        return g.view(g.row(ask.export))

    async def look(self, ask: LookExports) -> ExportsView:
        """See `LookExports`."""
        g, o = self._g, self._g.o
        customer = g.customer(ask.evidence, ask.customer)
        who = o.identities.of(ask.evidence)
        resource = Resource(kind="customer", id=customer.id, customer=customer.id)
        decided = o.decisions.decide(
            who, Asked(action="customer:read", resource=resource, purpose="operation")
        )
        if not decided.decision.allowed:
            await o.denials.record(who, customer, decided, subject=customer.id)
            raise refusal_of(decided.decision)
        rows = [row for row in o.standing.all_of("export", Export) if row.customer == customer.id]
        newest = sorted(rows, key=lambda row: (row.begun_at, row.id), reverse=True)
        return ExportsView(tuple(g.view(row) for row in newest))

    async def _signed_by_two(
        self, ask: BeginExport, customer: Customer, where: tuple[str, tuple[Bucket, ...]], document: bytes
    ) -> tuple[Identified, Decided, tuple[Expect, ...]]:
        """Who asks, raised by his own signature; the decision on him; all that both rest on."""
        g, o = self._g, self._g.o
        location, buckets = where
        who = o.identities.of(ask.evidence)
        signers = signed.signers(o, ask.approvals, hash_of(document))
        own = [each for each in signers if each.actor.person and each.actor.person == who.actor.person]
        if not own:
            raise denied("asker-did-not-sign")
        expects: list[Expect] = [*who.expects]
        for each in signers:
            decided, judged = g.decided(each, customer, location, buckets)
            if not decided.decision.allowed:
                await o.denials.record(who, customer, decided, subject=customer.id)
                raise refusal_of(decided.decision) if judged.is_inside else judged.refusal()
            expects += (*each.expects, *decided.expects)
        short = signed.shortfall(o, signers, _quorum(o, customer))
        if short is not None:
            raise denied("signatures-too-few", reason=short.code, need=short.need, have=short.have)
        expects += [o.standing.expect("bucket", bucket.id) for bucket in buckets]
        decided, _ = g.decided(own[0], customer, location, buckets)
        return own[0], decided, tuple(dict.fromkeys(expects))


def _checked(ask: BeginExport) -> str:
    if not 1 <= ask.days <= DAYS_MAX:
        raise malformed("bad-export", member="days")
    if not 1 <= len(ask.reason) <= REASON_CHARACTERS_MAX:
        raise malformed("bad-export", member="reason")
    return sheet.checked_recipient(ask.recipient)


def _buckets(o: Opened, customer: Customer, asked: tuple[str, ...]) -> tuple[Bucket, ...]:
    """Those named, or all of his; `bucket-absent` (absent) where one is not his, or he has none."""
    rows = [row for row in o.standing.all_of("bucket", Bucket) if row.customer == customer.id]
    rows = [row for row in rows if row.state == OPEN and (not asked or {row.name, row.id} & set(asked))]
    if not rows or (asked and len(rows) != len(set(asked))):
        raise absent("bucket-absent")
    return tuple(sorted(rows, key=lambda row: row.name))


def _quorum(o: Opened, customer: Customer) -> Quorum:
    """Two persons, the customer's own organisation among them: nobody else decides whether he leaves."""
    own = o.standing.get("organisation", customer.organisation, Organisation)
    seats = () if own is None else (Seat(kind=own.kind, organisation=own.id),)
    return Quorum(persons=2, organisations=1, seats=seats)
