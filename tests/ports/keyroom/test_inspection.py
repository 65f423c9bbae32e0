"""The state of the house as the keyroom tells it: to whom, and what it sees."""

import pytest

from custodes.acts.asks import Local
from custodes.acts.asks.buckets.bounds import SetBucketBounds
from custodes.acts.asks.buckets.stores import StoreView
from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.running.findings import OK, UNKNOWN, WARNING, WRONG, LookFindings, finding
from custodes.acts.asks.running.meanings import MEANINGS, NAMES
from custodes.acts.objects.care.summary import care_summary
from custodes.acts.running import pressed
from custodes.acts.running.inspection import Inspection
from custodes.acts.sharing.ports import Lease
from custodes.acts.turning.answers import Turning
from custodes.kernel.refusal import Kind, Refusal, unavailable
from fakes.keyrooms import LOCAL
from fakes.lived import lived, settled
from fakes.object_world import BUCKET, with_objects
from fakes.office import OfficeWorld
from ports.keyroom.test_events import hooked

in_house = lived(lambda folder: settled(OfficeWorld(folder)))


async def seen(world, evidence=LOCAL):
    found = (await world.keyroom.ask(LookFindings(evidence))).findings
    assert {one.name for one in found} <= set(NAMES)
    assert {one.why for one in found if one.why} <= set(MEANINGS)
    return {one.name: one for one in found}


@in_house
async def test_a_house_that_is_well_says_so(world):
    found = await seen(world)
    assert found["seal"].state == found["kills"].state == found["outbox"].state == OK
    assert found["scrub"].state == found["copies"].state == found["strays"].state == OK
    assert found["holder"].why == "root-in-a-file"


@in_house
async def test_a_store_that_is_not_there_is_named(world):
    assert (await seen(world))["stores"].state == OK
    seen_ = world.keyroom.opened.stores_seen
    for fault, why in (
        ("store-gone", "store-away"),
        ("store-not-this-one", "store-not-this-one"),
        ("store-full", "store-full"),
    ):
        seen_["loc-1"] = StoreView(location="loc-1", seen_at="2026-01-01T00:00:00Z", fault=fault)
        told = (await seen(world))["stores"]
        assert (told.state, told.why) == ("wrong", why)
    assert (await care_summary(world.keyroom.opened)).away == 1


@with_objects
async def test_a_dead_webhook_and_a_full_bucket_are_counted_and_not_named(world):
    found = await seen(world)
    assert (found["webhooks"].state, found["room"].state) == (OK, OK)
    await hooked(world)
    await world.write("a", b"123")
    assert (await seen(world))["webhooks"].state == OK
    world.clock.forward(seconds=pressed.EVENT_AGE_S_MAX + 1)
    late = (await seen(world))["webhooks"]
    assert (late.state, late.why, late.found.partition(";")[0]) == (WARNING, "webhook-silent", "0/1")
    await world.ask(SetBucketBounds(world.token, BUCKET, bytes_max=4))
    assert (await seen(world))["room"].found == "0/1"
    await world.ask(SetBucketBounds(world.token, BUCKET, bytes_max=3))
    full = (await seen(world))["room"]
    assert (full.state, full.why, full.found) == (WARNING, "room-used-up", "1/1")
    assert BUCKET not in "".join(one.found for one in (await seen(world)).values())


@in_house
async def test_it_is_told_to_who_runs_it_and_to_nobody_of_a_customer(world):
    assert await seen(world, world.karl.token)
    for stranger in (world.anna, world.erik):
        with pytest.raises(Refusal) as caught:
            await seen(world, stranger.token)
        assert caught.value.kind in {Kind.DENIED, Kind.ABSENT}
    with pytest.raises(Refusal):
        await seen(world, Local("a guess"))


@in_house
async def test_a_kill_and_a_jump_of_the_clock_are_seen(world):
    target = KillScope("customer", world.customer_row.id)
    await world.keyroom.ask(Kill(world.karl.token, target, "drill"))
    world.clock.jump(hours=3)
    found = await seen(world)
    assert (found["kills"].state, found["kills"].found) == (WARNING, "1")
    assert (found["clock-witnesses"].state, found["clock-witnesses"].why) == (WRONG, "clock-jumped")


@in_house
async def test_without_its_database_it_says_what_it_cannot_see(world):
    async def gone(_work):
        raise unavailable("books-unavailable")

    read, world.keyroom.opened.read._hop = world.keyroom.opened.read._hop, gone
    found = await seen(world)
    assert {found[name].state for name in ("checkpoint", "outbox")} == {UNKNOWN}
    assert (found["seal"].state, found["holder"].why) == (OK, "root-in-a-file")
    world.keyroom.opened.read._hop = read


@in_house
async def test_a_published_checkpoint_names_its_witnesses(world):
    keeper = world.keeper()
    await keeper.round(0)
    found = await seen(world)
    assert found["quorum"].why == "no-quorum-asked"
    assert (found["witness"].state, found["witness"].why) == (WARNING, "witness-embedded")
    await keeper.close()


@in_house
async def test_keyrooms_whose_clocks_differ(world):
    def two(apart_ms):
        lease = {"left_ms": 4_000, "seen": 0, "wants_epoch": False}
        return (
            Lease(keyroom="first", ahead_ms=-5, **lease),
            Lease(keyroom="second", ahead_ms=apart_ms - 5, **lease),
            Lease(keyroom="old", ahead_ms=99_999, **{**lease, "left_ms": -1}),
        )

    for apart_ms, state in ((1_900, OK), (2_100, WRONG)):
        looks = Inspection(
            world.keyroom.opened,
            lambda: (finding("swap", "", "0"),),
            lambda n=apart_ms: two(n),
            Turning(world.keyroom.opened),
        )
        found = {one.name: one for one in (await looks.look(LookFindings(LOCAL))).findings}
        assert found["clock-keyrooms"].state == state
        assert "old" not in found["clock-keyrooms"].found
        assert found["swap"].state == OK
