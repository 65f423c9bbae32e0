"""Buckets: standing rows, placed inside the customer's boundary or not at all."""

from collections.abc import Sequence

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks import SigV4
from custodes.acts.asks.objects import Buckets, BucketView, CreateBucket, LookBucket, LookBuckets, MoveBucket
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Row, Write
from custodes.boundary.places import Location
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import Key, KeyState
from custodes.custody.materials.kinds import Use
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, absent, conflict, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.names import check_bucket_name
from custodes.objects.rules.bucket_rules import ENFORCED, OWNERSHIPS, BucketRules
from custodes.objects.version import Versioning, next_versioning
from custodes.parties.rows import Application, Credential
from custodes.policy.question import Resource, ResourceFact
from custodes.protocols.s3 import requests

from .anyone import is_anyone
from .care.rounds import REST, Care, care_row
from .ground import Ground, Stand, bucket_asked, placed, together
from .outcomes import FATE_AFTER
from .rules.listing_access import wished_acl
from .rules.shown import open_to_all
from .signed import Wanted

KEY_NAME = "objects"
OWNERS_MAX = 100
_VERBS = {
    "delete": ("DeleteBucket", "bucket:delete"),
    "versioning-on": ("PutBucketVersioning", "bucket:configure"),
    "versioning-off": ("PutBucketVersioning", "bucket:configure"),
}
_CLOSED: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
_STATUS = {"versioning-on": "Enabled", "versioning-off": "Suspended"}
_LOOKS = ("HeadBucket", "GetBucketLocation", "GetBucketVersioning")


class BucketAnswers:
    """Answers `CreateBucket`, `MoveBucket`, `LookBucket`, `LookBuckets`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

    async def create(self, ask: CreateBucket) -> BucketView:
        """See `CreateBucket`."""
        g, o = self._g, self._g.o
        check_bucket_name(ask.name)
        who = g.who(ask.evidence, Wanted(operations=("CreateBucket",), bucket=ask.name))
        if g.signed.demand_body(who, ask.body):
            constraint = requests.location(ask.body)
            g.signed.demand_same(ask.locations, (constraint,) if constraint else ())
        customer = self._customer(who, ask.customer)
        data_class = g.places.data_class(customer.id, ask.data_class)
        bucket_id, key_id = new_id("bkt", o.dice), new_id("key", o.dice)
        await self._denied_first(who, customer, ask, data_class, bucket_id)

        def decide() -> Alteration:
            who = g.who(ask.evidence, Wanted(operations=("CreateBucket",), bucket=ask.name), is_again=True)
            taken = g.named(ask.name)
            if taken is not None:
                raise conflict(
                    "bucket-is-yours" if self._is_own(who, taken, customer) else "bucket-name-taken"
                )
            bucket, judged, decided = self._decided(who, customer, ask, data_class, bucket_id)
            if not decided.decision.allowed:
                raise judged.refusal() if not judged.is_inside else refusal_of(decided.decision)
            key, changes, records = self._key(customer, ask.key, key_id, who)
            bucket, told = born(o, msgspec.structs.replace(bucket, key=key.id), who)
            id_, owner = bucket.id, customer.id
            made = [Change(noun="bucket", id=id_, customer=owner, value=bucket)]
            if told is not None:
                made.append(Change(noun="bucket-rules", id=id_, customer=owner, value=told))
            return Alteration(
                changes=(*changes, *made),
                records=(*records, (customer, _record("bucket.create", who, bucket, decided))),
                expects=(*decided.expects, *judged.expects, o.standing.expect("key", key.id)),
                writes=(Write("care.put", (care_row(id_, o.clock.now() + REST, Care()),)),),
            )

        await o.authority.alter(decide)
        return _view(g.stand_by_id(bucket_id).bucket)

    async def move(self, ask: MoveBucket) -> BucketView:
        """See `MoveBucket`."""
        g, o = self._g, self._g.o
        if ask.verb not in _VERBS:
            raise malformed("unknown-verb")
        operation, action = _VERBS[ask.verb]
        wanted = Wanted(operations=(operation,), bucket=ask.bucket)
        who = g.who(ask.evidence, wanted)
        if ask.verb != "delete" and g.signed.demand_body(who, ask.body):
            g.signed.demand_same(_STATUS[ask.verb], requests.versioning_status(ask.body))
        stand = g.stand(ask.bucket)
        judged = g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
        asked = placed(bucket_asked(action, stand, purpose="administration"), judged)
        await g.demand(who, stand, asked, subject=stand.bucket.id, judged=judged)

        def decide() -> Alteration:
            who = g.who(ask.evidence, wanted, is_again=True)
            stand = g.stand(ask.bucket)
            decided = o.decisions.decide(who, asked)
            if not decided.decision.allowed:
                raise refusal_of(decided.decision)
            moved, checks, writes = self._moved(stand.bucket, ask.verb)
            act = "bucket.delete" if ask.verb == "delete" else "bucket.change"
            return Alteration(
                changes=(Change(noun="bucket", id=moved.id, customer=moved.customer, value=moved),),
                records=((stand.customer, _record(act, who, moved, decided)),),
                expects=(*g.footing(decided, stand, judged), *checks),
                writes=writes,
            )

        if ask.verb == "delete":
            await self._refuse_full(stand)
        await o.authority.alter(decide)
        row = o.standing.get("bucket", stand.bucket.id, Bucket)
        return _view(row or stand.bucket)

    async def look(self, ask: LookBucket) -> BucketView:
        """See `LookBucket`."""
        g = self._g
        who, call = g.who_called(ask.evidence, Wanted(operations=_LOOKS, bucket=ask.bucket))
        stand = g.stand(ask.bucket)
        is_head = call is not None and call.operation.name == "HeadBucket"
        action = "object:list" if is_head else "bucket:read"  # as S3 has it: who may list may look
        await g.demand(who, stand, bucket_asked(action, stand), subject=stand.bucket.id)
        return _view(stand.bucket, open_to_all(g, stand) if not is_anyone(who) else _CLOSED)

    async def look_all(self, ask: LookBuckets) -> Buckets:
        """Buckets of a customer that the asker may look at, by name; to an application its own."""
        g, o = self._g, self._g.o
        who = g.who(ask.evidence, Wanted(operations=("ListBuckets",)))
        if is_anyone(who):
            return Buckets((), "anyone", "anyone")  # he has none
        customer = self._customer(who, ask.customer)
        rows = [row for row in o.standing.all_of("bucket", Bucket, customer.id) if row.state == "open"]
        credential = o.standing.get("credential", who.actor.credential, Credential)
        if credential is not None and credential.application is not None:
            rows = [row for row in rows if credential.application in row.owners]
        seen = []
        for row in sorted(rows, key=lambda row: row.name):
            key = o.standing.get("key", row.key, Key)
            if key is None:
                continue
            stand = Stand(bucket=row, customer=customer, key=key)
            if o.decisions.decide(who, bucket_asked("bucket:read", stand)).decision.allowed:
                seen.append(_view(row, open_to_all(g, stand)))
        application = credential.application if credential is not None else None
        asker = o.standing.get("application", application, Application) if application else None
        owner = (asker.id, asker.name) if asker is not None else (customer.id, customer.id)
        return Buckets(tuple(seen), *owner)

    def _is_own(self, who: Identified, bucket: Bucket, customer: Customer) -> bool:
        """Whether a name is taken by the asker's own bucket: an application's, or a person's customer's."""
        credential = self._g.o.standing.get("credential", who.actor.credential, Credential)
        application = credential.application if credential is not None else None
        return bucket.customer == customer.id and (application is None or application in bucket.owners)

    def _customer(self, who: Identified, asked: str) -> Customer:
        """The customer meant: the actor's own, or the one a person names (`no-such-customer`, absent)."""
        credential = self._g.o.standing.get("credential", who.actor.credential, Credential)
        own = credential.customer if credential is not None else None
        if own is not None and asked not in ("", own):
            raise absent("no-such-customer")
        row = self._g.o.standing.get("customer", own or asked, Customer)
        if row is None or self._g.o.decisions.is_stranger(who, row.id):
            raise absent("no-such-customer")
        return row

    def _decided(
        self, who: Identified, customer: Customer, ask: CreateBucket, data_class: str, bucket_id: str
    ) -> tuple[Bucket, Judged, Decided]:
        g, o = self._g, self._g.o
        locations = g.places.chosen(customer.id, self._places_asked(ask), data_class)
        judged = g.places.judged(customer.id, locations, data_class)
        bucket = Bucket(
            id=bucket_id,
            name=ask.name,
            customer=customer.id,
            key="",
            locations=locations,
            owners=self._owners(who, customer, ask.owners),
            created_at=to_text(o.clock.now()),
            created_by=who.actor.credential,
            data_class=data_class,
        )
        facts: dict[str, ResourceFact] = {"owners": bucket.owners, "data_class": bucket.data_class}
        resource = Resource(kind="bucket", id=bucket.id, customer=customer.id, facts=facts)
        asked = placed(Asked(action="bucket:create", resource=resource, purpose="operation"), judged)
        return bucket, judged, o.decisions.decide(who, asked)

    def _places_asked(self, ask: CreateBucket) -> tuple[str, ...]:
        """S3 clients name the region they sign for as a location: where no location is called so, that asks
        for no place in particular.
        """
        if isinstance(ask.evidence, SigV4) and ask.locations == (ask.evidence.claim.region,):
            rows = self._g.o.standing.all_of("location", Location)
            if not any(ask.locations[0] in (row.id, row.name) for row in rows):
                return ()
        return ask.locations

    async def _denied_first(
        self, who: Identified, customer: Customer, ask: CreateBucket, data_class: str, bucket_id: str
    ) -> None:
        """A denial's entry cannot be written under the lock of an alteration: it is written before."""
        _, judged, decided = self._decided(who, customer, ask, data_class, bucket_id)
        if decided.decision.allowed:
            return
        if decided.decision.kind is Kind.ABSENT:
            raise absent("no-such-customer")
        await self._g.o.denials.record(who, customer, decided, subject=customer.id)
        raise judged.refusal() if not judged.is_inside else refusal_of(decided.decision)

    def _owners(self, who: Identified, customer: Customer, asked: Sequence[str]) -> tuple[str, ...]:
        """The applications that may use a bucket: an application's own is its own, and nobody else's."""
        o = self._g.o
        credential = o.standing.get("credential", who.actor.credential, Credential)
        if credential is not None and credential.application is not None:
            if tuple(asked) not in ((), (credential.application,)):
                raise malformed("bad-owner")
            return (credential.application,)
        for owner in asked:
            row = o.standing.get("application", owner, Application)
            if row is None or row.customer != customer.id:
                raise malformed("bad-owner")
        if len(asked) > OWNERS_MAX:
            raise malformed("bad-owner")
        return tuple(dict.fromkeys(asked))

    def _key(
        self, customer: Customer, asked: str, key_id: str, who: Identified
    ) -> tuple[Key, tuple[Change, ...], tuple[tuple[Customer, Record], ...]]:
        """The key chosen, or the customer's own for objects, made with its own entry if he has none."""
        g, o = self._g, self._g.o
        mine = list(o.standing.all_of("key", Key, customer.id))
        if asked:
            chosen = next((key for key in mine if key.id == asked), None)
            if chosen is None:
                raise absent("no-such-key")
            g.usable(chosen, Use.WRAP)
            return chosen, (), ()
        found = next((key for key in mine if key.name == KEY_NAME and key.state is KeyState.ACTIVE), None)
        if found is not None:
            return found, (), ()
        g.before_key(Stand(bucket=_NO_BUCKET, customer=customer, key=customer.records), ())
        scope = Scope(house=o.house, customer=customer.id, key=key_id)
        wrapped = hierarchy.make_key_version(o.keyring.root(customer), scope, 1, o.dice)
        key = keys.create(key_id, customer.id, (KEY_NAME, ""), wrapped, o.clock.now().replace(microsecond=0))
        fields: dict[str, Plain] = {**said(who), "phase": "single", "key": key.id}
        made = Record(act="key.create", subject=key.id, fields=fields, person=said_person(who))
        change = Change(noun="key", id=key.id, customer=customer.id, value=key)
        return key, (change,), ((customer, made),)

    def _moved(self, bucket: Bucket, verb: str) -> tuple[Bucket, tuple[Row, ...], tuple[Write, ...]]:
        if verb == "delete":
            gone = msgspec.structs.replace(bucket, state="deleted")
            removed_at = self._g.o.clock.now() + FATE_AFTER
            writes = (
                Write("upload.abort-all", (bucket.id, removed_at)),
                Write("bucket.forget", (bucket.id,)),
            )
            return gone, (Row("bucket.empty", (bucket.id,)),), writes
        versioning = next_versioning(_STATUS[verb])
        if bucket.can_lock and versioning is not Versioning.ENABLED:
            raise conflict("bucket-locks")
        return msgspec.structs.replace(bucket, versioning=versioning), (), ()

    async def _refuse_full(self, stand: Stand) -> None:
        """`bucket-not-empty` early; the transaction checks it again."""
        seek = await self._g.o.read(lambda r: bool(r.objects.seek_versions(stand.bucket.id)("", None, 1)))
        if seek:
            raise conflict("bucket-not-empty")


def born(o: Opened, bucket: Bucket, who: Identified) -> tuple[Bucket, BucketRules | None]:
    """A new bucket as its signed request wants it: able to lock or not, and what it is told at once."""
    if who.verified is None:
        return bucket, None
    lock = who.verified.signed.header("x-amz-bucket-object-lock-enabled") or b""
    if lock.lower() == b"true":
        bucket = msgspec.structs.replace(bucket, locks_since=bucket.created_at, versioning=Versioning.ENABLED)
    said = (who.verified.signed.header("x-amz-object-ownership") or b"").decode("ascii", "replace")
    acl = wished_acl(o, who, bucket)
    if said == ENFORCED and acl:
        raise malformed("acl-with-ownership")
    told = BucketRules(bucket=bucket.id, ownership=said if said in OWNERSHIPS else "", acl=acl)
    return bucket, told if told != BucketRules(bucket=bucket.id) else None


_NO_BUCKET = Bucket(
    id="", name="", customer="", key="", locations=(), owners=(), created_at="", created_by=""
)


def _record(act: str, who: Identified, bucket: Bucket, decided: Decided) -> Record:
    rules: list[Plain] = list(decided.decision.rules)
    fields: dict[str, Plain] = {
        **said(who),
        "phase": "single",
        "bucket": bucket.id,
        "key": bucket.key,
        "location": together(bucket.locations),
        "versioning": bucket.versioning.value,
        "purpose": decided.decision.purpose,
        "decision": "allow",
        "policies": rules,
    }
    return Record(act=act, subject=bucket.id, fields=fields, person=said_person(who))


def _view(bucket: Bucket, public: tuple[tuple[str, ...], tuple[str, ...]] = _CLOSED) -> BucketView:
    return BucketView(
        id=bucket.id,
        name=bucket.name,
        customer=bucket.customer,
        key=bucket.key,
        versioning=bucket.versioning.value,
        data_class=bucket.data_class,
        locations=bucket.locations,
        created_at=bucket.created_at,
        owners=bucket.owners,
        public=public[0],
        public_by=public[1],
    )
