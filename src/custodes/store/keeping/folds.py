"""Counts made of entries: sealed parts and keyed names, written together or not at all.

`SqlFoldReads` fulfils `acts.writing.fold_reads.FoldReads`.
"""

from collections.abc import Iterator, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from custodes.acts.writing.fold_reads import FoldName, FoldPart, FoldStep
from custodes.acts.writing.ports import WriteRefused
from custodes.store import schema

HEAD = "head"
AT_ONCE = 500
_P, _N = schema.fold_part, schema.fold_name

_GENERATION = select(_P.c.generation).where(_P.c.customer == bindparam("customer"), _P.c.part == HEAD)
_PARTS = select(_P).where(
    _P.c.customer == bindparam("customer"), _P.c.part.in_(bindparam("parts", expanding=True))
)
_NAMES = select(_N).where(
    _N.c.customer == bindparam("customer"), _N.c.tag.in_(bindparam("tags", expanding=True))
)
_NAMED = select(_N).where(_N.c.customer == bindparam("customer"), _N.c.version == bindparam("version"))
_PART_PUT = schema.upsert(_P)
_PART_PUT = _PART_PUT.on_conflict_do_update(
    index_elements=["customer", "part"],
    set_={name: _PART_PUT.excluded[name] for name in ("generation", "page", "sealed")},
)
_NAME_PUT = schema.upsert(_N)
_NAME_PUT = _NAME_PUT.on_conflict_do_update(
    index_elements=["customer", "tag"],
    set_={name: _NAME_PUT.excluded[name] for name in ("version", "size", "idx", "mac")},
)
_NAME_DROP = _N.delete().where(_N.c.customer == bindparam("b_customer"), _N.c.tag == bindparam("b_tag"))


def put(connection: Connection, step: FoldStep) -> None:
    """One step; refused `fold-moved` when somebody else made one meanwhile."""
    found = connection.execute(_GENERATION, {"customer": step.customer}).scalar() or 0
    if found != step.generation:
        raise WriteRefused("fold-moved")
    if step.is_anew:
        for table in (_P, _N):
            connection.execute(table.delete().where(table.c.customer == step.customer))
    connection.execute(_PART_PUT, [msgspec.structs.asdict(one) for one in step.parts])
    if step.gone:
        connection.execute(_NAME_DROP, [{"b_customer": step.customer, "b_tag": tag} for tag in step.gone])
    if step.names:
        connection.execute(_NAME_PUT, [_columns(one) for one in step.names])


class SqlFoldReads:
    """Reads of counts over one connection; see the port."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def parts(self, customer: str, parts: Sequence[str]) -> Sequence[FoldPart]:
        """Sealed parts."""
        return [
            FoldPart(**row._mapping)
            for some in _groups(parts)
            for row in self._connection.execute(_PARTS, {"customer": customer, "parts": some})
        ]

    def names(self, customer: str, tags: Sequence[bytes]) -> Sequence[FoldName]:
        """Keyed names."""
        return [
            _name(row)
            for some in _groups(tags)
            for row in self._connection.execute(_NAMES, {"customer": customer, "tags": some})
        ]

    def named(self, customer: str, version: str) -> Sequence[FoldName]:
        """The name of a version."""
        asked = {"customer": customer, "version": version}
        return [_name(row) for row in self._connection.execute(_NAMED, asked)]


def _groups(values: Sequence[object]) -> Iterator[list[object]]:
    for start in range(0, len(values), AT_ONCE):
        yield list(values[start : start + AT_ONCE])


def _columns(one: FoldName) -> dict[str, object]:
    columns = msgspec.structs.asdict(one)
    columns["idx"] = columns.pop("index")
    return columns


def _name(row: object) -> FoldName:
    get = row.__getattribute__
    return FoldName(
        customer=get("customer"),
        tag=bytes(get("tag")),
        version=get("version"),
        size=get("size"),
        index=get("idx"),
        mac=bytes(get("mac")),
    )
