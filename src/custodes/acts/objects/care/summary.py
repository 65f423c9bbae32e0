"""How the copies of a whole house are, in a few numbers that name nobody: for metrics and for `doctor`.

Counts of rounds are of each bucket's newest one: the running, or else the last. Of copies that are to be made
at most `LACKING_MAX` are looked at one by one; more than that is said to be at least so many.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from custodes.acts.opened import Opened
from custodes.acts.writing.object_rows import CareRow, CopyRow, VersionRow
from custodes.acts.writing.ports import Reads
from custodes.kernel.clock import from_text
from custodes.objects.bucket import Bucket

from .copies import LOST
from .rounds import care_of

OVERDUE_AFTER = timedelta(days=7)  # a round that is due and does not get on
LACKING_MAX = 200
BUCKETS_MAX = 100_000
_EVER = timedelta(days=100 * 365)


class CareSummary(msgspec.Struct, frozen=True, kw_only=True):
    """`overdue` buckets have a round that should have been done; `oldest_s` is the age of the oldest last
    whole round, in seconds (None: none was done yet). `below` blobs lie in fewer places than a write to their
    bucket is answered with; `lost` copies have no good source anywhere; `wanting` are all copies to be made.
    `away` are stores that did not answer as they should when the S3 plane looked last. `strays` are blobs in
    stores that belong to nothing, as each store's newest listing had it.
    """

    buckets: int = 0
    overdue: int = 0
    oldest_s: float | None = None
    checked_copies: int = 0
    checked_bytes: int = 0
    repaired: int = 0
    damaged: int = 0
    unreachable: int = 0
    wanting: int = 0
    below: int = 0
    lost: int = 0
    away: int = 0
    strays: int = 0
    stray_bytes: int = 0


async def care_summary(o: Opened) -> CareSummary:
    """As it stands now; a database that is gone is refused (unavailable)."""
    now = o.clock.now()
    rows, wanting, lacking = await o.read(lambda r: _looked(r, now))
    strays, stray_bytes = await o.read(lambda r: r.objects.strays_counted())
    found = CareSummary()
    for row in rows:
        bucket = o.standing.get("bucket", row.bucket, Bucket)
        if bucket is not None and bucket.state == "open":
            found = _with(found, row, now)
    below: set[tuple[str, str]] = set()
    for due, version in lacking:
        bucket = o.standing.get("bucket", due.bucket, Bucket)
        if bucket is None or version is None:
            continue
        lies = sum(blob == due.blob for blob, _ in version.blobs)
        if due.why == LOST or lies < bucket.copies_wanted:
            below.add((due.version, due.blob))
    return msgspec.structs.replace(
        found,
        away=sum(bool(one.fault) for one in o.stores_seen.values()),
        strays=strays,
        stray_bytes=stray_bytes,
        wanting=sum(count for _, count in wanting),
        below=len(below),
        lost=sum(count for why, count in wanting if why == LOST),
    )


def _with(found: CareSummary, row: CareRow, now: datetime) -> CareSummary:
    care = care_of(row)
    newest, last = care.running or care.last, care.last
    age = None if last is None or not last.ended_at else (now - from_text(last.ended_at)).total_seconds()
    ages = [one for one in (found.oldest_s, age) if one is not None]
    return msgspec.structs.replace(
        found,
        buckets=found.buckets + 1,
        overdue=found.overdue + (now - row.at > OVERDUE_AFTER),
        oldest_s=max(ages, default=None),
        checked_copies=found.checked_copies + (newest.checked if newest else 0),
        checked_bytes=found.checked_bytes + (newest.checked_bytes if newest else 0),
        repaired=found.repaired + (newest.copied if newest else 0),
        damaged=found.damaged + (newest.damaged if newest else 0),
        unreachable=found.unreachable + (newest.unreachable if newest else 0),
    )


def _looked(
    reads: Reads, now: datetime
) -> tuple[Sequence[CareRow], Sequence[tuple[str, int]], list[tuple[CopyRow, VersionRow | None]]]:
    objects = reads.objects
    lacking = [(due, objects.by_id(due.version)) for due in objects.copies_due(now + _EVER, LACKING_MAX)]
    return objects.care_due(now + _EVER, BUCKETS_MAX), objects.copies_counted(), lacking
