"""Versions under a legal preservation: rows that say nothing, which blobs they need, what lies for them.

Both tables are found by tags that only the keyroom can make. The conditions are checked here, in the
transaction: a version that is gone is not preserved, and a blob goes with the last row that needs it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, literal_column, select

from custodes.acts.writing.object_rows import LyingRow, PreservedRow
from custodes.acts.writing.ports import WriteRefused
from custodes.store import schema
from custodes.store.books import blob, microseconds

from . import blobs

_P, _B, _V, _F = (
    schema.preserved,
    schema.preserved_blob,
    schema.object_version,
    schema.blob_fate,
)
_ADD, _NEED = _P.insert(), _B.insert()
_VERSION = select(_V.c.version).where(_V.c.version == bindparam("v"), _V.c.bucket == bindparam("b"))
_FIND = select(_P).where(_P.c.tag.in_(bindparam("tags", expanding=True)))
_PAGE = (
    select(_P)
    .where(_P.c.tag > bindparam("after"), _P.c.blob == literal_column("''"))
    .order_by(_P.c.tag)
    .limit(bindparam("limit"))
)
_NEEDING = select(_B).where(_B.c.blob.in_(bindparam("blobs", expanding=True)))
_LYING = select(_P).where(_P.c.blob.in_(bindparam("blobs", expanding=True)))
_TAKE = _F.delete().where(
    _F.c.blob == bindparam("b"), _F.c.location == bindparam("l"), _F.c.at <= bindparam("now")
)
_LIE = _P.insert()
_OF = select(_B.c.blob).where(_B.c.row == bindparam("t"))
_DROP, _UNNEED = _P.delete().where(_P.c.tag == bindparam("t")), _B.delete().where(_B.c.row == bindparam("t"))
_LET_GO = _P.delete().where(_P.c.tag == bindparam("t"))

_ROWS_MAX = 500

Pair = tuple[str, str]


def add(connection: Connection, bucket: str, rows: Sequence[PreservedRow], versions: Sequence[str]) -> None:
    """These versions of a bucket are preserved from now on; refused `version-gone` when one of them is not
    there any more.
    """
    for version in versions:
        if connection.execute(_VERSION, {"v": version, "b": bucket}).first() is None:
            raise WriteRefused("version-gone")
    connection.execute(_ADD, [{"tag": row.tag, "blob": "", "sealed": row.sealed} for row in rows])
    pairs = [{"blob": one, "row": row.tag} for row in rows for one in row.blobs]
    if pairs:
        connection.execute(_NEED, pairs)


def spare(connection: Connection, found: Sequence[tuple[LyingRow, Pair]], now: datetime) -> None:
    """These blobs, (blob, location), were due to go and lie on for what is preserved; refused `not-preserved`
    when nothing needs one of them any more, and nothing happens to one that is not due.
    """
    for row, (name, location) in found:
        if connection.execute(_NEEDING, {"blobs": [row.blob]}).first() is None:
            raise WriteRefused("not-preserved")
        taken = connection.execute(_TAKE, {"b": name, "l": location, "now": microseconds(now)}).rowcount
        if taken:
            connection.execute(_LET_GO, {"t": row.tag})
            connection.execute(_LIE, {"tag": row.tag, "blob": row.blob, "sealed": row.sealed})


def end(
    connection: Connection, tags: Sequence[str], found: Sequence[tuple[LyingRow, Pair]], now: datetime
) -> None:
    """These rows are gone, and of what lay for them alone, (blob, location), everything goes.

    Refused `lying-changed` when something lies for them that is not among `found`.
    """
    needed = needed_by(connection, tags)
    for tag in tags:
        connection.execute(_DROP, {"t": tag})
        connection.execute(_UNNEED, {"t": tag})
    still = {row.blob for row in _in_parts(connection, _NEEDING, needed)}
    free = [one for one in needed if one not in still]
    known = {row.tag: pair for row, pair in found}
    for row in _in_parts(connection, _LYING, free):
        if row.tag not in known:
            raise WriteRefused("lying-changed")
        connection.execute(_LET_GO, {"t": row.tag})
        blobs.schedule(connection, (known[row.tag],), now)


def find(connection: Connection, tags: Sequence[str]) -> list[PreservedRow]:
    """See `ObjectReads.preserved`."""
    rows = connection.execute(_FIND, {"tags": list(tags)})
    return [PreservedRow(tag=row.tag, sealed=blob(row.sealed)) for row in rows]


def page(connection: Connection, after: str, limit: int) -> list[PreservedRow]:
    """See `ObjectReads.preserved_all`."""
    rows = connection.execute(_PAGE, {"after": after, "limit": limit})
    return [PreservedRow(tag=row.tag, sealed=blob(row.sealed)) for row in rows]


def needing(connection: Connection, named: Sequence[str]) -> list[Pair]:
    """See `ObjectReads.preserving`."""
    return [(row.blob, row.row) for row in _in_parts(connection, _NEEDING, named)]


def needed_by(connection: Connection, tags: Sequence[str]) -> list[str]:
    """See `ObjectReads.needed_by`."""
    found: list[str] = []
    for tag in tags:
        found += [row.blob for row in connection.execute(_OF, {"t": tag})]
    return list(dict.fromkeys(found))


def lying(connection: Connection, named: Sequence[str]) -> list[LyingRow]:
    """See `ObjectReads.lying`."""
    return [
        LyingRow(tag=row.tag, blob=row.blob, sealed=blob(row.sealed))
        for row in _in_parts(connection, _LYING, named)
    ]


def _in_parts(connection: Connection, asked: Select[Any], named: Sequence[str]) -> Iterator[Row[Any]]:
    for at in range(0, len(named), _ROWS_MAX):
        yield from connection.execute(asked, {"blobs": list(named[at : at + _ROWS_MAX])}).all()
