"""What a read costs does not depend on how long the log is: counted in steps of SQLite's machine."""

import pytest

from custodes.ledger.tiles import encode_bundle
from custodes.store import schema
from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.nouns import epochs, ledgers

LOG = "cus/machine"
LEAF = b"\x01" + bytes(32)


@pytest.fixture
def connection(tmp_path):
    engine = open_sqlite(tmp_path / "e.db")
    migrate(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def steps(connection, read):
    counted = [0]

    def step():
        counted[0] += 1

    raw = connection.connection.driver_connection
    raw.set_progress_handler(step, 1)
    try:
        found = read()
    finally:
        raw.set_progress_handler(None, 0)
    return counted[0], found


def add_bundles(connection, counts):
    first = 0
    for count in counts:
        row = {"log": LOG, "first": first, "count": count, "leaves": encode_bundle([LEAF] * count)}
        connection.execute(schema.bundle.insert(), row)
        first += count
    return first


def test_leaves_at_the_end_cost_what_leaves_at_the_beginning_cost(connection):
    size = add_bundles(connection, [256] * 400)
    ledgers.leaves(connection, LOG, 0, 1)  # statements are spelled once
    near, _ = steps(connection, lambda: ledgers.leaves(connection, LOG, 300, 310))
    far, found = steps(connection, lambda: ledgers.leaves(connection, LOG, size - 10, size))
    assert len(found) == 10
    assert far <= 2 * near


def test_a_bundle_that_begins_long_before_is_found_and_short_ones_too(connection):
    add_bundles(connection, [1, 2, 256, 1, 255, 3])
    for start, end in ((0, 1), (0, 518), (2, 259), (257, 260), (258, 259), (259, 260), (514, 518)):
        assert len(ledgers.leaves(connection, LOG, start, end)) == end - start, (start, end)


def test_the_first_epoch_that_holds_an_entry_is_found_at_once(connection):
    for epoch in range(1, 2_001):
        row = {"epoch": epoch, "root_index": epoch - 1, "at": 0}
        connection.execute(schema.epoch.insert(), row)
        head = {"log": LOG, "epoch": epoch, "size": 10 * epoch, "evidence": b"%d" % epoch}
        connection.execute(schema.epoch_head.insert(), head)
    epochs.covering(connection, LOG, 1)
    near, first = steps(connection, lambda: epochs.covering(connection, LOG, 9))
    far, last = steps(connection, lambda: epochs.covering(connection, LOG, 19_995))
    assert (first[1:], last[1:]) == ((0, b"1"), (1_999, b"2000"))
    assert epochs.covering(connection, LOG, 10)[1:] == (1, b"2")
    assert epochs.covering(connection, LOG, 20_000) is None
    assert far <= 2 * near
