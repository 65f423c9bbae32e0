"""House heads at rest: one row per keyroom, written by that keyroom alone."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from custodes.acts.writing.house_head import HouseHead
from custodes.store import schema
from custodes.store.engine import Prepared

_T = schema.house_head
_FACTS = ("seq", "standing_seq", "standing_root", "at", "signature")
_COLUMNS = tuple(_T.c[name] for name in ("keyroom", *_FACTS))
_ROW = schema.upsert(_T)
_ROW = _ROW.on_conflict_do_update(
    index_elements=["keyroom"],
    set_={name: _ROW.excluded[name] for name in _FACTS},
)
_PUT = Prepared(_ROW)
_ALL = select(*_COLUMNS).order_by(_T.c.keyroom)
_MINE = Prepared(
    select(*_COLUMNS).where(_T.c.keyroom == bindparam("keyroom")).with_for_update()  # SQLite leaves that out
)
_STANDING_SEQ = Prepared(select(func.max(_T.c.standing_seq)))


def put(connection: Connection, head: HouseHead) -> None:
    """Write a keyroom's head."""
    _PUT.do(
        connection,
        {
            "keyroom": head.keyroom,
            "seq": head.seq,
            "standing_seq": head.standing_seq,
            "standing_root": head.standing_root,
            "at": head.at,
            "signature": head.signature,
        },
    )


def find(connection: Connection, keyroom: str) -> HouseHead | None:
    """A keyroom's head, held until the transaction ends; None before its first."""
    row = _MINE.one(connection, {"keyroom": keyroom})
    return None if row is None else _head(row)


def standing_seq(connection: Connection) -> int:
    """The highest standing sequence of all keyrooms."""
    row = _STANDING_SEQ.one(connection, {})
    return 0 if row is None else row[0] or 0


def load_all(connection: Connection) -> list[HouseHead]:
    """Every keyroom's head."""
    return [_head(row) for row in connection.execute(_ALL)]


def _head(row: Sequence[Any]) -> HouseHead:
    return HouseHead(**dict(zip(("keyroom", *_FACTS), row, strict=True)))
