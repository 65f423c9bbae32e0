"""Standing rows: put conditionally on the generation before, read all at start."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from custodes.acts.writing.ports import WriteRefused
from custodes.acts.writing.readers import StandingRow
from custodes.store import schema
from custodes.store.books import blob

_ADD = schema.standing.insert()
_RAISE = (
    schema.standing.update()
    .where(
        schema.standing.c.noun == bindparam("b_noun"),
        schema.standing.c.id == bindparam("b_id"),
        schema.standing.c.generation == bindparam("b_generation"),
        schema.standing.c.position == bindparam("b_position"),
    )
    .values(
        generation=bindparam("generation"),
        body=bindparam("body"),
        mac=bindparam("mac"),
        changed=bindparam("changed"),
    )
)
_SINCE = (
    select(schema.standing)
    .where(schema.standing.c.changed > bindparam("seq"))
    .order_by(schema.standing.c.position)
)
_ALL = select(schema.standing).order_by(schema.standing.c.position)


def put(connection: Connection, row: StandingRow, seq: int = 0) -> None:
    """Insert generation 1, or raise the row from exactly the generation before; `seq`: what then stands."""
    if row.generation == 1:
        connection.execute(
            _ADD,
            {
                "noun": row.noun,
                "id": row.id,
                "customer": row.customer,
                "position": row.position,
                "generation": 1,
                "body": row.body,
                "mac": row.mac,
                "changed": seq,
            },
        )
        return
    raised = connection.execute(
        _RAISE,
        {
            "b_noun": row.noun,
            "b_id": row.id,
            "b_generation": row.generation - 1,
            "b_position": row.position,
            "generation": row.generation,
            "body": row.body,
            "mac": row.mac,
            "changed": seq,
        },
    )
    if raised.rowcount != 1:
        raise WriteRefused("generation-moved")


def rewrite(connection: Connection) -> None:
    """Write every row anew, in order: what SQLite had left of older rows inside its pages is zeroed.

    `secure_delete` zeroes what is deleted, but a row that moved when a page was split leaves a copy in the
    unused part of the old one. A wrapped shred key that was dropped must not be there either.
    """
    rows = [dict(row) for row in connection.execute(_ALL).mappings()]
    connection.execute(schema.standing.delete())
    if rows:
        connection.execute(_ADD, rows)


def load_all(connection: Connection) -> list[StandingRow]:
    """Every standing row in order of position."""
    return _rows(connection.execute(_ALL))


def load_since(connection: Connection, seq: int) -> list[StandingRow]:
    """Rows put after this standing sequence, in order of position."""
    return _rows(connection.execute(_SINCE, {"seq": seq}))


def _rows(found: Iterable[Row[Any]]) -> list[StandingRow]:
    return [
        StandingRow(
            noun=row.noun,
            id=row.id,
            customer=row.customer,
            position=row.position,
            generation=row.generation,
            body=blob(row.body),
            mac=blob(row.mac),
        )
        for row in found
    ]
