"""Using a key under a grant: counted, in the exceptional sub-log, witnessed before the key is used.

Whoever asks (over our own API, as a tool of the transit engine, as the cloud at a connection's other end), it
is done here. Each message is a use of its own. One that was counted and could not be released yet, because
the witnesses had not answered, is not counted again when the same message is sent again.
"""

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

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
from custodes.acts.writing.act import Expect, Position
from custodes.custody.keys import Key, usable_for
from custodes.custody.materials.kinds import Use
from custodes.desks.grant import Claimed
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, locked, unauthenticated
from custodes.objects.ranges import Span
from custodes.policy.question import Resource

from .said import said, said_person

WITNESSED_WITHIN_S = 10.0
WAITING_MAX = 1_000
UNWRAP = "key:use-unwrap"
_NONE: Mapping[str, Plain] = MappingProxyType({})


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """One message to be opened, as the door it came through has worked it out: read again for each try.

    `asked` has everything but the grant, its resource being `key`. `digest` names the message: the same again
    is the same use. `fields`, `person` and `expects` are what this door adds; it must be the first to take
    one of `act_ids`, where any are named. `claimed`: whom the other end names.
    """

    who: Identified
    key: Key
    asked: Asked
    version: int
    digest: bytes
    bytes: int
    use: Use = Use.UNWRAP
    fields: Mapping[str, Plain] = _NONE
    person: Mapping[str, Plain] = _NONE
    expects: tuple[Expect, ...] = ()
    act_ids: tuple[str, ...] = ()
    claimed: Claimed = frozenset()


class _Counted(msgspec.Struct, frozen=True):
    """A use that stands in the log and has released nothing yet."""

    grant: str
    position: Position


class GrantedUses:
    """Admits openings under a grant; the caller holds the key back until `admit` returns."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._waiting: dict[tuple[str, str, bytes, Claimed], _Counted] = {}

    def find(self, who: Identified, key: Key, claimed: Claimed = frozenset()) -> Granted | None:
        """The grant under which this actor may try to open with this key, if there is one."""
        return self._o.grants.find(who.actor, key.customer, UNWRAP, key.id, claimed)

    async def admit(self, want: Callable[[], Opening], within_s: float = WITNESSED_WITHIN_S) -> Position:
        """Count, record, wait for the witnesses, look again. `want` raises its own refusals; besides: what
        policy refuses, `grant.ADMITS_CODES` (denied), `not-witnessed-in-time` (unavailable).
        """
        o, opening = self._o, want()
        at = (opening.who.actor.credential, opening.key.id, opening.digest, opening.claimed)
        counted = self._waiting.pop(at, None) or await self._count(want)
        try:
            await o.witnessing.until(counted.position, within_s)
        except BaseException:  # nothing was released: whoever sends the same again may claim it, once
            if len(self._waiting) >= WAITING_MAX:
                self._waiting.clear()
            self._waiting[at] = counted
            raise
        want()  # he may have lost his credential meanwhile, or the connection its key
        using.refuse_if_ended(o, counted.grant)
        return counted.position

    async def _count(self, want: Callable[[], Opening]) -> _Counted:
        o = self._o
        taken: list[str] = []

        async def decide() -> Alteration:
            opening = want()
            who, key = opening.who, opening.key
            customer = o.standing.get("customer", key.customer, Customer)
            if customer is None:
                raise absent("no-such-key")
            granted = self.find(who, key, opening.claimed)
            if granted is None:
                raise await using.refused(
                    o, who, customer, using.no(opening.asked, "grant-not-valid"), key.id
                )
            decided = using.decided_under(o, who, opening.asked, granted)
            if not decided.decision.allowed:
                raise await using.refused(o, who, customer, decided, key.id)
            span = Span(first=0, end=opening.bytes)
            spent = o.grants.spend(granted, who.actor, UNWRAP, (key.id, opening.claimed), span)
            if spent.reason is not None:
                raise await using.refused(o, who, customer, using.no(opening.asked, spent.reason), key.id)
            unusable = usable_for(key, opening.use, opening.version)
            if unusable is not None:
                raise locked(unusable)
            record = _record(opening, using.grant_fields(o, spent.granted), list(decided.decision.rules))
            taken[:] = [granted.id]
            change = Change(noun="grant", id=granted.id, customer=customer.id, value=spent.granted)
            expects = (*decided.expects, *opening.expects, o.standing.expect("key", key.id))
            return Alteration(
                changes=(change,), records=((customer, record),), expects=tuple(dict.fromkeys(expects))
            )

        for act_id in want().act_ids or (new_id("act", o.dice),):
            receipted = await o.authority.alter(decide, act_id=act_id)
            if not receipted.committed.repeated:
                break
        else:
            raise unauthenticated("signature-repeated")
        position = receipted.committed.positions[0]
        if not o.witnessing.is_needed(position.log.partition("/")[0]):
            o.gate.still_fresh(receipted)
        return _Counted(taken[0], position)


def of_message(o: Opened, ask: UseKey, version: int) -> Opening:
    """`UseKey` as an opening; `no-such-key` (absent)."""
    who = o.identities.of(ask.evidence)
    key = o.standing.get("key", ask.key, Key)
    if key is None:
        raise absent("no-such-key")
    resource = Resource(kind="key", id=key.id, customer=key.customer, facts={"state": key.state.value})
    return Opening(
        who=who,
        key=key,
        asked=Asked(action=UNWRAP, resource=resource, purpose=ask.purpose),
        version=version,
        digest=digest_of(ask.context, ask.message),
        bytes=len(ask.message),
        fields={"reason": ask.reason},
    )


def digest_of(context: bytes, message: bytes) -> bytes:
    """The same for the same message in the same context, and for no other."""
    return hashlib.sha256(hashlib.sha256(context).digest() + message).digest()


def _record(opening: Opening, grant: Mapping[str, Plain], policies: list[Plain]) -> Record:
    fields: dict[str, Plain] = {
        **said(opening.who),
        **grant,
        "phase": "single",
        "key": opening.key.id,
        "key_version": opening.version,
        "decision": "allow",
        "policies": policies,
        "bytes": opening.bytes,
        **opening.fields,
    }
    person = {**said_person(opening.who), **opening.person}
    return Record(act="key.unwrap", subject=opening.key.id, fields=fields, person=person)
