"""Using a key for a caller's own message: `UseKey`, the shape every other use follows.

Evidence -> actor -> decision -> entry -> commit -> (still fresh, not killed) -> key -> answer. No receipt,
no key (promise 1): the key is opened for the message only after the entry is durable.
"""

from custodes.acts.asks.keys import Used, UseKey
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed
from custodes.custody import message
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.kinds import Use
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import absent, locked, malformed
from custodes.policy.question import Resource

from .granted_uses import GrantedUses, of_message
from .said import said, said_person

MESSAGE_BYTES_MAX = 64 * 1024
CONTEXT_BYTES_MAX = 8 * 1024
REASON_CHARACTERS_MAX = 200
_ACTIONS = {"wrap": "key:use-wrap", "unwrap": "key:use-unwrap"}


class Uses:
    """Answers `UseKey`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._granted = GrantedUses(opened)

    async def use_key(self, ask: UseKey) -> Used:
        """Refusals: `bad-use` (malformed), `no-such-key` (absent), what policy and custody refuse."""
        if ask.verb not in _ACTIONS or len(ask.message) > MESSAGE_BYTES_MAX:
            raise malformed("bad-use")
        if len(ask.context) > CONTEXT_BYTES_MAX or len(ask.reason) > REASON_CHARACTERS_MAX:
            raise malformed("bad-use")
        return await self._o.gate.until_committed(lambda: self._once(ask))

    async def _once(self, ask: UseKey) -> Used | Failed:
        o = self._o
        who = o.identities.of(ask.evidence)
        key = o.standing.get("key", ask.key, Key) if is_id("key", ask.key) else None
        customer = o.standing.get("customer", key.customer, Customer) if key else None
        if key is None or customer is None:
            raise absent("no-such-key")
        o.witnessing.refuse_if_stale(customer.id)
        decided = o.decisions.decide(who, _asked(ask, key))
        if not decided.decision.allowed:
            if ask.verb == "unwrap" and self._granted.find(who, key) is not None:
                return await self._under_grant(ask, key, customer)
            await o.denials.record(who, customer, decided, subject=key.id)
            raise refusal_of(decided.decision)
        version = _version(ask, key)
        unusable = usable_for(key, Use(ask.verb), version)
        if unusable is not None:
            raise locked(unusable)
        act_id = new_id("act", o.dice)
        await o.records.ready(customer)
        entry = o.records.seal(
            customer, act_id, 0, _record(ask, who, (key, version), decided, o.standing.seq)
        )
        outcome = await o.gate.commit(
            Act(id=act_id, expects=(*decided.expects, o.standing.expect("key", key.id)), entries=(entry,))
        )
        if isinstance(outcome, Failed):
            return outcome
        o.gate.still_fresh(outcome)
        o.decisions.refuse_if_killed(customer.id)
        at = outcome.committed.positions[0]
        return Used(self._done(ask, customer, version), version, at.log, at.index)

    async def _under_grant(self, ask: UseKey, key: Key, customer: Customer) -> Used:
        version = _version(ask, key)
        at = await self._granted.admit(lambda: of_message(self._o, ask, version))
        self._o.decisions.refuse_if_killed(customer.id)
        return Used(self._done(ask, customer, version), version, at.log, at.index)

    def _done(self, ask: UseKey, customer: Customer, version: int) -> bytes:
        """The key is used here and nowhere else; its row is read again, as late as can be."""
        o = self._o
        key = o.standing.get("key", ask.key, Key)
        if key is None:
            raise absent("no-such-key")
        unusable = usable_for(key, Use(ask.verb), version)
        if unusable is not None:
            raise locked(unusable)
        material = o.keyring.version(customer, key, version)
        scope = Scope(house=o.house, customer=customer.id, key=key.id)
        at_hand = message.Material(scope=scope, version=version, secret=material)
        if ask.verb == "wrap":
            return message.wrap_message(at_hand, ask.context, ask.message, o.dice)
        return message.unwrap_message(at_hand, ask.context, ask.message)


def _asked(ask: UseKey, key: Key) -> Asked:
    resource = Resource(kind="key", id=key.id, customer=key.customer, facts={"state": key.state.value})
    return Asked(action=_ACTIONS[ask.verb], resource=resource, purpose=ask.purpose)


def _version(ask: UseKey, key: Key) -> int:
    if ask.verb == "unwrap":
        return message.version_of(ask.message)
    current = key.version_current
    if current is None:
        raise locked("key-destroyed")
    return current


def _record(
    ask: UseKey, who: Identified, what: tuple[Key, int], decided: Decided, standing_seq: int
) -> Record:
    key, version = what
    policies: list[Plain] = list(decided.decision.rules)
    fields: dict[str, Plain] = {
        **said(who),
        "phase": "single",
        "key": key.id,
        "key_version": version,
        "purpose": ask.purpose,
        "reason": ask.reason,
        "decision": "allow",
        "policies": policies,
        "standing_seq": standing_seq,
        "bytes": len(ask.message),
    }
    return Record(act=f"key.{ask.verb}", subject=key.id, fields=fields, person=said_person(who))
