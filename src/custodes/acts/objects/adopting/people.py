"""What people ask about adoptions: begun by counting, approved by a signature, looked at line by line."""

import msgspec

from custodes.acts import signed
from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.buckets.adopting import (
    ITEMS_MAX,
    AdoptedView,
    AdoptionsView,
    AdoptionView,
    BeginAdoption,
    LookAdopted,
    LookAdoptions,
    MoveAdoption,
)
from custodes.acts.authority import Alteration
from custodes.acts.exporting.reading import new_identity
from custodes.acts.footing.decisions import Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.objects.care.rounds import care_of
from custodes.acts.objects.ground import Stand, bucket_asked, placed
from custodes.acts.objects.signed import Wanted
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Expect, Write
from custodes.custody import hierarchy
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import conflict, malformed
from custodes.objects.adoption import (
    CLEARING,
    COUNTING,
    ENDED,
    ITEM_STATES,
    NOT_IN_RESTORATIONS,
    RETURNING,
    VERBS,
    Adoption,
)

from .ground import AdoptionGround

PREFIX_BYTES_MAX = 1_024
SIGNED_VERBS = frozenset({"run", "clear", "back"})


class People:
    """Answers `BeginAdoption`, `MoveAdoption`, `LookAdoptions`, `LookAdopted`."""

    def __init__(self, ground: AdoptionGround) -> None:
        self._a = ground
        self._g = ground.g

    async def begin(self, ask: BeginAdoption) -> AdoptionView:
        """See `BeginAdoption`."""
        a, g, o = self._a, self._g, self._g.o
        if len(ask.prefix) > PREFIX_BYTES_MAX or not (
            ask.prefix.isascii() and (ask.prefix or "a").isprintable()
        ):
            raise malformed("prefix-invalid")
        await self._demanded(ask.evidence, ask.bucket)
        id_ = new_id("ado", o.dice)

        async def decide() -> Alteration:
            who, stand, decided, expects = await self._demanded(ask.evidence, ask.bucket)
            if a.open_of(stand.bucket.id) is not None:
                raise conflict("adoption-open")
            (source,) = g.places.chosen(stand.customer.id, (ask.source,), stand.bucket.data_class)
            recipient, identity = new_identity() if ask.is_export else ("", b"")
            row = Adoption(
                id=id_,
                customer=stand.customer.id,
                bucket=stand.bucket.id,
                source=source,
                prefix=ask.prefix,
                state=COUNTING,
                credential=who.actor.credential,
                how=who.actor.how,
                begun_at=to_text(o.clock.now()),
                recipient=recipient,
                identity=_kept(o, id_, identity),
            )
            entry = _record("adoption.begin", who, (row, decided))
            return Alteration(
                changes=(Change(noun="adoption", id=id_, customer=row.customer, value=row),),
                records=((stand.customer, entry),),
                expects=expects,
            )

        await o.authority.alter(decide)
        return await a.view(a.row(id_))

    async def move(self, ask: MoveAdoption) -> AdoptionView:
        """See `MoveAdoption`."""
        a, o = self._a, self._g.o
        if ask.verb not in VERBS:
            raise malformed("unknown-verb")
        await self._may(ask)

        async def decide() -> Alteration:
            who, stand, decided, expects = await self._may(ask)
            row = a.row(ask.adoption)
            sources, target = VERBS[ask.verb]
            is_other = ask.verb in NOT_IN_RESTORATIONS if row.is_restoration else ask.verb == "handed"
            if row.state not in sources or is_other:
                raise conflict("not-now", state=row.state)
            if target == RETURNING:
                self._demand_inside(stand, row)
            if target == CLEARING:
                await self._demand_whole(row)
            moved = msgspec.structs.replace(
                row,
                state=target,
                credential=who.actor.credential,
                how=who.actor.how,
                manifest="" if target == COUNTING else row.manifest,
                identity=b"" if target == ENDED else row.identity,
            )
            entry = _record("adoption.move", who, (moved, decided), reason=ask.verb)
            return Alteration(
                changes=(Change(noun="adoption", id=row.id, customer=row.customer, value=moved),),
                records=((stand.customer, entry),),
                expects=(*expects, o.standing.expect("adoption", row.id)),
                writes=(Write("adopt.forget", (row.id,)),) if target == ENDED else (),
            )

        await o.authority.alter(
            decide, act_id=signed.act_id(ask, ask.evidence, o.identities.of(ask.evidence))
        )
        return await a.view(a.row(ask.adoption))

    async def look(self, ask: LookAdoptions) -> AdoptionsView:
        """See `LookAdoptions`."""
        a, g = self._a, self._g
        who = g.who(ask.evidence, Wanted(operations=()))
        stand = g.stand(ask.bucket)
        await g.demand(who, stand, bucket_asked("bucket:read", stand), subject=stand.bucket.id)
        rows = [row for row in g.o.standing.all_of("adoption", Adoption) if row.bucket == stand.bucket.id]
        rows.sort(key=lambda row: row.begun_at, reverse=True)
        return AdoptionsView(tuple([await a.view(row) for row in rows]))

    async def items(self, ask: LookAdopted) -> AdoptedView:
        """See `LookAdopted`: names are shown, so it is a listing."""
        a, g = self._a, self._g
        if ask.state and ask.state not in ITEM_STATES:
            raise malformed("unknown-kind")
        who = g.who(ask.evidence, Wanted(operations=()))
        row = a.row(ask.adoption)
        stand = g.stand_by_id(row.bucket)
        if g.o.decisions.is_stranger(who, row.customer):
            a.row("")
        await g.demand(who, stand, bucket_asked("object:list", stand), subject=stand.bucket.id)
        limit = max(1, min(ask.limit, ITEMS_MAX))
        found = await g.o.read(lambda r: r.objects.adopted(row.id, ask.after, ask.state, limit))
        return AdoptedView(tuple(found), found[-1].name if len(found) == limit else "")

    async def _may(self, ask: MoveAdoption) -> tuple[Identified, Stand, Decided, tuple[Expect, ...]]:
        """Who moves it: with his signature where something is sealed, removed or brought back."""
        a, g = self._a, self._g
        who = g.who(ask.evidence, Wanted(operations=()))
        row = a.row(ask.adoption)
        if g.o.decisions.is_stranger(who, row.customer):
            a.row("")  # a stranger's is absent
        if ask.verb not in SIGNED_VERBS:
            return await self._demanded(ask.evidence, g.stand_by_id(row.bucket).bucket.name)
        who = signed.of(g.o, ask, ask.evidence, ("adoption", row.id))
        stand = g.stand_by_id(row.bucket)
        judged, decided = a.decided(who, stand)
        if not decided.decision.allowed:
            await g.o.denials.record(who, stand.customer, decided, subject=row.id)
            raise judged.refusal() if not judged.is_inside else refusal_of(decided.decision)
        return who, stand, decided, (*who.expects, *g.footing(decided, stand, judged))

    async def _demanded(
        self, evidence: object, bucket: str
    ) -> tuple[Identified, Stand, Decided, tuple[Expect, ...]]:
        """Who may configure the bucket."""
        g = self._g
        who = g.who(evidence, Wanted(operations=()))  # type: ignore[arg-type]
        stand = g.stand(bucket)
        judged = g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
        asked = placed(bucket_asked("bucket:configure", stand, purpose="administration"), judged)
        decided = await g.demand(who, stand, asked, subject=stand.bucket.id, judged=judged)
        return who, stand, decided, g.footing(decided, stand, judged)

    def _demand_inside(self, stand: Stand, row: Adoption) -> None:
        """Plain bytes go back only to where they may lie: `outside-boundary` (denied)."""
        judged = self._g.places.judged(stand.customer.id, (row.source,), stand.bucket.data_class)
        if not judged.is_inside:
            raise judged.refusal()

    async def _demand_whole(self, row: Adoption) -> None:
        """Every copy was read again since the last object was taken in, and was whole: `not-read-back`."""
        care, lacking = await self._g.o.read(
            lambda r: (care_of(r.objects.care(row.bucket)), r.objects.copies_of(row.bucket, 1))
        )
        last = care.last
        is_since = last is not None and last.begun_at >= row.done_at
        if lacking or not is_since or last is None or last.damaged or last.unreachable:
            raise conflict("not-read-back")


def _kept(o: Opened, adoption: str, identity: bytes) -> bytes:
    """What opens the sheets, at rest: under the house's key for callers' secrets, bound to the adoption."""
    if not identity:
        return b""
    return hierarchy.wrap_credential(o.keyring.house_keys, o.house, adoption, identity, o.dice)


def _record(act: str, who: Identified, what: tuple[Adoption, Decided], **more: Plain) -> Record:
    row, decided = what
    rules: list[Plain] = list(decided.decision.rules)
    fields: dict[str, Plain] = {
        **said(who),
        "phase": "single",
        "subject": row.id,
        "bucket": row.bucket,
        "location": row.source,
        "purpose": decided.decision.purpose,
        "decision": "allow",
        "policies": rules,
        **more,
    }
    return Record(act=act, subject=row.id, fields=fields, person=said_person(who))
