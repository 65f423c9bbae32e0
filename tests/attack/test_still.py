"""A long read whose keyroom need not be asked for each MiB is cut as soon as one that is (promise 2).

The plane's own connection, its client and what it keeps; then whatever the read rests on is taken away.
"""

import asyncio
import tempfile
from pathlib import Path

import msgspec
import pytest

from custodes.acts.asks.objects import StillOpen
from custodes.acts.socket import Client, Server
from custodes.acts.streams.still import Still
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice
from fakes.lived import lived
from fakes.object_world import ObjectWorld

LONG = b"x" * (3 * 1_048_576)
with_objects = lived(lambda folder: ObjectWorld(folder).settle_objects())


class Plane:
    """A plane over a real socket, with one long read open; it counts what it asks."""

    def __init__(self, world):
        self.world, self.asks = world, 0

    async def __aenter__(self):
        self._folder = tempfile.TemporaryDirectory()  # a socket's path must be short
        path = Path(self._folder.name) / "s"
        self.server = Server(self._counted, SeededDice(3))
        self.world.keyroom.tell(self.server.tell_changed)
        await self.server.start(path)
        self.client = Client(path, timeout_s=60)
        await self.world.write("long", LONG)
        opened = await self.world.open_get("long")
        self.still = Still(self.client, opened.ticket)
        return self

    async def __aexit__(self, *_):
        await self.client.close()
        await self.server.stop()
        self._folder.cleanup()

    async def _counted(self, ask):
        self.asks += isinstance(ask, StillOpen)
        return await self.world.keyroom.ask(ask)

    async def warm(self):
        """Known to go on; the word is taken for a long one, so that only what is heard ends it."""
        await self.still.demand(1)
        self.still._until_s += 3_600
        assert self.still.is_known

    async def cut(self):
        """What the next MiB gets, once what was said is heard."""
        while self.still.is_known:  # noqa: ASYNC110 - said by nobody but the far end
            await asyncio.sleep(0)
        with pytest.raises(Refusal) as caught:
            await self.still.demand(2)
        return caught.value


async def kill(world):
    await world.kill_customer()


async def seal_customer(world):
    row = msgspec.structs.replace(world.customer_row, sealed=True)
    await world.put(("customer", row.id, row.id, row))


async def seal_house(world):
    await world.keyroom.close()


@pytest.mark.parametrize("withdraw", [kill, seal_customer, seal_house])
def test_a_read_that_was_known_to_go_on_ends_with_what_it_rests_on(tmp_path, withdraw):
    @with_objects
    async def run(world):
        async with Plane(world) as plane:
            await plane.warm()
            for n in range(1_000):
                await plane.still.demand(n)
            assert plane.asks == 1
            await withdraw(world)
            assert (await plane.cut()).kind is Kind.LOCKED

    run(tmp_path)


@with_objects
async def test_a_keyroom_that_died_ends_it(world):
    async with Plane(world) as plane:
        await plane.warm()
        await plane.server.stop()
        refusal = await plane.cut()
        assert (refusal.code, refusal.kind) == ("keyroom-gone", Kind.UNAVAILABLE)


@with_objects
async def test_a_keyroom_whose_lease_is_over_says_it_for_no_time(world):
    await world.write("a", LONG)
    ticket = (await world.open_get("a")).ticket
    assert (await world.ask(StillOpen(ticket, 1))).good_ms == 250
    for left_ms, good_ms in ((90, 90), (0, 0), (-5, 0), (4_000, 250)):
        object.__setattr__(world.keyroom.opened, "lease_left_ms", lambda left_ms=left_ms: left_ms)
        assert (await world.ask(StillOpen(ticket, 1))).good_ms == good_ms
