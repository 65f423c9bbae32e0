"""Where each blob of a version lies, which copies are missing or bad, and how far each bucket's care is.

A version's row says where its blobs lie durably; `copy_due` holds what is still to be brought somewhere. Both
change in one transaction, and with the version they go.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, select

from custodes.acts.writing.object_rows import CareRow, CopyRow
from custodes.acts.writing.ports import WriteRefused
from custodes.kernel.refusal import malformed
from custodes.store import schema
from custodes.store.books import instant, microseconds
from custodes.store.engine import Prepared, padded

from . import blobs

Checks = tuple[tuple[str, int, bytes], ...]
Pair = tuple[str, str]

_CHECKS = msgspec.json.Decoder(Checks)
_encode = msgspec.json.Encoder().encode  # of arrays of texts, sizes and bytes: as canonical.encode, base64

_BEHIND = "behind"
_V, _C, _CARE = schema.object_version, schema.copy_due, schema.care
_LIES = select(_V.c.blobs).where(_V.c.version == bindparam("v"))
_LIES_PUT = _V.update().where(_V.c.version == bindparam("v")).values(blobs=bindparam("new"))
_PUT = schema.upsert(_C)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["version", "blob", "location"], set_={"at": _PUT.excluded.at, "why": _PUT.excluded.why}
)
_ONE = (_C.c.version == bindparam("v"), _C.c.blob == bindparam("b"), _C.c.location == bindparam("l"))
_DROP = _C.delete().where(*_ONE)
_OF_VERSION = Prepared(select(_C.c.blob, _C.c.location).where(_C.c.version == bindparam("v")))
_DROP_OF_VERSION = _C.delete().where(_C.c.version == bindparam("v"))
_DUE = select(_C).where(_C.c.at <= bindparam("now")).order_by(_C.c.at).limit(bindparam("limit"))
_SOONER = _C.update().where(_C.c.why == _BEHIND, _C.c.at > bindparam("now")).values(at=bindparam("now"))
_SOONER_AT = _SOONER.where(_C.c.location == bindparam("l"))
_OF_BUCKET = select(_C).where(_C.c.bucket == bindparam("b"))
_OF_BUCKET = _OF_BUCKET.order_by(_C.c.location, _C.c.version, _C.c.blob).limit(bindparam("limit"))
_WANTING = (
    select(_C.c.location, _C.c.why, func.count())
    .where(_C.c.bucket == bindparam("b"))
    .group_by(_C.c.location, _C.c.why)
    .order_by(_C.c.location, _C.c.why)
)
_COUNTED = select(_C.c.why, func.count()).group_by(_C.c.why).order_by(_C.c.why)
_CARE_PUT = schema.upsert(_CARE)
_CARE_PUT = _CARE_PUT.on_conflict_do_update(
    index_elements=["bucket"], set_={"at": _CARE_PUT.excluded.at, "body": _CARE_PUT.excluded.body}
)
_CARE_DROP = _CARE.delete().where(_CARE.c.bucket == bindparam("b"))
_CARE_ONE = select(_CARE).where(_CARE.c.bucket == bindparam("b"))
_CARE_DUE = select(_CARE).where(_CARE.c.at <= bindparam("now")).order_by(_CARE.c.at)
_CARE_DUE = _CARE_DUE.limit(bindparam("limit"))


def checks_packed(checks: Checks) -> bytes:
    """(blob, cipher bytes, GMAC) as they are stored."""
    return _encode(checks)


def checks_unpacked(raw: bytes) -> Checks:
    """Inverse of `checks_packed`."""
    try:
        checks = _CHECKS.decode(raw)
    except msgspec.MsgspecError as error:
        raise malformed("not-canonical") from error
    if _encode(checks) != raw:
        raise malformed("not-canonical")
    return checks


# --- writes ------------------------------------------------------------------------------------------


def due(connection: Connection, bucket: str, rows: Iterable[CopyRow]) -> None:
    """These copies of a bucket are to be made."""
    values = [
        {
            "version": row.version,
            "blob": row.blob,
            "location": row.location,
            "bucket": bucket,
            "at": microseconds(row.at),
            "why": row.why,
        }
        for row in rows
    ]
    if values:
        connection.execute(_PUT, values)


def landed(
    connection: Connection,
    bucket: str,
    version: str,
    pairs: Sequence[Pair],
    times: tuple[datetime, datetime, datetime],
) -> None:
    """These copies are there now. Is the version gone meanwhile, they are nobody's and go.

    What was to be removed from there later stays after all. What may be being removed there at this moment,
    because the same place was left before, does not count, and is tried again. `times`: now, when a copy that
    is nobody's goes, and when one that does not count is tried again.
    """
    now, removed_at, again_at = times
    lies = connection.execute(_LIES, {"v": version}).scalar()
    if lies is None:
        blobs.schedule(connection, pairs, removed_at)
        drop(connection, bucket, version, pairs)
        return
    going = blobs.kept(connection, pairs, now)
    there = tuple(pair for pair in pairs if pair not in going)
    _replace(connection, version, tuple(dict.fromkeys((*blobs.unpacked(lies), *there))))
    drop(connection, bucket, version, there)
    again = (
        CopyRow(version=version, blob=blob, location=location, bucket=bucket, at=again_at, why=_BEHIND)
        for blob, location in going
    )
    due(connection, bucket, tuple(again))


def bad(connection: Connection, bucket: str, rows: Sequence[CopyRow]) -> None:
    """These copies are not what was written: they are made anew, and not read unless they are the last.

    Nothing is written about a version that is gone meanwhile.
    """
    for row in rows:
        lies = connection.execute(_LIES, {"v": row.version}).scalar()
        if lies is None:
            continue
        pairs = blobs.unpacked(lies)
        kept = tuple(pair for pair in pairs if pair != (row.blob, row.location))
        if any(blob == row.blob for blob, _ in kept):
            _replace(connection, row.version, kept)
        due(connection, bucket, (row,))


def let_go(
    connection: Connection, bucket: str, version: str, pairs: Sequence[Pair], removed_at: datetime
) -> None:
    """These copies are no longer wanted where they lie, and go. `last-copy`: never the last one of a blob."""
    lies = connection.execute(_LIES, {"v": version}).scalar()
    if lies is None:
        return
    gone = frozenset(pairs)
    kept = tuple(pair for pair in blobs.unpacked(lies) if pair not in gone)
    if {blob for blob, _ in pairs} - {blob for blob, _ in kept}:
        raise WriteRefused("last-copy")
    _replace(connection, version, kept)
    blobs.schedule(connection, pairs, removed_at)
    drop(connection, bucket, version, pairs)


def drop(connection: Connection, bucket: str, version: str, pairs: Sequence[Pair]) -> None:  # noqa: ARG001
    """These copies are not to be made any more; `bucket` is the lock they are changed under."""
    rows = [{"v": version, "b": blob, "l": location} for blob, location in pairs]
    if rows:
        connection.execute(_DROP, rows)


def forget(connection: Connection, version: str, removed_at: datetime) -> None:
    """A version goes: so do its copies, also those that may be on their way."""
    pairs = [(blob, location) for blob, location in _OF_VERSION.all(connection, {"v": version})]
    if pairs:
        blobs.schedule(connection, pairs, removed_at)
        connection.execute(_DROP_OF_VERSION, {"v": version})


def forget_all(connection: Connection, removed_at: Mapping[str, datetime]) -> None:
    """`forget` for many versions; most have no copies to be made."""
    if removed_at:
        asked = padded(removed_at, "v")
        for (version,) in _due_of(len(asked)).all(connection, asked):
            forget(connection, version, removed_at[version])


def hasten(connection: Connection, location: str, now: datetime) -> None:
    """Copies that a store did not take are tried now and not when it was their turn again; '': of all stores.

    Those without a good source are not among them.
    """
    if location:
        connection.execute(_SOONER_AT, {"now": microseconds(now), "l": location})
    else:
        connection.execute(_SOONER, {"now": microseconds(now)})


def put_care(connection: Connection, row: CareRow) -> None:
    """How far the care of a bucket is."""
    connection.execute(_CARE_PUT, {"bucket": row.bucket, "at": microseconds(row.at), "body": row.body})


def end_care(connection: Connection, bucket: str) -> None:
    """The bucket is deleted."""
    connection.execute(_CARE_DROP, {"b": bucket})


# --- reads -------------------------------------------------------------------------------------------


def due_now(connection: Connection, now: datetime, limit: int) -> list[CopyRow]:
    """See `ObjectReads.copies_due`."""
    rows = connection.execute(_DUE, {"now": microseconds(now), "limit": limit})
    return [_copy(row) for row in rows]


def of_bucket(connection: Connection, bucket: str, limit: int) -> list[CopyRow]:
    """See `ObjectReads.copies_of`."""
    return [_copy(row) for row in connection.execute(_OF_BUCKET, {"b": bucket, "limit": limit})]


def wanting(connection: Connection, bucket: str) -> list[tuple[str, str, int]]:
    """See `ObjectReads.copies_wanting`."""
    return [tuple(row) for row in connection.execute(_WANTING, {"b": bucket})]


def counted(connection: Connection) -> list[tuple[str, int]]:
    """See `ObjectReads.copies_counted`."""
    return [(str(why), int(count)) for why, count in connection.execute(_COUNTED)]


def care(connection: Connection, bucket: str) -> CareRow | None:
    """See `ObjectReads.care`."""
    row = connection.execute(_CARE_ONE, {"b": bucket}).one_or_none()
    return None if row is None else CareRow(bucket=row.bucket, at=instant(row.at), body=row.body)


def care_due(connection: Connection, now: datetime, limit: int) -> list[CareRow]:
    """See `ObjectReads.care_due`."""
    rows = connection.execute(_CARE_DUE, {"now": microseconds(now), "limit": limit})
    return [CareRow(bucket=row.bucket, at=instant(row.at), body=row.body) for row in rows]


def _replace(connection: Connection, version: str, pairs: Sequence[Pair]) -> None:
    connection.execute(_LIES_PUT, {"v": version, "new": blobs.packed(pairs)})


def _copy(row: Row[Any]) -> CopyRow:
    return CopyRow(
        version=row.version,
        blob=row.blob,
        location=row.location,
        bucket=row.bucket,
        at=instant(row.at),
        why=row.why,
    )


@cache
def _due_of(count: int) -> Prepared:
    wanted = _C.c.version.in_([bindparam(f"v{n}") for n in range(count)])
    return Prepared(select(_C.c.version).where(wanted).distinct())
