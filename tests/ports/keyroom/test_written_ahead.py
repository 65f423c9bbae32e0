"""Names of small blobs are durable before anything lies under them; what nobody closed is collected."""

import asyncio

import pytest

from custodes.acts.asks.objects import FateDone, LookFates, StillOpen, SweepUses
from custodes.acts.footing.customer import Customer
from custodes.acts.objects import ahead, outcomes  # noqa: F401 - this suite is their test
from custodes.acts.objects.ahead import END_LETTERS, GOOD_MS, HANDFUL_MAX
from custodes.kernel.refusal import Refusal
from fakes.object_world import with_objects

LONG = bytes(2 * 1_048_576)


async def again(world):
    """The keyroom died, and another came up over the same database."""
    await world.close()
    await world.open()


async def swept(world):
    """Blobs that go now."""
    await world.ask(SweepUses())
    return {fate.blob for fate in (await world.ask(LookFates())).fates}


def collected(world):
    house = world.keyroom.opened.standing.get("customer", world.body.id, Customer)
    return world.entries("blob.collect", customer=house)


def named(world, blob):
    return world.sql("SELECT count(*) FROM blob_fate WHERE blob = ?", blob).scalar()


@with_objects
async def test_the_name_of_a_small_blob_is_durable_before_the_plane_learns_it(world):
    opened = await world.open_put("a", b"1")
    assert named(world, opened.blob) == 1
    await world.close_put(opened, world.seal(opened, b"1"))
    assert named(world, opened.blob) == 0


@with_objects
async def test_what_a_dead_keyroom_left_behind_is_collected_and_what_it_acknowledged_is_not(world):
    kept = await world.open_put("kept", b"1")
    await world.close_put(kept, world.seal(kept, b"1"))
    small, large = await world.open_put("a", b"1"), await world.open_put("b", LONG)
    for opened in (small, large):
        world.seal(opened, b"1")
    await again(world)
    world.clock.forward(minutes=14)
    assert await swept(world) == set()
    world.clock.forward(minutes=2)
    gone = await swept(world)
    assert {small.blob, large.blob} <= gone
    assert kept.blob not in gone
    (entry,) = collected(world)
    assert entry["count"] == len(gone)
    assert await world.read("kept") == b"1"
    with pytest.raises(Refusal, match="ticket-unknown"):
        await world.close_put(small, world.seal(small, b"1"))
    await world.ask(SweepUses())
    assert len(collected(world)) == 1, "each is collected once"


@with_objects
async def test_what_a_dead_plane_left_behind_is_collected_when_its_ticket_lapsed(world):
    opened = await world.open_put("a", b"1")
    world.seal(opened, b"1")
    world.clock.forward(minutes=16)
    assert opened.blob in await swept(world)


@with_objects
async def test_a_write_that_is_still_on_its_way_keeps_its_blob(world):
    opened = await world.open_put("a", b"1")
    for _ in range(3):
        world.clock.forward(minutes=10)
        await world.ask(StillOpen(opened.ticket, 0))
        assert opened.blob not in await swept(world)
    await world.close_put(opened, world.seal(opened, b"1"))
    assert await world.read("a") == b"1"


@with_objects
async def test_a_write_given_up_is_removed_at_once(world):
    for body in (b"1", LONG):
        opened = await world.open_put("a", body)
        await world.close_put(opened, None, outcome="failed")
        assert opened.blob in await swept(world)


@with_objects
async def test_nothing_is_collected_that_came_to_be_referred_to_meanwhile(world):
    opened = await world.open_put("a", b"1")
    stored = world.seal(opened, b"1")
    world.clock.forward(minutes=14)
    await asyncio.gather(world.close_put(opened, stored), *(world.ask(SweepUses()) for _ in range(5)))
    world.clock.forward(minutes=5)
    assert opened.blob not in await swept(world)
    assert await world.read("a") == b"1"


@with_objects
async def test_one_commit_writes_many_names_where_many_are_used(world):
    await asyncio.gather(*(world.write(f"n-{n}", b"%d" % n) for n in range(600)))
    ends = {name[-END_LETTERS:] for (name,) in world.sql("SELECT blob FROM blob_fate")}
    assert len(ends) <= 2, "the names of one handful lie in one folder of a local store"
    unused = world.sql("SELECT count(*) FROM blob_fate").scalar()
    assert 0 <= unused < HANDFUL_MAX
    world.clock.forward(seconds=GOOD_MS // 1000 + 1)
    first = await world.open_put("late", b"1")
    assert world.sql("SELECT count(*) FROM blob_fate").scalar() == unused + 1, "old names are not given out"
    await world.close_put(first, world.seal(first, b"1"))


@with_objects
async def test_what_is_collected_is_named_until_it_is_done(world):
    opened = await world.open_put("a", b"1")
    await again(world)
    world.clock.forward(minutes=16)
    await world.ask(SweepUses())
    fates = (await world.ask(LookFates())).fates
    await world.ask(FateDone(tuple((fate.blob, fate.store.location) for fate in fates)))
    assert named(world, opened.blob) == 0
    assert (await world.ask(LookFates())).fates == ()
