"""A use of a customer's key through a connection: the one shape that every wire's file follows.

Evidence -> connection as actor -> key it was lent -> decision over what the other end claims -> entry ->
commit -> (still fresh, not killed) -> key -> answer. No receipt, no key (promise 1).

What the other end says about who and why is recorded with the party that says it and how well it is
corroborated (`asserted`, `signed`, `attested`). Rules may demand a reason or a grade (`context.cloud`).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import msgspec

from custodes.acts.answers.granted_uses import GrantedUses, Opening
from custodes.acts.answers.said import said, said_person
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed, Position
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.kinds import Use as KeyUse
from custodes.custody.message import Material
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, denied, locked, unauthenticated
from custodes.parties.connections import Connection, ConnectionKind, ConnectionState, Lent
from custodes.policy.question import CloudFact, Decision, Reason, Resource

from .claiming import Claim, Wanted
from .intents import corroborated, is_enough

T = TypeVar("T")
GROUNDS_MAX = 4_096
WITNESSED_WITHIN_S: Mapping[ConnectionKind, float] = MappingProxyType(
    {
        ConnectionKind.XKS: 0.15,  # AWS waits 250 ms for the whole call
        ConnectionKind.DKE: 10.0,  # an office program waits for as long as a person does
    }
)
PEOPLE: Mapping[str, str] = MappingProxyType(  # a claim that names a human being -> what a grant calls it
    {
        **dict.fromkeys(("upn", "preferred_username", "email"), "mail"),
        "oid": "oid",
        "awsPrincipalArn": "principal",
    }
)
ACTIONS = {"wrap": "key:use-wrap", "unwrap": "key:use-unwrap"}  # verb of a use -> action of the policy


class _Ground(NamedTuple):
    """What a use that was allowed rests on, besides what it says of itself: good for as long as nothing at
    all that stands has changed. `fields` are what the entries of all such uses say alike.
    """

    seq: int
    wanted: Wanted
    key: Key
    customer: Customer
    version: int
    expects: tuple[Expect, ...]
    fields: dict[str, Plain]


class Used(NamedTuple):
    """Where the entry of a use stands."""

    position: Position
    version: int


class CloudUses:
    """Admits uses through connections; the wires' files do the rest."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._grounds: dict[tuple[object, ...], _Ground] = {}
        self._grounds_seq = -1
        self._granted = GrantedUses(opened)

    def connection(self, id_: str, customer: str | None = None) -> Connection:
        """A connection that has not ended; `connection-absent` (absent)."""
        row = self._o.standing.get("connection", id_, Connection)
        if row is None or row.state is ConnectionState.ENDED or customer not in {None, row.customer}:
            raise absent("connection-absent")
        return row

    def lent(self, connection: Connection, name: str, *verbs: str) -> Lent:
        """The key that the wire calls by this name, lent for all of these. `lent-key-absent` (absent),
        `key-not-lent-for-this` (denied): another customer's key has no name here.
        """
        row = connection.lent_as(name)
        if row is None:
            raise absent("lent-key-absent")
        if not set(verbs) <= set(row.verbs):
            raise denied("key-not-lent-for-this")
        return row

    def key_of(self, connection: Connection, lent: Lent) -> tuple[Key, Customer]:
        """The key's row and its owner's; `lent-key-absent` (absent) for another customer's."""
        key = self._o.standing.get("key", lent.key, Key)
        customer = self._o.standing.get("customer", connection.customer, Customer)
        if key is None or customer is None or key.customer != connection.customer:
            raise absent("lent-key-absent")
        return key, customer

    async def use(self, want: Callable[[], Wanted], work: Callable[[Material], T]) -> tuple[T, Used]:
        """Decide, commit, then let `work` have the key's material, once.

        `want` is called for every try and raises its own refusals. Refusals besides: what policy and custody
        refuse, `connection-off` (locked), `answer-too-late`, `changed-meanwhile`.
        """
        now = self._o.clock.now
        return await self._o.gate.until_committed(
            lambda: self._once(lambda: corroborated(want(), now()), work)
        )

    async def _once(
        self, want: Callable[[], Wanted], work: Callable[[Material], T]
    ) -> tuple[T, Used] | Failed:
        o, wanted = self._o, want()
        ground = self._known(wanted) or await self._found(wanted)
        if ground is None:
            return await self._under_grant(want, work)
        customer = ground.customer
        o.witnessing.refuse_if_stale(customer.id)
        outcome = await self._committed(wanted, ground)
        if isinstance(outcome, Failed):
            return outcome
        o.gate.still_fresh(outcome)
        o.decisions.refuse_if_killed(customer.id)
        material = self._material(wanted, ground)
        return work(material), Used(outcome.committed.positions[0], ground.version)

    async def _committed(self, wanted: Wanted, ground: _Ground) -> Receipted | Failed:
        """The entry, durable; `signature-repeated` (unauthenticated) where all acts it may be were taken."""
        o, record = self._o, _record(wanted, ground)
        for act_id in wanted.act_ids or (new_id("act", o.dice),):
            await o.records.ready(ground.customer)
            entry = o.records.seal(ground.customer, act_id, 0, record)
            outcome = await o.gate.commit(
                Act(
                    id=act_id,
                    expects=ground.expects,
                    entries=(entry,),
                    is_named=bool(wanted.act_ids) and o.books.is_shared,
                )
            )
            if isinstance(outcome, Failed) or not outcome.committed.repeated:
                return outcome
        raise unauthenticated("signature-repeated")

    def _known(self, wanted: Wanted) -> _Ground | None:
        """The ground of the same use before, if nothing at all has changed since."""
        if self._grounds_seq != self._o.standing.seq:
            return None
        kept = self._grounds.get(_alike(wanted))
        if kept is None:
            return None
        first = kept.wanted  # rows and actor are kept as long as they stand: the same ones, not equal ones
        is_same = first.who is wanted.who and first.connection is wanted.connection
        return kept if is_same and first.lent is wanted.lent else None

    async def _found(self, wanted: Wanted) -> _Ground | None:
        """Decide: what the use rests on, or a refusal (a denial by rules is an entry first); None where rules
        say no and a grant may say yes.
        """
        o = self._o
        _refuse_if_off(wanted.connection)
        key, customer = self.key_of(wanted.connection, wanted.lent)
        o.witnessing.refuse_if_stale(customer.id)
        decided = o.decisions.decide(wanted.who, _asked(wanted, key))
        if decided.decision.allowed and not is_enough(wanted.connection, wanted.claims):
            decided = Decided(decision=_too_low(wanted), expects=())
        if not decided.decision.allowed:
            if decided.decision.kind is Kind.ABSENT:
                raise absent("lent-key-absent")
            if wanted.verb == "unwrap" and self._granted.find(wanted.who, key, _claimed(wanted)) is not None:
                return None
            more: dict[str, Plain] = {
                "connection": wanted.connection.id,
                "claims": listed(wanted.claims.plain),
            }
            await o.denials.record(wanted.who, customer, decided, subject=key.id, more=more)
            raise self._no(refusal_of(decided.decision))
        own = (o.standing.expect("key", key.id), o.standing.expect("connection", wanted.connection.id))
        ground = _Ground(
            seq=o.standing.seq,
            wanted=wanted,
            key=key,
            customer=customer,
            version=_usable(key, wanted),
            expects=tuple(dict.fromkeys((*decided.expects, *own))),
            fields=_fields(wanted, key, decided, o.standing.seq),
        )
        if o.decisions.is_lasting(decided):
            self._keep(ground)
        return ground

    def _keep(self, ground: _Ground) -> None:
        if self._grounds_seq != ground.seq or len(self._grounds) >= GROUNDS_MAX:
            self._grounds.clear()
            self._grounds_seq = ground.seq
        self._grounds[_alike(ground.wanted)] = ground

    async def _under_grant(self, want: Callable[[], Wanted], work: Callable[[Material], T]) -> tuple[T, Used]:
        """A support case at the cloud: one opening, counted, witnessed, said whose grant. Who cannot wait is
        told to come again (`not-witnessed-in-time`, unavailable); the same message again is the same use.
        """
        o, first_wanted = self._o, want()
        first = self._opening(first_wanted)
        within_s = WITNESSED_WITHIN_S[first_wanted.connection.kind]
        at = await self._granted.admit(lambda: self._opening(want()), within_s)
        o.decisions.refuse_if_killed(first.key.customer)
        last = self._opening(want())  # the key's row and the connection's, as late as can be
        customer = o.standing.get("customer", last.key.customer, Customer)
        if customer is None:
            raise absent("lent-key-absent")
        scope = Scope(house=o.house, customer=customer.id, key=last.key.id)
        secret = o.keyring.version(customer, last.key, last.version)
        return work(Material(scope=scope, version=last.version, secret=secret)), Used(at, last.version)

    def _opening(self, wanted: Wanted) -> Opening:
        _refuse_if_off(wanted.connection)
        key, _ = self.key_of(wanted.connection, wanted.lent)
        claims = wanted.claims
        return Opening(
            who=wanted.who,
            key=key,
            asked=_asked(wanted, key),
            version=_usable(key, wanted),
            digest=wanted.digest,
            claimed=_claimed(wanted),
            act_ids=wanted.act_ids,
            bytes=wanted.bytes,
            use=wanted.use or KeyUse(wanted.verb),
            fields={
                "connection": wanted.connection.id,
                "reason": claims.reason.code,
                "claims": listed(claims.plain),
            },
            person={"person_claims": listed(claims.people)} if claims.people else {},
            expects=(self._o.standing.expect("connection", wanted.connection.id),),
        )

    def _no(self, refusal: Refusal) -> Refusal:
        """A denial with the way to ask: nobody waits for a person inside a call."""
        ask = f"{self._o.body.console.rstrip('/')}/cases"
        return Refusal(refusal.code, refusal.kind, {**refusal.facts, "ask": ask})

    def _material(self, wanted: Wanted, ground: _Ground) -> Material:
        """The key is opened here and nowhere else; its row is read again, as late as can be, if anything
        that stands has changed since the decision.
        """
        o, key, version = self._o, ground.key, ground.version
        if ground.seq != o.standing.seq:
            connection = self.connection(wanted.connection.id)
            _refuse_if_off(connection)
            lent = self.lent(connection, wanted.lent.name, wanted.verb)
            if lent != wanted.lent:
                raise conflict("changed-meanwhile")
            key, _ = self.key_of(connection, lent)
            _usable(key, msgspec.structs.replace(wanted, version=version))
        scope = Scope(house=o.house, customer=ground.customer.id, key=key.id)
        secret = o.keyring.version(ground.customer, key, version)
        return Material(scope=scope, version=version, secret=secret)


def _asked(wanted: Wanted, key: Key) -> Asked:
    claims = wanted.claims
    return Asked(
        action=ACTIONS[wanted.verb],
        resource=Resource(kind="key", id=key.id, customer=key.customer, facts={"state": key.state.value}),
        purpose=claims.reason.purpose,
        cloud=CloudFact(
            connection=wanted.connection.id,
            kind=wanted.connection.kind.value,
            reason=claims.reason.code,
            grade=claims.grade,
            operation=claims.operation,
            principal=claims.principal,
            resource=claims.resource,
            via=claims.via,
        ),
    )


def _usable(key: Key, wanted: Wanted) -> int:
    """The version to use; `locked` with custody's reason when it cannot be."""
    version = wanted.version if wanted.version is not None else key.version_current
    if version is None:
        raise locked("key-destroyed")
    unusable = usable_for(key, wanted.use or KeyUse(wanted.verb), version)
    if unusable is not None:
        raise locked(unusable)
    return version


def _too_low(wanted: Wanted) -> Decision:
    """The connection's own demand: what nobody but the other end says is not enough."""
    return Decision(
        allowed=False,
        action=ACTIONS[wanted.verb],
        purpose=wanted.claims.reason.purpose,
        rules=(),
        reasons=(Reason(code="grade-too-low", scope="connection"),),
        kind=Kind.DENIED,
    )


def _refuse_if_off(connection: Connection) -> None:
    if connection.state is not ConnectionState.ON:
        raise locked("connection-off")


def _alike(wanted: Wanted) -> tuple[object, ...]:
    """What two uses must have in common to rest on the same ground."""
    actor, claims = wanted.who.actor, wanted.claims
    how = (actor.credential, wanted.connection.id, wanted.lent.name, wanted.verb, wanted.use, wanted.version)
    why = (claims.reason.code, claims.grade, claims.operation, claims.principal, claims.resource, claims.via)
    return how + why


def _fields(wanted: Wanted, key: Key, decided: Decided, standing_seq: int) -> dict[str, Plain]:
    """What entries of uses on the same ground say alike."""
    reason = wanted.claims.reason
    policies: list[Plain] = list(decided.decision.rules)
    return {
        **said(wanted.who),
        "phase": "single",
        "connection": wanted.connection.id,
        "key": key.id,
        "key_version": _usable(key, wanted),
        "purpose": reason.purpose,
        "reason": reason.code,
        "decision": "allow",
        "policies": policies,
        "standing_seq": standing_seq,
    }


def _record(wanted: Wanted, ground: _Ground) -> Record:
    claims = wanted.claims
    fields = {**ground.fields, "bytes": wanted.bytes, "claims": listed(claims.plain)}
    if wanted.count != 1:
        fields["count"] = wanted.count
    person = said_person(wanted.who)
    if claims.people:
        person["person_claims"] = listed(claims.people)
    return Record(act=f"key.{wanted.verb}", subject=ground.key.id, fields=fields, person=person)


def _claimed(wanted: Wanted) -> frozenset[tuple[str, str]]:
    """Whom the other end names, in the words of a grant."""
    people = wanted.claims.people
    return frozenset((PEOPLE[one.name], one.value) for one in people if one.name in PEOPLE)


def listed(claims: tuple[Claim, ...]) -> list[Plain]:
    """Claims as an entry holds them."""
    return [list(one) for one in claims]
