"""A limit in time, for what waits and for what does not."""

import asyncio

import pytest

from custodes.web.serving.waiting import soon


async def at_once():
    return 7


async def after_two_steps(seen):
    await asyncio.sleep(0)
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        seen.append("cancelled")
        raise


async def after_a_while():
    for _ in range(3):
        await asyncio.sleep(0)
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(done.set_result, 3)
    return await done + len(await asyncio.gather(at_once(), at_once()))


async def fails(late):
    if late:
        await asyncio.sleep(0)
    raise LookupError


def test_what_waits_and_what_does_not():
    async def both():
        return await soon(at_once(), 0.0), await soon(after_a_while(), 30.0)

    assert asyncio.run(both()) == (7, 5)


def test_what_takes_longer_is_ended():
    seen = []
    with pytest.raises(TimeoutError):
        asyncio.run(soon(after_two_steps(seen), 0.01))
    assert seen == ["cancelled"]


@pytest.mark.parametrize("late", [False, True])
def test_what_fails_fails(late):
    with pytest.raises(LookupError):
        asyncio.run(soon(fails(late), 30.0))


def test_who_waits_can_be_cancelled():
    seen = []

    async def run():
        task = asyncio.create_task(soon(after_two_steps(seen), 30.0))
        for _ in range(3):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert seen == ["cancelled"]
