"""One suite for every place in which objects lie in plain: a folder, and whatever obstore speaks to."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from obstore.store import MemoryStore

from custodes.acts.streams.ports import PlainContent, PlainItem
from custodes.adapters.stores.plain_cloud import PlainCloud
from custodes.adapters.stores.plain_folder import PlainFolder
from custodes.adapters.stores.reach import ReachableStores
from custodes.kernel.refusal import Kind, Refusal

MIB = 1_048_576


@pytest.fixture
def threads():
    with ThreadPoolExecutor(max_workers=2) as pool:
        yield pool


@pytest.fixture(params=["folder", "cloud"])
def store(request, tmp_path, threads):
    (tmp_path / "plain").mkdir()
    return (
        PlainFolder(tmp_path / "plain", threads) if request.param == "folder" else PlainCloud(MemoryStore())
    )


def content(body, **more):
    async def pieces():
        for at in range(0, len(body), 100_000):
            yield body[at : at + 100_000]

    item = PlainItem(name="", size=len(body), etag="", modified="")
    fields = {"content_type": "text/plain", "headers": (), "metadata": (), **more}
    return PlainContent(item=item, pieces=pieces(), **fields)


async def read(store, name):
    found = await store.open(name)
    return None if found is None else b"".join([bytes(piece) async for piece in found.pieces])


NAMES = ["a", "a-b", "a.d/x", "a/b", "a/c/d", "b", "ü"]


def test_what_was_written_is_listed_in_order_page_by_page_and_read(store):
    async def run():
        for name in reversed(NAMES[1:]):
            await store.put(name, content(name.encode()))
        await store.put("big", content(bytes(2 * MIB + 5)))
        listed, after = [], ""
        while page := await store.page(after, 3):
            listed += page
            after = page[-1].name
        assert [item.name for item in listed] == sorted([*NAMES[1:], "big"], key=str.encode)
        assert {item.name: item.size for item in listed}["big"] == 2 * MIB + 5
        assert await read(store, "a/c/d") == b"a/c/d"
        assert await read(store, "big") == bytes(2 * MIB + 5)
        assert await read(store, "nowhere") is None
        assert await store.page("ü", 3) == []

    asyncio.run(run())


def test_only_what_is_as_it_was_seen_is_removed(store):
    async def run():
        await store.put("x", content(b"1"))
        (seen,) = await store.page("", 9)
        await store.put("x", content(b"22"))
        assert not await store.remove("x", seen.etag)
        assert await read(store, "x") == b"22"
        (seen,) = await store.page("", 9)
        assert await store.remove("x", seen.etag)
        assert await store.remove("x", seen.etag)
        assert await store.page("", 9) == []

    asyncio.run(run())


def test_a_write_that_breaks_off_leaves_what_was_there(store):
    async def broken():
        yield b"half"
        raise Refusal("stream-mismatch", Kind.BROKEN)

    async def run():
        await store.put("x", content(b"whole"))
        half = PlainContent(
            item=PlainItem(name="x", size=9, etag="", modified=""),
            content_type="",
            headers=(),
            metadata=(),
            pieces=broken(),
        )
        with pytest.raises(Refusal):
            await store.put("x", half)
        assert await read(store, "x") == b"whole"
        assert [item.name for item in await store.page("", 9)] == ["x"]

    asyncio.run(run())


def test_a_cloud_keeps_what_is_said_of_an_object():
    async def run():
        store = PlainCloud(MemoryStore())
        said = {"headers": (("cache-control", "no-store"),), "metadata": (("ticket", "17"),)}
        await store.put("x", content(b"1", **said))
        found = await store.open("x")
        assert (found.content_type, found.headers, found.metadata) == ("text/plain", *said.values())

    asyncio.run(run())


def test_a_folder_that_went_away_is_not_an_empty_one(tmp_path, threads):
    plain, elsewhere = tmp_path / "plain", tmp_path / "elsewhere"
    plain.mkdir()
    (plain / "a").write_bytes(b"a")
    store = PlainFolder(plain, threads)

    async def refused():
        for work in (
            lambda: store.page("", 9),
            lambda: store.open("a"),
            lambda: store.put("b", content(b"b")),
            lambda: store.remove("a", "anything"),
        ):
            with pytest.raises(Refusal, match="store-gone"):
                await work()

    async def run():
        (item,) = await store.page("", 9)
        plain.rename(elsewhere)
        await refused()
        assert not plain.exists()
        plain.mkdir()  # as a mount point that lost its mount
        await refused()
        assert list(plain.iterdir()) == []
        plain.rmdir()
        elsewhere.rename(plain)
        assert await store.page("", 9) == [item]

    asyncio.run(run())


def test_links_and_names_that_lead_elsewhere_are_not_followed(tmp_path, threads):
    (tmp_path / "plain").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "plain" / "link").symlink_to(tmp_path / "secret")
    (tmp_path / "plain" / "folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "plain" / "pipe")
    store = PlainFolder(tmp_path / "plain", threads)

    async def run():
        assert await store.page("", 9) == []
        with pytest.raises(Refusal):
            await store.open("link")
        for name in ("../secret", "/etc/passwd", "a/../../secret", "a\0b", ""):
            with pytest.raises(ValueError, match="name"):
                await store.open(name)

    asyncio.run(run())


def test_a_uri_is_reached_once(tmp_path, threads):
    stores = ReachableStores(threads)
    assert stores.plain_at(f"file:{tmp_path}") is stores.plain_at(f"file:{tmp_path}")
    assert isinstance(stores.plain_at("s3://bucket/x?region=eu-central-1"), PlainCloud)
    refused = (
        "ftp://x",
        "s3://a:b@c",
        "file:relative",
        "http://x/y",
        "gs://b?endpoint=http://192.0.2.1",
        "gs://b?x=1",
    )
    for uri in refused:
        with pytest.raises(Refusal, match="store-unknown"):
            stores.plain_at(uri)
