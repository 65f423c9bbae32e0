"""Multipart uploads and their parts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, tuple_

from custodes.acts.writing.object_rows import PartRow, UploadRow
from custodes.acts.writing.ports import WriteRefused
from custodes.objects.listing import UploadSeek
from custodes.objects.multipart import Upload
from custodes.store import schema
from custodes.store.books import instant, microseconds
from custodes.store.keeping import due

from . import blobs

_U, _P, _B = schema.upload, schema.part, schema.bucket_upload
_ADD = _U.insert()
_ONE = select(_U).where(_U.c.id == bindparam("u"))
_IS_OPEN = select(_U.c.id).where(_U.c.id == bindparam("u"), _U.c.state == "open")
_MOVE = (
    _U.update()
    .where(_U.c.id == bindparam("u"), _U.c.state == "open")
    .values(state=bindparam("to"), body=bindparam("with"), wrapped=b"", sealed=b"")
)
_OF_BUCKET = select(_U).where(_U.c.bucket == bindparam("b"), _U.c.state == "open")
_DROP_OLD = _U.delete().where(_U.c.state != "open", _U.c.at < bindparam("before"))
_PART = select(_P).where(_P.c.upload == bindparam("u"), _P.c.n == bindparam("n"))
_PART_PUT = schema.upsert(_P)
_PART_PUT = _PART_PUT.on_conflict_do_update(
    index_elements=["upload", "n"],
    set_={name: _PART_PUT.excluded[name] for name in ("size", "body", "blobs")},
)
_PARTS = (
    select(_P)
    .where(_P.c.upload == bindparam("u"), _P.c.n > bindparam("after"))
    .order_by(_P.c.n)
    .limit(bindparam("limit"))
)
_PARTS_ALL = select(_P).where(_P.c.upload == bindparam("u"))
_PARTS_DROP = _P.delete().where(_P.c.upload == bindparam("u"))
_MORE = schema.upsert(_B)
_MORE = _MORE.on_conflict_do_update(
    index_elements=["bucket"], set_={"bytes": _B.c.bytes + _MORE.excluded.bytes}
)
_USED = select(func.sum(_B.c.bytes)).where(_B.c.bucket.in_(bindparam("buckets", expanding=True)))
_TOGETHER = select(func.sum(_P.c.size)).where(_P.c.upload == bindparam("u"), _P.c.n != bindparam("n"))
_FORGET = _B.delete().where(_B.c.bucket == bindparam("b"))

_OPEN = select(_U.c.id, _U.c.name, _U.c.at).where(
    _U.c.bucket == bindparam("b"), _U.c.state == "open", _U.c.name >= bindparam("n")
)
_FROM = _OPEN.order_by(_U.c.name, _U.c.id).limit(bindparam("limit"))
_BEHIND = (
    _OPEN.where(tuple_(_U.c.name, _U.c.id) > tuple_(bindparam("n"), bindparam("i")))
    .order_by(_U.c.name, _U.c.id)
    .limit(bindparam("limit"))
)


def add(connection: Connection, row: UploadRow) -> None:
    """An upload begins."""
    connection.execute(
        _ADD,
        {
            "id": row.id,
            "bucket": row.bucket,
            "name": row.name.encode("utf-8"),
            "version": row.version,
            "at": microseconds(row.at),
            "state": row.state,
            "page": row.page,
            "wrapped": row.wrapped,
            "sealed": row.sealed,
            "body": row.body,
        },
    )


def put_part(connection: Connection, bucket: str, row: PartRow, removed_at: datetime) -> None:
    """A part, counted in its bucket; the one uploaded before under its number goes. Refused `upload-gone`
    when it is not open.
    """
    if connection.execute(_IS_OPEN, {"u": row.upload}).scalar() is None:
        raise WriteRefused("upload-gone")
    old = connection.execute(_PART, {"u": row.upload, "n": row.number}).one_or_none()
    if old is not None:
        blobs.schedule(connection, blobs.unpacked(old.blobs), removed_at)
    connection.execute(
        _PART_PUT,
        {
            "upload": row.upload,
            "n": row.number,
            "size": row.size,
            "body": row.body,
            "blobs": blobs.packed(row.blobs),
        },
    )
    _count(connection, bucket, row.size - (0 if old is None else old.size))


def end(
    connection: Connection,
    at: tuple[str, str],
    how: tuple[str, bytes],
    kept: frozenset[str],
    removed_at: datetime,
) -> None:
    """Complete or abort: `at` is (bucket, upload), `how` is (state, body). Wrap and parts go, and count no
    more; blobs not `kept` are to be removed.

    Refused `upload-gone` when it is not open.
    """
    bucket, upload = at
    moved = connection.execute(_MOVE, {"u": upload, "to": how[0], "with": how[1]})
    if moved.rowcount != 1:
        raise WriteRefused("upload-gone")
    due.due(connection, "rekey", connection.execute(_ONE, {"u": upload}).one().page, removed_at)
    parts_all = connection.execute(_PARTS_ALL, {"u": upload}).all()
    for row in parts_all:
        lying = [pair for pair in blobs.unpacked(row.blobs) if pair[0] not in kept]
        blobs.schedule(connection, lying, removed_at)
    connection.execute(_PARTS_DROP, {"u": upload})
    _count(connection, bucket, -sum(row.size for row in parts_all))


def abort_all(connection: Connection, bucket: str, removed_at: datetime) -> None:
    """Abort every open upload of a bucket that is deleted."""
    for row in connection.execute(_OF_BUCKET, {"b": bucket}).all():
        end(connection, (bucket, row.id), ("aborted", row.body), frozenset(), removed_at)
    connection.execute(_FORGET, {"b": bucket})


def forget(connection: Connection, before: datetime) -> None:
    """Ended uploads begun before that: nobody repeats their completion any more."""
    connection.execute(_DROP_OLD, {"before": microseconds(before)})


def find(connection: Connection, upload: str) -> UploadRow | None:
    """One upload, whatever its state."""
    row = connection.execute(_ONE, {"u": upload}).one_or_none()
    return None if row is None else _row(row)


def parts(connection: Connection, upload: str, after: int, limit: int) -> list[PartRow]:
    """Parts with a number above `after`, in order."""
    rows = connection.execute(_PARTS, {"u": upload, "after": after, "limit": limit})
    return [
        PartRow(
            upload=row.upload,
            number=row.n,
            size=row.size,
            body=row.body,
            blobs=blobs.unpacked(row.blobs),
        )
        for row in rows
    ]


def together(connection: Connection, upload: str, but: int) -> int:
    """Plain bytes of an upload's parts, but for the one of this number."""
    return int(connection.execute(_TOGETHER, {"u": upload, "n": but}).scalar() or 0)


def used(connection: Connection, buckets: Sequence[str]) -> int:
    """Plain bytes of the parts of these buckets' open uploads."""
    return int(connection.execute(_USED, {"buckets": list(buckets)}).scalar() or 0)


def seek(connection: Connection, bucket: str) -> UploadSeek:
    """See `objects.listing.UploadSeek`."""

    def from_(key: str, upload: str | None, rows_max: int) -> Sequence[Upload]:
        at: dict[str, Any] = {"b": bucket, "n": key.encode("utf-8"), "limit": rows_max}
        rows = (
            connection.execute(_FROM, at)
            if upload is None
            else connection.execute(_BEHIND, {**at, "i": upload})
        )
        return [
            Upload(id=row.id, bucket=bucket, key=row.name.decode("utf-8"), opened_at=instant(row.at))
            for row in rows
        ]

    return from_


def _count(connection: Connection, bucket: str, more_bytes: int) -> None:
    if more_bytes:
        connection.execute(_MORE, {"bucket": bucket, "bytes": more_bytes})


def _row(row: Row[Any]) -> UploadRow:
    return UploadRow(
        id=row.id,
        bucket=row.bucket,
        name=row.name.decode("utf-8"),
        version=row.version,
        at=instant(row.at),
        state=row.state,
        page=row.page,
        wrapped=row.wrapped,
        sealed=row.sealed,
        body=row.body,
    )
