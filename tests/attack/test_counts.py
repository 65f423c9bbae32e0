"""Whoever can write the database bends the counts: each way is seen, and everything is counted anew.

Counts are a fold of entries, so there is always the log to go by; what a fold keeps is believed only where it
opens in its place, in its generation, over exactly the leaves that the log's tree holds.
"""

import pytest

from custodes.acts.counting.fold import Counting
from custodes.acts.footing.customer import Customer
from custodes.kernel.refusal import Refusal
from fakes.counted import in_counts


async def some(world):
    for n in range(3):
        await world.stored(f"v{n}", 10 + n, "one name")
        await world.stored(f"w{n}", 1, f"name {n}", "enabled")
        await world.cloud_use()
    return await world.counts()


def put_whole(world, parts, names):
    world.sql("DELETE FROM fold_part")
    world.sql("DELETE FROM fold_name")
    world.put_back("fold_part", *parts)
    world.put_back("fold_name", *names)


@in_counts
async def test_a_bent_part_does_not_open_and_is_made_anew(world):
    said = await some(world)
    for part in world.counted_parts():
        sealed = bytes(part["sealed"])
        for bent in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:40], b""):
            world.put_back("fold_part", {**part, "sealed": bent})
            assert await world.counts() == said
            assert (await world.days()).days[-1].objects == said.objects
    head, day = world.counted_parts()[-1], world.counted_parts()[0]
    world.put_back("fold_part", {**head, "sealed": day["sealed"]})  # one in the other's place
    assert await world.counts() == said


@in_counts
async def test_yesterdays_head_or_day_does_not_fit_and_all_of_it_is_only_behind(world):
    await some(world)
    parts, names = world.counted_parts(), world.counted_names()
    await world.stored("v9", 100, "one name")
    await world.removed("w0", 1, "name 0", "enabled")
    said = await world.counts()
    put_whole(world, parts, names)
    assert await world.counts() == said
    for part in parts:
        world.put_back("fold_part", part)
        assert (await world.days()).days[-1].bytes_stored == said.bytes_stored
        assert await world.counts() == said


@in_counts
async def test_a_name_that_says_another_version_is_seen(world):
    await some(world)
    (name,) = world.counted_names()
    for bent in ({"size": 0}, {"version": "w1"}, {"mac": b"\0" * 20}, {"idx": 0}, {"idx": 2**40}):
        world.put_back("fold_name", {**name, **bent})
        await world.stored("v8", 7, "one name")
        counted = await world.counts()
        assert (counted.objects, counted.bytes_stored) == (4, 10)
        (name,) = world.counted_names()


@in_counts
async def test_the_counts_of_another_customer_or_another_log_are_not_taken(world):
    said = await some(world)
    house = world.o.standing.get("customer", world.body.id, Customer)
    await Counting(world.o).reach(house, 500)
    theirs = world.rows("fold_part", "customer = ?", house.id)
    assert theirs
    world.put_back("fold_part", *({**one, "customer": world.customer_row.id} for one in theirs))
    assert await world.counts() == said


@in_counts
async def test_counts_of_a_longer_or_another_history_are_put_aside(world):
    """A database put back to an older day, with the counts of a newer one: its tree has other leaves."""
    await world.stored("v1", 10)
    await world.counts()
    tables = ("opening", "bundle", "head", "tile")
    logs = {table: world.rows(table, "log = ?", world.log) for table in tables}
    await world.stored("v2", 20, "b")
    await world.counts()
    newer, names = world.counted_parts(), world.counted_names()
    world.sql("DROP TRIGGER bundle_no_delete")
    for table, rows in logs.items():
        world.sql(f"DELETE FROM {table} WHERE log = ?", world.log)
        world.put_back(table, *rows)
    counted = await world.counts()
    assert (counted.objects, counted.bytes_stored) == (1, 10)
    await world.stored("v3", 5, "c")
    put_whole(world, newer, names)
    counted = await world.counts()
    assert (counted.objects, counted.bytes_stored) == (2, 15)


@in_counts
async def test_a_crash_between_counting_and_writing_counts_nothing_twice(world):
    await some(world)
    await world.stored("v9", 5, "z")
    real = Counting._write

    async def gone(*_more):
        raise KeyboardInterrupt

    Counting._write = gone
    try:
        with pytest.raises(KeyboardInterrupt):
            await Counting(world.o).reach(world.present, 1)
    finally:
        Counting._write = real
    await world.again()
    assert await world.bill() == await world.by_hand()


@in_counts
async def test_an_entry_that_is_hidden_is_not_passed_over(world):
    await some(world)
    await world.stored("v9", 5, "z")
    row = world.rows("opening", "log = ? ORDER BY idx DESC LIMIT 1", world.log)[0]
    world.sql("DELETE FROM opening WHERE log = ? AND idx = ?", world.log, row["idx"])
    with pytest.raises(Refusal, match="opening-missing"):
        await world.counts()
    world.put_back("opening", {**row, "subject": "v0"})
    assert (await world.counts()).objects == 5
