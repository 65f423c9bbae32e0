"""Telling a version: tags, retention, legal hold. One entry each; the row changes only from the state
decided on.

Seeing a state is a listing (no content, no key is used); tags are written by whoever writes, locks by
whoever may retain. Shortening a governance retention takes the wish to bypass (signed, where a
request is) and the policy's word for it.
"""

import msgspec

from custodes.acts.asks.buckets.told import DropState, LookState, PutState, StateView
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.objects.events.raised import raised
from custodes.acts.objects.ground import (
    Ground,
    Stand,
    bucket_asked,
    checked,
    object_asked,
    placed,
    record,
    shown_id,
)
from custodes.acts.objects.signed import Wanted
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import VersionRow
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, malformed
from custodes.objects.rules.locks import demand_change, demand_future
from custodes.objects.rules.notifying import TAGGED, UNTAGGED
from custodes.objects.rules.state import State
from custodes.protocols.s3.configs import locking, plain
from custodes.protocols.s3.configs.acls import read_acl

from .listing_access import demand_acl, wished_acl, written_acl
from .policed import Told
from .states import opened_state, sealed_state

_LOOKS = {
    "tagging": "GetObjectTagging",
    "retention": "GetObjectRetention",
    "legal-hold": "GetObjectLegalHold",
    "acl": "GetObjectAcl",
}
_PUTS = {
    "tagging": "PutObjectTagging",
    "retention": "PutObjectRetention",
    "legal-hold": "PutObjectLegalHold",
    "acl": "PutObjectAcl",
}
_ACTIONS = {
    "tagging": "object:write",
    "retention": "object:retain",
    "legal-hold": "object:retain",
    "acl": "object:write",
}
_LOCKS = ("retention", "legal-hold")


class Marking:
    """Answers `LookState`, `PutState`, `DropState`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

    async def look(self, ask: LookState) -> StateView:
        """See `LookState`."""
        g = self._g
        who, stand = self._begin(ask, _LOOKS)
        row = await self._row(stand, ask)
        seen = opened_state(g.o, stand.bucket, row) if row is not None else State()
        told = Told(name=ask.name, tags=seen.tags, acl=seen.acl, owner=seen.owner)
        await g.demand(who, stand, bucket_asked("object:list", stand), subject=stand.bucket.id, told=told)
        row = _there(row, ask)
        if ask.kind in _LOCKS and not stand.bucket.can_lock:
            raise malformed("lock-not-enabled")
        state = opened_state(g.o, stand.bucket, row)
        if ask.kind == "acl":
            return self._view(stand, row, written_acl(g.o, stand.bucket, state.acl, state.owner))
        return self._view(stand, row, _said(state, ask.kind))

    async def put(self, ask: PutState) -> StateView:
        """See `PutState`."""
        who, stand = self._begin(ask, _PUTS)
        self._g.signed.demand_body(who, ask.body)
        self._demand_readable(ask)
        return await self._g.o.gate.until_committed(lambda: self._put(who, stand, ask))

    async def drop(self, ask: DropState) -> StateView:
        """See `DropState`."""
        who, stand = self._begin(ask, {"tagging": "DeleteObjectTagging"})
        empty = PutState(ask.evidence, ask.bucket, ask.name, ask.kind, b"", ask.version)
        return await self._g.o.gate.until_committed(lambda: self._put(who, stand, empty))

    def _demand_readable(self, ask: PutState) -> None:
        """What cannot be read is refused before anybody looks whether there is such an object."""
        if ask.kind == "legal-hold":
            locking.read_hold(ask.body)
        elif ask.kind == "retention":
            new = locking.read_retention(ask.body)
            if new is not None:
                demand_future(new, self._g.o.clock.now())

    def _begin(
        self, ask: LookState | PutState | DropState, operations: dict[str, str]
    ) -> tuple[Identified, Stand]:
        g = self._g
        checked(ask.name, ask.version)
        operation = operations.get(ask.kind)
        if operation is None:
            raise malformed("unknown-kind")
        wanted = Wanted(operations=(operation,), bucket=ask.bucket, name=ask.name, version=ask.version)
        return g.who(ask.evidence, wanted), g.stand(ask.bucket)

    async def _row(self, stand: Stand, ask: LookState | PutState) -> VersionRow | None:
        return await self._g.o.read(lambda r: r.objects.version(stand.bucket.id, ask.name, ask.version))

    async def _put(self, who: Identified, stand: Stand, ask: PutState) -> StateView | Failed:
        g, o = self._g, self._g.o
        stand = g.stand_by_id(stand.bucket.id)
        row = await self._row(stand, ask)
        old = opened_state(o, stand.bucket, row) if row is not None else State()
        tags = plain.read_tagging(ask.body) if ask.kind == "tagging" and ask.body else ()
        judged = g.places.judged(stand.customer.id, stand.bucket.locations, stand.bucket.data_class)
        asked = placed(object_asked(_ACTIONS[ask.kind], stand, ask.name, ask.version), judged)
        new_tags = tags if ask.kind == "tagging" else None
        told = Told(tags=old.tags, new_tags=new_tags, acl=old.acl, owner=old.owner)
        subject = g.reference(stand, ask.name, row.version if row is not None else None)
        decided = await g.demand(who, stand, asked, subject=subject, judged=judged, told=told)
        row = _there(row, ask)
        if ask.kind in _LOCKS and not stand.bucket.can_lock:
            raise malformed("lock-not-enabled")
        state = self._changed(who, stand, ask, old)
        sealed = sealed_state(o, stand.bucket, row.version, msgspec.structs.replace(state, turn=old.turn + 1))
        events: tuple[Write, ...] = ()
        if ask.kind == "tagging":
            event = TAGGED if ask.body else UNTAGGED
            events = raised(o, stand.bucket, event, row, who.actor.credential)
        outcome = await self._commit(who, stand, decided, (row, sealed, ask.kind, events))
        return outcome or self._view(stand, row, ask.body)

    def _changed(self, who: Identified, stand: Stand, ask: PutState, old: State) -> State:
        if ask.kind == "tagging":
            return msgspec.structs.replace(old, tags=plain.read_tagging(ask.body) if ask.body else ())
        if ask.kind == "acl":
            bucket = stand.bucket
            o = self._g.o
            acl = demand_acl(o, bucket, read_acl(ask.body), old.owner) if ask.body else None
            wished = acl if acl is not None else wished_acl(o, who, bucket, old.owner)
            return msgspec.structs.replace(old, acl=wished)
        if ask.kind == "legal-hold":
            return msgspec.structs.replace(old, is_held=locking.read_hold(ask.body), was_held=True)
        now = self._g.o.clock.now()
        new = locking.read_retention(ask.body)
        if new is not None:
            demand_future(new, now)
        may = self._g.may_bypass(who, stand, ask.name, wishes=ask.passes_by)
        demand_change(old.retention, new, now, may_bypass=may)
        return msgspec.structs.replace(old, retention=new)

    async def _commit(
        self,
        who: Identified,
        stand: Stand,
        decided: Decided,
        what: tuple[VersionRow, bytes, str, tuple[Write, ...]],
    ) -> Failed | None:
        g, o = self._g, self._g.o
        row, sealed, kind, events = what
        act_id = new_id("act", o.dice)
        said = record(
            "object.state",
            who,
            stand,
            decided,
            subject=row.version,
            name=row.name,
            object_version=row.version,
            standing_seq=o.standing.seq,
        )
        said = msgspec.structs.replace(said, fields={**said.fields, "subject": kind})
        await o.records.ready(stand.customer)
        put = Write("object.state", (row.bucket, row.name, row.version, (row.state, sealed)))
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=g.footing(decided, stand),
                entries=(o.records.seal(stand.customer, act_id, 0, said),),
                writes=(put, *events),
            )
        )
        return outcome if isinstance(outcome, Failed) else None

    def _view(self, stand: Stand, row: VersionRow, body: bytes) -> StateView:
        return StateView(body, shown_id(stand.bucket.versioning, row.version, row.is_null))


def _there(row: VersionRow | None, ask: LookState | PutState) -> VersionRow:
    if row is None:
        raise absent("key-absent" if ask.version is None else "version-absent")
    if row.is_marker:
        if ask.version is None:
            raise absent("key-absent")
        raise malformed("version-is-marker")
    return row


def _said(state: State, kind: str) -> bytes:
    if kind == "tagging":
        return plain.write_tagging(state.tags)
    if kind == "legal-hold":
        if not state.was_held:
            raise absent("retention-absent")
        return locking.write_hold(is_held=state.is_held)
    if state.retention is None:
        raise absent("retention-absent")
    return locking.write_retention(state.retention)
