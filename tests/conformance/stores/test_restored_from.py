"""An export that lies in a real RGW, or in Azurite, is restored from there into a second installation."""

import asyncio

import pytest

from custodes.acts.streams import adopting  # noqa: F401 - what is judged
from fakes.arriving import ArrivingWorld
from fakes.leaving import LeavingWorld

from .test_stores_of_others import reached  # noqa: F401 - a fixture

pytestmark = pytest.mark.timeout(600)


def test_it_arrives_whole(reached, tmp_path):  # noqa: F811 - the fixture
    stores, uri = reached

    async def run():
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
        first = await LeavingWorld(tmp_path / "first").settle_objects()
        second = await ArrivingWorld(tmp_path / "second").settle()
        try:
            plain = [first.opened(one) for one in await first.sheets(await first.begin())]
            for (at, blob), sealed in first.stored.items():
                if at == "memory:berlin":
                    await stores.at(uri).put(blob, sealed)
            await second.lies_at(uri)
            begun = await second.begin_restoring()
            for sheet in plain:
                await second.hand(begun, sheet)
            await second.plainly("handed")
            await second.step("run")
            done = await second.worked()
            assert [row[:2] for row in done.counts] == [("sealed", len(first.bodies))]
            for name, body in first.bodies.items():
                assert (await second.content(name))[1] == body
        finally:
            for world in (first, second):
                await world.close()
                world.engine.dispose()

    asyncio.run(run())
