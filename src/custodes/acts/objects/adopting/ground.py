"""What every answer about an adoption stands on: its row, its bucket, who approved it, and the decision."""

import msgspec

from custodes.acts.asks.buckets.adopting import AdoptionView
from custodes.acts.footing.decisions import Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.objects.ground import Ground, Stand, bucket_asked, placed
from custodes.acts.writing.act import Expect
from custodes.kernel.refusal import Kind, absent, conflict
from custodes.objects.adoption import Adoption, is_open
from custodes.parties.rows import Credential


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """An adoption whose approval holds now: by whom, where, and what an act under it rests on."""

    row: Adoption
    who: Identified
    stand: Stand
    judged: Judged
    decided: Decided
    expects: tuple[Expect, ...]


class AdoptionGround:
    """Shared by all answers about adoptions."""

    def __init__(self, ground: Ground) -> None:
        self.g = ground
        self.o = ground.o

    def row(self, id_: str) -> Adoption:
        """`no-such-adoption` (absent)."""
        row = self.o.standing.get("adoption", id_, Adoption)
        if row is None:
            raise absent("no-such-adoption")
        return row

    def open_of(self, bucket: str) -> Adoption | None:
        """The adoption of a bucket that is not ended."""
        rows = self.o.standing.all_of("adoption", Adoption)
        return next((row for row in rows if row.bucket == bucket and is_open(row)), None)

    async def approved(self, id_: str, states: tuple[str, ...]) -> Approved:
        """An adoption in one of these states, decided again for whoever approved it: he may have left, the
        rules or the boundary may be others, he or the house may be killed.

        `no-such-adoption` (absent), `not-now` (conflict), and what policy says.
        """
        row = self.row(id_)
        if row.state not in states:
            raise conflict("not-now", state=row.state)
        credential = self.o.standing.get("credential", row.credential, Credential)
        if credential is None:
            raise conflict("not-now", state=row.state)
        who = self.o.identities.actor_of(credential, row.how)
        stand = self.g.stand_by_id(row.bucket)
        judged, decided = self.decided(who, stand)
        if not decided.decision.allowed:
            if decided.decision.kind is Kind.DENIED:
                await self.o.denials.record(who, stand.customer, decided, subject=row.id)
            raise judged.refusal() if not judged.is_inside else refusal_of(decided.decision)
        expects = (*self.g.footing(decided, stand, judged), self.o.standing.expect("adoption", row.id))
        return Approved(row=row, who=who, stand=stand, judged=judged, decided=decided, expects=expects)

    def decided(self, who: Identified, stand: Stand) -> tuple[Judged, Decided]:
        """Whether he may adopt into the bucket, in the places where it lies."""
        judged = self.g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
        asked = placed(bucket_asked("bucket:adopt", stand, purpose="administration"), judged)
        return judged, self.o.decisions.decide(who, asked)

    async def view(self, row: Adoption) -> AdoptionView:
        """As it is shown."""
        counts = await self.o.read(lambda r: r.objects.adopted_counts(row.id))
        return AdoptionView(
            id=row.id,
            bucket=row.bucket,
            source=row.source,
            prefix=row.prefix,
            state=row.state,
            begun_at=row.begun_at,
            counts=tuple(counts),
            manifest=row.manifest,
            generation=self.o.standing.expect("adoption", row.id).generation,
            recipient=row.recipient,
        )
