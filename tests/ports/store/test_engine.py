"""The writer's statements, as SQLite really runs them."""

import sqlite3

import pytest
from sqlalchemy import bindparam, select

from custodes.store import books, schema
from custodes.store.engine import Prepared, open_sqlite, padded
from custodes.store.migrate import migrate


@pytest.fixture
def connection(tmp_path):
    engine = open_sqlite(tmp_path / "e.db")
    migrate(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def row(number):
    return {"log": "l", "first": number, "count": 1, "leaves": bytes([number % 256])}


def test_many_rows_are_added_in_few_statements_and_all_of_them_arrive(connection):
    seen = []
    connection.connection.driver_connection.set_trace_callback(seen.append)
    Prepared(schema.bundle.insert()).add(connection, [row(number) for number in range(300)])
    assert len(seen) == 3  # 128 + 128 + 44
    found = connection.execute(select(schema.bundle.c.first, schema.bundle.c.leaves)).all()
    assert [tuple(one) for one in found] == [(n, bytes([n % 256])) for n in range(300)]


def test_a_prepared_statement_gives_one_row_or_none_and_the_drivers_own_errors(connection):
    adding = Prepared(schema.bundle.insert())
    asked = Prepared(select(schema.bundle.c.leaves).where(schema.bundle.c.first == bindparam("f")))
    assert asked.one(connection, {"f": 3}) is None
    adding.do(connection, row(3))
    assert asked.one(connection, {"f": 3}) == (b"\x03",)
    with pytest.raises(sqlite3.IntegrityError):
        adding.do(connection, row(3))


def test_generations_are_found_by_key_however_many_rows_stand(connection):
    names = [("key", f"key-{number}", number + 1) for number in range(40)]
    for position, (noun, id_, generation) in enumerate([*names, ("customer", "key-3", 77)]):
        values = {"noun": noun, "id": id_, "customer": "", "position": position, "generation": generation}
        connection.execute(schema.standing.insert(), {**values, "body": b"", "mac": b"", "changed": 0})
    group = books.SqlGroup(connection, {}, {})
    wanted = {(noun, id_) for noun, id_, _ in names} | {("customer", "key-4"), ("kills", "house")}
    assert group.generations(wanted) == {(noun, id_): generation for noun, id_, generation in names}
    assert group.generations([("customer", "key-3")]) == {("customer", "key-3"): 77}
    assert group.generations([]) == {}
    seen = []
    connection.connection.driver_connection.set_trace_callback(seen.append)
    group.generations(wanted)
    (plan,) = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {seen[0]}").all()
    assert "USING PRIMARY KEY (noun=? AND id=?)" in plan[-1]


def test_places_are_filled_up_to_a_power_of_two():
    for count, places in ((1, 8), (8, 8), (9, 16), (64, 64), (65, 128)):
        found = padded([f"{n}" for n in range(count)], "p")
        assert list(found) == [f"p{n}" for n in range(places)]
        assert set(found.values()) == {f"{n}" for n in range(count)}
