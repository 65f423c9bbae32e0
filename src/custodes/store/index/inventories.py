"""Reports of buckets: how far each is, and the rows of the index it is made of, without their content."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, tuple_

from custodes.acts.writing.object_rows import InventoryRow, VersionRow
from custodes.acts.writing.ports import WriteRefused
from custodes.store import schema
from custodes.store.books import blob, instant, microseconds

_I, _V = schema.inventory, schema.object_version
_PUT = schema.upsert(_I)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["bucket", "inventory"], set_={"at": _PUT.excluded.at, "body": _PUT.excluded.body}
)
_ONE = (_I.c.bucket == bindparam("b"), _I.c.inventory == bindparam("i"))
_MOVE = (
    _I.update()
    .where(*_ONE, _I.c.at == bindparam("was_at"), _I.c.body == bindparam("was"))
    .values(at=bindparam("to_at"), body=bindparam("to"))
)
_DROP = _I.delete().where(*_ONE)
_FORGET = _I.delete().where(_I.c.bucket == bindparam("b"))
_OF_BUCKET = select(_I).where(_I.c.bucket == bindparam("b")).order_by(_I.c.inventory)
_DUE = select(_I).where(_I.c.at <= bindparam("now")).order_by(_I.c.at).limit(bindparam("limit"))
_LINE = (_V.c.name, _V.c.rank, *(_V.c[name] for name in ("version", "is_null", "is_marker", "size")))
_LINE = (*_LINE, _V.c.etag, _V.c.at, _V.c.state)
_FROM = select(*_LINE).where(_V.c.bucket == bindparam("b"), _V.c.name >= bindparam("n"))
_FROM = _FROM.order_by(_V.c.name, _V.c.rank).limit(bindparam("limit"))
_BEHIND = select(*_LINE).where(
    _V.c.bucket == bindparam("b"), tuple_(_V.c.name, _V.c.rank) > tuple_(bindparam("n"), bindparam("r"))
)
_BEHIND = _BEHIND.order_by(_V.c.name, _V.c.rank).limit(bindparam("limit"))


def put(connection: Connection, row: InventoryRow) -> None:
    """How far a report is, whatever was said of it before."""
    values = {"bucket": row.bucket, "inventory": row.inventory, "at": microseconds(row.at), "body": row.body}
    connection.execute(_PUT, values)


def move(connection: Connection, before: InventoryRow, after: InventoryRow) -> None:
    """The report goes on from where it was found; refused `report-moved` when it is not there any more."""
    at = {"b": before.bucket, "i": before.inventory, "was_at": microseconds(before.at), "was": before.body}
    moved = connection.execute(_MOVE, {**at, "to_at": microseconds(after.at), "to": after.body})
    if moved.rowcount != 1:
        raise WriteRefused("report-moved")


def drop(connection: Connection, bucket: str, inventory: str) -> None:
    """Nothing is reported any more."""
    connection.execute(_DROP, {"b": bucket, "i": inventory})


def forget(connection: Connection, bucket: str) -> None:
    """The bucket is deleted."""
    connection.execute(_FORGET, {"b": bucket})


def of_bucket(connection: Connection, bucket: str) -> list[InventoryRow]:
    """See `ObjectReads.inventories`."""
    return [_row(row) for row in connection.execute(_OF_BUCKET, {"b": bucket})]


def due_now(connection: Connection, now: datetime, limit: int) -> list[InventoryRow]:
    """See `ObjectReads.inventories_due`."""
    rows = connection.execute(_DUE, {"now": microseconds(now), "limit": limit})
    return [_row(row) for row in rows]


def lines(
    connection: Connection, bucket: str, prefix: str, after: tuple[str, int] | None, limit: int
) -> Sequence[VersionRow]:
    """See `ObjectReads.lines`."""
    asked: dict[str, Any] = {"b": bucket, "limit": limit}
    if after is None:
        rows = connection.execute(_FROM, {**asked, "n": prefix.encode("utf-8")})
    else:
        rows = connection.execute(_BEHIND, {**asked, "n": after[0].encode("utf-8"), "r": -after[1]})
    return [
        VersionRow(
            bucket=bucket,
            name=row.name.decode("utf-8"),
            version=row.version,
            at=instant(row.at),
            is_null=bool(row.is_null),
            is_marker=bool(row.is_marker),
            seq=-row.rank,
            size=row.size,
            etag=row.etag,
            state=blob(row.state),
        )
        for row in rows
    ]


def _row(row: Row[Any]) -> InventoryRow:
    return InventoryRow(bucket=row.bucket, inventory=row.inventory, at=instant(row.at), body=blob(row.body))
