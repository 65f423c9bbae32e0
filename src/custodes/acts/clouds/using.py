"""A use of a customer's key through a connection: the one shape that every wire's file follows.

Evidence -> connection as actor -> key it was lent -> decision over what the other end claims -> entry ->
commit -> (still fresh, not killed) -> key -> answer. No receipt, no key (promise 1).

What the other end says about who and why is recorded with the party that says it and how well it is
corroborated (`asserted`, `signed`, `attested`). Rules may demand a reason or a grade (`context.cloud`).
"""

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import msgspec

from custodes.acts.answers.said import said, said_person
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed, Position
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.kinds import Use as KeyUse
from custodes.custody.message import Material
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, absent, denied, locked
from custodes.law.reasons import Reason
from custodes.parties.connections import Connection, ConnectionState, Lent
from custodes.policy.question import CloudFact, Resource

T = TypeVar("T")
ACTIONS = {"wrap": "key:use-wrap", "unwrap": "key:use-unwrap"}  # verb of a use -> action of the policy


class Claim(NamedTuple):
    """One thing that somebody else says: who says it, what, and how well it is corroborated."""

    party: str
    name: str
    value: str
    grade: str = "asserted"


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """All that the other end says about a use. `people` are the claims that may name a human being.

    `grade` is that of the reason: the weakest that whoever relies on it must put up with.
    """

    reason: Reason
    operation: str
    grade: str = "asserted"
    principal: str | None = None
    resource: str | None = None
    via: str | None = None
    plain: tuple[Claim, ...] = ()
    people: tuple[Claim, ...] = ()


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One use as the wire's file has worked it out: read again for each try, so nothing in it is stale.

    `version` None stands for the key's newest. `count` messages of `bytes` in all stand behind one entry.
    """

    who: Identified
    connection: Connection
    lent: Lent
    verb: str
    claims: Claims
    version: int | None = None
    use: KeyUse | None = None  # of custody, where it is another than the verb's
    bytes: int = 0
    count: int = 1


class Used(NamedTuple):
    """Where the entry of a use stands."""

    position: Position
    version: int


class CloudUses:
    """Admits uses through connections; the wires' files do the rest."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

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
        return await self._o.gate.until_committed(lambda: self._once(want(), work))

    async def _once(self, wanted: Wanted, work: Callable[[Material], T]) -> tuple[T, Used] | Failed:
        o = self._o
        if wanted.connection.state is not ConnectionState.ON:
            raise locked("connection-off")
        key, customer = self.key_of(wanted.connection, wanted.lent)
        o.witnessing.refuse_if_stale(customer.id)
        decided = o.decisions.decide(wanted.who, _asked(wanted, key))
        if not decided.decision.allowed:
            if decided.decision.kind is Kind.ABSENT:
                raise absent("lent-key-absent")
            more: dict[str, Plain] = {
                "connection": wanted.connection.id,
                "claims": listed(wanted.claims.plain),
            }
            await o.denials.record(wanted.who, customer, decided, subject=key.id, more=more)
            raise self._no(refusal_of(decided.decision))
        version = _usable(key, wanted)
        act_id = new_id("act", o.dice)
        await o.records.ready(customer)
        entry = o.records.seal(customer, act_id, 0, _record(wanted, (key, version), decided, o.standing.seq))
        own = (o.standing.expect("key", key.id), o.standing.expect("connection", wanted.connection.id))
        expects = tuple(dict.fromkeys((*decided.expects, *own)))
        outcome = await o.gate.commit(Act(id=act_id, expects=expects, entries=(entry,)))
        if isinstance(outcome, Failed):
            return outcome
        o.gate.still_fresh(outcome)
        o.decisions.refuse_if_killed(customer.id)
        material = self._material(wanted, customer, version)
        return work(material), Used(outcome.committed.positions[0], version)

    def _no(self, refusal: Refusal) -> Refusal:
        """A denial with the way to ask: nobody waits for a person inside a call."""
        ask = f"{self._o.body.console.rstrip('/')}/cases"
        return Refusal(refusal.code, refusal.kind, {**refusal.facts, "ask": ask})

    def _material(self, wanted: Wanted, customer: Customer, version: int) -> Material:
        """The key is opened here and nowhere else; its row is read again, as late as can be."""
        o = self._o
        key, _ = self.key_of(self.connection(wanted.connection.id), wanted.lent)
        _usable(key, msgspec.structs.replace(wanted, version=version))
        scope = Scope(house=o.house, customer=customer.id, key=key.id)
        return Material(scope=scope, version=version, secret=o.keyring.version(customer, key, version))


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


def _record(wanted: Wanted, what: tuple[Key, int], decided: Decided, standing_seq: int) -> Record:
    key, version = what
    claims = wanted.claims
    policies: list[Plain] = list(decided.decision.rules)
    fields: dict[str, Plain] = {
        **said(wanted.who),
        "phase": "single",
        "connection": wanted.connection.id,
        "key": key.id,
        "key_version": version,
        "purpose": claims.reason.purpose,
        "reason": claims.reason.code,
        "decision": "allow",
        "policies": policies,
        "standing_seq": standing_seq,
        "bytes": wanted.bytes,
        "claims": listed(claims.plain),
    }
    if wanted.count != 1:
        fields["count"] = wanted.count
    person = said_person(wanted.who)
    if claims.people:
        person["person_claims"] = listed(claims.people)
    return Record(act=f"key.{wanted.verb}", subject=key.id, fields=fields, person=person)


def listed(claims: tuple[Claim, ...]) -> list[Plain]:
    """Claims as an entry holds them."""
    return [list(one) for one in claims]
