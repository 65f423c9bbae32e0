import asyncio

import pytest

from custodes.acts.streams.checking import Check
from custodes.acts.streams.targets import Targets
from custodes.acts.streams.writing import Sealing
from custodes.custody.envelope import Decryptor
from custodes.kernel.refusal import Refusal, unavailable
from fakes import SeededDice
from fakes.stores import BLOB, MemoryStores

MIB = 1_048_576
KEY = bytes(range(32))


def opened(raw):
    stream = Decryptor(KEY, b"bound to this")
    return stream.feed(raw) + stream.finish()


def kept(stores, body, least, names=("a", "b")):
    """What is sealed where `least` stores must hold it."""

    async def run_():
        places = [stores.at(name) for name in names]
        sealing = Sealing(BLOB, (KEY, b"bound to this"), places, SeededDice())
        sealing = sealing.kept(bytes(32), Targets(BLOB, places, least))
        try:
            await sealing.take(body)
            await sealing.finish()
        except Refusal:
            await sealing.drop()
            raise
        return sealing

    return asyncio.run(run_())


@pytest.mark.parametrize(
    ("size", "deed"), [(9, "put"), (2 * MIB, "begin"), (2 * MIB, "write"), (2 * MIB, "commit")]
)
def test_a_store_that_can_be_missed_is_left_out_and_named(size, deed):
    stores = MemoryStores()
    stores.at("b").fails[deed] = unavailable("store-gone")
    sealing = kept(stores, bytes(size), 1)
    assert sealing.missed == [1]
    assert opened(stores.at("a").blobs[BLOB]) == bytes(size)
    assert BLOB not in stores.at("b").blobs
    assert stores.at("b").drafts == []
    check = Check(bytes(32))
    check.update(stores.at("a").blobs[BLOB])
    assert check.digest() == sealing.check


@pytest.mark.parametrize(
    ("size", "deed"), [(9, "put"), (2 * MIB, "begin"), (2 * MIB, "write"), (2 * MIB, "commit")]
)
def test_one_that_cannot_be_missed_refuses_the_write(size, deed):
    stores = MemoryStores()
    stores.at("b").fails[deed] = unavailable("store-gone")
    with pytest.raises(Refusal, match="store-gone"):
        kept(stores, bytes(size), 0)
    stores.at("a").fails[deed] = unavailable("store-gone")
    with pytest.raises(Refusal, match="store-gone"):
        kept(stores, bytes(size), 1)
