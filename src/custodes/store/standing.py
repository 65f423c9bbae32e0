"""Standing rows: put conditionally on the generation before, read all at start."""

from sqlalchemy import Connection, bindparam, select

from custodes.acts.writing.ports import WriteRefused
from custodes.acts.writing.readers import StandingRow

from . import schema
from .books import blob

_ADD = schema.standing.insert()
_RAISE = (
    schema.standing.update()
    .where(
        schema.standing.c.noun == bindparam("b_noun"),
        schema.standing.c.id == bindparam("b_id"),
        schema.standing.c.generation == bindparam("b_generation"),
        schema.standing.c.position == bindparam("b_position"),
    )
    .values(generation=bindparam("generation"), body=bindparam("body"), mac=bindparam("mac"))
)
_ALL = select(schema.standing).order_by(schema.standing.c.position)


def put(connection: Connection, row: StandingRow) -> None:
    """Insert generation 1, or raise the row from exactly the generation before."""
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
        for row in connection.execute(_ALL)
    ]
