"""Look-ups of what is to be read: at once or together, never older than what was committed."""

import asyncio
import sqlite3

import pytest

from custodes.acts.asks.objects import CLOSED_MAX, CloseGet, CloseGets, SweepUses
from custodes.acts.objects.reads.looking import At, Looks
from custodes.acts.opened import Read
from custodes.kernel.refusal import Refusal
from custodes.store.engine import driver
from custodes.store.reads import AtOnce, reading
from fakes.object_world import with_objects


class Hops:
    """A way into a thread that counts, and that a test can hold up."""

    def __init__(self, world):
        self.engine, self.count, self.go = world.engine, 0, asyncio.Event()
        self.go.set()

    async def __call__(self, work):
        self.count += 1
        await self.go.wait()
        return await asyncio.to_thread(reading, self.engine, work)


class House:
    """As much of an unsealed house as a look-up needs."""

    def __init__(self, world, at_once=None):
        self.house, self.hops = world.keyroom.opened.house, Hops(world)
        self.read = Read(self.hops, at_once)


@with_objects
async def test_those_that_wait_share_the_next_hop_and_see_what_was_committed_before_they_asked(world):
    first = await world.write("a", b"1")
    house = House(world)
    looks, bucket = Looks(house), world.bucket.id
    house.hops.go.clear()
    one = asyncio.create_task(looks.find(At(bucket, "a", None)))
    await asyncio.sleep(0)
    others = [asyncio.create_task(looks.find(At(bucket, "a", None))) for _ in range(20)]
    absent = asyncio.create_task(looks.find(At(bucket, "none", None)))
    await asyncio.sleep(0)
    second = await world.write("a", b"2")
    house.hops.go.set()
    assert (await one)[0].version in (first.version, second.version)
    rows = await asyncio.gather(*others)
    assert {row.version for row, _ in rows} == {second.version}
    assert {page.id for row, page in rows} == {rows[0][0].page}
    assert await absent == (None, None)
    assert house.hops.count == 2


@pytest.mark.sqlite
@with_objects
async def test_a_row_that_makes_no_sense_costs_the_others_nothing(world):
    await world.write("a", b"1")
    await world.write("b", b"1")
    looks, bucket = Looks(House(world)), world.bucket.id
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE object_version SET blobs = 'x' WHERE name = CAST('a' AS BLOB)")
    bad, good = await asyncio.gather(
        looks.find(At(bucket, "a", None)), looks.find(At(bucket, "b", None)), return_exceptions=True
    )
    assert isinstance(bad, Refusal)
    assert good[0].name == "b"


@pytest.mark.sqlite
@with_objects
async def test_at_once_takes_no_hop_and_sees_the_last_commit(world):
    at_once = AtOnce(world.engine, lambda: 0)
    house = House(world, at_once)
    looks, bucket = Looks(house), world.bucket.id
    assert await looks.find(At(bucket, "a", None)) == (None, None)
    for body in (b"1", b"2", b"3"):
        put = await world.write("a", body)
        row, page = await looks.find(At(bucket, "a", None))
        assert (row.version, page.id) == (put.version, row.page)
    assert house.hops.count == 0
    at_once.close()


@pytest.mark.sqlite
@with_objects
async def test_a_slow_or_broken_look_sends_the_next_ones_the_other_way_for_a_while(world):
    now = [100_000]
    blocks = [0]
    at_once = AtOnce(world.engine, lambda: now[0], lambda: blocks[0])
    house = House(world, at_once)
    looks, at = Looks(house), At(world.bucket.id, "a", None)

    def slow(reads):
        now[0] += 2 * AtOnce.SLOW_MS
        return reads.objects.version(*at)

    assert at_once(lambda reads: 7) == 7
    at_once(slow)  # it waited, but not for the disk
    await looks.find(at)
    assert house.hops.count == 0

    def from_disk(reads):
        blocks[0] += 8
        return slow(reads)

    at_once(from_disk)
    await looks.find(at)
    assert house.hops.count == 1
    now[0] += AtOnce.ASIDE_MS
    await looks.find(at)
    assert house.hops.count == 1
    with world.engine.connect() as other, pytest.raises(sqlite3.OperationalError, match="syntax"):
        at_once(lambda _: driver(other).execute("NO SQL"))
    await looks.find(at)
    assert house.hops.count == 2
    now[0] += AtOnce.ASIDE_MS
    assert at_once(lambda reads: 7) == 7
    at_once.close()


@with_objects
async def test_endings_told_together_are_grouped_as_those_told_alone(world):
    await world.write("a", b"12345")
    tickets = [(await world.open_get("a")).ticket for _ in range(3)]
    ends = tuple(CloseGet(ticket, "complete", 5) for ticket in tickets)
    with pytest.raises(Refusal, match="bad-outcome"):
        await world.ask(CloseGets((*ends[:2], CloseGet(tickets[2], "well", 5))))
    with pytest.raises(Refusal, match="too-many-endings"):
        await world.ask(CloseGets(ends[:1] * (CLOSED_MAX + 1)))
    await world.ask(CloseGets((*ends, ends[0], CloseGet("0" * 32, "cut", 1))))
    await world.ask(SweepUses())
    (entry,) = (entry for entry in world.entries() if "outcomes" in entry)
    assert [one[2:] for one in entry["outcomes"]] == [[5, "complete"]] * 3
