"""Lifecycle: what a bucket's rules end is ended by the upkeep, one act for a group, an entry for each
version.

A round looks at so many rows and goes on where it stopped; each bucket is looked through again hours later.
Of a name with more versions than that, only the newest are looked at in one pass. Retention and holds win, a
clock that jumped stops everything, and a customer at rest is left alone. A version goes only if it is still
what was looked at: still current or still not, still told the same.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

import msgspec

from custodes.acts.footing.customer import Customer
from custodes.acts.objects.events.raised import raised
from custodes.acts.objects.outcomes import FATE_AFTER
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed, Row, Write
from custodes.acts.writing.object_rows import VersionRow
from custodes.acts.writing.ports import Reads
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.objects.bucket import Bucket
from custodes.objects.multipart import Upload
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.rules.lifecycle import Candidate, LifecycleRule, after, first_end
from custodes.objects.rules.locks import demand_free
from custodes.objects.rules.notifying import EXPIRED, EXPIRY_MARKED
from custodes.objects.rules.state import NOTHING
from custodes.objects.version import Version, Versioning

from .states import opened_state

ROUND_ROWS = 2_000
GROUP_MAX = 50
AGAIN_AFTER_MS = 6 * 3_600_000


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """One version that a rule ends; `newest` is the newest version of its name."""

    row: VersionRow
    rule: str
    newest: str

    @property
    def is_current(self) -> bool:
        """Whether it is the newest itself."""
        return self.row.version == self.newest


class Endings:
    """Carries out lifecycle rules in bounded rounds."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._looked_ms: dict[str, int] = {}
        self._at: dict[str, str] = {}  # bucket -> the last name a round has finished

    async def round(self) -> tuple[int, bool]:
        """How many versions and uploads were ended, and whether there may be more."""
        o = self._o
        try:
            o.time.refuse_if_frozen()
        except Refusal:
            return 0, False
        for rules in sorted(o.standing.all_of("bucket-rules", BucketRules), key=lambda row: row.bucket):
            bucket = o.standing.get("bucket", rules.bucket, Bucket)
            if bucket is None or bucket.state != "open" or not self._is_due(rules):
                continue
            customer = o.standing.get("customer", bucket.customer, Customer)
            if customer is None or customer.sealed or o.decisions.killed(customer.id) is not None:
                continue
            return await self._bucket(bucket, rules, customer), True
        return 0, False

    def _is_due(self, rules: BucketRules) -> bool:
        if not any(rule.is_enabled for rule in rules.lifecycle):
            return False
        looked = self._looked_ms.get(rules.bucket)
        return looked is None or self._o.clock.boot_ms() - looked >= AGAIN_AFTER_MS

    async def _bucket(self, bucket: Bucket, rules: BucketRules, customer: Customer) -> int:
        o = self._o
        start = self._at.get(bucket.id, "")
        found = await o.read(lambda r: list(r.objects.seek_versions(bucket.id)(start, 0, ROUND_ROWS)))
        is_last = len(found) < ROUND_ROWS
        names = [list(rows) for _, rows in groupby(found, key=lambda version: version.key)]
        if not is_last and len(names) > 1:
            names.pop()  # its versions may go on in the next round
        ended = 0
        for due in _groups(await self._due(bucket, rules, names)):
            ended += await o.gate.until_committed(partial(self._end, bucket.id, customer, due))
        if is_last:
            ended += await self._uploads(bucket, rules, customer)
            self._at.pop(bucket.id, None)
            self._looked_ms[bucket.id] = o.clock.boot_ms()
        elif names:
            self._at[bucket.id] = names[-1][0].key
        return ended

    async def _due(self, bucket: Bucket, rules: BucketRules, names: Sequence[Sequence[Version]]) -> list[Due]:
        o, now = self._o, self._o.clock.now()
        due = []
        for versions in names:
            for place, version in enumerate(versions):
                found = _candidate(versions, place)
                untagged = tuple(msgspec.structs.replace(rule, tags=()) for rule in rules.lifecycle)
                early = first_end(untagged, found)
                if early is None or early[0] > now:
                    continue
                row = await o.read(partial(_row, bucket.id, version))
                if row is None or row.version != version.id:
                    continue
                told = opened_state(o, bucket, row)
                end = first_end(rules.lifecycle, msgspec.structs.replace(found, tags=told.tags))
                is_current = place == 0
                marks = is_current and not row.is_marker and bucket.versioning is not Versioning.OFF
                if end is None or end[0] > now or (not marks and not self._is_free(bucket, row)):
                    continue
                due.append(Due(row=row, rule=end[1], newest=versions[0].id))
        return due

    def _is_free(self, bucket: Bucket, row: VersionRow) -> bool:
        state = opened_state(self._o, bucket, row) if not row.is_marker else NOTHING
        now = self._o.clock.now()
        try:
            demand_free(state.retention, is_held=state.is_held, now=now, may_bypass=False)
        except Refusal:
            return False
        return True

    async def _end(self, bucket_id: str, customer: Customer, due: Sequence[Due]) -> int | Failed:
        o = self._o
        bucket = o.standing.get("bucket", bucket_id, Bucket)
        if bucket is None or bucket.state != "open":
            return 0
        act_id, now = new_id("act", o.dice), o.clock.now()
        records: list[Record] = []
        writes: list[Write] = []
        expects: list[Expect] = [
            o.standing.expect("bucket", bucket.id),
            o.standing.expect("bucket-rules", bucket.id),
            o.standing.expect("kills", customer.id),
            o.standing.expect("customer", customer.id),
        ]
        for one in due:
            row = one.row
            expects.append(Row("object.current", (bucket.id, row.name, one.newest)))
            if one.is_current and not row.is_marker and bucket.versioning is not Versioning.OFF:
                marker = VersionRow(
                    bucket=bucket.id,
                    name=row.name,
                    version=new_id("ver", o.dice),
                    at=now,
                    is_null=bucket.versioning is not Versioning.ENABLED,
                    is_marker=True,
                )
                writes.append(Write("object.add", (marker, now + FATE_AFTER)))
                writes.extend(raised(o, bucket, EXPIRY_MARKED, marker, "keyroom"))
                records.append(_said("object.mark", bucket, marker, one.rule))
                continue
            if not self._is_free(bucket, row):
                continue
            expects.append(Row("object.state-is", (bucket.id, row.name, row.version, row.state)))
            gone = (bucket.id, row.name, row.version, now + FATE_AFTER)
            writes.append(Write("object.remove", gone))
            writes.extend(raised(o, bucket, EXPIRED, row, "keyroom"))
            records.append(_said("object.delete", bucket, row, one.rule))
        if not records:
            return 0
        await o.records.ready(customer, len(records))
        entries = tuple(o.records.seal(customer, act_id, n, said) for n, said in enumerate(records))
        outcome = await o.gate.commit(
            Act(id=act_id, expects=tuple(expects), entries=entries, writes=tuple(writes))
        )
        if isinstance(outcome, Failed):
            # Something was written or told meanwhile: what is still due is found in the next pass.
            return 0 if isinstance(outcome.expect, Row) or outcome.expect is None else outcome
        return len(records)

    async def _uploads(self, bucket: Bucket, rules: BucketRules, customer: Customer) -> int:
        o, ended = self._o, 0
        wanted = [rule for rule in rules.lifecycle if rule.is_enabled and rule.upload_days is not None]
        if not wanted:
            return 0
        found = await o.read(lambda r: list(r.objects.seek_uploads(bucket.id)("", None, ROUND_ROWS)))
        for upload in found:
            rule = next((rule for rule in wanted if self._is_over(rule, upload)), None)
            if rule is not None:
                ended += await o.gate.until_committed(partial(self._abort, bucket, customer, (upload, rule)))
        return ended

    def _is_over(self, rule: LifecycleRule, upload: Upload) -> bool:
        ends = after(upload.opened_at, rule.upload_days or 0)
        return upload.key.startswith(rule.prefix) and ends <= self._o.clock.now()

    async def _abort(
        self, bucket: Bucket, customer: Customer, what: tuple[Upload, LifecycleRule]
    ) -> int | Failed:
        o, (upload, rule) = self._o, what
        row = await o.read(lambda r: r.objects.upload(upload.id))
        if row is None or row.state != "open":
            return 0
        act_id = new_id("act", o.dice)
        said = Record(
            act="upload.abort",
            subject=row.version,
            fields={**_by(bucket, rule.id), "object_version": row.version, "bytes": 0},
            person={"object_name": row.name},
        )
        await o.records.ready(customer)
        nothing: frozenset[str] = frozenset()
        end = Write("upload.end", ((bucket.id, row.id), ("aborted", row.body), nothing, o.clock.now()))
        outcome = await o.gate.commit(
            Act(
                id=act_id,
                expects=(
                    o.standing.expect("bucket", bucket.id),
                    o.standing.expect("bucket-rules", bucket.id),
                ),
                entries=(o.records.seal(customer, act_id, 0, said),),
                writes=(end,),
            )
        )
        return outcome if isinstance(outcome, Failed) else 1


def _row(bucket: str, version: Version, reads: Reads) -> VersionRow | None:
    return reads.objects.version(bucket, version.key, version.shown_id)


def _candidate(versions: Sequence[Version], place: int) -> Candidate:
    """A version among those of its name, newest first; its tags are not known yet."""
    version = versions[place]
    return Candidate(
        name=version.key,
        size=version.size_bytes,
        tags=(),
        created_at=version.last_modified,
        is_marker=version.is_delete_marker,
        is_alone=len(versions) == 1,
        noncurrent_since=None if place == 0 else versions[place - 1].last_modified,
        newer=max(place - 1, 0),
    )


def _groups(due: Sequence[Due]) -> Iterator[Sequence[Due]]:
    for at in range(0, len(due), GROUP_MAX):
        yield due[at : at + GROUP_MAX]


def _by(bucket: Bucket, rule: str) -> dict[str, Plain]:
    return {
        "actor": "keyroom",
        "actor_kind": "process",
        "phase": "single",
        "bucket": bucket.id,
        "reason": f"lifecycle/{rule}",
    }


def _said(act: str, bucket: Bucket, row: VersionRow, rule: str) -> Record:
    fields: dict[str, Plain] = {
        **_by(bucket, rule),
        "object_version": row.version,
        "bytes": row.size,
        "versioning": bucket.versioning.value,
    }
    return Record(act=act, subject=row.version, fields=fields, person={"object_name": row.name})
