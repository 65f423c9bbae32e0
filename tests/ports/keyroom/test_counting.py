"""Counts: a fold that takes each entry once, and says the same as who counts everything again."""

import asyncio
from types import SimpleNamespace
from unittest.mock import patch

import pytest

from custodes.acts.asks.running.counts import LookCountedDays, ShareCounts
from custodes.acts.counting import answers, fold, holding, reading, rounds, state
from custodes.assurance.metering import rows_of
from custodes.kernel.refusal import Refusal
from custodes.store.keeping import folds
from fakes.counted import MONTH, in_counts

assert all((answers, folds, holding, reading, rounds, state))


async def a_busy_day(world, n=""):
    """Each kind of entry that changes a figure, some of them twice."""
    await world.stored(f"v1{n}", 100)
    await world.stored(f"v2{n}", 30)  # replaces v1
    await world.stored(f"v3{n}", 7, "b", "enabled")
    await world.stored(f"v4{n}", 8, "b", "enabled")
    await world.removed(f"v3{n}", 7, "b", "enabled")
    await world.marked(f"v5{n}", "b", "enabled")
    await world.removed(f"v5{n}", 0, "b", "enabled")  # a marker is no object
    await world.stored(f"v6{n}", 0, "c")
    await world.removed(f"v6{n}", 0, "c")  # an empty object is one
    await world.stored(f"v7{n}", 5, "d", "suspended")
    await world.marked(f"v8{n}", "d", "suspended")  # replaces v7
    await world.stored(f"v9{n}", 9, "d", "suspended")  # replaces the marker
    log, at = await world.enter("object.get", phase="admission", bucket="bkt-1", key="key-1", bytes=8)
    await world.enter("object.get", phase="outcome", outcomes=[[log, at, 6, "complete"]])
    lease = {"phase": "admission", "bucket": "bkt-1", "key": "key-1", "count": 9, "until": END}
    log, at = await world.enter("object.lease", **lease)
    await world.enter(
        "object.lease",
        phase="outcome",
        admission=[log, at],
        actor="keyroom",
        outcome="complete",
        bucket="bkt-1",
        count=4,
        bytes=9,
    )
    await world.enter("object.lease", **lease)  # whose end nobody says
    await world.cloud_use(count=3)
    await world.cloud_use("con-2", reason="backup")
    await world.denial(connection="con-1", subject="key-1", count=2)
    await world.denial("boundary", subject="bkt-1")
    await world.use()


END = "2026-11-22T12:00:00Z"


@in_counts
async def test_however_it_is_cut_it_says_what_a_count_of_everything_says(world):
    """Promise 8, 13: the bill in one go, in small steps, begun anew, and by the customer's own hand."""
    before = fold.STEP
    try:
        for step in (1, 3, 250):
            fold.STEP = step
            await a_busy_day(world, step)
            await world.counting.reach(world.present, step)
            world.clock.forward(hours=30)
            await world.again()
        fold.STEP = 2
        assert await world.bill() == await world.by_hand()
    finally:
        fold.STEP = before
    said, counted = await world.bill(), await world.counts()
    days = await world.days("bucket", "bkt-1")
    assert (counted.behind, counted.missed, counted.lost) == (0, 0, 0)
    last = rows_of(said)[-1]
    assert (counted.objects, counted.bytes_stored) == (last["objects"], last["bytes_stored"])
    assert [(one.id, one.objects, one.bytes_stored) for one in counted.buckets] == [
        ("bkt-1", last["objects"], last["bytes_stored"])
    ]
    world.sql("DELETE FROM fold_part")
    world.sql("DELETE FROM fold_name")
    assert await world.bill() == said
    assert await world.counts() == counted
    assert await world.days("bucket", "bkt-1") == days


@in_counts
async def test_a_lease_that_ends_after_midnight_is_settled_on_the_day_it_was_taken(world):
    taken = {"phase": "admission", "bucket": "bkt-1", "key": "key-1", "count": 64, "until": END}
    log, at = await world.enter("object.lease", **taken)
    await world.enter("object.lease", **taken)
    await world.counting.reach(world.present, 100)  # the day is counted before the end is there
    world.clock.forward(days=1)
    await world.again()  # and who counts then remembers nothing of it
    await world.enter(
        "object.lease",
        phase="outcome",
        admission=[log, at],
        actor="keyroom",
        outcome="complete",
        bucket="bkt-1",
        count=5,
        bytes=7,
    )
    first, second = (await world.days("bucket", "bkt-1", "2026-11-20")).days
    assert first.shares == {"crd-app": ShareCounts(unsaid=64)}, "of two, the one that was not said"
    assert second.shares == {"crd-app": ShareCounts(reads=5, bytes_out=7)}


@in_counts
async def test_every_figure_is_where_it_belongs(world):
    await a_busy_day(world)
    counted = await world.counts()
    (bucket,) = counted.buckets
    assert (bucket.objects, bucket.bytes_stored, bucket.bytes_in, bucket.bytes_out) == (3, 47, 159, 15)
    assert bucket.requests == {"object.put": 7, "object.delete": 3, "object.mark": 2, "object.get": 5}
    assert (bucket.actors, bucket.refused) == ({"crd-app": 3}, {"boundary": 1})
    (day,) = (await world.days("bucket", "bkt-1")).days
    (whole,) = (await world.days()).days
    assert day.shares == whole.shares
    assert day.shares == {"crd-app": ShareCounts(writes=7, reads=5, unsaid=9, bytes_in=159, bytes_out=15)}
    first, second = counted.connections
    assert (first.id, first.uses, first.reasons, first.denials) == ("con-1", 3, {"storage": 3}, 2)
    assert (first.refused, second.uses, second.reasons) == ({"not-permitted": 2}, 1, {"backup": 1})
    assert first.used_at == first.denied_at == counted.counted_at
    (program,) = counted.programs
    assert (program.id, program.uses) == (world.token_credential.id, 1)
    keys = {one.id: one for one in counted.keys}
    assert (keys["key-1"].uses, keys["key-1"].denials, keys[world.key].uses) == (14, 2, 1)


@in_counts
async def test_days_tell_what_was_held_as_each_ended(world):
    await world.stored("v1", 100)
    await world.cloud_use()
    world.clock.forward(days=2)
    await world.stored("v2", 30, "b")
    await world.stored("v3", 1, "c", bucket="bkt-2")
    world.clock.forward(days=1)
    await world.removed("v1", 100)
    whole = await world.days(first="2026-11-20")
    stored = [(one.objects, one.bytes_stored, one.bytes_in) for one in whole.days]
    assert stored == [(1, 100, 100), (3, 131, 31), (2, 31, 0)]
    assert [one.requests for one in whole.days] == [
        {"object.put": 1},
        {"object.put": 2},
        {"object.delete": 1},
    ]
    (bucket, *_) = (await world.days("bucket", "bkt-1", "2026-11-20")).days
    assert (bucket.objects, bucket.bytes_stored) == (1, 100)
    middle = whole.days[1].day
    (only,) = (await world.days("bucket", "bkt-1", middle, middle)).days
    assert (only.day, only.objects, only.bytes_stored) == (middle, 2, 130)
    used = (await world.days("connection", "con-1", "2026-11-20")).days
    assert [one.uses for one in used] == [1, 0, 0]
    assert sum(used[0].hours.values()) == 1
    for wrong in (
        {"kind": "house"},
        {"first_day": "2026-11-31"},
        {"first_day": "2020-01-01"},
        {"first_day": "0001-01-01", "last_day": "0001-01-02"},
    ):
        with pytest.raises(Refusal, match=r"bad-(kind|days)"):
            await world.ask(LookCountedDays(world.olga.token, world.customer_row.id, **wrong))


@in_counts
async def test_what_retention_destroyed_stays_counted(world):
    await a_busy_day(world)
    await world.age(uses=2)
    said = await world.bill()
    await world.set({"machine": 90})
    assert await world.destroy() > 10
    assert await world.bill() == said
    assert (await world.counts()).missed == 0
    assert await world.by_hand() != said  # who comes now cannot count it any more
    world.sql("DELETE FROM fold_part")
    world.sql("DELETE FROM fold_name")
    assert (await world.counts()).missed > 10  # and it is said


@in_counts
async def test_nothing_goes_before_it_was_counted(world):
    await world.age(uses=5)
    await world.set({"machine": 90})
    before = world.counted_parts()
    assert await world.destroy() == 5
    assert before == []
    assert rows_of(await world.bill())[0]["uses_keys"] == 5


@in_counts
async def test_a_round_counts_and_two_folds_side_by_side_count_once(world):
    await a_busy_day(world)
    await world.round()
    head = next(one for one in world.counted_parts() if one["part"] == "head")
    other = fold.Counting(world.o)
    await world.stored("v99", 1, "z")
    one = await world.counting.reach(world.present, 500)
    two = await other.reach(world.present, 500)
    assert one.head.logs == two.head.logs
    assert (
        next(o for o in world.counted_parts() if o["part"] == "head")["generation"] == head["generation"] + 1
    )
    assert await world.bill(MONTH) == await world.by_hand()


@in_counts
async def test_folds_at_the_same_time_take_turns_and_raise_no_alarm(world):
    """As two keyrooms of one database do: each entry once, and nothing is made anew."""
    before = fold.STEP
    try:
        fold.STEP = 2
        others = [fold.Counting(world.o) for _ in range(3)]
        for n in range(3):
            await a_busy_day(world, n)
            await asyncio.gather(
                *(one.reach(world.present, 500) for one in others),
                *(one.look(world.present, 5, ["2026-11-22"]) for one in others),
                return_exceptions=True,
            )
        assert await world.bill() == await world.by_hand()
    finally:
        fold.STEP = before
    head = next(one for one in world.counted_parts() if one["part"] == "head")
    page = {one["page"] for one in world.counted_parts()}
    assert len(page) == 1
    assert head["generation"] > 3


@in_counts
async def test_an_erased_name_leaves_no_tag_and_is_said(world):
    at = await world.stored("v1", 100, "Maxi Mustermann.pdf")
    await world.stored("v2", 1, "other")
    await world.stored("v3", 5, "third", "enabled")
    assert (await world.counts()).unnamed == 0
    assert len(world.counted_names()) == 2
    await world.erase(at)
    counted = await world.counts()
    assert (counted.unnamed, counted.objects) == (1, 3)
    assert [one["version"] for one in world.counted_names()] == ["v2"]
    await world.removed("v1", 100, "Maxi Mustermann.pdf")
    counted = await world.counts()
    assert (counted.unnamed, counted.objects, counted.bytes_stored) == (0, 2, 6)


class Watched:
    """A count that only says how it was asked."""

    def __init__(self, world):
        self.world, self.asked = world, []

    async def reach(self, customer, most, share):
        if customer.id == self.world.present.id:  # the house's own entries are counted, too
            self.asked.append(share)
        return await self.world.counting.reach(customer, most)


@in_counts
async def test_a_busy_house_counts_little_and_what_a_round_does_not_know_is_busy(world):
    counting = Watched(world)
    running = rounds.CountingRounds(world.o, counting)
    await world.stored("v1", 100)
    await running.round()
    assert counting.asked == [rounds.BUSY.share]
    await running.round()
    assert counting.asked == [rounds.BUSY.share]  # nothing new, nothing asked
    world.clock.forward(seconds=10)
    await world.stored("v2", 1)
    await running.round()
    assert counting.asked[1:] == [rounds.IDLE.share]
    world.clock.forward(seconds=1)
    for n in range(100):
        await world.stored(f"q{n}", 1, f"q{n}")
    await running.round()
    assert counting.asked[2:] == [rounds.QUIET.share]
    for n in range(5):
        await world.stored(f"w{n}", 1, f"w{n}")
    await running.round()  # five in no time at all
    assert counting.asked[3:] == [rounds.BUSY.share]


@in_counts
async def test_whoever_opens_entries_rests_in_proportion(world):
    rested, worked = [], iter(range(0, 1_000, 2))
    clock = SimpleNamespace(thread_time=lambda: next(worked), sleep=rested.append)
    for n in range(25):
        await world.stored(f"v{n}", 1, f"n{n}")
    with patch.object(reading, "time", clock):
        await world.counting.reach(world.present, 500, 0.2)
    assert rested == [8.0, 8.0]  # after ten and after twenty; two worked, eight rested each time
