"""A test over a world of its own: begun in a fresh folder, handed to the test, closed and disposed of."""

import asyncio


def lived(begin):
    """A decorator for `async def test(world)`; `begin(folder)` is a coroutine that gives the world."""

    def over(work):
        def test(tmp_path):
            asyncio.run(_live(begin(tmp_path), work))

        test.__name__ = work.__name__
        test.__doc__ = work.__doc__
        return test

    return over


async def settled(world):
    """The world opened, with its first people and keys in it."""
    await world.open()
    await world.settle_in()
    return world


async def _live(begun, work):
    world = await begun
    try:
        await work(world)
    finally:
        await world.close()
        world.engine.dispose()
