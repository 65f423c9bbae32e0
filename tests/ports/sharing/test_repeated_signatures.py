"""A signed request that somebody recorded, sent again to every keyroom of a house: three times in all."""

import asyncio
import json

import pytest

from custodes.acts.clouds import repeats, xks  # noqa: F401 - what is attacked
from custodes.kernel.refusal import Kind, Refusal
from custodes.store.reads import reading
from fakes.clouds import CloudWorld, opened_by_grants_alone, raw
from fakes.office import OfficeWorld
from ports.sharing.test_sharing import Two, in_two


class TwoClouds(CloudWorld, OfficeWorld, Two):
    """AWS has a credential; both keyrooms answer it, or as many more as are opened."""

    def entries(self, code, kind="machine"):
        log = self.customer_row.log(kind)
        return len(reading(self.engine, lambda reads: reads.openings(log, code=code)))


async def sent(world, ask, times):
    """All at once, to one keyroom and the other by turns: the bodies answered, the codes refused."""
    rooms = [world.keyroom, world.other] * times
    given = await asyncio.gather(*(room.ask(ask) for room in rooms), return_exceptions=True)
    for one in given:
        if isinstance(one, BaseException) and not isinstance(one, Refusal):
            raise one
    bodies = [one.body for one in given if not isinstance(one, Refusal)]
    return bodies, [(one.code, one.kind) for one in given if isinstance(one, Refusal)]


def in_clouds(work):
    return in_two(work, TwoClouds)


@pytest.mark.slow
@in_clouds
async def test_the_same_signed_bytes_pass_three_times_at_both_keyrooms_together(world):
    before = world.entries("key.wrap")
    ask = world.sealing()
    bodies, refused = await sent(world, ask, 4)
    assert len(bodies) == 3
    assert set(refused) == {("signature-repeated", Kind.UNAUTHENTICATED)}
    assert world.entries("key.wrap") == before + 3  # each has an entry of its own, and no refusal has one
    for room in (world.keyroom, world.other):
        with pytest.raises(Refusal, match="signature-repeated"):
            await room.ask(ask)
    sealed = json.loads(bodies[0])
    bodies, refused = await sent(world, world.opening(sealed), 3)
    assert [raw(json.loads(one)["plaintext"]) for one in bodies] == [b"a data key"] * 3
    assert len(refused) == 3
    fresh, none = await sent(world, world.sealing(), 1)  # another request of the same caller is another one
    assert (len(fresh), none) == (2, [])


@pytest.mark.slow
@in_clouds
async def test_a_keyroom_that_was_started_again_has_not_forgotten(world):
    ask = world.sealing()
    bodies, _ = await sent(world, ask, 2)
    assert len(bodies) == 3
    place = world.other_place
    await world.other.close()
    await world.open_other(place=place, seed=100)
    with pytest.raises(Refusal, match="signature-repeated"):
        await world.other.ask(ask)


@pytest.mark.slow
@in_clouds
async def test_under_a_grant_too(world):
    sealed = json.loads((await world.keyroom.ask(world.sealing())).body)
    await opened_by_grants_alone(world)
    world.other_clock.forward(seconds=1)
    await world.other.opened.read(lambda reads: None)  # which brings what the first has granted
    bodies, refused = await sent(world, world.opening(sealed), 3)
    assert len(bodies) == 3
    assert {code for code, _ in refused} == {"signature-repeated"}
    assert world.entries("key.unwrap", "exceptional") == 3
