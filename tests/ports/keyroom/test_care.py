"""Copies in several places: written, lost, damaged, made anew, moved; with the entries that say so."""

import asyncio

import pytest

from custodes.acts.asks.buckets.care import (
    HoldWork,
    LookCare,
    PlaceBucket,
    ScrubBucket,
    TakeWork,
    TaskDone,
    WorkDone,
)
from custodes.acts.asks.buckets.marks import ShowMarks
from custodes.acts.asks.buckets.stores import DueStores, LookStores, StoreTold, TellStores
from custodes.acts.asks.objects import FateDone, LookFates, SweepUses
from custodes.acts.objects.care import asking, copies, rounds, work  # noqa: F401 - this suite is their test
from custodes.acts.objects.care import stores as health  # noqa: F401
from custodes.acts.objects.care.summary import care_summary
from custodes.acts.streams.caring import UNREACHABLE, Carer
from custodes.custody.store_mark import mark_name
from custodes.kernel.refusal import Kind, Refusal, unavailable
from custodes.store.index import copies as index_copies  # noqa: F401 - and this one's
from fakes.object_world import with_objects
from fakes.stores import ShelfStores

TWO = "two-places"


async def two_places(world, copies_min=0):
    """A bucket in Berlin and Bonn; what reaches its stores."""
    await world.create_bucket(TWO, locations=("berlin", "bonn"))
    await world.ask(PlaceBucket(world.token, TWO, ("berlin", "bonn"), copies_min))
    stores = ShelfStores(world.stored)
    return Carer(world.keyroom, stores), stores


async def put(world, name, body, *, missed=()):
    opened = await world.open_put(name, body, bucket=TWO)
    return await world.close_put(opened, world.seal(opened, body, missed=missed))


async def cared(carer):
    """Batches until nothing is left; how many."""
    batches = 0
    while await carer.batch() >= 0:
        batches += 1
        assert batches < 50
    return batches


async def scrubbed(world, carer):
    await world.ask(ScrubBucket(world.token, TWO))
    await cared(carer)
    return await world.ask(LookCare(world.token, TWO))


def lies(world, uri):
    return sorted(blob for at, blob in world.stored if at == uri)


async def read(world, name):
    return await world.read(name, bucket=TWO)


@with_objects
async def test_a_write_is_answered_with_all_copies_or_not_at_all(world):
    await two_places(world)
    with pytest.raises(Refusal, match="copies-too-few") as caught:
        await put(world, "a", b"1", missed=(world.second.id,))
    assert caught.value.kind is Kind.UNAVAILABLE
    with pytest.raises(Refusal, match="key-absent"):
        await read(world, "a")
    opened = await world.open_put("a", b"1", bucket=TWO)
    with pytest.raises(Refusal, match="bad-stored"):
        await world.close_put(opened, world.seal(opened, b"1", missed=(world.outside.id,)))


@with_objects
async def test_what_a_stated_minimum_missed_is_copied_by_the_upkeep(world):
    carer, _ = await two_places(world, copies_min=1)
    await put(world, "a", b"first", missed=(world.second.id,))
    await put(world, "b", b"second", missed=(world.inside.id,))
    view = await world.ask(LookCare(world.token, TWO))
    assert (view.copies_min, [place.lacks for place in view.places]) == (1, [(("behind", 1),)] * 2)
    assert {one.location for one in view.lacking} == {world.inside.id, world.second.id}
    assert await read(world, "b") == b"second"
    await cared(carer)
    assert lies(world, "memory:berlin") == lies(world, "memory:bonn")
    view = await world.ask(LookCare(world.token, TWO))
    assert [place.lacks for place in view.places] == [(), ()]
    assert sum(one["count"] for one in world.entries("replica.copy")) == 2
    for blob in lies(world, "memory:bonn"):
        del world.stored["memory:bonn", blob]
    assert await read(world, "b") == b"second"


def flipped(raw):
    return bytes([raw[0] ^ 1]) + raw[1:]


SPOILT = {
    "flipped": (lambda raw, other: raw[:-1] + flipped(raw[-1:]), "differs"),
    "header": (lambda raw, other: flipped(raw), "differs"),
    "cut": (lambda raw, other: raw[:-1], "differs"),
    "swapped": (lambda raw, other: other, "differs"),
    "reordered": (lambda raw, other: raw[:40] + raw[65_576:131_112] + raw[65_536 + 40 :], "differs"),
    "gone": (None, "absent"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_copy_that_is_not_what_was_written_is_found_and_made_anew(how, tmp_path):
    spoil, why = SPOILT[how]

    @with_objects
    async def run(world):
        carer, _ = await two_places(world)
        body = bytes(range(256)) * 768  # three segments
        await put(world, "a", body)
        await put(world, "b", body)
        good, other = lies(world, "memory:bonn")[:2]
        before = world.stored["memory:bonn", good]
        if spoil is None:
            del world.stored["memory:bonn", good]
        else:
            world.stored["memory:bonn", good] = spoil(before, world.stored["memory:bonn", other])
        view = await scrubbed(world, carer)
        assert world.stored["memory:bonn", good] == before
        assert (view.last.checked, view.last.damaged) == (3, 1)
        (found,) = world.entries("replica.damage")
        assert (found["reason"], found["location"]) == (why, world.second.id)
        assert not view.lacking
        assert (await scrubbed(world, carer)).last.damaged == 0

    run(tmp_path)


@with_objects
async def test_a_whole_house_in_a_few_numbers(world):
    carer, _ = await two_places(world, copies_min=1)
    o = world.keyroom.opened
    await put(world, "a", b"first")
    await put(world, "b", b"other", missed=(world.second.id,))
    found = await care_summary(o)
    assert (found.buckets, found.overdue, found.oldest_s, found.below) == (2, 0, None, 0)
    assert (found.wanting, found.lost) == (1, 0)
    await world.ask(PlaceBucket(world.token, TWO, ("berlin", "bonn"), 2))
    assert (await care_summary(o)).below == 1
    await scrubbed(world, carer)
    found = await care_summary(o)
    assert (found.wanting, found.below, found.repaired, found.damaged) == (0, 0, 1, 0)
    assert found.checked_copies >= 3
    assert found.checked_bytes > 0
    for uri in ("memory:berlin", "memory:bonn"):  # one of the two is spoilt everywhere, one in Bonn
        world.stored[uri, lies(world, uri)[0]] = b"nothing"
    world.stored["memory:bonn", lies(world, "memory:bonn")[1]] = b"nothing"
    await scrubbed(world, carer)
    found = await care_summary(o)
    assert (found.lost, found.below, found.damaged) == (2, 1, 3)
    assert found.repaired == 1
    world.clock.forward(days=45)
    found = await care_summary(o)
    assert found.overdue == 2
    assert found.oldest_s >= 45 * 86_400


@with_objects
async def test_an_older_blob_put_in_the_place_of_a_newer_one_is_found(world):
    carer, _ = await two_places(world)
    await put(world, "a", b"old text")
    (old,) = lies(world, "memory:bonn")
    stale = world.stored["memory:bonn", old]
    await put(world, "a", b"new text")
    (new,) = set(lies(world, "memory:bonn")) - {old}
    world.stored["memory:bonn", new] = stale
    await scrubbed(world, carer)
    assert [one["reason"] for one in world.entries("replica.damage")] == ["differs"]
    assert world.stored["memory:bonn", new] == world.stored["memory:berlin", new]


@with_objects
async def test_without_a_good_copy_nothing_is_made_up_and_it_is_said(world):
    carer, _ = await two_places(world)
    put_ = await put(world, "a", b"text")
    for at in [key for key in world.stored if key[1] in lies(world, "memory:bonn")]:
        world.stored[at] = flipped(world.stored[at])
    spoilt = dict(world.stored)
    view = await scrubbed(world, carer)
    assert world.stored == spoilt
    assert {why for place in view.places for why, _ in place.lacks} <= {"lost", "differs"}
    assert any(
        one["reason"] == "lost" and one["object_version"] == put_.version
        for one in world.entries("replica.damage")
    )
    world.clock.forward(hours=2)
    await cared(carer)
    assert world.stored == spoilt


@with_objects
async def test_a_store_that_does_not_answer_is_not_taken_for_damage(world):
    carer, stores = await two_places(world)
    await put(world, "a", b"text")

    async def read_nothing(blob, first, last):
        raise unavailable("store-gone")
        yield b""

    stores.at("memory:bonn").read = read_nothing
    view = await scrubbed(world, carer)
    assert (view.last.unreachable, view.last.damaged, view.lacking) == (1, 0, ())
    assert world.entries("replica.damage") == []


@with_objects
async def test_a_bucket_moves_while_it_is_used_and_its_old_place_is_emptied(world):
    await world.create_bucket(TWO, locations=("berlin",))
    carer = Carer(world.keyroom, ShelfStores(world.stored))
    for n in range(5):
        await put(world, f"n{n}", b"%d" % n)
    await world.ask(PlaceBucket(world.token, TWO, ("bonn",)))
    late = await world.open_put("late", b"late", bucket=TWO)
    assert await read(world, "n3") == b"3"
    await cared(carer)
    await world.close_put(late, world.seal(late, b"late"))
    view = await world.ask(LookCare(world.token, TWO))
    assert (view.last.copied, view.last.released) == (5, 5)
    assert [(one.location, one.is_left) for one in view.places] == [
        (world.second.id, False),
        (world.inside.id, True),
    ]
    assert [await read(world, f"n{n}") for n in range(5)] == [b"%d" % n for n in range(5)]
    world.clock.forward(hours=2)
    await cared(carer)
    fates = (await world.ask(LookFates())).fates
    assert {fate.store.location for fate in fates} == {world.inside.id}
    await world.ask(FateDone(tuple((fate.blob, fate.store.location) for fate in fates)))
    view = await world.ask(LookCare(world.token, TWO))
    assert [one.location for one in view.places] == [world.second.id]
    assert await read(world, "late") == b"late"


@with_objects
async def test_the_old_copy_stays_until_the_new_one_was_read_back(world):
    await world.create_bucket(TWO, locations=("berlin",))
    stores = ShelfStores(world.stored)
    carer = Carer(world.keyroom, stores)
    await put(world, "a", b"text")

    async def forgets(blob, whole):
        return None

    bonn = stores.at("memory:bonn")
    kept, bonn.put = bonn.put, forgets  # a store that says yes and keeps nothing
    await world.ask(PlaceBucket(world.token, TWO, ("bonn",)))
    await cared(carer)
    assert await read(world, "a") == b"text"
    assert world.entries("replica.release") == []
    bonn.put = kept
    world.clock.forward(hours=2)
    await cared(carer)
    assert [one["count"] for one in world.entries("replica.release")] == [1]
    assert await read(world, "a") == b"text"


@with_objects
async def test_no_copy_leaves_the_boundary(world):
    await two_places(world)
    with pytest.raises(Refusal, match="outside-boundary"):
        await world.ask(PlaceBucket(world.token, TWO, ("berlin", "ashburn")))
    with pytest.raises(Refusal, match="copies-min-invalid"):
        await world.ask(PlaceBucket(world.token, TWO, ("berlin",), 2))
    await put(world, "a", b"text")
    (blob,) = lies(world, "memory:bonn")
    del world.stored["memory:bonn", blob]
    carer = Carer(world.keyroom, ShelfStores(world.stored))
    await world.ask(ScrubBucket(world.token, TWO))
    await carer.batch()
    await world.change_boundary(areas=("FR",), jurisdictions=("FR",))
    await cared(carer)
    assert lies(world, "memory:bonn") == []


@with_objects
async def test_a_batch_nobody_reports_is_handed_out_again(world):
    carer, _ = await two_places(world)
    await put(world, "a", b"text")
    await world.ask(ScrubBucket(world.token, TWO))
    lost = await world.ask(TakeWork())
    assert len(lost.tasks) == 2
    world.clock.forward(seconds=29)
    await world.ask(HoldWork(lost.batch))
    world.clock.forward(seconds=29)
    assert (await world.ask(TakeWork())).tasks == ()  # somebody is at it
    world.clock.forward(seconds=2)
    assert {task.blob for task in (await world.ask(TakeWork())).tasks} == {task.blob for task in lost.tasks}
    for late in (WorkDone("0" * 32, ()), HoldWork(lost.batch)):
        with pytest.raises(Refusal, match="work-unknown"):
            await world.ask(late)
    world.clock.forward(minutes=1)
    await cared(carer)
    assert (await world.ask(LookCare(world.token, TWO))).last.checked == 2


@with_objects
async def test_a_round_goes_on_where_a_crash_cut_it(world):
    carer, _ = await two_places(world)
    for n in range(3):
        await put(world, f"n{n}", b"%d" % n)
    await world.ask(ScrubBucket(world.token, TWO))
    most, rounds.COPIES_MAX = rounds.COPIES_MAX, 2  # one blob with its two copies
    try:
        await carer.batch()
        await world.close()  # its memory is lost
        await world.open()
        await cared(Carer(world.keyroom, carer._stores))
    finally:
        rounds.COPIES_MAX = most
    view = await world.ask(LookCare(world.token, TWO))
    assert (view.last.checked, view.running) == (6, None)


async def removed(world):
    """What a sweep takes away."""
    await world.ask(SweepUses())
    fates = (await world.ask(LookFates())).fates
    for fate in fates:
        world.stored.pop((fate.store.uri, fate.blob), None)
    await world.ask(FateDone(done=tuple((fate.blob, fate.store.location) for fate in fates)))
    return fates


@with_objects
async def test_a_place_left_and_taken_again_at_once_loses_nothing(world):
    """What was to be removed where it had been let go lies there again."""
    carer, _ = await two_places(world)
    await put(world, "a", b"text")
    for places in (("bonn",), ("berlin",), ("bonn",), ("berlin", "bonn"), ("berlin",)):
        await world.ask(PlaceBucket(world.token, TWO, places))
        await cared(carer)
        world.clock.forward(minutes=2)
    for _ in range(4):
        world.clock.forward(minutes=16)
        await removed(world)
        await cared(carer)
    assert await read(world, "a") == b"text"
    assert (lies(world, "memory:bonn"), len(lies(world, "memory:berlin"))) == ([], 1)


@with_objects
async def test_a_copy_made_where_one_is_being_removed_does_not_count(world):
    carer, _ = await two_places(world)
    await put(world, "a", b"text")
    await world.ask(PlaceBucket(world.token, TWO, ("bonn",)))
    await cared(carer)
    world.clock.forward(minutes=16)
    (fate,) = (await world.ask(LookFates())).fates  # somebody removes it in a moment
    await world.ask(PlaceBucket(world.token, TWO, ("berlin", "bonn")))
    await cared(carer)
    world.stored.pop((fate.store.uri, fate.blob))
    assert (await world.ask(LookCare(world.token, TWO))).lacking[0].why == "behind"
    await world.ask(FateDone(done=((fate.blob, fate.store.location),)))
    world.clock.forward(minutes=6)
    await cared(carer)
    assert (await world.ask(LookCare(world.token, TWO))).lacking == ()
    assert len(lies(world, "memory:berlin")) == 1


@with_objects
async def test_what_was_copied_by_a_process_that_died_goes_with_its_version(world):
    carer, _ = await two_places(world)
    await world.ask(PlaceBucket(world.token, TWO, ("bonn",)))
    await put(world, "a", b"text")
    await world.ask(PlaceBucket(world.token, TWO, ("berlin", "bonn")))
    work_ = await world.ask(TakeWork())
    for task in work_.tasks:
        await carer._done(task, asyncio.Semaphore(1))
    assert len(lies(world, "memory:berlin")) == 1
    await world.delete("a", bucket=TWO)
    world.clock.forward(minutes=16)
    for _ in range(2):
        await removed(world)
    assert world.stored == {}


@with_objects
async def test_copies_of_what_is_deleted_go_with_it(world):
    carer, _ = await two_places(world, copies_min=1)
    await put(world, "a", b"text", missed=(world.second.id,))
    await world.delete("a", bucket=TWO)
    assert (await world.ask(LookCare(world.token, TWO))).lacking == ()
    await cared(carer)
    assert lies(world, "memory:bonn") == []
    world.clock.forward(hours=1)
    fates = (await world.ask(LookFates())).fates
    assert {fate.store.location for fate in fates} == {world.inside.id, world.second.id}


@with_objects
async def test_what_a_store_did_not_take_is_tried_when_it_answers_again_or_a_plane_begins(world):
    carer, _ = await two_places(world, 1)
    await cared(carer)  # the round of a bucket that got another place
    await put(world, "a", b"1", missed=(world.second.id,))
    gone = StoreTold(location=world.second.id, ms=4, fault="store-gone")

    async def copies_to_make(**more):
        taken = await world.ask(TakeWork(**more))
        return taken.batch, taken.tasks

    async def in_vain(batch, tasks):
        (task,) = tasks
        assert task.at.location == world.second.id
        told = (TaskDone(task.version, task.blob, world.second.id, UNREACHABLE),)
        await world.ask(WorkDone(batch, told))

    await in_vain(*await copies_to_make())
    await world.ask(TellStores((gone, StoreTold(location=world.inside.id, ms=4))))
    assert not (await copies_to_make())[1]  # in five minutes
    await world.ask(TellStores((StoreTold(location=world.second.id, ms=4),)))
    await in_vain(*await copies_to_make())
    await world.ask(TellStores((StoreTold(location=world.second.id, ms=4),)))  # it answered all the time
    assert not (await copies_to_make())[1]
    await in_vain(*await copies_to_make(is_starting=True))
    world.clock.forward(seconds=301)
    assert (await copies_to_make())[1]


@with_objects
async def test_how_stores_are_is_kept_for_who_may_see_the_boundary(world):
    await two_places(world)
    owner = (await world.enrol_person("Olga", world.town, ("owner",)))[1]
    due = await world.ask(DueStores())
    assert {one.uri for one in due.stores} >= {"memory:berlin", "memory:bonn"}
    first = (await world.ask(LookStores(owner, world.customer_row.id))).stores
    assert {one.location for one in first} == {world.inside.id, world.second.id}
    assert {one.seen_at for one in first} == {""}
    told = (
        StoreTold(location=world.inside.id, ms=3, free_bytes=10),
        StoreTold(location=world.second.id, ms=20, fault="store-gone"),
        StoreTold(location="loc-nobodys", ms=1),
    )
    await world.ask(TellStores(told))
    await world.ask(TellStores((StoreTold(location=world.second.id, ms=4),)))
    seen = await world.ask(LookStores(owner, world.customer_row.id))
    found = {one.location: one for one in seen.stores}
    assert set(found) == {world.inside.id, world.second.id}
    assert (found[world.inside.id].free_bytes, found[world.inside.id].fault_last) == (10, "")
    again = found[world.second.id]
    assert (again.fault, again.fault_last, again.fault_at != "") == ("", "store-gone", True)
    (outage,) = again.outages
    assert (outage.fault, outage.until != "", again.mark) == ("store-gone", True, 0)
    for fault in ("store-slow", "store-slow", "store-gone", "", ""):
        world.clock.forward(minutes=1)
        await world.ask(TellStores((StoreTold(location=world.second.id, ms=4, fault=fault),)))
    o = world.keyroom.opened
    mark = mark_name(o.keyring.house_keys.mac, o.house, world.second.id, 2)
    await world.ask(ShowMarks(uri="memory:bonn", found=(mark,)))
    (again,) = [one for one in (await world.ask(LookStores(owner, world.customer_row.id))).stores if one.mark]
    assert (again.location, again.mark, again.marked_at != "") == (world.second.id, 2, True)
    gone, slow, first = again.outages
    assert [one.fault for one in again.outages] == ["store-gone", "store-slow", "store-gone"]
    assert slow.since < slow.last < slow.until == gone.since == gone.last < gone.until
    assert first == outage
    for wrong in ({"ms": -1}, {"ms": 1, "fault": "No\nway"}, {"ms": 1, "free_bytes": -1}):
        with pytest.raises(Refusal) as refused:
            await world.ask(TellStores((StoreTold(location="x", **wrong),)))
        assert refused.value.code == "bad-stores"
