"""Objects of a bucket that is being adopted: as they were found, and what became of each."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, or_, select

from custodes.acts.asks.buckets.adopting import AdoptedItem
from custodes.acts.writing.ports import WriteRefused
from custodes.store import schema

_I = schema.adopt_item
_AT = (_I.c.adoption == bindparam("a"), _I.c.name == bindparam("n"))
_ONE = select(_I).where(*_AT)
_FACTS = ("size", "etag", "modified", "state", "note", "sheet")
_PUT = schema.upsert(_I)
_PUT = _PUT.on_conflict_do_update(
    index_elements=["adoption", "name"],
    set_={name: _PUT.excluded[name] for name in _FACTS},
    where=or_(_I.c.state == "found", _I.c.state == "changed", _I.c.state == "failed"),
)
_MOVE = (
    _I.update()
    .where(*_AT, _I.c.state == bindparam("old"))
    .values(state=bindparam("new"), note=bindparam("why"))
)
_SEAL = (
    _I.update()
    .where(*_AT, _I.c.state == "found", _I.c.etag == bindparam("seen"))
    .values(state="sealed", version=bindparam("v"), digest=bindparam("d"), note="")
)
_ALL = select(_I).where(_I.c.adoption == bindparam("a"), _I.c.name > bindparam("n"))
_OF_STATE = _ALL.where(_I.c.state == bindparam("s"))
_ALL = _ALL.order_by(_I.c.name).limit(bindparam("limit"))
_OF_STATE = _OF_STATE.order_by(_I.c.name).limit(bindparam("limit"))
_LAST = select(_I.c.name).where(_I.c.adoption == bindparam("a")).order_by(_I.c.name.desc()).limit(1)
_S = schema.adopt_sheet
_NUMBER = select(func.max(_S.c.number)).where(_S.c.adoption == bindparam("a"))
_ORIGINS = select(_S.c.origin).where(_S.c.adoption == bindparam("a")).distinct()
_SHEET = select(_S.c.sealed).where(_S.c.adoption == bindparam("a"), _S.c.number == bindparam("number"))
_SAME = select(_S.c.number).where(_S.c.adoption == bindparam("a"), _S.c.digest == bindparam("d"))
_BEFORE = (
    select(_I)
    .where(_I.c.adoption == bindparam("a"), _I.c.name > bindparam("low"), _I.c.name < bindparam("n"))
    .order_by(_I.c.name.desc())
    .limit(bindparam("limit"))
)
_PASS = (
    _I.update()
    .where(
        _I.c.adoption == bindparam("a"),
        _I.c.name >= bindparam("low"),
        _I.c.name < bindparam("high"),
        _I.c.state == "found",
    )
    .values(state="passed", note=bindparam("why"))
)
_COUNTS = (
    select(_I.c.state, func.count(), func.sum(_I.c.size))
    .where(_I.c.adoption == bindparam("a"))
    .group_by(_I.c.state)
    .order_by(_I.c.state)
)


def found(connection: Connection, adoption: str, items: Sequence[AdoptedItem]) -> None:
    """These lie in the source now; what was taken in already stays as it is."""
    rows = [
        {
            "adoption": adoption,
            "name": item.name.encode("utf-8"),
            "size": item.size,
            "etag": item.etag,
            "modified": item.modified,
            "state": item.state,
            "version": "",
            "digest": "",
            "note": item.note,
            "sheet": item.sheet,
        }
        for item in items
    ]
    if rows:
        connection.execute(_PUT, rows)


def move(connection: Connection, adoption: str, name: str, states: tuple[str, str], note: str) -> None:
    """From one state (old, new) into another; nothing happens when it is in neither."""
    old, new = states
    asked = {"a": adoption, "n": name.encode("utf-8"), "old": old, "new": new, "why": note}
    connection.execute(_MOVE, asked)


def seal(connection: Connection, adoption: str, name: str, etag: str, what: tuple[str, str]) -> None:
    """It is taken in as (version, digest); refused `item-moved` if it was found otherwise meanwhile."""
    asked = {"a": adoption, "n": name.encode("utf-8"), "seen": etag, "v": what[0], "d": what[1]}
    if connection.execute(_SEAL, asked).rowcount != 1:
        raise WriteRefused("item-moved")


def hand(
    connection: Connection, adoption: str, what: tuple[str, str, bytes], items: Sequence[AdoptedItem]
) -> None:
    """A sheet (digest, origin, sealed) and what it opens; the same sheet again is the sheet it was.

    Refused `sheet-of-another-bucket` where a sheet before came from elsewhere.
    """
    digest, origin, sealed = what
    if set(connection.execute(_ORIGINS, {"a": adoption}).scalars()) - {origin}:
        raise WriteRefused("sheet-of-another-bucket")
    number = connection.execute(_SAME, {"a": adoption, "d": digest}).scalar()
    if number is None:
        number = int(connection.execute(_NUMBER, {"a": adoption}).scalar() or 0) + 1
        row = {"adoption": adoption, "number": number, "digest": digest, "origin": origin, "sealed": sealed}
        connection.execute(_S.insert(), row)
    found(connection, adoption, [msgspec.structs.replace(item, sheet=number) for item in items])


def pass_all(connection: Connection, adoption: str, name: str, note: str) -> None:
    """Every version of this name that waits to be restored is passed."""
    low, high = (name.encode("utf-8") + end for end in (b"\0", b"\1"))
    connection.execute(_PASS, {"a": adoption, "low": low, "high": high, "why": note})


def forget(connection: Connection, adoption: str) -> None:
    """The sheets of a restoration that is ended."""
    connection.execute(_S.delete().where(_S.c.adoption == bindparam("a")), {"a": adoption})


def sheet(connection: Connection, adoption: str, number: int) -> bytes | None:
    """See `ObjectReads.adopted_sheet`."""
    raw = connection.execute(_SHEET, {"a": adoption, "number": number}).scalar()
    return None if raw is None else bytes(raw)


def before(connection: Connection, adoption: str, name: str, limit: int) -> list[AdoptedItem]:
    """See `ObjectReads.adopted_before`."""
    at = name.encode("utf-8")
    low = at.partition(b"\0")[0] + b"\0"
    rows = connection.execute(_BEFORE, {"a": adoption, "low": low, "n": at, "limit": limit})
    return [_item(row) for row in rows]


def one(connection: Connection, adoption: str, name: str) -> AdoptedItem | None:
    """See `ObjectReads.adopted_item`."""
    row = connection.execute(_ONE, {"a": adoption, "n": name.encode("utf-8")}).one_or_none()
    return None if row is None else _item(row)


def page(connection: Connection, adoption: str, after: str, state: str, limit: int) -> list[AdoptedItem]:
    """See `ObjectReads.adopted`."""
    asked: dict[str, Any] = {"a": adoption, "n": after.encode("utf-8"), "limit": limit}
    rows = connection.execute(_OF_STATE, {**asked, "s": state}) if state else connection.execute(_ALL, asked)
    return [_item(row) for row in rows]


def last(connection: Connection, adoption: str) -> str:
    """See `ObjectReads.adopted_last`."""
    raw = connection.execute(_LAST, {"a": adoption}).scalar()
    return bytes(raw).decode("utf-8") if raw is not None else ""


def counts(connection: Connection, adoption: str) -> list[tuple[str, int, int]]:
    """See `ObjectReads.adopted_counts`."""
    rows = connection.execute(_COUNTS, {"a": adoption})
    return [(state, count, int(size or 0)) for state, count, size in rows]


def _item(row: Row[Any]) -> AdoptedItem:
    return AdoptedItem(
        name=row.name.decode("utf-8"),
        size=row.size,
        etag=row.etag,
        modified=row.modified,
        state=row.state,
        version=row.version,
        digest=row.digest,
        note=row.note,
        sheet=row.sheet,
    )
