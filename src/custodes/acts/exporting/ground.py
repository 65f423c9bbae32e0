"""What every answer about exports stands on: the customer, the export's row and buckets, and the decision."""

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks import Evidence
from custodes.acts.asks.exports import ExportView
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged, Places
from custodes.acts.objects.ground import placed
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.kernel.canonical import Plain
from custodes.kernel.refusal import absent, conflict
from custodes.objects.bucket import Bucket
from custodes.objects.export import OPEN, Export, is_open
from custodes.policy.question import Resource


class Ground:
    """Shared by all answers about exports of one unsealed house."""

    def __init__(self, opened: Opened) -> None:
        self.o = opened
        self.places = Places(opened.standing, opened.clock, is_demo=opened.is_demo)

    def customer(self, evidence: Evidence, id_: str, code: str = "no-such-customer") -> Customer:
        """The customer, to anybody who may know of him; else `code` (absent)."""
        who = self.o.identities.of(evidence)
        row = self.o.standing.get("customer", id_, Customer)
        if row is None or self.o.decisions.is_stranger(who, row.id):
            raise absent(code)
        return row

    def row(self, id_: str) -> Export:
        """`no-such-export` (absent)."""
        row = self.o.standing.get("export", id_, Export)
        if row is None:
            raise absent("no-such-export")
        return row

    def buckets(self, row: Export) -> tuple[Bucket, ...]:
        """Its buckets, as far as they are still there."""
        found = (self.o.standing.get("bucket", id_, Bucket) for id_ in row.buckets)
        return tuple(bucket for bucket in found if bucket is not None and bucket.state == OPEN)

    def bucket(self, row: Export, asked: str) -> Bucket:
        """One of them by id or name; `bucket-absent` (absent)."""
        for bucket in self.buckets(row):
            if asked in (bucket.id, bucket.name):
                return bucket
        raise absent("bucket-absent")

    def judged(self, customer: str, location: str, buckets: tuple[Bucket, ...]) -> tuple[Judged, ...]:
        """Verdicts on the place where the export will lie: one for each class of data, the worst first."""
        classes = sorted({bucket.data_class for bucket in buckets}) or [""]
        verdicts = [self.places.judged(customer, (location,), one) for one in classes]
        return tuple(sorted(verdicts, key=lambda judged: judged.is_inside))

    def decided(
        self, who: Identified, customer: Customer, location: str, buckets: tuple[Bucket, ...]
    ) -> tuple[Decided, Judged]:
        """Whether he may export to that place; the decision rests on the verdicts too."""
        verdicts = self.judged(customer.id, location, buckets)
        resource = Resource(kind="customer", id=customer.id, customer=customer.id)
        asked = Asked(action="customer:export", resource=resource, purpose="operation")
        decided = self.o.decisions.decide(who, placed(asked, verdicts[0]))
        more = tuple(expect for judged in verdicts for expect in judged.expects)
        return msgspec.structs.replace(decided, expects=(*decided.expects, *more)), verdicts[0]

    async def allowed(self, evidence: Evidence, row: Export) -> tuple[Customer, Identified, Decided]:
        """Who asks for one export, and the decision; a denial's entry is written first."""
        customer = self.customer(evidence, row.customer, "no-such-export")
        who = self.o.identities.of(evidence)
        decided, judged = self.decided(who, customer, row.location, self.buckets(row))
        if not decided.decision.allowed:
            await self.o.denials.record(who, customer, decided, subject=row.id)
            raise refusal_of(decided.decision) if judged.is_inside else judged.refusal()
        return customer, who, decided

    def refuse_if_over(self, row: Export) -> None:
        """`export-ended` (conflict)."""
        if not is_open(row, self.o.clock.now()):
            raise conflict("export-ended")

    def view(self, row: Export) -> ExportView:
        """As it is shown."""
        is_lapsed = row.state == OPEN and not is_open(row, self.o.clock.now())
        fields = msgspec.structs.asdict(row)
        return ExportView(**{**fields, "state": "lapsed" if is_lapsed else row.state})


def record(act: str, who: Identified, decided: Decided, export: str, **fields: Plain) -> Record:
    """One entry's fields."""
    rules: list[Plain] = list(decided.decision.rules)
    said_fields: dict[str, Plain] = {
        **said(who),
        "phase": "single",
        "subject": export,
        "purpose": "operation",
        "decision": "allow",
        "policies": rules,
        **fields,
    }
    return Record(act=act, subject=export, fields=said_fields, person=dict(said_person(who)))
