"""Events of objects that webhooks are to be told of: written with the act, gone once they were told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from custodes.acts.writing.object_rows import EventRow
from custodes.store import schema
from custodes.store.books import blob, instant, microseconds

_E = schema.event
_ADD = _E.insert()
_DROP = _E.delete().where(_E.c.id == bindparam("b_id"))
_WAITING = (
    select(_E).where(_E.c.webhook == bindparam("w")).order_by(_E.c.at, _E.c.id).limit(bindparam("most"))
)
_COUNT = select(func.count(), func.min(_E.c.at)).where(_E.c.webhook == bindparam("w"))


def add(connection: Connection, row: EventRow) -> None:
    """One thing to tell."""
    values = {"id": row.id, "webhook": row.webhook, "at": microseconds(row.at), "body": row.body}
    connection.execute(_ADD, values)


def drop(connection: Connection, ids: Sequence[str]) -> None:
    """These were told, or are given up; an id nobody knows changes nothing."""
    for id_ in ids:
        connection.execute(_DROP, {"b_id": id_})


def waiting(connection: Connection, webhook: str, most: int) -> list[EventRow]:
    """What a webhook was not told yet, oldest first."""
    return [
        EventRow(id=row.id, webhook=row.webhook, at=instant(row.at), body=blob(row.body))
        for row in connection.execute(_WAITING, {"w": webhook, "most": most})
    ]


def backlog(connection: Connection, webhook: str) -> tuple[int, datetime | None]:
    """How many wait, and since when the first does."""
    count, oldest = connection.execute(_COUNT, {"w": webhook}).one()
    return int(count), None if oldest is None else instant(oldest)
