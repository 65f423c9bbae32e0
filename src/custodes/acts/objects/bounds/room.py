"""Quotas: looked at before a body is read, and held inside the transaction that adds the version.

What counts is the plain length of every version and marker that lies in the index. Parts of uploads on their
way count once they are completed. Deletions are never refused for room.
"""

from collections.abc import Sequence

from custodes.acts.opened import Opened
from custodes.acts.writing.act import Expect, Failed, Write
from custodes.acts.writing.object_rows import UsageRow
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
    freed = None
    if bucket.versioning is not Versioning.ENABLED:  # the null version is replaced
        freed = await o.read(lambda reads: reads.objects.version(bucket.id, name, NULL))
    for buckets, bytes_max, versions_max in bounds:
        used = await used_by(o, buckets)
        bytes_after = used.bytes + more_bytes - (freed.size if freed is not None else 0)
        if bytes_max is not None and bytes_after > bytes_max:
            raise full()
        if versions_max is not None and used.versions + (freed is None) > versions_max:
            raise full()


async def used_by(o: Opened, buckets: Sequence[str]) -> UsageRow:
    """What lies in these buckets together."""
    return await o.read(lambda reads: reads.objects.usage(buckets))


def buckets_of(o: Opened, customer: str) -> tuple[str, ...]:
    """The ids of a customer's open buckets."""
    rows = o.standing.all_of("bucket", Bucket, customer)
    return tuple(sorted(row.id for row in rows if row.state == "open"))


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
