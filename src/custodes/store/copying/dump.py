"""The stream: MessagePack values one after the other. First what it is, then batches of rows, then an end.

`{"schema": "0001"}`, then `[table, [[column, ...], rows...]]` for each batch, last `{"rows": total}`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, select

from custodes.kernel.refusal import Kind, Refusal, conflict, unavailable
from custodes.store import schema
from custodes.store.engine import BEGIN_READING, BEGIN_WRITING, roll_back
from custodes.store.migrate import HEAD

ROWS_PER_BATCH = 500
PASSING = frozenset({"keyroom_lease"})  # who lived there is nothing to restore
Rows = list[dict[str, Any]]
Change = Callable[[str, Rows], Rows]


def tables() -> list[Table]:
    """Everything that is copied, in one order."""
    return [table for table in schema.metadata.sorted_tables if table.name not in PASSING]


def dumped(engine: Engine) -> Iterator[bytes]:
    """One snapshot of the whole database, each value length-prefixed (4 bytes, big endian)."""
    with engine.connect() as connection:
        BEGIN_READING[engine.dialect.name].do(connection, {})
        try:
            yield _packed({"schema": HEAD})
            count = 0
            for table in tables():
                for batch in _batches(connection, table):
                    count += len(batch)
                    yield _packed([str(table.name), [[str(column.name) for column in table.columns], *batch]])
            yield _packed({"rows": count})
        finally:
            roll_back(connection)


def load(engine: Engine, values: Iterable[bytes], change: Change) -> int:
    """Put a dump into an empty, migrated database, through `change`; gives back how many rows there are.

    All of it or nothing: `database-not-empty` (conflict), `other-schema` (unavailable), `backup-damaged`
    (broken) when it is no dump or has no end.
    """
    known = {table.name: table for table in tables()}
    with engine.connect() as connection:
        BEGIN_WRITING[engine.dialect.name].do(connection, {})
        try:
            count = _load(connection, known, values, change)
        except BaseException:
            roll_back(connection)
            raise
        connection.exec_driver_sql("COMMIT")
    return count


def _load(connection: Connection, known: dict[str, Table], values: Iterable[bytes], change: Change) -> int:
    for table in known.values():
        if connection.execute(select(table).limit(1)).first() is not None:
            raise conflict("database-not-empty", table=table.name)
    count, said = 0, None
    for n, raw in enumerate(values):
        value = msgspec.msgpack.decode(raw)
        if n == 0:
            if value != {"schema": HEAD}:
                raise unavailable("other-schema", known=HEAD)
        elif isinstance(value, dict):
            said = value["rows"]
        elif said is not None:
            raise Refusal("backup-damaged", Kind.BROKEN)
        else:
            name, (columns, *rows) = value
            connection.execute(
                known[name].insert(), change(name, [dict(zip(columns, row, strict=True)) for row in rows])
            )
            count += len(rows)
    if said != count:
        raise Refusal("backup-damaged", Kind.BROKEN)
    return count


def _batches(connection: Connection, table: Table) -> Iterator[list[list[Any]]]:
    asked = select(table).order_by(*table.primary_key)
    options = {"stream_results": True, "yield_per": ROWS_PER_BATCH}
    with connection.execute(asked, execution_options=options) as found:
        for some in found.partitions(ROWS_PER_BATCH):
            yield [list(row) for row in some]


def _packed(value: object) -> bytes:
    raw = msgspec.msgpack.encode(value)
    return len(raw).to_bytes(4, "big") + raw
