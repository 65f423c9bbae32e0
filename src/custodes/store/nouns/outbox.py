"""The outbox: what the outside is to be told, written with the act itself and kept until it was."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from custodes.acts.writing.readers import OutboxRow
from custodes.store import schema
from custodes.store.books import blob

_TABLE = schema.outbox
_ADD = _TABLE.insert()
_DONE = (
    _TABLE.update()
    .where(_TABLE.c.id == bindparam("b_id"), _TABLE.c.done_at.is_(None))
    .values(done_at=bindparam("done_at"))
)
_WAITING = (
    select(_TABLE)
    .where(_TABLE.c.done_at.is_(None))
    .order_by(_TABLE.c.at, _TABLE.c.id)
    .limit(bindparam("most"))
)
_COUNT = select(func.count(), func.min(_TABLE.c.at)).where(_TABLE.c.done_at.is_(None))


def add(connection: Connection, row: OutboxRow) -> None:
    """One thing to tell."""
    connection.execute(
        _ADD, {"id": row.id, "at": row.at, "kind": row.kind, "body": row.body, "done_at": None}
    )


def done(connection: Connection, id_: str, at: int) -> None:
    """It was told; once more, or of an id nobody knows, changes nothing."""
    connection.execute(_DONE, {"b_id": id_, "done_at": at})


def waiting(connection: Connection, most: int) -> Sequence[OutboxRow]:
    """What was not told yet, oldest first."""
    return [
        OutboxRow(id=row.id, at=row.at, kind=row.kind, body=blob(row.body))
        for row in connection.execute(_WAITING, {"most": most})
    ]


def backlog(connection: Connection) -> tuple[int, int | None]:
    """How many wait, and since when the first does."""
    count, oldest = connection.execute(_COUNT).one()
    return int(count), oldest
