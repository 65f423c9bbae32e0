"""Batches for whoever reaches the stores, and what becomes of their results.

Copies that are known to be missing or bad come first, then the round of the bucket that is due. A batch is in
this run's memory only: what nobody reports is handed out again, and what was reported is committed together
with how far the round is. Copying and checking use no key of a customer, so they go on while he is sealed;
but no byte goes to a place that lies outside his boundary now.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from custodes.acts.asks.buckets.care import HoldWork, RoundView, TakeWork, Task, TaskDone, Work, WorkDone
from custodes.acts.asks.objects import Closed
from custodes.acts.footing.customer import Customer
from custodes.acts.objects.ground import Ground
from custodes.acts.objects.outcomes import FATE_AFTER, UNCLOSED_AFTER
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.object_rows import CareRow, CopyRow, VersionRow
from custodes.acts.writing.ports import Reads
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import conflict
from custodes.objects.bucket import Bucket

from .copies import ABSENT, BEHIND, DIFFERS, LOST, check_key, hasten
from .rounds import Batch, Care, Wanted, advanced, batch_of, care_of, care_row, repaired

WHOLE, UNREACHABLE, NO_SOURCE = "whole", "unreachable", "no-source"
HELD_MS = 30_000
ROWS_MAX = 64
REPAIRS_MAX = 64
BUCKETS_MAX = 64
FINDINGS_MAX = 32  # entries of one act; a batch with more damage is told in one entry per location and reason
SLOW_BYTES_PER_S = 256 * 1_024
TRIED_AGAIN = timedelta(minutes=5)
LOST_AGAIN = timedelta(hours=1)


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that is out. `batch` is None for repairs."""

    bucket: str
    until_ms: int
    tasks: tuple[Task, ...]
    care: Care = Care()
    batch: Batch | None = None


class _Tally(msgspec.Struct):
    """What the results of a batch come to."""

    now: datetime
    bucket: str
    landed: dict[str, list[tuple[str, str]]]
    whole: set[tuple[str, str, str]]
    bad: list[CopyRow]
    due: list[CopyRow]
    counts: dict[str, int]

    def row(self, task: Task, why: str, after: timedelta = timedelta()) -> CopyRow:
        """A copy to be made."""
        return CopyRow(
            version=task.version,
            blob=task.blob,
            location=task.at.location,
            bucket=self.bucket,
            at=self.now + after,
            why=why,
        )


class CareWork:
    """Answers `TakeWork`, `HoldWork` and `WorkDone`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._out: dict[str, Handed] = {}
        ground.outcomes.held_by(self._blobs)

    async def take(self, ask: TakeWork) -> Work:
        """See `TakeWork`."""
        if ask.is_starting:
            await hasten(self._g.o)
        now_ms = self._g.o.clock.boot_ms()
        self._out = {id_: one for id_, one in self._out.items() if now_ms < one.until_ms}
        found = await self._repairs() or await self._round()
        if found is None:
            return Work("", ())
        batch = self._g.o.dice.draw(16).hex()
        self._out[batch] = msgspec.structs.replace(found, until_ms=now_ms + HELD_MS)
        await self._written_ahead(found.tasks)
        return Work(batch, found.tasks)

    async def hold(self, ask: HoldWork) -> Closed:
        """See `HoldWork`."""
        handed = self._out.get(ask.batch)
        if handed is None:
            raise conflict("work-unknown")
        self._out[ask.batch] = msgspec.structs.replace(handed, until_ms=self._g.o.clock.boot_ms() + HELD_MS)
        return Closed()

    async def done(self, ask: WorkDone) -> Closed:
        """See `WorkDone`."""
        handed = self._out.pop(ask.batch, None)
        if handed is None:
            raise conflict("work-unknown")
        await self._take_in(handed, ask.done)
        return Closed()

    def _blobs(self) -> frozenset[str]:
        """What is being copied now."""
        now_ms = self._g.o.clock.boot_ms()
        out = (one for one in self._out.values() if now_ms < one.until_ms)
        return frozenset(task.blob for one in out for task in one.tasks if task.sources)

    async def _written_ahead(self, tasks: Sequence[Task]) -> None:
        """Copies are put on the list of what goes before they are made, and taken off it when they count: so
        what a process that dies had copied is known, whatever becomes of the version.
        """
        now = self._g.o.clock.now() + UNCLOSED_AFTER
        copying = [task for task in tasks if task.sources]
        writes = tuple(
            Write("blob.schedule", (((task.blob, task.at.location),), now + _lasts(task))) for task in copying
        )
        if writes:
            await self._g.o.gate.commit(Act(id=new_id("act", self._g.o.dice), writes=writes))

    # --- what to hand out ---------------------------------------------------------------------------

    async def _repairs(self) -> Handed | None:
        """Copies of one bucket that are due, and not handed out."""
        o = self._g.o
        pairs = await o.read(lambda r: _with_versions(r, o.clock.now()))
        out = {(task.blob, task.at.location) for one in self._out.values() for task in one.tasks}
        tasks: list[Task] = []
        chosen: Bucket | None = None
        for due, row in pairs:
            bucket = o.standing.get("bucket", due.bucket, Bucket)
            if (due.blob, due.location) in out or (chosen is not None and bucket != chosen):
                continue
            task = self._repair(bucket, due, row)
            if task is None:
                await self._dropped(due)
            elif task.sources:
                chosen = bucket
                tasks.append(task)
        if chosen is None:
            return None
        return Handed(bucket=chosen.id, until_ms=0, tasks=tuple(tasks))

    def _repair(self, bucket: Bucket | None, due: CopyRow, row: VersionRow | None) -> Task | None:
        """The copy to be made; None where it is not wanted any more, and no sources where it may not be."""
        if bucket is None or bucket.state != "open" or row is None or due.location not in bucket.locations:
            return None
        known = {blob: (size, check) for blob, size, check in row.checks}
        if due.blob not in known:
            return None
        lies = tuple(at for blob, at in row.blobs if blob == due.blob)
        what = Wanted(
            version=row.version,
            blob=due.blob,
            cipher_bytes=known[due.blob][0],
            check=known[due.blob][1],
            lies=tuple(at for at in lies if at != due.location),
            lacks=(due.location,),
            left=tuple(
                at for at in lies if at == due.location
            ),  # the last one, though it is bad: says so again
        )
        return self._copying(bucket, what, due.location)

    async def _round(self) -> Handed | None:
        """The next batch of the bucket that is due longest."""
        o = self._g.o
        busy = {one.bucket for one in self._out.values() if one.batch is not None}
        for due in await o.read(lambda r: r.objects.care_due(o.clock.now(), BUCKETS_MAX)):
            bucket = o.standing.get("bucket", due.bucket, Bucket)
            if bucket is None or bucket.state != "open" or due.bucket in busy:
                continue
            handed = await self._next(bucket, care_of(due))
            if handed is not None:
                return handed
        return None

    async def _next(self, bucket: Bucket, care: Care) -> Handed | None:
        """A batch with something to do; what holds nothing is passed over, and committed as passed."""
        while True:
            place = care.place
            after = (place.name, place.seq + 1) if place.name else None
            rows = await self._rows(bucket.id, after)
            batch = batch_of(bucket, place, rows, is_end=len(rows) < ROWS_MAX)
            tasks = tuple(task for one in batch.wanted for task in self._tasks(bucket, one))
            handed = Handed(bucket=bucket.id, until_ms=0, tasks=tasks, care=care, batch=batch)
            if tasks:
                return handed
            await self._take_in(handed, ())
            if batch.is_last:
                return None
            care = msgspec.structs.replace(care, place=batch.place)

    async def _rows(self, bucket: str, after: tuple[str, int] | None) -> Sequence[VersionRow]:
        return await self._g.o.read(lambda r: r.objects.whole(bucket, after, ROWS_MAX))

    def _tasks(self, bucket: Bucket, one: Wanted) -> list[Task]:
        stores = self._g.places.stores(one.lies)
        key = check_key(self._g.o, one.blob)
        checks = [Task(one.version, one.blob, one.cipher_bytes, one.check, key, store) for store in stores]
        copies = [self._copying(bucket, one, location) for location in one.lacks]
        return [*checks, *(copy for copy in copies if copy is not None and copy.sources)]

    def _copying(self, bucket: Bucket, one: Wanted, location: str) -> Task | None:
        """A copy to a location, without sources where that lies outside of the boundary now."""
        places = self._g.places
        judged = places.judged(bucket.customer, (location,), bucket.data_class)
        if not judged.stores:
            return None
        sources = places.stores((*one.lies, *one.left)) if judged.is_inside else ()
        key = check_key(self._g.o, one.blob)
        return Task(one.version, one.blob, one.cipher_bytes, one.check, key, judged.stores[0], sources)

    async def _dropped(self, due: CopyRow) -> None:
        pair = (due.blob, due.location)
        write = Write("copy.drop", (due.bucket, due.version, (pair,)))
        await self._g.o.gate.commit(Act(id=new_id("act", self._g.o.dice), writes=(write,)))

    # --- what came of it ----------------------------------------------------------------------------

    async def _take_in(self, handed: Handed, done: Sequence[TaskDone]) -> None:
        """One act: findings, copies that landed, copies let go, and how far the round is. Does the bucket
        stand otherwise meanwhile, nothing of it counts, and it is done again.
        """
        g, o = self._g, self._g.o
        bucket = o.standing.get("bucket", handed.bucket, Bucket)
        customer = o.standing.get("customer", bucket.customer, Customer) if bucket is not None else None
        if bucket is None or customer is None:
            return
        tally = _tallied(handed, done, o.clock.now())
        row = await o.read(lambda r: r.objects.care(handed.bucket))
        care = care_of(row)
        if handed.batch is None or care.place == handed.care.place:  # repairs were counted there meanwhile
            handed = msgspec.structs.replace(handed, care=care)
        writes, records = self._writes(bucket, handed, tally)
        if handed.batch is None and row is not None and tally.counts["copied"]:
            care = repaired(care, tally.counts["copied"])
            writes = (*writes, Write("care.put", (care_row(handed.bucket, row.at, care),)))
        act_id = new_id("act", o.dice)
        await o.records.ready(customer)
        entries = tuple(o.records.seal(customer, act_id, n, one) for n, one in enumerate(records))
        expects = [o.standing.expect("bucket", bucket.id)]
        for location in bucket.locations:
            expects += [o.standing.expect("location", location), o.standing.expect("store", location)]
        expects.append(o.standing.expect("boundary", customer.id))
        await g.o.gate.commit(Act(id=act_id, expects=tuple(expects), entries=entries, writes=writes))

    def _writes(
        self, bucket: Bucket, handed: Handed, tally: _Tally
    ) -> tuple[tuple[Write, ...], tuple[Record, ...]]:
        removed_at = tally.now + FATE_AFTER
        times = (tally.now, removed_at, tally.now + TRIED_AGAIN)
        writes: list[Write] = [
            Write("copy.landed", (bucket.id, version, tuple(pairs), times))
            for version, pairs in tally.landed.items()
        ]
        if tally.bad:
            writes.append(Write("copy.bad", (bucket.id, tuple(tally.bad))))
        if tally.due:
            writes.append(Write("copy.due", (bucket.id, tuple(tally.due))))
        released = _released(bucket, handed, tally)
        writes += [
            Write("copy.let-go", (bucket.id, version, pairs, removed_at))
            for version, pairs in released.items()
        ]
        records = _damages(bucket, tally)
        copied = sum(len(pairs) for pairs in tally.landed.values())
        if copied:
            at = dict.fromkeys(location for pairs in tally.landed.values() for _, location in pairs)
            records.append(_said(bucket, "replica.copy", count=copied, location=",".join(at)))
        if released:
            gone = [location for pairs in released.values() for _, location in pairs]
            at = dict.fromkeys(gone)
            records.append(_said(bucket, "replica.release", count=len(gone), location=",".join(at)))
        if handed.batch is not None:
            tally.counts["released"] = sum(len(pairs) for pairs in released.values())
            row, ended = _care_after(handed, handed.batch, tally)
            writes.append(Write("care.put", (row,)))
            if ended is not None and ended.checked + ended.copied + ended.unreachable:
                records.append(_said(bucket, "replica.scrub", count=ended.checked, bytes=ended.checked_bytes))
        return tuple(writes), tuple(records)


def _lasts(task: Task) -> timedelta:
    """What copying may take beyond a quarter of an hour: for a keyroom that does not know of it."""
    return timedelta(seconds=task.cipher_bytes // SLOW_BYTES_PER_S)


def _tallied(handed: Handed, done: Sequence[TaskDone], now: datetime) -> _Tally:
    """Results of tasks that were handed out; what was not told of counts as not reached."""
    tally = _Tally(
        now=now,
        bucket=handed.bucket,
        landed={},
        whole=set(),
        bad=[],
        due=[],
        counts=dict.fromkeys(_COUNTS, 0),
    )
    told = {(one.version, one.blob, one.location): one.outcome for one in done}
    for task in handed.tasks:
        at = (task.version, task.blob, task.at.location)
        outcome = told.get(at, UNREACHABLE)
        if task.sources:
            _take_copy(tally, task, at, outcome)
        else:
            _take_check(tally, task, at, outcome)
    return tally


def _take_copy(tally: _Tally, task: Task, at: tuple[str, str, str], outcome: str) -> None:
    if outcome == WHOLE:
        tally.landed.setdefault(task.version, []).append(at[1:])
        tally.whole.add(at)
        tally.counts["copied"] += 1
    elif outcome == NO_SOURCE:
        tally.due.append(tally.row(task, LOST, LOST_AGAIN))
        tally.counts["damaged"] += 1
    else:
        tally.due.append(tally.row(task, BEHIND, TRIED_AGAIN))
        tally.counts["unreachable"] += 1


def _take_check(tally: _Tally, task: Task, at: tuple[str, str, str], outcome: str) -> None:
    if outcome == WHOLE:
        tally.whole.add(at)
        tally.counts["checked"] += 1
        tally.counts["checked_bytes"] += task.cipher_bytes
    elif outcome in (ABSENT, DIFFERS):
        tally.bad.append(tally.row(task, outcome))
        tally.counts["damaged"] += 1
    else:
        tally.counts["unreachable"] += 1


def _released(bucket: Bucket, handed: Handed, tally: _Tally) -> dict[str, tuple[tuple[str, str], ...]]:
    """By version: copies in places the bucket has left, where every one of its places has the blob whole."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for one in handed.batch.wanted if handed.batch is not None else ():
        if one.left and all((one.version, one.blob, at) in tally.whole for at in bucket.locations):
            pairs = tuple((one.blob, location) for location in one.left)
            found[one.version] = (*found.get(one.version, ()), *pairs)
    return found


def _damages(bucket: Bucket, tally: _Tally) -> list[Record]:
    """An entry for each bad copy, about its version; of very many, one for each location and reason."""
    rows: list[CopyRow] = [*tally.bad, *(row for row in tally.due if row.why == LOST)]
    if len(rows) <= FINDINGS_MAX:
        return [_damage(bucket, row) for row in rows]
    counts: dict[tuple[str, str], int] = {}
    for row in rows:
        counts[row.location, row.why] = counts.get((row.location, row.why), 0) + 1
    return [
        _said(bucket, "replica.damage", location=location, reason=why, count=count)
        for (location, why), count in counts.items()
    ]


def _damage(bucket: Bucket, row: CopyRow) -> Record:
    said: dict[str, Plain] = {"object_version": row.version, "location": row.location, "reason": row.why}
    return _said(bucket, "replica.damage", subject=row.version, count=1, **said)


def _care_after(handed: Handed, batch: Batch, tally: _Tally) -> tuple[CareRow, RoundView | None]:
    more = msgspec.structs.replace(RoundView(begun_at=""), **tally.counts)
    care, at = advanced(handed.care, batch, more, tally.now)
    ended = care.last if batch.is_last else None
    return care_row(handed.bucket, at, care), ended


def _said(bucket: Bucket, act: str, *, subject: str = "", **fields: Plain) -> Record:
    said: dict[str, Plain] = {"actor": "keyroom", "actor_kind": "process", "phase": "single", **fields}
    return Record(act=act, subject=subject or bucket.id, fields={**said, "bucket": bucket.id})


def _with_versions(reads: Reads, now: datetime) -> list[tuple[CopyRow, VersionRow | None]]:
    return [(due, reads.objects.by_id(due.version)) for due in reads.objects.copies_due(now, REPAIRS_MAX)]


_COUNTS = ("checked", "checked_bytes", "copied", "damaged", "released", "unreachable")
