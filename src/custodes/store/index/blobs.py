"""Blobs nobody refers to any more, until they are gone from their stores; long uses without an outcome."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, select

from custodes.acts.writing.object_rows import AdmissionRow, FateRow
from custodes.acts.writing.ports import WriteRefused
from custodes.kernel.refusal import malformed
from custodes.store import schema
from custodes.store.books import instant, microseconds
from custodes.store.engine import Prepared, padded

Pair = tuple[str, str]
Lying = tuple[Pair, ...]

_PAIRS = msgspec.json.Decoder(Lying)
_encode = msgspec.json.Encoder().encode  # of arrays of texts that are ids: as canonical.encode
_FATE, _OPEN = schema.blob_fate, schema.admission
_PUT = schema.upsert(_FATE)
_ADD = Prepared(
    _PUT.on_conflict_do_update(  # never later than it was to go before
        index_elements=["blob", "location"],
        set_={"at": case((_PUT.excluded.at < _FATE.c.at, _PUT.excluded.at), else_=_FATE.c.at)},
    )
)
_NOW = (
    _FATE.update()
    .where(_FATE.c.blob == bindparam("b"), _FATE.c.location == bindparam("l"), _FATE.c.at > bindparam("now"))
    .values(at=bindparam("now"))
)
_DROP = _FATE.delete().where(_FATE.c.blob == bindparam("b"), _FATE.c.location == bindparam("l"))
_KEEP = Prepared(_DROP.where(_FATE.c.at > bindparam("now")))
_ROWS_MAX = 128
_GOES = select(_FATE.c.at).where(_FATE.c.blob == bindparam("b"), _FATE.c.location == bindparam("l"))
_GONE = _DROP.where(_FATE.c.at <= bindparam("now"))
_DUE = select(_FATE).where(_FATE.c.at <= bindparam("now")).order_by(_FATE.c.at).limit(bindparam("limit"))
_BETWEEN = (
    select(_FATE)
    .where(_FATE.c.at > bindparam("after"), _FATE.c.at <= bindparam("until"))
    .order_by(_FATE.c.at)
    .limit(bindparam("limit"))
)
_ADMIT = Prepared(_OPEN.insert())
_LEFT = select(_OPEN).where(_OPEN.c.at < bindparam("before")).order_by(_OPEN.c.at).limit(bindparam("limit"))


def packed(lying: Iterable[tuple[str, str]]) -> bytes:
    """(blob, location) pairs as they are stored."""
    return _encode(tuple(lying))


def unpacked(raw: bytes) -> Lying:
    """Inverse of `packed`."""
    try:
        pairs = _PAIRS.decode(raw)
    except msgspec.MsgspecError as error:
        raise malformed("not-canonical") from error
    if packed(pairs) != raw:
        raise malformed("not-canonical")
    return pairs


def schedule(connection: Connection, lying: Iterable[Pair], at: datetime) -> None:
    """These blobs are to be removed from `at` on."""
    schedule_all(connection, [(pair, at) for pair in lying])


def schedule_all(connection: Connection, goes: Iterable[tuple[Pair, datetime]]) -> None:
    """The same for blobs that each have their own time."""
    rows = [{"blob": blob, "location": place, "at": microseconds(at)} for (blob, place), at in goes]
    _ADD.add(connection, rows)


def keep(connection: Connection, lying: Iterable[tuple[str, str]], now: datetime) -> None:
    """These blobs are referred to from now on; refused `blob-gone` if one of them was due already."""
    for blob, location in lying:
        if _KEEP.changed(connection, {"b": blob, "l": location, "now": microseconds(now)}) != 1:
            raise WriteRefused("blob-gone")


def all_stay(connection: Connection, lying: Sequence[Pair], now: datetime) -> bool:
    """Whether every one of these (each is there once) is nobody's yet and not due."""
    count = 0
    for location, names in _by_location(lying):
        asked = padded(names, "b")
        named = {"l": location, "now": microseconds(now), **asked}
        row = _staying(len(asked)).one(connection, named)
        count += 0 if row is None else int(row[0])
    return count == len(lying)


def keep_all(connection: Connection, lying: Sequence[Pair]) -> None:
    """These blobs are referred to from now on, after `all_stay` said that they may be."""
    count = 0
    for location, names in _by_location(lying):
        asked = padded(names, "b")
        count += _keeping(len(asked)).changed(connection, {"l": location, **asked})
    if count != len(lying):
        raise ValueError("a blob is not there that was looked at in this transaction")


def kept(connection: Connection, lying: Iterable[tuple[str, str]], now: datetime) -> frozenset[Pair]:
    """These blobs are referred to from now on, whether they were to go or not; those that were due already,
    and so may be being removed, are given back.
    """
    going = set()
    for blob, location in lying:
        asked = {"b": blob, "l": location, "now": microseconds(now)}
        if not _KEEP.changed(connection, asked) and connection.execute(_GOES, asked).first() is not None:
            going.add((blob, location))
    return frozenset(going)


def collect(connection: Connection, lying: Iterable[tuple[str, str]], now: datetime) -> None:
    """These blobs, as far as they are still nobody's, are due now and not later."""
    rows = [{"b": blob, "l": location, "now": microseconds(now)} for blob, location in lying]
    if rows:
        connection.execute(_NOW, rows)


def gone(connection: Connection, lying: Iterable[tuple[str, str]], now: datetime) -> None:
    """These blobs, as far as they were due, are no longer in their stores."""
    rows = [{"b": blob, "l": location, "now": microseconds(now)} for blob, location in lying]
    if rows:
        connection.execute(_GONE, rows)


def due(connection: Connection, now: datetime, limit: int) -> list[FateRow]:
    """Blobs that are due to be removed."""
    rows = connection.execute(_DUE, {"now": microseconds(now), "limit": limit})
    return [FateRow(blob=row.blob, location=row.location, at=instant(row.at)) for row in rows]


def scheduled(connection: Connection, after: datetime, until: datetime, limit: int) -> list[FateRow]:
    """Blobs that are to go after `after` and not after `until` unless somebody refers to them."""
    asked = {"after": microseconds(after), "until": microseconds(until), "limit": limit}
    rows = connection.execute(_BETWEEN, asked)
    return [FateRow(blob=row.blob, location=row.location, at=instant(row.at)) for row in rows]


def admit(connection: Connection, *rows: AdmissionRow) -> None:
    """Long uses begin."""
    _ADMIT.add(
        connection,
        [
            {
                "act": row.act,
                "ordinal": row.ordinal,
                "customer": row.customer,
                "code": row.code,
                "grant_id": row.grant,
                "size": row.size,
                "at": microseconds(row.at),
                "log": row.log,
                "idx": row.index,
            }
            for row in rows
        ],
    )


def close(connection: Connection, admitted: Iterable[tuple[str, int]]) -> None:
    """Long uses have their outcome: (act, ordinal)."""
    by: dict[int, list[str]] = {}
    for act, ordinal in admitted:
        by.setdefault(ordinal, []).append(act)
    for ordinal, acts in by.items():
        for at in range(0, len(acts), _ROWS_MAX):
            some = acts[at : at + _ROWS_MAX]
            _closing(len(some)).do(connection, {"o": ordinal, **{f"a{n}": act for n, act in enumerate(some)}})


def unclosed(connection: Connection, before: datetime, limit: int) -> list[AdmissionRow]:
    """Admissions older than that without an outcome."""
    return [
        AdmissionRow(
            act=row.act,
            ordinal=row.ordinal,
            customer=row.customer,
            code=row.code,
            grant=row.grant_id,
            size=row.size,
            at=instant(row.at),
            log=row.log,
            index=row.idx,
        )
        for row in connection.execute(_LEFT, {"before": microseconds(before), "limit": limit})
    ]


def _by_location(lying: Sequence[Pair]) -> Iterator[tuple[str, Sequence[str]]]:
    """Location and some of its blobs, as many as a statement takes."""
    by: dict[str, list[str]] = {}
    for blob, location in lying:
        by.setdefault(location, []).append(blob)
    for location, names in by.items():
        for at in range(0, len(names), _ROWS_MAX):
            yield location, names[at : at + _ROWS_MAX]


def _among(count: int) -> ColumnElement[bool]:
    return and_(
        _FATE.c.location == bindparam("l"), _FATE.c.blob.in_([bindparam(f"b{n}") for n in range(count)])
    )


@cache
def _closing(count: int) -> Prepared:
    acts = _OPEN.c.act.in_([bindparam(f"a{n}") for n in range(count)])
    return Prepared(_OPEN.delete().where(acts, _OPEN.c.ordinal == bindparam("o")))


@cache
def _staying(count: int) -> Prepared:
    return Prepared(select(func.count()).where(_among(count), _FATE.c.at > bindparam("now")))


@cache
def _keeping(count: int) -> Prepared:
    return Prepared(_FATE.delete().where(_among(count)))
