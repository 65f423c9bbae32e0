"""A signed request that somebody recorded, sent again after the keyroom was started anew (SQLite)."""

import asyncio
from datetime import timedelta

import pytest

from custodes.acts.clouds import recalling
from custodes.acts.clouds.xks import REPEATS_MAX
from custodes.kernel.refusal import Kind, Refusal
from fakes.clouds import CloudWorld, opened_by_grants_alone
from fakes.lived import lived, settled
from fakes.office import OfficeWorld


class Clouds(CloudWorld, OfficeWorld):
    async def start_again(self):
        await self.close()
        await self.open()


in_clouds = lived(lambda folder: settled(Clouds(folder)))


async def tried(world, ask, times):
    """How many of so many at once are answered; every other is refused as a repetition."""
    given = await asyncio.gather(*(world.keyroom.ask(ask) for _ in range(times)), return_exceptions=True)
    refused = [one for one in given if isinstance(one, BaseException)]
    assert {(one.code, one.kind) for one in refused} <= {("signature-repeated", Kind.UNAUTHENTICATED)}
    return times - len(refused)


@in_clouds
async def test_a_start_forgets_no_repetition(world):
    used_up, used_once, fresh = world.sealing(), world.sealing(), world.sealing()
    assert await tried(world, used_up, REPEATS_MAX) == REPEATS_MAX
    assert await tried(world, used_once, 1) == 1
    for _ in range(2):  # however often it is started
        await world.start_again()
        assert await tried(world, used_up, 4) == 0
    assert await tried(world, used_once, 4) == REPEATS_MAX - 1
    assert await tried(world, fresh, 4) == REPEATS_MAX
    await world.start_again()
    assert await tried(world, used_once, 1) + await tried(world, fresh, 1) == 0
    assert await tried(world, world.sealing(), 1) == 1


@in_clouds
async def test_a_signature_made_ahead_of_time_is_remembered_for_as_long_as_it_is_fresh(world):
    ahead = world.sealing(at=world.clock.now() + timedelta(seconds=299))
    assert await tried(world, ahead, 3) == 3
    world.clock.forward(seconds=590)
    await world.start_again()
    assert await tried(world, ahead, 1) == 0
    world.clock.forward(seconds=20)
    with pytest.raises(Refusal, match="request-time-skewed"):
        await world.keyroom.ask(ahead)


@in_clouds
async def test_what_is_read_at_a_start_is_the_span_and_no_more(world):
    old = world.sealing()
    assert await tried(world, old, 1) == 1
    world.clock.forward(seconds=700)
    for _ in range(3):
        assert await tried(world, world.sealing(), 1) == 1
    await world.start_again()
    earlier = recalling.Earlier(world.keyroom.opened, span_s=600, times_max=REPEATS_MAX)
    assert await earlier.times(old.claim.signature) == 0
    assert len(earlier._marks) < 10
    world.clock.forward(seconds=601)
    assert await earlier.times(old.claim.signature) == 0
    assert earlier._marks is None


@in_clouds
async def test_under_a_grant_too(world):
    sealed = await world.encrypt()
    await opened_by_grants_alone(world)
    opening = world.opening(sealed)
    assert await tried(world, opening, 2) == 2
    await world.start_again()
    assert await tried(world, opening, 3) == 1
