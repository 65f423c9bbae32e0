import asyncio

import pytest

from custodes.acts.asks.objects import Closed, Fate, FateDone, Fates, LookFates, Store, SweepUses
from custodes.acts.streams.sweeping import Sweeper
from custodes.kernel.refusal import Refusal, locked, unavailable
from fakes.stores import BLOB, MemoryStores


class Doors:
    def __init__(self, *due):
        self.due = list(due)
        self.asked = []

    async def ask(self, ask):
        self.asked.append(ask)
        if isinstance(ask, LookFates):
            return Fates(tuple(self.due))
        if isinstance(ask, FateDone):
            self.due = [fate for fate in self.due if (fate.blob, fate.store.location) not in ask.done]
        return Closed()


def fate(uri="a"):
    return Fate(BLOB, Store(f"loc-{uri}", uri))


def test_what_is_due_is_removed_and_reported():
    stores, doors = MemoryStores(), Doors(fate("a"), fate("b"))
    stores.at("a").blobs[BLOB] = b"x"
    assert asyncio.run(Sweeper(doors, stores).round()) == 2
    assert stores.at("a").blobs == {}
    assert doors.due == []
    assert isinstance(doors.asked[0], SweepUses)


def test_what_a_store_does_not_confirm_stays_due():
    stores, doors = MemoryStores(), Doors(fate("a"), fate("b"))
    stores.at("b").fails["remove"] = unavailable("store-gone")
    assert asyncio.run(Sweeper(doors, stores).round()) == 1
    assert [one.store.uri for one in doors.due] == ["b"]


def test_nothing_due_is_nothing_reported():
    doors = Doors()
    assert asyncio.run(Sweeper(doors, MemoryStores()).round()) == 0
    assert not any(isinstance(ask, FateDone) for ask in doors.asked)


def test_a_sealed_house_is_asked_again_later():
    class Sealed(Doors):
        async def ask(self, ask):
            self.asked.append(ask)
            if len(self.asked) == 4:
                self.enough.set()
            raise locked("house-sealed")

    doors = Sealed()

    async def run():
        doors.enough = asyncio.Event()
        with pytest.raises(Refusal):
            await Sweeper(doors, MemoryStores()).round()
        task = asyncio.create_task(Sweeper(doors, MemoryStores()).run(0.0))
        await doors.enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
