"""Telling a bucket: its rules are one standing row, changed as everything that stands, with an entry each.

The document is read here, from the bytes that were signed, by the same readers that say it again. Enabling
object lock also changes the bucket's own row, because every deletion rests on that.
"""

from collections.abc import Callable

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks import Evidence
from custodes.acts.asks.buckets.told import CorsView, DropRule, LookCors, LookRule, PutRule, RuleView
from custodes.acts.authority import Alteration
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.objects.events.raised import tested, webhook
from custodes.acts.objects.ground import Ground, Stand, bucket_asked, placed
from custodes.acts.objects.signed import Wanted
from custodes.acts.records import Record
from custodes.acts.writing.act import Write
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import absent, conflict, denied, malformed
from custodes.objects.bucket import Bucket
from custodes.objects.rules import cors
from custodes.objects.rules.acl import is_private
from custodes.objects.rules.bucket_rules import ENFORCED, BucketRules
from custodes.objects.version import Versioning
from custodes.policy.bucket_policy import read_policy
from custodes.protocols.s3.configs.kinds import KINDS, Kind
from custodes.protocols.s3.operations import XML_BYTES_MAX

from .listing_access import demand_acl, owner_of, wished_acl, written_acl
from .wishing import found_key, rules_of

HEADERS_MAX = 100


class Telling:
    """Answers `LookRule`, `PutRule`, `DropRule`, `LookCors`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

    async def look(self, ask: LookRule) -> RuleView:
        """See `LookRule`."""
        g = self._g
        kind = _kind(ask.kind)
        who = g.who(ask.evidence, Wanted(operations=(kind.get,), bucket=ask.bucket))
        stand = g.stand(ask.bucket)
        asked = self._asked(stand) if ask.kind == "acl" else bucket_asked("bucket:read", stand)
        await g.demand(who, stand, asked, subject=stand.bucket.id)
        if ask.kind == "acl":
            return RuleView(written_acl(g.o, stand.bucket, self._rules(stand.bucket).acl))
        if ask.kind == "object-lock" and not stand.bucket.can_lock:
            raise absent("lock-absent")
        argument = stand.bucket.name
        return RuleView(kind.write(self._rules(stand.bucket), argument))

    async def put(self, ask: PutRule) -> RuleView:
        """See `PutRule`."""
        g = self._g
        kind = _kind(ask.kind)
        if not kind.put or kind.read is None:
            raise malformed("unknown-kind")
        if len(ask.body) > XML_BYTES_MAX:
            raise malformed("body-too-large", bytes_max=XML_BYTES_MAX)
        wanted = Wanted(operations=(kind.put,), bucket=ask.bucket)
        who = g.who(ask.evidence, wanted)
        g.signed.demand_body(who, ask.body)
        stand = g.stand(ask.bucket)
        asked = self._asked(stand)
        await g.demand(who, stand, asked, subject=stand.bucket.id)
        read = kind.read
        argument = stand.bucket.name

        def changed(rules: BucketRules) -> BucketRules:
            made = read(ask.body, rules, argument)
            if ask.kind == "acl":
                bucket = stand.bucket
                acl = demand_acl(g.o, bucket, made.acl) if ask.body else wished_acl(g.o, who, bucket)
                made = msgspec.structs.replace(made, acl=acl)
            self._check(stand, made, ask.kind)
            return made

        await self._change((ask.evidence, wanted), ask.bucket, ask.kind, changed)
        return RuleView(ask.body)

    async def drop(self, ask: DropRule) -> RuleView:
        """See `DropRule`."""
        g = self._g
        kind = _kind(ask.kind)
        drop = kind.drop
        if drop is None:
            raise malformed("unknown-kind")
        wanted = Wanted(operations=(kind.delete,), bucket=ask.bucket)
        who = g.who(ask.evidence, wanted)
        stand = g.stand(ask.bucket)
        await g.demand(who, stand, self._asked(stand), subject=stand.bucket.id)
        rules = self._rules(stand.bucket)
        if drop(rules, "") != rules:
            said = (ask.evidence, wanted)
            await self._change(said, ask.bucket, ask.kind, lambda rules: drop(rules, ""))
        return RuleView(b"")

    async def seen(self, said: tuple[Evidence, Wanted], bucket: str) -> Stand:
        """The bucket, to who may read its settings; what policy refuses."""
        who = self._g.who(*said)
        stand = self._g.stand(bucket)
        await self._g.demand(who, stand, bucket_asked("bucket:read", stand), subject=stand.bucket.id)
        return stand

    async def alter(
        self,
        said: tuple[Evidence, Wanted],
        bucket: str,
        kind: str,
        changed: Callable[[BucketRules], BucketRules],
        writes: tuple[Write, ...] = (),
    ) -> None:
        """Change what a bucket is told, for who may configure it; `kind` is what the entry names, `writes`
        what the same act writes beside.
        """
        who = self._g.who(*said)
        stand = self._g.stand(bucket)
        await self._g.demand(who, stand, self._asked(stand), subject=stand.bucket.id)
        await self._change(said, bucket, kind, changed, writes)

    async def cors(self, ask: LookCors) -> CorsView:
        """See `LookCors`: what is no bucket, and what has no rules, is answered alike."""
        bucket = self._g.named(ask.bucket)
        if bucket is None or len(ask.headers) > HEADERS_MAX:
            return CorsView(None)
        return CorsView(cors.allowed(self._rules(bucket).cors, ask.origin, ask.method, ask.headers))

    async def _change(
        self,
        said: tuple[Evidence, Wanted],
        bucket: str,
        kind: str,
        changed: Callable[[BucketRules], BucketRules],
        writes: tuple[Write, ...] = (),
    ) -> None:
        g, o = self._g, self._g.o
        evidence, wanted = said

        def decide() -> Alteration:
            who = g.who(evidence, wanted, is_again=True)
            stand = g.stand(bucket)
            asked = g.policed.asked(who, stand.bucket, self._asked(stand))
            decided = o.decisions.decide(who, asked)
            if not decided.decision.allowed:
                raise refusal_of(decided.decision)
            made = changed(self._rules(stand.bucket))
            id_, customer = stand.bucket.id, stand.customer.id
            changes = [Change(noun="bucket-rules", id=id_, customer=customer, value=made)]
            if kind == "object-lock" and not stand.bucket.can_lock:
                locking = msgspec.structs.replace(stand.bucket, locks_since=to_text(o.clock.now()))
                changes.append(Change(noun="bucket", id=id_, customer=customer, value=locking))
            told = tested(o, stand.bucket, made.notifications) if kind == "notification" else ()
            return Alteration(
                changes=tuple(changes),
                records=((stand.customer, _record(who, stand, decided, kind)),),
                expects=g.footing(decided, stand),
                writes=(*writes, *told),
            )

        await o.authority.alter(decide)

    def _check(self, stand: Stand, made: BucketRules, kind: str) -> None:
        """What a document may ask for only in some buckets, or of some customers."""
        if kind == "object-lock" and stand.bucket.versioning is not Versioning.ENABLED:
            raise conflict("bucket-not-versioned")
        if kind == "notification":
            for line in made.notifications:
                to = webhook(self._g.o, line.webhook)
                if to is None or to.customer != stand.customer.id or to.arn != line.topic:
                    raise malformed("destination-unknown")
        if kind == "encryption" and made.encryption is not None and made.encryption.key:
            found_key(self._g.o, stand.customer.id, made.encryption.key)
        enforces = kind == "ownershipControls" and made.ownership == ENFORCED
        if enforces and not is_private(made.acl, owner_of(self._g.o, stand.bucket)[0]):
            raise malformed("acl-with-ownership")
        access = made.public_access
        blocks = kind == "policy" and access is not None and access.block_policy
        if blocks and read_policy(made.policy.encode("utf-8"), stand.bucket.name).is_public:
            raise denied("policy-public")

    def _rules(self, bucket: Bucket) -> BucketRules:
        return rules_of(self._g.o, bucket)

    def _asked(self, stand: Stand) -> Asked:
        bucket = stand.bucket
        judged = self._g.places.judged(stand.customer.id, bucket.locations, bucket.data_class)
        return placed(bucket_asked("bucket:configure", stand, purpose="administration"), judged)


def _kind(name: str) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        raise malformed("unknown-kind")
    return kind


def _record(who: Identified, stand: Stand, decided: Decided, kind: str) -> Record:
    rules: list[Plain] = list(decided.decision.rules)
    fields: dict[str, Plain] = {
        **said(who),
        "phase": "single",
        "bucket": stand.bucket.id,
        "subject": kind,
        "versioning": stand.bucket.versioning.value,
        "purpose": decided.decision.purpose,
        "decision": "allow",
        "policies": rules,
    }
    return Record(act="bucket.change", subject=stand.bucket.id, fields=fields, person=said_person(who))
