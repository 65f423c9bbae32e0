import asyncio
from types import SimpleNamespace

import pytest

from custodes.acts.asks import Session
from custodes.acts.asks.objects import ClosePut, OpenPut
from custodes.acts.streams.filling import Summing, closing, stored_from
from custodes.kernel.refusal import Refusal, conflict, unavailable
from custodes.objects.checksums import Algorithm, checksum_of
from fakes import SeededDice
from fakes.object_doors import ObjectDoors
from fakes.stores import MemoryStores

WHO = Session("a session")


async def opened(size):
    doors, stores = ObjectDoors(), MemoryStores()
    means = SimpleNamespace(doors=doors, stores=stores, dice=SeededDice(3))
    return means, await doors.ask(OpenPut(WHO, "b", "a", size))


async def nobody(outcome):
    raise AssertionError(outcome)


def test_a_blob_is_told_with_every_checksum_that_was_asked_for():
    async def run():
        means, put = await opened(5)

        async def fill(sealing):
            summing = Summing(sealing, [Algorithm.SHA256, Algorithm.CRC32])
            await summing.take(b"he")
            await summing.take(b"llo")
            return summing.checksums()

        stored = await stored_from(means, put, fill, nobody)
        assert (stored.plain_bytes, stored.blob) == (5, put.blob)
        wanted = {name: checksum_of(Algorithm(name), b"hello").value for name, _ in stored.checksums}
        assert dict(stored.checksums) == wanted
        assert len(wanted) == 2

    asyncio.run(run())


@pytest.mark.parametrize(
    ("refusal", "stays"), [(conflict("ticket-unknown"), 0), (unavailable("keyroom-gone"), 1)]
)
def test_what_nobody_would_come_for_goes_at_once_and_what_may_stand_stays(refusal, stays):
    async def run():
        means, put = await opened(1)

        async def fill(sealing):
            await sealing.take(b"x")
            return ()

        stored = await stored_from(means, put, fill, nobody)
        means.doors.fails[ClosePut] = (1, refusal)
        with pytest.raises(Refusal):
            await closing(means, put, ClosePut(WHO, put.ticket, "complete", stored))
        assert sum(len(store.blobs) for store in means.stores.stores.values()) == stays

    asyncio.run(run())


def test_a_keyroom_that_cannot_be_told_changes_nothing_of_the_fault():
    async def run():
        means, put = await opened(1)

        async def fill(_):
            raise ConnectionResetError

        async def give_up(_):
            raise unavailable("keyroom-gone")

        with pytest.raises(ConnectionResetError):
            await stored_from(means, put, fill, give_up)

    asyncio.run(run())
