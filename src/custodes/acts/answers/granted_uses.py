"""Using a key under a grant: counted, in the exceptional sub-log, witnessed before the key is used.

Each message is a use of its own. One that was counted and could not be released yet, because the witnesses
had not answered, is not counted again when the same message is sent again.
"""

import hashlib

import msgspec

from custodes.acts.asks.keys import UseKey
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.office import using
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Position
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.kinds import Use
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, locked
from custodes.objects.ranges import Span
from custodes.policy.question import Resource

from .said import said, said_person

WITNESSED_WITHIN_S = 10.0
WAITING_MAX = 1_000
_ACTION = "key:use-unwrap"


class _Counted(msgspec.Struct, frozen=True):
    """A use that stands in the log and has released nothing yet."""

    grant: str
    position: Position


class GrantedUses:
    """Admits an unwrap under a grant; the caller holds the key back until `admit` returns."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._waiting: dict[tuple[str, str, bytes], _Counted] = {}

    def find(self, who: Identified, key: Key, ask: UseKey) -> Granted | None:
        """The grant under which this actor may try, if there is one."""
        if ask.verb != "unwrap":
            return None
        return self._o.grants.find(who.actor, key.customer, _ACTION, key.id)

    async def admit(self, ask: UseKey, version: int) -> Position:
        """Count, record, wait for the witnesses, look again. Refusals: what policy refuses,
        `grant.ADMITS_CODES` (denied), `not-witnessed-in-time` (unavailable).
        """
        o = self._o
        who = o.identities.of(ask.evidence)
        digest = hashlib.sha256(hashlib.sha256(ask.context).digest() + ask.message).digest()
        at = (who.actor.credential, ask.key, digest)
        counted = self._waiting.pop(at, None) or await self._count(ask, version)
        try:
            await o.witnessing.until(counted.position, WITNESSED_WITHIN_S)
        except BaseException:  # nothing was released: whoever sends the same again may claim it, once
            if len(self._waiting) >= WAITING_MAX:
                self._waiting.clear()
            self._waiting[at] = counted
            raise
        o.identities.of(ask.evidence)  # he may have lost his credential meanwhile
        using.refuse_if_ended(o, counted.grant)
        return counted.position

    async def _count(self, ask: UseKey, version: int) -> _Counted:
        o = self._o
        taken: list[str] = []

        async def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            key = o.standing.get("key", ask.key, Key)
            customer = o.standing.get("customer", key.customer, Customer) if key else None
            if key is None or customer is None:
                raise absent("no-such-key")
            asked = _asked(key, ask)
            granted = self.find(who, key, ask)
            if granted is None:
                raise await using.refused(o, who, customer, using.no(asked, "grant-not-valid"), key.id)
            decided = using.decided_under(o, who, asked, granted)
            if not decided.decision.allowed:
                raise await using.refused(o, who, customer, decided, key.id)
            span = Span(first=0, end=len(ask.message))
            spent = o.grants.spend(granted, who.actor, _ACTION, key.id, span)
            if spent.reason is not None:
                raise await using.refused(o, who, customer, using.no(asked, spent.reason), key.id)
            unusable = usable_for(key, Use.UNWRAP, version)
            if unusable is not None:
                raise locked(unusable)
            policies: list[Plain] = list(decided.decision.rules)
            fields: dict[str, Plain] = {
                **said(who),
                **using.grant_fields(o, spent.granted),
                "phase": "single",
                "key": key.id,
                "key_version": version,
                "reason": ask.reason,
                "decision": "allow",
                "policies": policies,
                "bytes": len(ask.message),
            }
            record = Record(act="key.unwrap", subject=key.id, fields=fields, person=said_person(who))
            taken[:] = [granted.id]
            change = Change(noun="grant", id=granted.id, customer=customer.id, value=spent.granted)
            return Alteration(
                changes=(change,),
                records=((customer, record),),
                expects=(*decided.expects, o.standing.expect("key", key.id)),
            )

        receipted = await o.authority.alter(decide, act_id=new_id("act", o.dice))
        position = receipted.committed.positions[0]
        if not o.witnessing.is_needed(position.log.partition("/")[0]):
            o.gate.still_fresh(receipted)
        return _Counted(taken[0], position)


def _asked(key: Key, ask: UseKey) -> Asked:
    resource = Resource(kind="key", id=key.id, customer=key.customer, facts={"state": key.state.value})
    return Asked(action=_ACTION, resource=resource, purpose=ask.purpose)
