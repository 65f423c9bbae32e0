"""Denials as entries: each first one, the number of the others, and nobody's hanging up loses one."""

import asyncio

import pytest

from custodes.acts import denials
from custodes.kernel.refusal import Kind, Refusal
from fakes.object_world import with_objects

pytestmark = pytest.mark.whole


async def denied(world):
    with pytest.raises(Refusal, match="outside-boundary"):
        await world.create_bucket("outside", locations=("ashburn",))


def counts(world):
    return [one["count"] for one in world.entries("denial")]


@with_objects
async def test_the_first_is_an_entry_and_the_rest_are_one_with_their_number(world):
    for _ in range(3):
        await denied(world)
    assert counts(world) == [1]
    world.clock.forward(seconds=denials.WINDOW_S)
    await world.keyroom.opened.denials.flush()
    assert counts(world) == [1, 2]
    await world.keyroom.opened.denials.flush()
    await denied(world)
    assert counts(world) == [1, 2, 1]


@with_objects
async def test_who_hangs_up_is_in_the_log_all_the_same(world):
    """The attack: ask, and be gone before the answer; what follows would only have been counted."""
    has_begun, written = asyncio.Event(), world.keyroom.opened.denials

    def begin(*what, begun=written._begin):
        has_begun.set()
        return begun(*what)

    written._begin = begin
    for turns in range(1, 12):
        world.clock.forward(seconds=denials.WINDOW_S)
        asked = asyncio.ensure_future(denied(world))
        await has_begun.wait()
        has_begun.clear()
        for _ in range(turns):
            await asyncio.sleep(0)
        asked.cancel()
        await asyncio.wait([asked])
        await denied(world)
        await asyncio.gather(*written._writing)  # the number of the others is on its way
        assert sum(counts(world)) == 2 * turns - 1, f"gone after {turns} turns"


@with_objects
async def test_what_could_not_be_written_is_no_window(world):
    gate = world.keyroom.opened.gate

    async def broken(act):
        raise OSError("no disk")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(gate, "commit", broken)
        with pytest.raises(OSError, match="no disk"):
            await world.create_bucket("outside", locations=("ashburn",))
    await denied(world)
    assert counts(world) == [1]


@with_objects
async def test_a_flood_of_kinds_pushes_no_number_out_unwritten(world):
    engineer = await world.supplier_engineer()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(denials, "KEPT_MAX", 1)
        for name in ("a", "a", "a", "b"):
            with pytest.raises(Refusal) as caught:
                await world.open_get(name, evidence=engineer)
            assert caught.value.kind is Kind.DENIED
    assert sorted(counts(world)) == [1, 1, 2]
