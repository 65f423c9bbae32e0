"""Answers `LookTransitKey`, `LookTransitKeys`, `SetKeyMinimum`."""

from custodes.acts.answers.keys import KeyAnswers
from custodes.acts.answers.said import single
from custodes.acts.asks.keys import KeyView
from custodes.acts.asks.transit.keys import (
    LookTransitKey,
    LookTransitKeys,
    SetKeyMinimum,
    TransitKey,
    TransitKeys,
    TransitVersion,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, may_read, permit
from custodes.custody.keys import Key, with_minimum
from custodes.custody.materials.kinds import USES
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id
from custodes.kernel.refusal import Refusal, absent, conflict
from custodes.policy.question import Resource

from .finding import Names


class TransitKeeping:
    """What keys are like, and how far back they open."""

    def __init__(self, opened: Opened, names: Names, keys: KeyAnswers) -> None:
        self._o = opened
        self._names = names
        self._keys = keys

    async def look(self, ask: LookTransitKey) -> TransitKey:
        """One key. An application that may use it may also know what it is like."""
        o = self._o
        who = o.identities.of(ask.evidence)
        key, owner = self._names.key(who, ask.customer, ask.key)
        if who.actor.customer != owner.id:
            await may_read(o, who, "key:read", Resource(kind="key", id=key.id, customer=owner.id))
        return TransitKey(
            id=key.id,
            customer=owner.id,
            name=key.name,
            kind=key.kind.value,
            state=key.state.value,
            versions=tuple(
                TransitVersion(one.n, to_text(one.created_at), one.halves.public, one.origin.value)
                for one in key.versions
            ),
            is_rotated_here=key.is_rotated_here,
            version_min=key.version_min,
            is_derived=key.is_derived,
            uses=tuple(sorted(use.value for use in USES[key.kind])),
            stands_still=self._stands_still(owner.id),
        )

    def _stands_still(self, customer: str) -> str:
        """The code of what would refuse every use of this customer's keys now; empty where nothing would."""
        try:
            self._o.decisions.refuse_if_killed(customer)
            self._o.witnessing.refuse_if_stale(customer)
        except Refusal as refusal:
            return refusal.code
        return ""

    async def list(self, ask: LookTransitKeys) -> TransitKeys:
        """Names of keys."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = self._names.customer(who, ask.customer)
        if who.actor.customer != owner.id:
            await may_read(o, who, "key:read", Resource(kind="key", id=owner.id, customer=owner.id))
        return TransitKeys(owner.id, self._names.names(owner.id))

    async def set_minimum(self, ask: SetKeyMinimum) -> KeyView:
        """See `SetKeyMinimum`."""
        o = self._o

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            key = o.standing.get("key", ask.key, Key) if is_id("key", ask.key) else None
            if key is None:
                raise absent("no-such-key")
            action = "key:disable" if ask.version > key.version_min else "key:enable"
            facts = {"state": key.state.value}
            resource = Resource(kind="key", id=key.id, customer=key.customer, facts=facts)
            decided = permit(o, who, action, resource)
            moved = with_minimum(key, ask.version)
            if moved.key is None:
                raise conflict(moved.reason or "not-now")
            record = single("key.minimum", who, key.id, key=key.id, key_version=ask.version)
            return Alteration(
                changes=(Change(noun="key", id=key.id, customer=key.customer, value=moved.key),),
                records=((customer(o, key.customer), record),),
                expects=decided.expects,
            )

        await alter(o, decide, ask, ask.evidence)
        return await self._keys.view(ask.key)
