"""What lies in stores and belongs to nothing, how far each store is listed, and which blobs are known."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, tuple_

from custodes.acts.writing.object_rows import BlobsRow, ListingRow, StrayRow
from custodes.acts.writing.ports import WriteRefused
from custodes.store import schema
from custodes.store.books import instant, microseconds

from . import blobs

_S, _L, _V, _P, _F = schema.stray, schema.store_listing, schema.object_version, schema.part, schema.blob_fate
_SEEN = schema.upsert(_S)
_SEEN = _SEEN.on_conflict_do_update(
    index_elements=["location", "blob"],
    set_={"size": _SEEN.excluded.size, "seen_at": _SEEN.excluded.seen_at},
)
_GONE = _S.delete().where(_S.c.location == bindparam("l"), _S.c.seen_at < bindparam("before"))
_ONE = select(_L).where(_L.c.location == bindparam("l"))
_PUT = schema.upsert(_L)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["location"],
    set_={name: _PUT.excluded[name] for name in ("at", "after", "begun_at")},
)
_OF = (
    select(_S)
    .where(_S.c.location == bindparam("l"), _S.c.blob > bindparam("a"))
    .order_by(_S.c.blob)
    .limit(bindparam("limit"))
)
_OLD = (
    select(_S)
    .where(_S.c.location == bindparam("l"), _S.c.found_at <= bindparam("before"), _S.c.doomed_at.is_(None))
    .order_by(_S.c.blob)
    .limit(bindparam("limit"))
)
_PLACES = select(_S.c.location, func.count().label("blobs"), func.sum(_S.c.size).label("size"))
_PLACES = _PLACES.group_by(_S.c.location).order_by(_S.c.location)
_DOOM = (
    _S.update()
    .where(
        _S.c.location == bindparam("l"),
        _S.c.blob == bindparam("b"),
        _S.c.found_at <= bindparam("before"),
        _S.c.doomed_at.is_(None),
    )
    .values(doomed_at=bindparam("now"))
)
_DOOMED = select(_S).where(_S.c.doomed_at.is_not(None)).order_by(_S.c.doomed_at).limit(bindparam("limit"))
_DROP = _S.delete().where(
    _S.c.location == bindparam("l"), _S.c.blob == bindparam("b"), _S.c.doomed_at.is_not(None)
)
_COUNTED = select(func.count(), func.sum(_S.c.size))
_VERSIONS = select(_V.c.version, _V.c.blobs).where(_V.c.version > bindparam("a"))
_VERSIONS = _VERSIONS.order_by(_V.c.version).limit(bindparam("limit"))
_PARTS = select(_P.c.upload, _P.c.n, _P.c.blobs).where(
    tuple_(_P.c.upload, _P.c.n) > tuple_(bindparam("a"), bindparam("n"))
)
_PARTS = _PARTS.order_by(_P.c.upload, _P.c.n).limit(bindparam("limit"))
_FATES = select(_F.c.blob, _F.c.location).where(
    tuple_(_F.c.blob, _F.c.location) > tuple_(bindparam("a"), bindparam("l"))
)
_FATES = _FATES.order_by(_F.c.blob, _F.c.location).limit(bindparam("limit"))


def listed(
    connection: Connection,
    location: str,
    span: tuple[str, str],
    found: Sequence[StrayRow],
    times: tuple[datetime, datetime | None],
) -> None:
    """A page of a location, from one name to another, with what belongs to nothing there; `times` are now
    and, with the last page, when the next round is due. Refused `listing-moved` when it is somewhere else.
    """
    row = connection.execute(_ONE, {"l": location}).one_or_none()
    if (row.after if row is not None else "") != span[0]:
        raise WriteRefused("listing-moved")
    now, due = microseconds(times[0]), times[1]
    begun = row.begun_at if row is not None and row.after else now
    values = [
        {
            "location": location,
            "blob": one.blob,
            "size": one.size,
            "found_at": now,
            "seen_at": now,
            "doomed_at": None,
        }
        for one in found
    ]
    if values:
        connection.execute(_SEEN, values)
    if due is None:
        connection.execute(_PUT, {"location": location, "at": now, "after": span[1], "begun_at": begun})
        return
    connection.execute(_GONE, {"l": location, "before": begun})
    connection.execute(_PUT, {"location": location, "at": microseconds(due), "after": "", "begun_at": begun})


def doom(
    connection: Connection, location: str, found: Sequence[str], times: tuple[datetime, datetime]
) -> None:
    """These are to be removed from the location; `times` are until when each must have been found, and now.
    Refused `strays-changed` when one is not there any more, is younger, or goes already.
    """
    before, now = map(microseconds, times)
    for blob in found:
        asked = {"l": location, "b": blob, "before": before, "now": now}
        if connection.execute(_DOOM, asked).rowcount != 1:
            raise WriteRefused("strays-changed")


def forget(connection: Connection, lying: Sequence[tuple[str, str]]) -> None:
    """These, (blob, location), are gone, or are not to go after all."""
    connection.execute(_DROP, [{"b": blob, "l": location} for blob, location in lying])


def page(connection: Connection, location: str, after: str, limit: int) -> list[StrayRow]:
    """See `ObjectReads.strays`."""
    rows = connection.execute(_OF, {"l": location, "a": after, "limit": limit})
    return [_row(row) for row in rows]


def old(connection: Connection, location: str, before: datetime, limit: int) -> list[StrayRow]:
    """See `ObjectReads.strays_old`."""
    rows = connection.execute(_OLD, {"l": location, "before": microseconds(before), "limit": limit})
    return [_row(row) for row in rows]


def doomed(connection: Connection, limit: int) -> list[StrayRow]:
    """See `ObjectReads.strays_doomed`."""
    return [_row(row) for row in connection.execute(_DOOMED, {"limit": limit})]


def places(connection: Connection) -> list[tuple[str, int, int]]:
    """See `ObjectReads.strays_by_place`."""
    return [(row.location, int(row.blobs), int(row.size)) for row in connection.execute(_PLACES)]


def listing(connection: Connection, location: str) -> ListingRow | None:
    """See `ObjectReads.listing`."""
    row = connection.execute(_ONE, {"l": location}).one_or_none()
    return None if row is None else ListingRow(location=location, at=instant(row.at), after=row.after)


def counted(connection: Connection) -> tuple[int, int]:
    """See `ObjectReads.strays_counted`."""
    count, size = connection.execute(_COUNTED).one()
    return int(count), int(size or 0)


def known(connection: Connection, table: str, after: tuple[str, str], limit: int) -> list[BlobsRow]:
    """See `ObjectReads.blobs_known`."""
    first, second = after
    if table == "versions":
        rows = connection.execute(_VERSIONS, {"a": first, "limit": limit})
        return [BlobsRow(place=(row.version, ""), blobs=_names(row.blobs)) for row in rows]
    if table == "parts":
        rows = connection.execute(_PARTS, {"a": first, "n": int(second or 0), "limit": limit})
        return [BlobsRow(place=(row.upload, str(row.n)), blobs=_names(row.blobs)) for row in rows]
    rows = connection.execute(_FATES, {"a": first, "l": second, "limit": limit})
    return [BlobsRow(place=(row.blob, row.location), blobs=(row.blob,)) for row in rows]


def _row(row: Row[Any]) -> StrayRow:
    return StrayRow(
        location=row.location,
        blob=row.blob,
        size=row.size,
        found_at=instant(row.found_at),
        doomed_at=None if row.doomed_at is None else instant(row.doomed_at),
    )


def _names(raw: bytes) -> tuple[str, ...]:
    return tuple(dict.fromkeys(blob for blob, _ in blobs.unpacked(raw)))
