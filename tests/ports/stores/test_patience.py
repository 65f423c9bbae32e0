"""A store that hangs is waited for once; a long answer may last longer than a request."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing

import pytest

from custodes.acts.streams.targets import Targets
from custodes.adapters.stores import patience, pulling
from custodes.adapters.stores.patience import PatientStore
from custodes.adapters.stores.plain_cloud import PlainCloud
from custodes.adapters.stores.reach import ReachableStores
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice
from fakes.failing_cloud import failing_cloud

MIB = 1_048_576
BODY = SeededDice(7).draw(5 * MIB + 3)


class Hanging:
    """A store that answers, or hangs until it is let go on."""

    def __init__(self):
        self.asked, self.kept, self.open = 0, {}, asyncio.Event()
        self.open.set()

    async def _wait(self):
        self.asked += 1
        await self.open.wait()

    async def begin(self, blob, bytes_expected=0):
        await self._wait()
        return self

    async def put(self, blob, whole):
        await self._wait()
        self.kept[blob] = bytes(whole)

    async def read(self, blob, first, last):
        await self._wait()
        if blob not in self.kept:
            raise Refusal("blob-absent", Kind.BROKEN)
        yield self.kept[blob][first : last + 1]

    async def remove(self, blob):
        await self._wait()
        self.kept.pop(blob, None)

    async def write(self, piece):
        await self._wait()

    commit = drop = _wait


async def read(store, blob):
    async with aclosing(store.read(blob, 0, 9)) as pieces:
        return b"".join([bytes(piece) async for piece in pieces])


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(patience, "READ_S", 0.1)
    monkeypatch.setattr(patience, "WRITE_S", 0.1)
    monkeypatch.setattr(patience, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(patience, "WRITE_AGAIN_S", 0.01)
    monkeypatch.setattr(patience, "DROP_S", 0.01)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("work", ["read", "put", "begin", "remove", "write", "commit"])
def test_whoever_comes_after_one_who_waited_in_vain_does_not_wait(work):
    async def run():
        behind, blob = Hanging(), new_id("blb", SeededDice(1))
        store = PatientStore(behind)
        await store.put(blob, b"0123456789")
        draft = await store.begin(blob)
        behind.open.clear()
        doing = {
            "read": lambda: read(store, blob),
            "put": lambda: store.put(blob, b""),
            "begin": lambda: store.begin(blob),
            "remove": lambda: store.remove(blob),
            "write": lambda: draft.write(b""),
            "commit": draft.commit,
        }[work]
        for _ in range(5):
            with pytest.raises(Refusal, match="store-gone") as caught:
                await doing()
            assert caught.value.kind is Kind.UNAVAILABLE
        assert behind.asked <= 4  # put, begin, the one that waited, and perhaps the look
        await draft.drop()
        behind.open.set()
        for _ in range(2_000):
            try:
                await doing()
                break
            except Refusal:
                await asyncio.sleep(0.01)
        else:
            raise AssertionError("it answers, and is not asked")
        if work != "remove":
            assert await read(store, blob) == (b"" if work == "put" else b"0123456789")

    asyncio.run(run())


@pytest.mark.usefixtures("hasty")
def test_a_write_goes_on_without_a_store_that_hangs():
    async def run():
        well, hung = Hanging(), Hanging()
        hung.open.clear()
        blob, store = new_id("blb", SeededDice(2)), PatientStore(hung)
        for _ in range(3):
            targets = Targets(blob, [store, PatientStore(well)], 1)
            await targets.put(b"body")
            assert targets.missed == [0]
            targets = Targets(blob, [PatientStore(well), store], 1)
            await targets.begin()
            await targets.write(b"body")
            await targets.commit()
            assert targets.missed == [1]
        assert hung.asked <= 3
        hung.open.set()

    asyncio.run(run())


@pytest.mark.usefixtures("hasty")
def test_a_quick_no_makes_nobody_impatient(monkeypatch):
    async def run():
        behind = Hanging()
        store = PatientStore(behind)
        for _ in range(10):
            with pytest.raises(Refusal, match="blob-absent"):
                await read(store, new_id("blb", SeededDice(3)))
        assert behind.asked == 10

    monkeypatch.setattr(patience, "READ_S", 30.0)
    asyncio.run(run())


@pytest.fixture
def cloud():
    with failing_cloud() as server:
        yield server


@pytest.fixture
def stores(cloud):
    with ThreadPoolExecutor(max_workers=1) as threads:
        yield ReachableStores(threads), f"s3://bucket/prefix?region=eu&endpoint=http://127.0.0.1:{cloud.port}"


async def taken(pieces, got):
    async with aclosing(pieces) as each:
        async for piece in each:
            got += piece


@pytest.mark.parametrize("ran_out", [True, False])
def test_an_answer_that_ran_out_of_time_is_gone_on_with_and_one_that_broke_off_is_not(
    cloud, stores, monkeypatch, ran_out
):
    monkeypatch.setattr(pulling, "_RAN_OUT_S", 0.0 if ran_out else 60.0)

    async def run():
        reach, uri = stores
        store, blob = reach.at(uri), new_id("blb", SeededDice(4))
        await store.put(blob, BODY)
        cloud.fault, cloud.left, got = "half", 4, bytearray()  # the library itself asks three times
        if ran_out:
            await taken(store.read(blob, 3, len(BODY) - 1), got)
            assert got == BODY[3:]
        else:
            with pytest.raises(Refusal, match="store-gone"):
                await taken(store.read(blob, 3, len(BODY) - 1), got)
            assert got == BODY[3 : 3 + len(got)]

    asyncio.run(run())


@pytest.mark.parametrize("changes", [False, True])
def test_a_plain_object_is_gone_on_with_only_if_it_is_the_same(cloud, stores, monkeypatch, changes):
    monkeypatch.setattr(pulling, "_RAN_OUT_S", 0.0)

    async def run():
        reach, uri = stores
        cloud.kept["/bucket/prefix/name"] = BODY
        source = reach.plain_at(uri)
        assert isinstance(source, PlainCloud)
        cloud.fault, cloud.left, got = "half", 4, bytearray()
        content = await source.open("name")
        async with aclosing(content.pieces) as pieces:
            got += await anext(pieces)
            cloud.etag = '"2"' if changes else cloud.etag
            if changes:
                with pytest.raises(Refusal, match="store-gone"):
                    await taken(pieces, got)
            else:
                await taken(pieces, got)
        assert (got == BODY) is not changes
        assert BODY.startswith(got)

    asyncio.run(run())
