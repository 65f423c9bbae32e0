"""What belongs to nothing is removed by two organisations alone, and nothing that is needed ever with it."""

from datetime import timedelta

import msgspec
import pytest

from custodes.acts.asks.buckets.adopting import BeginAdoption, MoveAdoption
from custodes.acts.asks.buckets.leftovers import LookStrays, PlanStrays, RemoveStrays
from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.objects import LookFates
from custodes.acts.objects.leftovers import removing
from custodes.acts.streams.sweeping import Sweeper
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from fakes.listed import KEPT, ListedWorld
from fakes.lived import lived

LONG = timedelta(days=200)


class StrayWorld(ListedWorld):
    """Five blobs nobody knows were found in its place five weeks ago."""

    async def settle(self):
        await super().settle()
        self.lost = sorted(new_id("blb", self.dice) for _ in range(5))
        self.paths = [self.lay(blob, LONG) for blob in self.lost]
        await self.rounds()
        self.clock.forward(days=35)
        await self.rounds()
        return self

    async def plan(self, **more):
        return await self.ask(PlanStrays(evidence=self.karl.token, location=self.place.id, **more))

    async def remove(self, *who, plan=None, **more):
        plan = plan or await self.plan()
        who = who or (self.karl, self.kim)
        ask = RemoveStrays(
            evidence=who[0].token,
            location=plan.location,
            before=plan.before,
            digest=plan.digest,
            approvals=tuple(one.sign(plan.document) for one in who),
        )
        return await self.ask(msgspec.structs.replace(ask, **more))

    async def swept(self):
        sweeper = Sweeper(self.keyroom, self.stores)
        while await sweeper.round():
            pass
        return [path.exists() for path in self.paths]

    def refer(self, blob):
        """Every version is this blob: written behind the keyroom's back, as a restored database has it."""
        mark = "?" if self.engine.dialect.name == "sqlite" else "%s"
        with self.engine.begin() as connection:
            pairs = f'[["{blob}","{self.place.id}"]]'.encode()
            done = connection.exec_driver_sql(f"UPDATE object_version SET blobs = {mark}", (pairs,))
            assert done.rowcount > 0


with_strays = lived(lambda folder: StrayWorld(folder).settle())


@with_strays
async def test_two_organisations_have_exactly_the_list_removed_and_the_log_says_so(world):
    plan = await world.plan()
    assert (plan.count, plan.size_bytes, [one.blob for one in plan.blobs]) == (5, 35, world.lost)
    assert await world.swept() == [True] * 5  # nothing goes by itself
    done = await world.remove(plan=plan)
    assert all(one.doomed_at for one in done.blobs)
    assert await world.swept() == [False] * 5
    left = await world.ask(LookStrays(evidence=world.karl.token, location=world.place.id))
    assert (left.blobs, left.places[0].count) == ((), 0)
    told = await world.ask(LookEntries(world.olga.token, world.customer_row.id, act=removing.ACT))
    (entry,) = told.entries
    fields = entry.fields
    assert (fields["count"], fields["bytes"], fields["location"]) == (5, 35, world.place.id)
    with pytest.raises(Refusal, match="strays-changed"):
        await world.remove(plan=plan)
    with pytest.raises(Refusal, match="nothing-to-remove"):
        await world.remove()


@with_strays
async def test_nobody_removes_alone_or_something_else_than_was_signed(world):
    plan = await world.plan()
    for who, code in (
        ((world.karl,), "signatures-too-few"),
        ((world.karl, world.ada), "signatures-too-few"),
        ((world.kim, world.karl), "not-permitted"),
        ((world.erik, world.olga), "not-permitted"),
    ):
        with pytest.raises(Refusal, match=code):
            await world.remove(*who, plan=plan)
    for change in (
        {"approvals": ()},
        {"digest": "x"},
        {"before": to_text(world.clock.now())},
        {"before": "soon"},
    ):
        with pytest.raises(Refusal):
            await world.remove(plan=plan, **change)
    more = new_id("blb", world.dice)
    world.lay(more, LONG)
    world.clock.forward(days=8)
    await world.rounds()
    young = await world.plan(days=14)
    assert more not in {one.blob for one in young.blobs}
    for days in (0, 13, 10_000):
        with pytest.raises(Refusal, match="bad-days"):
            await world.plan(days=days)
    assert await world.swept() == [True] * 5


@with_strays
async def test_what_becomes_needed_after_it_was_listed_is_not_removed(world):
    await needed_meanwhile(world, is_signed=False)


@with_strays
async def test_what_becomes_needed_after_it_was_signed_for_is_not_removed(world):
    await needed_meanwhile(world, is_signed=True)


async def needed_meanwhile(world, *, is_signed):
    opened = await world.open_put("a", b"1", bucket=KEPT)
    await world.close_put(opened, world.seal(opened, b"1"))
    plan = await world.plan()
    if is_signed:
        await world.remove(plan=plan)
    world.refer(world.lost[2])
    world.clock.forward(hours=1)  # what is known is read anew
    if not is_signed:
        with pytest.raises(Refusal, match="strays-changed"):
            await world.remove(plan=plan)
        await world.remove()
    assert await world.swept() == [False, False, True, False, False]
    assert (await world.ask(LookFates())).fates == ()


@with_strays
async def test_nothing_goes_from_where_something_is_restored(world):
    plan = await world.plan()
    await world.remove(plan=plan)
    begun = await world.ask(BeginAdoption(world.olga.token, "town-files", world.place.id, is_export=True))
    assert await world.swept() == [True] * 5
    with pytest.raises(Refusal, match="location-is-a-source"):
        await world.plan()
    with pytest.raises(Refusal, match="location-is-a-source"):
        await world.remove(plan=plan)
    await world.ask(MoveAdoption(world.olga.token, begun.id, "end"))
    assert await world.swept() == [False] * 5
