"""A round over one bucket: how far it is, what it counted, and which batch of blobs comes next.

Order is that of the index (name, newest first, part by part), so that a round goes on after any crash where
the last batch was committed. A round that changed something is followed by another one soon; one that found
everything in its place rests for `REST`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from custodes.acts.asks.buckets.care import RoundView
from custodes.acts.writing.object_rows import CareRow, VersionRow
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.objects.bucket import Bucket

REST = timedelta(days=30)
SOON = timedelta(hours=1)
COPIES_MAX = 256  # of one batch
BYTES_MAX = 256 * 1_048_576  # of one batch, unless one blob alone is larger


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The last blob that is done: the version's name and sequence, and how many of its blobs."""

    name: str = ""
    seq: int = 0
    blobs: int = 0


class Care(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket's care as it is stored. `leaving` are places it was moved away from, until a whole round found
    nothing there any more.
    """

    place: Place = Place()
    leaving: tuple[str, ...] = ()
    running: RoundView | None = None
    last: RoundView | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One blob of a batch: where it lies in its bucket's places, where it lacks, and where it is left
    over.
    """

    version: str
    blob: str
    cipher_bytes: int
    check: bytes
    lies: tuple[str, ...]
    lacks: tuple[str, ...]
    left: tuple[str, ...]


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What comes next, and where the round is when it is done; `is_last`: nothing comes behind it."""

    wanted: tuple[Wanted, ...]
    place: Place
    is_last: bool


def care_of(row: CareRow | None) -> Care:
    """A bucket's care; of one that has none yet, the beginning."""
    return Care() if row is None else msgspec.json.decode(row.body, type=Care)


def care_row(bucket: str, at: datetime, care: Care) -> CareRow:
    """A bucket's care as it is stored, due from `at` on."""
    return CareRow(bucket=bucket, at=at, body=canonical.encode(msgspec.to_builtins(care)))


def batch_of(bucket: Bucket, place: Place, rows: Sequence[VersionRow], *, is_end: bool) -> Batch:
    """The next batch out of the rows from this place on; `is_end`: there are no rows behind these."""
    wanted: list[Wanted] = []
    copies, size = 0, 0
    for row in rows:
        skip = place.blobs if (row.name, row.seq) == (place.name, place.seq) else 0
        for number, (blob, cipher_bytes, check) in enumerate(row.checks):
            if number < skip:
                continue
            one = _wanted(bucket, row, (blob, cipher_bytes, check))
            count = len(one.lies) + len(one.lacks)
            cost = count * cipher_bytes
            if wanted and (copies + count > COPIES_MAX or size + cost > BYTES_MAX):
                return Batch(wanted=tuple(wanted), place=place, is_last=False)
            wanted.append(one)
            copies, size = copies + count, size + cost
            place = Place(name=row.name, seq=row.seq, blobs=number + 1)
        place = Place(name=row.name, seq=row.seq, blobs=len(row.checks))
    return Batch(wanted=tuple(wanted), place=place, is_last=is_end)


def advanced(care: Care, batch: Batch, more: RoundView, now: datetime) -> tuple[Care, datetime]:
    """The care after a batch, and when it is due again; `more` is what this batch counted."""
    before = care.running or RoundView(begun_at=to_text(now))
    counts = {
        name: getattr(before, name) + getattr(more, name)
        for name in ("checked", "checked_bytes", "copied", "damaged", "released", "unreachable")
    }
    running = msgspec.structs.replace(before, **counts)
    if not batch.is_last:
        return msgspec.structs.replace(care, place=batch.place, running=running), now
    ended = msgspec.structs.replace(running, ended_at=to_text(now))
    is_quiet = not (running.copied or running.damaged or running.released or running.unreachable)
    leaving = () if is_quiet else care.leaving
    return Care(last=ended, leaving=leaving), now + (REST if is_quiet else SOON)


def repaired(care: Care, count: int) -> Care:
    """The care after copies were made outside of a round: they belong to the one that runs, or was last."""
    name = "running" if care.running is not None else "last"
    view = care.running or care.last
    if view is None:
        return care
    return msgspec.structs.replace(care, **{name: msgspec.structs.replace(view, copied=view.copied + count)})


def begun(care: Care, now: datetime, leaving: Sequence[str] = ()) -> Care:
    """A round from the beginning, from now on."""
    left = tuple(dict.fromkeys((*care.leaving, *leaving)))
    return Care(running=RoundView(begun_at=to_text(now)), last=care.last, leaving=left)


def _wanted(bucket: Bucket, row: VersionRow, what: tuple[str, int, bytes]) -> Wanted:
    blob, cipher_bytes, check = what
    found = tuple(location for one, location in row.blobs if one == blob)
    return Wanted(
        version=row.version,
        blob=blob,
        cipher_bytes=cipher_bytes,
        check=check,
        lies=tuple(location for location in bucket.locations if location in found),
        lacks=tuple(location for location in bucket.locations if location not in found),
        left=tuple(location for location in found if location not in bucket.locations),
    )
