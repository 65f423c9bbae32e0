"""A cloud that fails: 500, 503, half bodies, short bodies, other bytes. Nothing wrong is ever given out."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from custodes.acts.streams.reading import Section, opened
from custodes.acts.streams.writing import Sealing
from custodes.adapters.stores.cloud import CHUNK_BYTES, chunk_bytes
from custodes.adapters.stores.reach import ReachableStores
from custodes.custody.envelope import cipher_length, commitment
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.adoption import STREAM_BYTES_MAX
from fakes import SeededDice
from fakes.failing_cloud import failing_cloud

MIB = 1_048_576
KEY, VERSION, BOUND = bytes(range(32)), "ver-" + "0" * 26, b"bound"
BODY = SeededDice(3).draw(3 * MIB + 11)


@pytest.fixture
def cloud():
    with failing_cloud() as server:
        yield server


@pytest.fixture
def store(cloud):
    with ThreadPoolExecutor(max_workers=2) as threads:
        place = f"s3://bucket/prefix?region=eu&endpoint=http://127.0.0.1:{cloud.port}"
        yield ReachableStores(threads).at(place)


async def write(store, body):
    dice = SeededDice(len(body))
    blob = new_id("blb", dice)
    sealing = Sealing(blob, (KEY, BOUND), [store], dice)
    try:
        for at in range(0, len(body), MIB):
            await sealing.take(body[at : at + MIB])
        await sealing.finish()
    except BaseException:
        await sealing.drop()
        raise
    return blob, sealing


async def read(store, written, given):
    blob, sealing = written
    section = Section(
        blob=blob,
        plain_bytes=sealing.plain_bytes,
        header=sealing.header,
        associated=BOUND,
        first=0,
        last=sealing.plain_bytes - 1,
        stores=[store],
    )
    async for piece in opened([section], KEY, VERSION, commitment(KEY, VERSION)):
        given += piece


@pytest.mark.parametrize("size", [70_000, len(BODY)])
def test_what_is_well_comes_back(cloud, store, size):
    async def run():
        given = bytearray()
        await read(store, await write(store, BODY[:size]), given)
        assert given == BODY[:size]

    asyncio.run(run())
    (name,) = cloud.kept
    assert re.fullmatch(r"/bucket/prefix/../blb-[0-9a-z]{26}", name)  # all a listing tells


@pytest.mark.parametrize("fault", ["500", "503"])
@pytest.mark.parametrize("size", [70_000, len(BODY)])
def test_a_write_that_is_refused_is_no_write_and_one_that_is_refused_once_is(cloud, store, fault, size):
    cloud.fault, cloud.left = fault, 1_000

    async def run():
        with pytest.raises(Refusal, match="store-gone") as caught:
            await write(store, BODY[:size])
        assert caught.value.kind is Kind.UNAVAILABLE
        assert cloud.kept == {}
        cloud.left = 1
        await write(store, BODY[:size])
        assert len(cloud.kept) == 1

    asyncio.run(run())


@pytest.mark.parametrize("fault", ["500", "503", "half", "other", "flip"])
@pytest.mark.parametrize("size", [70_000, len(BODY)])
def test_what_is_read_is_a_beginning_of_what_was_written_and_then_a_refusal(cloud, store, fault, size):
    async def run():
        written = await write(store, BODY[:size])
        cloud.fault, cloud.left = fault, 1_000
        given = bytearray()
        with pytest.raises(Refusal) as caught:
            await read(store, written, given)
        assert caught.value.code in ("store-gone", "stream-mismatch")
        assert len(given) < size
        assert given == BODY[: len(given)]
        if fault in ("500", "503", "other"):
            assert given == b""

    asyncio.run(run())


def test_a_long_blob_goes_up_in_as_many_chunks_as_a_store_takes(cloud, store):
    most = cipher_length(2 * STREAM_BYTES_MAX)  # padded to a power of two
    assert chunk_bytes(most) * 10_000 >= most
    assert chunk_bytes(0) == chunk_bytes(64 * 1024 * MIB) == CHUNK_BYTES

    async def run():
        for expected, parts in ((0, 3), (9_000 * 12 * MIB, 2)):
            draft = await store.begin(blob := new_id("blb", SeededDice(parts)), expected)
            for _ in range(20):
                await draft.write(bytes(MIB))
            await draft.commit()
            await draft.drop()
            assert cloud.numbers[-1] == parts
            assert [len(body) for path, body in cloud.kept.items() if path.endswith(blob)] == [20 * MIB]

    asyncio.run(run())


def test_a_cut_blob_is_never_taken_for_a_whole_one(cloud, store):
    async def run():
        written = await write(store, BODY)
        (name,) = cloud.kept
        for left in (0, 40, 65_536, 2 * MIB, len(cloud.kept[name]) - 1):
            whole = cloud.kept[name]
            cloud.kept[name] = whole[:left]
            given = bytearray()
            with pytest.raises(Refusal):
                await read(store, written, given)
            assert given == BODY[: len(given)]
            cloud.kept[name] = whole

    asyncio.run(run())
