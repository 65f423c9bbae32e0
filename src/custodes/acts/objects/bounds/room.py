"""Quotas: looked at before a body is read, and held inside the transaction that adds the version.

What counts is the plain length of every version and marker that lies in the index, and of every part of an
open upload: its bytes lie in the store like any other's. Deletions are never refused for room.
"""

from collections.abc import Sequence

from custodes.acts.opened import Opened
from custodes.acts.writing.act import Expect, Failed, Write
from custodes.acts.writing.object_rows import UsageRow, VersionRow
from custodes.kernel.refusal import Refusal, denied
from custodes.objects.bucket import Bucket
from custodes.objects.limits import CustomerLimits
from custodes.objects.rules.bucket_rules import BucketRules
from custodes.objects.version import NULL, Versioning

FULL = "quota-exceeded"
Bound = tuple[tuple[str, ...], int | None, int | None]  # buckets, bytes_max, versions_max


def held(o: Opened, bucket: Bucket) -> tuple[tuple[Write, ...], tuple[Expect, ...]]:
    """What an act that adds a version does after adding it, and what that rests on."""
    writes = tuple(Write("usage.within", bound) for bound in _bounds(o, bucket))
    return writes, (o.standing.expect("customer-limits", bucket.customer),)


def held_bytes(o: Opened, bucket: Bucket) -> tuple[tuple[Write, ...], tuple[Expect, ...]]:
    """What an act that adds a part does after adding it, and what that rests on: a part is no version."""
    bounds = _bounds(o, bucket)
    writes = tuple(Write("usage.within", (in_, most, None)) for in_, most, _ in bounds if most is not None)
    return writes, (o.standing.expect("customer-limits", bucket.customer),)


def refuse_if_full(failed: Failed) -> None:
    """`quota-exceeded` (denied) where room is why an act failed."""
    if failed.code == FULL:
        raise full()


async def demand_room(o: Opened, bucket: Bucket, name: str, more_bytes: int) -> None:
    """`quota-exceeded` (denied) when so many bytes under this name do not fit, before anybody sends them.

    It is a look, not the last word: `held` is.
    """
    bounds = _bounds(o, bucket)
    if not bounds:
        return
    freed = await _replaced(o, bucket, name)
    await _demand(o, bounds, (more_bytes - (freed.size if freed is not None else 0), freed is None))


async def demand_room_for_part(o: Opened, bucket: Bucket, at: tuple[str, str, int], more_bytes: int) -> None:
    """The same for a part (name, upload, number). What lay under its number makes room; what the object is
    to replace lies there until it is completed.
    """
    bounds = _bounds(o, bucket)
    if not bounds:
        return
    name, upload, number = at
    before = await o.read(lambda reads: reads.objects.parts(upload, number - 1, 1))
    freed = before[0].size if before and before[0].number == number else 0
    await _demand(o, bounds, (more_bytes - freed, await _replaced(o, bucket, name) is None))


async def used_by(o: Opened, buckets: Sequence[str]) -> UsageRow:
    """What lies in these buckets together."""
    return await o.read(lambda reads: reads.objects.usage(buckets))


def buckets_of(o: Opened, customer: str) -> tuple[str, ...]:
    """The ids of a customer's open buckets."""
    rows = o.standing.all_of("bucket", Bucket, customer)
    return tuple(sorted(row.id for row in rows if row.state == "open"))


async def _replaced(o: Opened, bucket: Bucket, name: str) -> VersionRow | None:
    """The null version, where this bucket does not keep versions."""
    if bucket.versioning is Versioning.ENABLED:
        return None
    return await o.read(lambda reads: reads.objects.version(bucket.id, name, NULL))


async def _demand(o: Opened, bounds: Sequence[Bound], more: tuple[int, bool]) -> None:
    for buckets, bytes_max, versions_max in bounds:
        used = await used_by(o, buckets)
        if bytes_max is not None and used.bytes + used.upload_bytes + more[0] > bytes_max:
            raise full()
        if versions_max is not None and used.versions + more[1] > versions_max:
            raise full()


def full() -> Refusal:
    """The refusal."""
    return denied(FULL)


def _bounds(o: Opened, bucket: Bucket) -> list[Bound]:
    found: list[Bound] = []
    rules = o.standing.get("bucket-rules", bucket.id, BucketRules)
    if rules is not None and (rules.bytes_max is not None or rules.versions_max is not None):
        found.append(((bucket.id,), rules.bytes_max, rules.versions_max))
    limits = o.standing.get("customer-limits", bucket.customer, CustomerLimits)
    if limits is not None and limits.bytes_max is not None:
        found.append((buckets_of(o, bucket.customer), limits.bytes_max, None))
    return found
