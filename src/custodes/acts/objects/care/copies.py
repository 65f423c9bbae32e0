"""What counts as durable, and what a write that was answered with fewer copies leaves to be done.

A write is answered when `Bucket.copies_wanted` stores hold it durably. Every further one is written, too, as
long as it answers; where it did not, the copy is *behind* and the upkeep makes it.
"""

from collections.abc import Sequence

from custodes.acts.asks.objects import Stored
from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.object_rows import CopyRow, VersionRow
from custodes.kernel.ids import new_id
from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import malformed, unavailable
from custodes.objects.bucket import Bucket

CHECK_BYTES = 16
BEHIND, ABSENT, DIFFERS, LOST = "behind", "absent", "differs", "lost"
_LABEL = b"custodes check of a blob v1\0"

Pair = tuple[str, str]


def check_key(opened: Opened, blob: str) -> bytes:
    """The key of one blob's check (`streams.checking`): of the house, and of no use for opening anything."""
    return hmac_sha256(opened.keyring.house_keys.mac, _LABEL + blob.encode("ascii"))


async def hasten(opened: Opened, location: str = "") -> None:
    """A store answers again, or (without one) whoever reaches them has begun: what it did not take is tried
    now, and not when it was its turn.
    """
    write = Write("copy.hasten", (location, opened.clock.now()))
    await opened.gate.commit(Act(id=new_id("act", opened.dice), writes=(write,)))


def landed_in(lying: Sequence[Pair], stored: Stored, bucket: Bucket) -> tuple[Pair, ...]:
    """Where a blob lies durably, of where it was to lie.

    `bad-stored` (malformed) for a location that was not asked for; `copies-too-few` (unavailable).
    """
    missed = frozenset(stored.missed)
    if missed - {location for _, location in lying}:
        raise malformed("bad-stored")
    landed = tuple(pair for pair in lying if pair[1] not in missed)
    if len(landed) < min(bucket.copies_wanted, len(lying)):
        raise unavailable("copies-too-few")
    return landed


def behind(bucket: Bucket, row: VersionRow) -> tuple[Write, ...]:
    """What a version lacks in its bucket's places, to be made at once."""
    lies = frozenset(row.blobs)
    rows = tuple(
        CopyRow(version=row.version, blob=blob, location=location, bucket=row.bucket, at=row.at, why=BEHIND)
        for blob in dict.fromkeys(blob for blob, _ in row.blobs)
        for location in bucket.locations
        if (blob, location) not in lies
    )
    return (Write("copy.due", (bucket.id, rows)),) if rows else ()
