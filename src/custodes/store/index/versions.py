"""The object index: versions of names, the listing of live names, and each bucket's sequence.

A name's rows, its line in the listing, its wrap and the fate of its blobs change in one transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnClause, Connection, Row, and_, bindparam, func, literal_column, select, tuple_

from custodes.acts.writing.object_rows import UsageRow, VersionRow
from custodes.acts.writing.ports import WriteRefused
from custodes.custody.hierarchy import Page
from custodes.objects.listing import Seek, VersionSeek
from custodes.objects.version import NULL, Version
from custodes.store import schema
from custodes.store.books import instant, microseconds
from custodes.store.engine import Prepared, padded
from custodes.store.keeping import due
from custodes.store.nouns import pages

from . import blobs, copies, inventories, uploads

_V, _L = schema.object_version, schema.latest


class _Stored(NamedTuple):
    """A row as it lies in the table: its columns, in their order."""

    bucket: str
    name: bytes
    rank: int
    version: str
    is_null: int
    is_marker: int
    size: int
    etag: str
    at: int
    page: str | None
    wrapped: bytes
    manifest: bytes
    blobs: bytes
    state: bytes
    checks: bytes


_FACTS = ("version", "is_null", "size", "etag", "at")
_LIVE = ("seq", *_FACTS)

_ROWS_MAX = 128
_ONE_MORE: ColumnClause[int] = literal_column("1")
_ADD = Prepared(_V.insert())
_S = schema.bucket_seq
_FIRST = schema.upsert(_S).values(
    bucket=bindparam("bucket"), seq=_ONE_MORE, bytes=bindparam("size"), versions=_ONE_MORE
)
_NEXT = Prepared(
    _FIRST.on_conflict_do_update(
        index_elements=["bucket"],
        set_={
            "seq": _S.c.seq + _ONE_MORE,
            "bytes": _S.c.bytes + _FIRST.excluded.bytes,
            "versions": _S.c.versions + _ONE_MORE,
        },
    ).returning(_S.c.seq)
)
_MORE_ROWS = schema.upsert(_S)
_MORE = Prepared(
    _MORE_ROWS.on_conflict_do_update(
        index_elements=["bucket"],
        set_={name: _S.c[name] + _MORE_ROWS.excluded[name] for name in ("seq", "bytes", "versions")},
    ).returning(_S.c.seq)
)
_LESS = Prepared(
    _S.update()
    .where(_S.c.bucket == bindparam("b"))
    .values(bytes=_S.c.bytes - bindparam("size"), versions=_S.c.versions - _ONE_MORE)
)
_USED = select(func.sum(_S.c.bytes), func.sum(_S.c.versions)).where(
    _S.c.bucket.in_(bindparam("buckets", expanding=True))
)
_LIVES = schema.upsert(_L)
_LATEST_PUT = Prepared(
    _LIVES.on_conflict_do_update(
        index_elements=["bucket", "name"], set_={name: _LIVES.excluded[name] for name in _LIVE}
    )
)
_NAMED = and_(_V.c.bucket == bindparam("b"), _V.c.name == bindparam("n"))
_LATEST_DROP = Prepared(_L.delete().where(_L.c.bucket == bindparam("b"), _L.c.name == bindparam("n")))
_P = schema.page
_PAGED = select(_V, *(_P.c[name] for name in pages.COLUMNS))
_PAGED = _PAGED.select_from(_V.outerjoin(_P, _P.c.id == _V.c.page))
_SEEN = {
    "newest": Prepared(_PAGED.where(_NAMED).order_by(_V.c.rank).limit(_ONE_MORE)),
    "null": Prepared(_PAGED.where(_NAMED, _V.c.is_null == _ONE_MORE)),
    "one": Prepared(_PAGED.where(_V.c.version == bindparam("v"), _NAMED)),
}
_NEWEST = Prepared(select(_V).where(_NAMED).order_by(_V.c.rank).limit(bindparam("limit")))
_NEWEST_ID = Prepared(select(_V.c.version).where(_NAMED).order_by(_V.c.rank).limit(_ONE_MORE))
_NULL = Prepared(select(_V).where(_NAMED, _V.c.is_null == _ONE_MORE))  # a bound 1 would not reach the index
_ONE = Prepared(select(_V).where(_V.c.version == bindparam("v"), _NAMED))
_BY_ID = select(_V).where(_V.c.version == bindparam("v"))
_IS = select(_V.c.version).where(_V.c.version == bindparam("v"))
_DROP = Prepared(_V.delete().where(_V.c.version == bindparam("v"), _NAMED))
_STATE_IS = select(_V.c.version).where(_V.c.version == bindparam("v"), _NAMED, _V.c.state == bindparam("old"))
_STATE_PUT = (
    _V.update()
    .where(_V.c.version == bindparam("v"), _NAMED, _V.c.state == bindparam("old"))
    .values(state=bindparam("new"))
)
_ANY = select(_V.c.version).where(_V.c.bucket == bindparam("b")).limit(1)
_FORGET = _S.delete().where(_S.c.bucket == bindparam("b"))
_PAGE_IS = Prepared(
    select(schema.page.c.id).where(
        schema.page.c.id == bindparam("p"), schema.page.c.generation == bindparam("g")
    )
)

_LIST = (_L.c.name, *(_L.c[name] for name in _LIVE))
_FROM_ROWS = select(*_LIST).where(_L.c.bucket == bindparam("b"), _L.c.name >= bindparam("n"))
_BEHIND_ROWS = select(*_LIST).where(_L.c.bucket == bindparam("b"), _L.c.name > bindparam("n"))
_FROM = Prepared(_FROM_ROWS.order_by(_L.c.name).limit(bindparam("limit")))
_BEHIND = Prepared(_BEHIND_ROWS.order_by(_L.c.name).limit(bindparam("limit")))
_LINE = (_V.c.name, (-_V.c.rank).label("seq"), *(_V.c[name] for name in _FACTS), _V.c.is_marker)
_ALL_FROM_ROWS = select(*_LINE).where(_V.c.bucket == bindparam("b"), _V.c.name >= bindparam("n"))
_ALL_BEHIND_ROWS = select(*_LINE).where(
    _V.c.bucket == bindparam("b"),
    tuple_(_V.c.name, _V.c.rank) > tuple_(bindparam("n"), bindparam("r")),
)
_WHOLE = select(_V).where(
    _V.c.bucket == bindparam("b"),
    tuple_(_V.c.name, _V.c.rank) > tuple_(bindparam("n"), bindparam("r")),
)
_WHOLE = _WHOLE.order_by(_V.c.name, _V.c.rank).limit(bindparam("limit"))
_ALL_FROM = Prepared(_ALL_FROM_ROWS.order_by(_V.c.name, _V.c.rank).limit(bindparam("limit")))
_ALL_BEHIND = Prepared(_ALL_BEHIND_ROWS.order_by(_V.c.name, _V.c.rank).limit(bindparam("limit")))


# --- writes and checks -------------------------------------------------------------------------------


def add(connection: Connection, row: VersionRow, removed_at: datetime) -> None:
    """Add a version or a delete marker on top of its name; a null version replaces the one before.

    The replaced version's row and wrap go, its blobs are to be removed from `removed_at` on.
    """
    name = row.name.encode("utf-8")
    if row.is_null:
        old = _NULL.one(connection, {"b": row.bucket, "n": name})
        if old is not None:
            _drop(connection, _stored(old), removed_at)
    counted = _NEXT.one(connection, {"bucket": row.bucket, "size": row.size})
    if counted is None:
        raise ValueError("an upsert gave no row")
    seq = int(counted[0])
    line = _line(row, seq)
    _ADD.do(connection, _columns(row, line))
    if row.is_marker:
        _LATEST_DROP.do(connection, {"b": row.bucket, "n": name})
    else:
        _LATEST_PUT.do(connection, line)


def add_all(connection: Connection, added: Sequence[tuple[VersionRow, datetime]]) -> None:
    """`add` for many versions of different names, none a delete marker: a statement for each table."""
    by_bucket: dict[str, list[tuple[VersionRow, datetime]]] = {}
    for row, removed_at in added:
        by_bucket.setdefault(row.bucket, []).append((row, removed_at))
    for bucket, its in by_bucket.items():
        for at in range(0, len(its), _ROWS_MAX):
            _add_some(connection, bucket, its[at : at + _ROWS_MAX])


def _add_some(connection: Connection, bucket: str, added: Sequence[tuple[VersionRow, datetime]]) -> None:
    gone = _dropped(connection, bucket, {row.name: at for row, at in added if row.is_null})
    more = {
        "bucket": bucket,
        "seq": len(added),
        "bytes": sum(row.size for row, _ in added) - sum(old.size for old in gone),
        "versions": len(added) - len(gone),
    }
    counted = _MORE.one(connection, more)
    if counted is None:
        raise ValueError("an upsert gave no row")
    first = int(counted[0]) - len(added) + 1
    lines = [(row, _line(row, first + n)) for n, (row, _) in enumerate(added)]
    _ADD.add(connection, [_columns(row, line) for row, line in lines])
    _LATEST_PUT.add(connection, [line for _, line in lines])


def _dropped(connection: Connection, bucket: str, removed_at: Mapping[str, datetime]) -> list[_Stored]:
    """The null versions of these names, as far as there were any; they are gone as `_drop` makes them go."""
    if not removed_at:
        return []
    names = padded([name.encode("utf-8") for name in removed_at], "n")
    gone = [_stored(row) for row in _drop_nulls(len(names)).all(connection, {"b": bucket, **names})]
    when = {old.version: removed_at[old.name.decode("utf-8")] for old in gone}
    for page in {old.page for old in gone if old.page is not None}:
        due.due(connection, "rekey", page, min(when[old.version] for old in gone if old.page == page))
    goes = [(pair, when[old.version]) for old in gone for pair in blobs.unpacked(old.blobs)]
    blobs.schedule_all(connection, goes)
    copies.forget_all(connection, when)
    return gone


def remove(connection: Connection, bucket: str, name: str, version: str, removed_at: datetime) -> None:
    """Remove exactly this version for good; refused `version-gone` when it is not there any more."""
    raw = name.encode("utf-8")
    old = _ONE.one(connection, {"v": version, "b": bucket, "n": raw})
    if old is None:
        raise WriteRefused("version-gone")
    _drop(connection, _stored(old), removed_at)
    found = _NEWEST.one(connection, {"b": bucket, "n": raw, "limit": 1})
    newest = None if found is None else _stored(found)
    if newest is None or newest.is_marker:
        _LATEST_DROP.do(connection, {"b": bucket, "n": raw})
    else:
        live = {column: getattr(newest, column) for column in _FACTS}
        _LATEST_PUT.do(connection, {"bucket": bucket, "name": raw, "seq": -newest.rank, **live})


def put_state(
    connection: Connection, bucket: str, name: str, version: str, states: tuple[bytes, bytes]
) -> None:
    """Put a version's state in the place of another (old, new); refused `state-moved` when it is not that
    one.
    """
    old, new = states
    at = {"v": version, "b": bucket, "n": name.encode("utf-8"), "old": old, "new": new}
    if connection.execute(_STATE_PUT, at).rowcount != 1:
        raise WriteRefused("state-moved")


def is_state(connection: Connection, bucket: str, name: str, version: str, state: bytes) -> bool:
    """Whether a version is there and was told exactly this."""
    at = {"v": version, "b": bucket, "n": name.encode("utf-8"), "old": state}
    return connection.execute(_STATE_IS, at).scalar() is not None


def forget_bucket(connection: Connection, bucket: str) -> None:
    """The bucket is deleted: its sequence, its care and its reports go."""
    connection.execute(_FORGET, {"b": bucket})
    copies.end_care(connection, bucket)
    inventories.forget(connection, bucket)


def keep_within(
    connection: Connection, buckets: Sequence[str], bytes_max: int | None, versions_max: int | None
) -> None:
    """Refused `quota-exceeded` when more than this lies in these buckets together by now, parts of open
    uploads counted.
    """
    used = usage(connection, buckets)
    is_more = bytes_max is not None and used.bytes + used.upload_bytes > bytes_max
    if is_more or (versions_max is not None and used.versions > versions_max):
        raise WriteRefused("quota-exceeded")


def is_current(connection: Connection, bucket: str, name: str, version: str | None) -> bool:
    """Whether the newest row of a name is this one (None: the name has no row)."""
    found = _NEWEST_ID.one(connection, {"b": bucket, "n": name.encode("utf-8")})
    return bool((None if found is None else found[0]) == version)


def is_empty(connection: Connection, bucket: str) -> bool:
    """Whether the bucket has neither version nor delete marker."""
    return connection.execute(_ANY, {"b": bucket}).scalar() is None


def is_page(connection: Connection, page: str, generation: int) -> bool:
    """Whether a page is there in this generation: what is wrapped under it can be opened later."""
    return _PAGE_IS.one(connection, {"p": page, "g": generation}) is not None


# --- reads -------------------------------------------------------------------------------------------


def find(connection: Connection, bucket: str, name: str, shown: str | None) -> VersionRow | None:
    """See `ObjectReads.version`."""
    named = {"b": bucket, "n": name.encode("utf-8")}
    if shown is None:
        row = _NEWEST.one(connection, {**named, "limit": 1})
    elif shown == NULL:
        row = _NULL.one(connection, named)
    else:
        row = _ONE.one(connection, {**named, "v": shown})
    found = None if row is None else _stored(row)
    if found is None or (found.is_null and shown not in (None, NULL)):
        return None
    return _row(found)


def seen(
    connection: Connection, house: str, bucket: str, name: str, shown: str | None
) -> tuple[VersionRow | None, Page | None]:
    """See `ObjectReads.seen`: one statement."""
    which = "newest" if shown is None else "null" if shown == NULL else "one"
    row = _SEEN[which].one(connection, {"b": bucket, "n": name.encode("utf-8"), "v": shown})
    found = None if row is None else _stored(row[: len(_Stored._fields)])
    if row is None or found is None or (found.is_null and which == "one"):
        return None, None
    page = row[len(_Stored._fields) :]
    return _row(found), None if page[0] is None else pages.page_of(house, page)


def find_all(connection: Connection, bucket: str, name: str, limit: int) -> list[VersionRow]:
    """Rows of one name, newest first."""
    rows = _NEWEST.all(connection, {"b": bucket, "n": name.encode("utf-8"), "limit": limit})
    return [_row(_stored(row)) for row in rows]


def by_id(connection: Connection, version: str) -> VersionRow | None:
    """The row with this version id."""
    row = connection.execute(_BY_ID, {"v": version}).one_or_none()
    return None if row is None else _row(row)


def is_there(connection: Connection, version: str) -> bool:
    """Whether a row with this version id is there."""
    return connection.execute(_IS, {"v": version}).scalar() is not None


def usage(connection: Connection, buckets: Sequence[str]) -> UsageRow:
    """See `ObjectReads.usage`."""
    found = connection.execute(_USED, {"buckets": list(buckets)}).one()
    return UsageRow(
        bytes=int(found[0] or 0),
        versions=int(found[1] or 0),
        upload_bytes=uploads.used(connection, buckets),
    )


def seek(connection: Connection, bucket: str) -> Seek:
    """See `objects.listing.Seek`: one index seek, whatever the size of the bucket."""

    def from_(key: str, is_inclusive: bool, rows_max: int) -> Sequence[Version]:
        asked = _FROM if is_inclusive else _BEHIND
        rows = asked.all(connection, {"b": bucket, "n": key.encode("utf-8"), "limit": rows_max})
        return [_listed(bucket, *row) for row in rows]

    return from_


def seek_versions(connection: Connection, bucket: str) -> VersionSeek:
    """See `objects.listing.VersionSeek`."""

    def from_(key: str, sequence: int | None, rows_max: int) -> Sequence[Version]:
        at: dict[str, Any] = {"b": bucket, "n": key.encode("utf-8"), "limit": rows_max}
        if sequence is None:
            rows = _ALL_FROM.all(connection, at)
        else:
            rows = _ALL_BEHIND.all(connection, {**at, "r": -sequence})
        return [_listed(bucket, *row) for row in rows]

    return from_


def whole(connection: Connection, bucket: str, after: tuple[str, int] | None, limit: int) -> list[VersionRow]:
    """See `ObjectReads.whole`."""
    name, sequence = after or ("", 0)  # no name is empty
    at = {"b": bucket, "n": name.encode("utf-8"), "r": -sequence, "limit": limit}
    return [_row(row) for row in connection.execute(_WHOLE, at)]


def _line(row: VersionRow, seq: int) -> dict[str, object]:
    """What the listing shows of a version."""
    return {
        "bucket": row.bucket,
        "name": row.name.encode("utf-8"),
        "version": row.version,
        "is_null": int(row.is_null),
        "size": row.size,
        "etag": row.etag,
        "at": microseconds(row.at),
        "seq": seq,
    }


def _columns(row: VersionRow, line: Mapping[str, object]) -> dict[str, object]:
    """A version's own row; `line` is what the listing shows of it."""
    seq = line["seq"]
    if not isinstance(seq, int):
        raise TypeError("a sequence is a number")
    return {
        **line,
        "rank": -seq,
        "is_marker": int(row.is_marker),
        "page": row.page,
        "wrapped": row.wrapped,
        "manifest": row.manifest,
        "blobs": blobs.packed(row.blobs),
        "state": row.state,
        "checks": copies.checks_packed(row.checks),
    }


@cache
def _drop_nulls(count: int) -> Prepared:
    named = _V.c.name.in_([bindparam(f"n{n}") for n in range(count)])
    found = _V.delete().where(_V.c.bucket == bindparam("b"), _V.c.is_null == _ONE_MORE, named)
    return Prepared(found.returning(*(_V.c[name] for name in _Stored._fields)))


def _stored(row: tuple[Any, ...]) -> _Stored:
    return _Stored(*row)


def _drop(connection: Connection, old: _Stored, removed_at: datetime) -> None:
    _DROP.do(connection, {"v": old.version, "b": old.bucket, "n": old.name})
    _LESS.do(connection, {"b": old.bucket, "size": old.size})
    if old.page is not None:
        due.due(connection, "rekey", old.page, removed_at)
    blobs.schedule(connection, blobs.unpacked(old.blobs), removed_at)
    copies.forget(connection, old.version, removed_at)


def _listed(  # noqa: PLR0913, PLR0917 - the columns of a line, in their order
    bucket: str,
    name: bytes,
    seq: int,
    version: str,
    is_null: int,
    size: int,
    etag: str,
    at: int,
    is_marker: int = 0,
) -> Version:
    return Version(
        id=version,
        bucket=bucket,
        key=name.decode("utf-8"),
        sequence=seq,
        last_modified=instant(at),
        size_bytes=size,
        etag=etag,
        is_null=bool(is_null),
        is_delete_marker=bool(is_marker),
    )


def _row(row: _Stored | Row[Any]) -> VersionRow:
    return VersionRow(
        bucket=row.bucket,
        name=row.name.decode("utf-8"),
        version=row.version,
        at=instant(row.at),
        is_null=bool(row.is_null),
        is_marker=bool(row.is_marker),
        seq=-row.rank,
        size=row.size,
        etag=row.etag,
        page=row.page,
        wrapped=row.wrapped,
        manifest=row.manifest,
        blobs=blobs.unpacked(row.blobs),
        state=row.state,
        checks=copies.checks_unpacked(row.checks),
    )
