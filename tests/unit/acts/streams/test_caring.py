import asyncio

import pytest

from custodes.acts.asks.buckets.care import TakeWork, Task, Work, WorkDone
from custodes.acts.asks.objects import Closed, Store
from custodes.acts.streams.caring import Carer
from custodes.acts.streams.checking import Check
from custodes.kernel.refusal import locked, unavailable
from fakes import SeededDice
from fakes.stores import BLOB, MemoryStores

KEY = bytes(range(32))
SMALL, LONG = SeededDice(1).draw(5_000), SeededDice(2).draw(3_000_000)


class Doors:
    """Hands out these tasks once."""

    def __init__(self, *tasks):
        self.tasks, self.told = tasks, []

    async def ask(self, ask):
        if isinstance(ask, TakeWork):
            tasks, self.tasks = self.tasks, ()
            return Work("batch", tasks)
        assert isinstance(ask, WorkDone)
        self.told += [one.outcome for one in ask.done]
        return Closed()


def task(body, at="b", *sources):
    check = Check(KEY)
    check.update(body)
    stores = tuple(Store(f"loc-{name}", name) for name in sources)
    return Task("ver-1", BLOB, len(body), check.digest(), KEY, Store(f"loc-{at}", at), stores)


def told(stores, *tasks):
    doors = Doors(*tasks)
    read_bytes = asyncio.run(Carer(doors, stores).batch())
    assert read_bytes == sum(one.cipher_bytes for one in tasks)
    return doors.told


@pytest.mark.parametrize("body", [SMALL, LONG])
def test_what_lies_there_is_read_and_checked(body):
    stores = MemoryStores()
    assert told(stores, task(body)) == ["absent"]
    stores.at("b").blobs[BLOB] = body
    assert told(stores, task(body)) == ["whole"]
    stores.at("b").blobs[BLOB] = body[:-1] + b"!"
    assert told(stores, task(body)) == ["differs"]
    stores.at("b").breaks_after = (0, unavailable("store-gone"))
    assert told(stores, task(body)) == ["unreachable"]


@pytest.mark.parametrize("body", [SMALL, LONG])
def test_a_copy_is_taken_from_the_first_source_that_is_whole(body):
    stores = MemoryStores()
    stores.at("bad").blobs[BLOB] = body[:-1] + b"!"
    stores.at("good").blobs[BLOB] = body
    assert told(stores, task(body, "b", "bad", "empty", "good")) == ["whole"]
    assert stores.at("b").blobs[BLOB] == body
    assert stores.at("b").drafts == []
    assert stores.at("b").expected == (len(body) if body is LONG else None)


@pytest.mark.parametrize("body", [SMALL, LONG])
def test_without_a_whole_source_nothing_is_written(body):
    stores = MemoryStores()
    stores.at("bad").blobs[BLOB] = bytes(len(body))
    assert told(stores, task(body, "b", "bad", "empty")) == ["no-source"]
    assert stores.at("b").blobs == {}
    assert stores.at("b").drafts == []
    stores.at("away").blobs[BLOB] = body
    stores.at("away").breaks_after = (0, unavailable("store-gone"))
    assert told(stores, task(body, "b", "bad", "away")) == ["unreachable"]


@pytest.mark.parametrize("deed", ["put", "begin", "write", "commit"])
def test_a_target_that_refuses_is_not_the_sources_fault(deed):
    stores = MemoryStores()
    stores.at("good").blobs[BLOB] = LONG if deed != "put" else SMALL
    stores.at("b").fails[deed] = unavailable("store-full")
    body = stores.at("good").blobs[BLOB]
    assert told(stores, task(body, "b", "good")) == ["unreachable"]
    assert stores.at("b").blobs == {}


def test_nothing_to_do_is_said_and_a_sealed_house_is_asked_again():
    assert asyncio.run(Carer(Doors(), MemoryStores()).batch()) == -1

    class Sealed(Doors):
        async def ask(self, ask):
            self.told.append(ask)
            if len(self.told) == 3:
                self.enough.set()
            raise locked("house-sealed")

    async def run():
        doors = Sealed()
        doors.enough = asyncio.Event()
        task = asyncio.create_task(Carer(doors, MemoryStores()).run(0.0))
        await doors.enough.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())
