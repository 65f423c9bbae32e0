"""Deleting: a version for good, with its wrap in the same transaction; or a delete marker on top."""

from custodes.acts.asks.objects import Deleted, DeletedMany, DeletedOne, DeleteObject, DeleteObjects, Doomed
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.writing.act import Act, Expect, Failed, Row, Write
from custodes.acts.writing.object_rows import VersionRow
from custodes.acts.writing.ports import Reads
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, absent, conflict, malformed
from custodes.objects.conditions import NONE, Standing, Verdict, judge_delete
from custodes.objects.rules.locks import demand_free
from custodes.objects.rules.notifying import DELETED, MARKED
from custodes.objects.version import NULL, Version, delete_effect
from custodes.protocols.s3 import requests

from .adopting.meanwhile import passed_by
from .events.raised import raised
from .ground import Ground, Stand, checked, object_asked, record, shown_id
from .outcomes import FATE_AFTER
from .rules.states import opened_state
from .signed import Wanted

NAMES_MAX = 1_000


class Deletes:
    """Answers `DeleteObject` and `DeleteObjects`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground

    async def one(self, ask: DeleteObject) -> Deleted:
        """See `DeleteObject`."""
        g = self._g
        wanted = Wanted(
            operations=("DeleteObject",),
            bucket=ask.bucket,
            name=ask.name,
            version=ask.version,
            conditions=ask.conditions,
        )
        who = g.who(ask.evidence, wanted)
        stand = g.stand(ask.bucket)
        return await self._deleted(who, stand, Doomed(ask.name, ask.version, ask.conditions))

    async def many(self, ask: DeleteObjects) -> DeletedMany:
        """See `DeleteObjects`: each name is decided and committed by itself, in order."""
        g = self._g
        if not 1 <= len(ask.doomed) <= NAMES_MAX:
            raise malformed("too-many-keys")
        who = g.who(ask.evidence, Wanted(operations=("DeleteObjects",), bucket=ask.bucket))
        if g.signed.demand_body(who, ask.body):
            read = requests.deleting(ask.body).doomed
            g.signed.demand_same(
                ask.doomed, tuple(Doomed(one.key, one.version, one.conditions) for one in read)
            )
        stand = g.stand(ask.bucket)
        if g.o.decisions.is_stranger(who, stand.customer.id):
            raise absent("bucket-absent")
        results = []
        for doomed in ask.doomed:
            try:
                done, why = await self._deleted(who, stand, doomed), None
            except Refusal as refusal:
                if refusal.kind in (Kind.BROKEN, Kind.UNAVAILABLE, Kind.LIMITED):
                    raise
                done, why = None, (refusal.code, refusal.kind.value)
            results.append(DeletedOne(doomed.name, doomed.version, done, why))
        return DeletedMany(tuple(results))

    async def _deleted(self, who: Identified, stand: Stand, doomed: Doomed) -> Deleted:
        checked(doomed.name, doomed.version)
        return await self._g.o.gate.until_committed(lambda: self._once(who, stand, doomed))

    async def _once(self, who: Identified, stand: Stand, doomed: Doomed) -> Deleted | Failed:
        g, o = self._g, self._g.o
        stand = g.stand_by_id(stand.bucket.id)
        asked = object_asked("object:delete", stand, doomed.name, doomed.version)
        decided = await g.demand(who, stand, asked, subject=stand.bucket.id)
        if doomed.version is None:
            await passed_by(o, stand.bucket, doomed.name)
        current, named = await o.read(lambda r: _look(r, stand, doomed))
        expects = _conditions(stand, doomed, current if doomed.version is None else named)
        if doomed.conditions != NONE and doomed.version is None and current is None:
            return Deleted(None, False)  # what is not there meets every condition, and nothing is done
        if doomed.version is not None:
            return await self._remove(who, stand, decided, (named, expects, doomed))
        effect = delete_effect(stand.bucket.versioning, _bare(named))
        if not effect.adds_marker:
            return await self._remove(who, stand, decided, (named, expects, doomed))
        now = o.clock.now()
        marker = VersionRow(
            bucket=stand.bucket.id,
            name=doomed.name,
            version=new_id("ver", o.dice),
            at=now,
            is_null=effect.is_null,
            is_marker=True,
        )
        failed = await self._commit(
            who,
            stand,
            decided,
            ("object.mark", marker, (Write("object.add", (marker, now + FATE_AFTER)),), expects),
        )
        return failed or Deleted(shown_id(stand.bucket.versioning, marker.version, marker.is_null), True)

    async def _remove(
        self,
        who: Identified,
        stand: Stand,
        decided: Decided,
        what: tuple[VersionRow | None, tuple[Expect, ...], Doomed],
    ) -> Deleted | Failed:
        row, expects, doomed = what
        if row is None:
            return Deleted(doomed.version, False)
        expects = (*expects, *self._unlocked(who, stand, row))
        removed_at = self._g.o.clock.now() + FATE_AFTER
        remove = Write("object.remove", (row.bucket, row.name, row.version, removed_at))
        failed = await self._commit(who, stand, decided, ("object.delete", row, (remove,), expects))
        shown = shown_id(stand.bucket.versioning, row.version, row.is_null)
        return failed or Deleted(shown if doomed.version is not None else None, row.is_marker)

    def _unlocked(self, who: Identified, stand: Stand, row: VersionRow) -> tuple[Expect, ...]:
        """`object-locked` (denied) while a retention runs or a hold stands; what else it must stay for."""
        g = self._g
        if row.is_marker or not stand.bucket.can_lock:
            return ()
        state = opened_state(g.o, stand.bucket, row)
        may = state.retention is not None and g.may_bypass(who, stand, row.name)
        demand_free(state.retention, is_held=state.is_held, now=g.o.clock.now(), may_bypass=may)
        return (Row("object.state-is", (row.bucket, row.name, row.version, row.state)),)

    async def _commit(
        self,
        who: Identified,
        stand: Stand,
        decided: Decided,
        what: tuple[str, VersionRow, tuple[Write, ...], tuple[Expect, ...]],
    ) -> Failed | None:
        g, o = self._g, self._g.o
        act, row, writes, expects = what
        event = MARKED if act == "object.mark" else DELETED
        writes = (*writes, *raised(o, stand.bucket, event, row, who.actor.credential))
        act_id = new_id("act", o.dice)
        said = record(
            act,
            who,
            stand,
            decided,
            subject=row.version,
            name=row.name,
            key=stand.key.id,
            object_version=row.version,
            bytes=row.size,
            versioning=stand.bucket.versioning.value,
            standing_seq=o.standing.seq,
        )
        await o.records.ready(stand.customer)
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=(*g.footing(decided, stand), *expects),
                entries=(o.records.seal(stand.customer, act_id, 0, said),),
                writes=writes,
            )
        )
        return outcome if isinstance(outcome, Failed) else None


def _look(reads: Reads, stand: Stand, doomed: Doomed) -> tuple[VersionRow | None, VersionRow | None]:
    """The newest row of the name, and the row the request would remove."""
    bucket, named = stand.bucket.id, doomed.version or NULL
    current = reads.objects.version(bucket, doomed.name, None) if doomed.conditions != NONE else None
    return current, reads.objects.version(bucket, doomed.name, named)


def _conditions(stand: Stand, doomed: Doomed, found: VersionRow | None) -> tuple[Expect, ...]:
    if doomed.conditions == NONE:
        return ()
    seen = None if found is None else Standing(etag=found.etag, at=found.at, size_bytes=found.size)
    if judge_delete(doomed.conditions, seen) is not Verdict.GO_ON:
        raise conflict("precondition-failed")
    if doomed.version is not None:
        return ()  # a version never changes, and one that is gone is refused by its removal
    version = found.version if found else None
    return (Row("object.current", (stand.bucket.id, doomed.name, version)),)


def _bare(row: VersionRow | None) -> Version | None:
    if row is None:
        return None
    return Version(
        id=row.version, bucket=row.bucket, key=row.name, sequence=row.seq, last_modified=row.at, is_null=True
    )
