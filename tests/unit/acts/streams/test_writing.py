import asyncio

import pytest

from custodes.acts.streams.writing import Sealing
from custodes.custody.envelope import Decryptor, cipher_length
from custodes.kernel.refusal import Refusal, unavailable
from custodes.objects.padding import padding_for
from fakes import SeededDice
from fakes.stores import BLOB, MemoryStores

MIB = 1_048_576
KEY = bytes(range(32))


def run(coroutine):
    return asyncio.run(coroutine)


def opened(raw):
    stream = Decryptor(KEY, b"bound to this")
    return stream.feed(raw) + stream.finish()


async def seal(stores, *pieces, names=("a",)):
    sealing = Sealing(BLOB, (KEY, b"bound to this"), [stores.at(name) for name in names], SeededDice())
    for piece in pieces:
        await sealing.take(piece)
    await sealing.finish()
    return sealing


SIZES = [0, 1, 65_479, 65_480, 65_481, MIB - 1, MIB, MIB + 1, 3 * MIB + 7]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("step", [999_983, 5 * MIB])
def test_what_is_stored_opens_to_what_was_taken(size, step):
    body = SeededDice(size).draw(size)
    stores = MemoryStores()
    sealing = run(seal(stores, *(body[at : at + step] for at in range(0, size, step))))
    raw = stores.at("a").blobs[BLOB]
    assert opened(raw) == body
    assert (sealing.plain_bytes, sealing.cipher_bytes) == (size, len(raw))
    assert len(raw) == cipher_length(size)
    assert raw.startswith(sealing.header)


def test_a_part_of_one_batch_is_put_in_one_go():
    stores = MemoryStores()
    run(seal(stores, bytes(MIB)))
    assert stores.at("a").deeds == ["put"]
    run(seal(stores, bytes(MIB + 1)))
    assert stores.at("a").deeds[1:] == ["begin", "write", "write", "commit"]


def test_every_store_has_it():
    stores = MemoryStores()
    run(seal(stores, bytes(2 * MIB), names=("a", "b")))
    assert stores.at("a").blobs == stores.at("b").blobs
    assert opened(stores.at("b").blobs[BLOB]) == bytes(2 * MIB)


def test_no_more_than_a_batch_is_held():
    stores = MemoryStores()

    async def take():
        sealing = Sealing(BLOB, (KEY, b""), [stores.at("a")], SeededDice())
        for _ in range(40):
            await sealing.take(bytes(100_000))
            assert len(sealing._batch) <= MIB
        await sealing.drop()

    run(take())
    assert max(stores.at("a").sizes) <= MIB + 65_536 + 17 * 16


@pytest.mark.parametrize("deed", ["begin", "write", "commit", "put"])
def test_a_store_that_fails_is_said_and_a_drop_leaves_nothing(deed):
    stores = MemoryStores()
    stores.at("b").fails[deed] = unavailable("store-gone")

    async def take():
        sealing = Sealing(BLOB, (KEY, b""), [stores.at("a"), stores.at("b")], SeededDice())

        async def store():
            await sealing.take(bytes(10 if deed == "put" else 2 * MIB))
            await sealing.finish()

        with pytest.raises(Refusal, match="store-gone"):
            await store()
        await sealing.drop()

    run(take())
    assert not stores.at("b").blobs
    assert not stores.at("a").drafts
    assert not stores.at("b").drafts


@pytest.mark.parametrize("size", [0, 5, MIB - 1, 3 * MIB + 77_777])
def test_padding_is_written_behind_what_was_taken_in_and_counted_apart(size):
    async def sealed():
        stores = MemoryStores()
        sealing = Sealing(BLOB, (KEY, b"bound to this"), [stores.at("a")], SeededDice(), "padme")
        await sealing.take(b"\1" * size)
        await sealing.finish()
        return sealing, stores.at("a").blobs[BLOB]

    sealing, raw = run(sealed())
    padding = padding_for("padme", size)
    assert (sealing.plain_bytes, sealing.padding_bytes) == (size, padding)
    assert sealing.cipher_bytes == len(raw) == cipher_length(size + padding)
    assert opened(raw) == b"\1" * size + bytes(padding)
