"""What every answer about objects stands on: the bucket, its customer and key, and the decision.

Order of refusals: evidence, what was signed, the bucket (a stranger's is absent), the decision (a denial is
an entry, and says under which reference access can be asked for), the key. Only then is anything looked up,
so that nobody learns from a refusal what he may not know.
"""

import hmac
from collections.abc import Sequence

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.asks import Evidence
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged, Places
from custodes.acts.opened import Opened
from custodes.acts.permitted import house
from custodes.acts.records import Record
from custodes.acts.writing.act import Expect
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.kinds import Use
from custodes.kernel.actor import ActorKind
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import ALPHABET
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, denied, locked
from custodes.objects.bucket import Bucket
from custodes.objects.names import check_key
from custodes.objects.version import Versioning, check_version_text
from custodes.parties.rows import Credential
from custodes.policy.question import Place, Resource, ResourceFact
from custodes.protocols.s3.operations import Call

from .ahead import Ahead
from .anyone import Anyone, is_anyone, refused
from .bounds.pace import Pace
from .outcomes import Outcomes
from .pages import ObjectPages
from .rules.policed import NOTHING_TOLD, Policed, Told
from .signed import Signed, Wanted
from .tickets import Ticket, Tickets

KEPT_MAX = 4_096
OPEN = "open"
OF_DATA = frozenset({"PutObject", "UploadPart", "GetObject"})  # counted for people, too
BYPASS = "x-amz-bypass-governance-retention"


class Stand(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket with its customer and its present key."""

    bucket: Bucket
    customer: Customer
    key: Key


class Ground:
    """Shared by all answers about objects of one unsealed house."""

    def __init__(self, opened: Opened) -> None:
        self.o = opened
        self.places = Places(opened.standing, opened.clock, is_demo=opened.is_demo)
        self.pages = ObjectPages(opened)
        self.signed = Signed(opened.body.s3_domains)
        self.outcomes = Outcomes(opened)
        self.tickets = Tickets(opened, self.outcomes.expired)
        self.outcomes.attach(self.tickets)
        self.ahead = Ahead(opened)
        self.anyone = Anyone(opened)
        self.pace = Pace(opened)
        self.policed = Policed(opened, opened.body.s3_domains)
        self._footings: dict[
            tuple[int, int, str, str], tuple[Decided, Judged | None, tuple[Expect, ...]]
        ] = {}
        self._footings_seq = -1
        self._names: dict[str, str] = {}
        self._names_seq = -1

    def who(self, evidence: Evidence, wanted: Wanted, *, is_again: bool = False) -> Identified:
        """Who asks, having signed exactly that; `slow-down` (limited) unless the same ask was counted
        already (`is_again`).
        """
        return self.who_called(evidence, wanted, is_again=is_again)[0]

    def who_called(
        self, evidence: Evidence, wanted: Wanted, *, is_again: bool = False
    ) -> tuple[Identified, Call | None]:
        """The same, and what a signature says was called."""
        stranger = self.anyone.of(evidence)
        if stranger is not None:
            return self._stranger(stranger, wanted, is_again=is_again)
        who = self.o.identities.of(evidence)
        is_counted = who.verified is not None or not OF_DATA.isdisjoint(wanted.operations)
        if is_counted and not is_again:
            self.pace.take(who.actor.credential)
        return who, self.signed.demand(who, wanted)

    def _stranger(self, who: Identified, wanted: Wanted, *, is_again: bool) -> tuple[Identified, Call | None]:
        """Anyone: refused before anything is looked at, or counted at the pace of strangers."""
        call = self.signed.demand(who, wanted)
        bucket = self.named(wanted.bucket) if wanted.bucket is not None else None
        self.anyone.demand(who, call, bucket)
        if bucket is not None and not is_again:
            self.pace.take_stranger(bucket.customer)
        return who, call

    def named(self, name: str) -> Bucket | None:
        """The open bucket of this name in the house."""
        bucket = self._bucket_of(self._names.get(name, ""))
        if bucket is not None and bucket.name == name:
            return bucket
        if self._names_seq == self.o.standing.seq:
            return None
        self._names_seq = self.o.standing.seq
        rows = self.o.standing.all_of("bucket", Bucket)
        self._names = {row.name: row.id for row in rows if row.state == OPEN}
        return self._bucket_of(self._names.get(name, ""))

    def stand(self, name: str) -> Stand:
        """The bucket of this name; `bucket-absent` (absent)."""
        return self._stood(self.named(name))

    def stand_by_id(self, bucket: str) -> Stand:
        """The bucket with this id, unless it was deleted meanwhile; `bucket-absent` (absent)."""
        return self._stood(self._bucket_of(bucket))

    async def demand(
        self,
        who: Identified,
        stand: Stand,
        asked: Asked,
        *,
        subject: str,
        judged: Judged | None = None,
        told: Told = NOTHING_TOLD,
    ) -> Decided:
        """Decide, and refuse a "no": its denial is an entry first, about `subject`. The bucket's own policy
        is asked too.

        Refusals: `bucket-absent` to a stranger, `outside-boundary` (denied) where a place is why, and what
        policy says, with fact `ask` where a grant would help.
        """
        demand_owner(who, stand)
        decided = self.o.decisions.decide(who, self.policed.asked(who, stand.bucket, asked, told))
        decision = decided.decision
        if decision.allowed:
            return decided
        if is_anyone(who):
            raise self.anyone.refusal(decided)
        if decision.kind is Kind.ABSENT:
            raise absent("bucket-absent")
        await self.o.denials.record(who, stand.customer, decided, subject=subject)
        if judged is not None and not judged.is_inside:
            raise judged.refusal()
        refusal = refusal_of(decision)
        if refusal.kind is Kind.LOCKED:
            self.o.witnessing.refuse_if_conflicted()  # says more than that all stands still
        if refusal.kind is Kind.DENIED and asked.action == "object:read":
            ask = asked_under(stand, subject)
            refusal = Refusal(refusal.code, refusal.kind, {**refusal.facts, "ask": ask})
        raise refusal

    def may_bypass(self, who: Identified, stand: Stand, name: str, *, wishes: bool = False) -> bool:
        """Whether the caller wishes, in what he signed, to pass by a governance retention, and may.

        `wishes` counts only for who signed no request: nobody in between may add a wish to one.
        """
        if who.verified is not None:
            wishes = (who.verified.signed.header(BYPASS) or b"").lower() == b"true"
        if not wishes:
            return False
        asked = object_asked("object:bypass-retention", stand, name, None)
        return self.o.decisions.decide(who, self.policed.asked(who, stand.bucket, asked)).decision.allowed

    def usable(self, key: Key, use: Use, version: int | None = None) -> None:
        """`key-suspended`, `key-deactivated`, `key-destroyed` ... (locked) unless the key does this now."""
        unusable = usable_for(key, use, version)
        if unusable is not None:
            raise locked(unusable)

    def before_key(self, stand: Stand, providers: Sequence[str]) -> None:
        """The last look before a key is used: killed, sealed, a witness in conflict or silent too long."""
        self.o.decisions.refuse_if_killed(stand.customer.id, providers)
        self.o.witnessing.refuse_if_stale(stand.customer.id)

    def footing(self, decided: Decided, stand: Stand, judged: Judged | None = None) -> tuple[Expect, ...]:
        """Everything an act about this bucket rests on: of one decision once, while nothing changes."""
        standing = self.o.standing
        at = (id(decided), id(judged), stand.bucket.id, stand.key.id)
        if self._footings_seq != standing.seq or len(self._footings) >= KEPT_MAX:
            self._footings.clear()
            self._footings_seq = standing.seq
        kept = self._footings.get(at)
        if kept is None:  # what is kept keeps its two objects alive: nobody else gets their ids
            kept = self._footings[at] = (decided, judged, self._footing(decided, stand, judged))
        return kept[2]

    def _footing(self, decided: Decided, stand: Stand, judged: Judged | None) -> tuple[Expect, ...]:
        standing = self.o.standing
        more = judged.expects if judged is not None else ()
        bucket = stand.bucket.id
        rows = (
            standing.expect("bucket", bucket),
            standing.expect("bucket-rules", bucket),
            standing.expect("key", stand.key.id),
        )
        return tuple(dict.fromkeys((*decided.expects, *rows, *more)))

    def reference(self, stand: Stand, name: str, version: str | None) -> str:
        """What a denial is about: the version; where there is none, an id that looks like one."""
        if version is not None:
            return version
        asked = f"absent\n{stand.bucket.id}\n{name}".encode()
        digest = hmac.digest(self.o.keyring.house_keys.session, asked, "sha256")
        number = int.from_bytes(digest[:16], "big")
        letters = []
        for _ in range(26):
            number, digit = divmod(number, 32)
            letters.append(ALPHABET[digit])
        return f"ver-{''.join(reversed(letters))}"

    def _stood(self, bucket: Bucket | None) -> Stand:
        standing = self.o.standing
        customer = standing.get("customer", bucket.customer, Customer) if bucket else None
        key = standing.get("key", bucket.key, Key) if bucket else None
        if bucket is None or customer is None or key is None or key.customer != customer.id:
            raise absent("bucket-absent")
        return Stand(bucket=bucket, customer=customer, key=key)

    def _bucket_of(self, id_: str) -> Bucket | None:
        row = self.o.standing.get("bucket", id_, Bucket)
        return row if row is not None and row.state == OPEN else None


def demand_owner(who: Identified, stand: Stand) -> None:
    """Whoever names in his request whose bucket he expects is refused another's (`owner-differs`, denied)."""
    if who.verified is None:
        return
    for name in ("x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"):
        wanted = who.verified.signed.header(name)
        if wanted is not None and wanted.decode("latin-1") not in (stand.customer.id, *stand.bucket.owners):
            raise denied("owner-differs")


def asked_under(stand: Stand, version: str) -> str:
    """The reference under which to ask the lockbox for one version, as its form takes it."""
    return f"{stand.bucket.id}/{version}"


def again(ground: Ground, ticket: Ticket) -> Identified:
    """The ticket's actor as he stands now: `not-authenticated` when his credential, or the session he began
    in, ended meanwhile; `not-signed` when his customer lets anyone in no more.
    """
    o = ground.o
    if ticket.actor.kind is ActorKind.ANYONE:
        if not ground.anyone.is_let_in(ticket.customer):
            raise refused()
        return ground.anyone.again(ticket.verified)
    credential = o.standing.get("credential", ticket.actor.credential, Credential)
    if credential is None:
        raise conflict("ticket-unknown")
    if ticket.session is not None:
        return o.identities.of(ticket.session)
    found = o.identities.actor_of(credential, ticket.actor.how)
    return msgspec.structs.replace(found, verified=ticket.verified)


def checked(name: str, version: str | None = None) -> str:
    """A name and a version id as an ask may give them: refusals of `check_key`, `version-id-invalid`."""
    check_key(name.encode("utf-8", "surrogatepass"))
    if version is not None:
        check_version_text(version)
    return name


def placed(asked: Asked, judged: Judged) -> Asked:
    """The question with the verdict on the place, and with who runs it."""
    place = Place(is_inside=judged.is_inside, areas=judged.place.areas)
    return msgspec.structs.replace(asked, place=place, providers=judged.providers)


def object_asked(
    action: str, stand: Stand, name: str, version: str | None, *, purpose: str = "operation"
) -> Asked:
    """The question about one object, or about a name that has none yet."""
    bucket = stand.bucket
    facts: dict[str, ResourceFact] = {
        "bucket": bucket.id,
        "owners": bucket.owners,
        "name": name,
        "data_class": bucket.data_class,
    }
    resource = Resource(kind="object", id=version or bucket.id, customer=bucket.customer, facts=facts)
    return Asked(action=action, resource=resource, purpose=purpose)


def bucket_asked(action: str, stand: Stand, *, purpose: str = "operation") -> Asked:
    """The question about a bucket."""
    bucket = stand.bucket
    facts: dict[str, ResourceFact] = {"owners": bucket.owners, "data_class": bucket.data_class}
    resource = Resource(kind="bucket", id=bucket.id, customer=bucket.customer, facts=facts)
    return Asked(action=action, resource=resource, purpose=purpose)


def shown_id(versioning: Versioning, version: str, is_null: bool) -> str | None:
    """What an answer calls a version: nothing at all in a bucket that never had versions."""
    if versioning is Versioning.OFF:
        return None
    return "null" if is_null else version


def record(
    act: str,
    who: Identified,
    stand: Stand,
    decided: Decided,
    *,
    subject: str,
    name: str | None = None,
    **fields: Plain,
) -> Record:
    """One entry's fields: who, on what, why, and by which rules. A field that is None is left out."""
    rules: list[Plain] = list(decided.decision.rules)
    said_fields: dict[str, Plain] = {
        **said(who),
        "bucket": stand.bucket.id,
        "purpose": decided.decision.purpose,
        "decision": "allow",
        "policies": rules,
        "phase": "single",
        **{key: value for key, value in fields.items() if value is not None},
    }
    person: dict[str, Plain] = dict(said_person(who))
    if name is not None:
        person["object_name"] = name
    return Record(act=act, subject=subject, fields=said_fields, person=person)


def kept_at(o: Opened, location: str) -> tuple[Customer, ...]:
    """The house, and everyone of whom an open bucket lies there: who is told of what is done with a store."""
    rows = o.standing.all_of("bucket", Bucket)
    there = {row.customer for row in rows if row.state == OPEN and location in row.locations}
    served = (o.standing.get("customer", id_, Customer) for id_ in sorted(there - {o.house}))
    return (house(o), *(row for row in served if row is not None))


def together(locations: Sequence[str]) -> str:
    """The locations of a bucket as one field of an entry."""
    return ",".join(locations)
