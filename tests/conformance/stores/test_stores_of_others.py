"""What `acts.streams.ports` promises, over S3 (a real Ceph RGW), Azure (Azurite) and what
is sent to Google Cloud Storage (`servers.google` says what answers it).
"""

import asyncio
import base64
import hmac
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest

from custodes.acts.asks.buckets.care import Task
from custodes.acts.asks.objects import Store
from custodes.acts.streams.caring import Carer
from custodes.acts.streams.checking import Check
from custodes.acts.streams.ports import PlainContent, PlainItem
from custodes.adapters.stores.folder import FolderStore
from custodes.adapters.stores.reach import ReachableStores
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice
from fakes.s3_wire import Wire

from . import servers

pytestmark = pytest.mark.timeout(600)
MIB = 1_048_576
DICE = SeededDice(11)
LONG = DICE.draw(17 * MIB + 3)  # three parts of a multipart upload
CHECK_KEY = bytes(range(32))


KINDS = {"rgw": servers.ceph, "azurite": servers.azurite, "gcs": servers.google}


@pytest.fixture(scope="module", params=KINDS)
def reached(request, tmp_path_factory):
    """(stores, URI): a bucket or container at a server of another maker."""
    folder = tmp_path_factory.mktemp(request.param)
    with (
        pytest.MonkeyPatch.context() as patch,
        ThreadPoolExecutor(max_workers=2) as threads,
        KINDS[request.param](folder) as port,
    ):
        yield ReachableStores(threads), uri_of(request.param, port, folder, patch, port)


def uri_of(kind, port, folder, patch, through):
    """The URI of a bucket there, made at `port` and reached by the port `through`; its credentials are in the
    environment.
    """
    at = f"http://127.0.0.1:{through}"
    if kind == "rgw":
        patch.setenv("AWS_ACCESS_KEY_ID", servers.KEY)
        patch.setenv("AWS_SECRET_ACCESS_KEY", servers.SECRET)
        assert Wire(port, servers.KEY, servers.SECRET).request("PUT", "/town").status == 200
        return f"s3://town/kept?region=us-east-1&endpoint={at}"
    if kind == "azurite":
        patch.setenv("AZURE_STORAGE_USE_EMULATOR", "true")
        patch.setenv("AZURITE_BLOB_STORAGE_URL", at)
        _container(port)
        return "az://devstoreaccount1/town/kept"
    if kind == "gcs":
        account = folder / "account.json"
        account.write_text(account.read_text().replace(f":{port}", f":{through}"))
        patch.setenv("GOOGLE_SERVICE_ACCOUNT", str(account))
        return f"gs://town/kept?endpoint={at}"
    raise ValueError(kind)


def _container(port):
    """Made by a request signed with Azurite's published key (Shared Key of learn.microsoft.com)."""
    account, version = "devstoreaccount1", "2021-12-02"
    key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
    at = formatdate(usegmt=True)
    said = f"x-ms-date:{at}\nx-ms-version:{version}\n/{account}/{account}/town\nrestype:container"
    to_sign = "PUT" + "\n" * 5 + "text/plain" + "\n" * 7 + said
    digest = hmac.digest(base64.b64decode(key), to_sign.encode(), "sha256")
    headers = {
        "Content-Type": "text/plain",
        "x-ms-date": at,
        "x-ms-version": version,
        "Authorization": f"SharedKey {account}:{base64.b64encode(digest).decode()}",
    }
    url = f"http://127.0.0.1:{port}/{account}/town?restype=container"
    asked = urllib.request.Request(url, b"", headers, method="PUT")
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.status == 201


def blob():
    return new_id("blb", DICE)


async def read(store, id_, first, last):
    return b"".join([bytes(piece) async for piece in store.read(id_, first, last)])


def test_put_get_range_and_remove(reached):
    stores, uri = reached
    store = stores.at(uri)

    async def run():
        id_ = blob()
        with pytest.raises(Refusal) as caught:
            await read(store, id_, 0, 1)
        assert (caught.value.code, caught.value.kind) == ("blob-absent", Kind.BROKEN)
        await store.put(id_, b"abcdef")
        assert await read(store, id_, 0, 5) == b"abcdef"
        assert await read(store, id_, 2, 3) == b"cd"
        await store.remove(id_)
        await store.remove(id_)
        with pytest.raises(Refusal, match="blob-absent"):
            await read(store, id_, 0, 1)

    asyncio.run(run())


def test_a_long_blob_is_visible_whole_or_not_at_all(reached):
    stores, uri = reached
    store = stores.at(uri)

    async def run():
        id_ = blob()
        draft = await store.begin(id_)
        for at in range(0, len(LONG), MIB):
            await draft.write(memoryview(LONG)[at : at + MIB])
        with pytest.raises(Refusal, match="blob-absent"):
            await read(store, id_, 0, 1)
        await draft.commit()
        assert await read(store, id_, 0, len(LONG) - 1) == LONG
        assert await read(store, id_, 8 * MIB - 2, 8 * MIB + 2) == LONG[8 * MIB - 2 : 8 * MIB + 3]
        dropped = blob()
        draft = await store.begin(dropped)
        await draft.write(LONG[: 9 * MIB])
        await draft.drop()
        with pytest.raises(Refusal, match="blob-absent"):
            await read(store, dropped, 0, 1)

    asyncio.run(run())


def content(body):
    async def pieces():
        yield body

    item = PlainItem(name="", size=len(body), etag="", modified="")
    said = {
        "content_type": "text/plain",
        "headers": (("cache-control", "no-store"),),
        "metadata": (("ticket", "17"),),
    }
    return PlainContent(item=item, pieces=pieces(), **said)


def test_what_lies_in_plain_is_listed_in_order_read_and_removed_as_it_was_seen(reached):
    stores, uri = reached
    plain = stores.plain_at(uri.replace("/kept", "/plain"))
    names = ["a", "a-b", "b/1", "b/2", "umläut 1"]

    async def run():
        for name in names:
            await plain.put(name, content(name.encode()))
        listed, after = [], ""
        while page := await plain.page(after, 2):
            listed += page
            after = page[-1].name
        assert [item.name for item in listed] == sorted(names, key=str.encode)
        found = await plain.open("b/1")
        assert b"".join([bytes(piece) async for piece in found.pieces]) == b"b/1"
        assert (found.content_type, found.headers) == ("text/plain", (("cache-control", "no-store"),))
        assert found.metadata == (("ticket", "17"),)
        await plain.put("b/1", content(b"otherwise"))
        assert not await plain.remove("b/1", found.item.etag)
        for item in await plain.page("", 9):
            assert await plain.remove(item.name, item.etag)
        assert await plain.page("", 9) == []

    asyncio.run(run())


def test_a_copy_is_made_read_back_and_damage_is_found(reached, tmp_path):
    stores, uri = reached
    check = Check(CHECK_KEY)
    check.update(LONG)
    digest = check.digest()

    async def run():
        id_ = blob()
        source = FolderStore(tmp_path / "source", stores._threads)
        await source.put(id_, LONG)
        there, here = Store("loc-there", uri), Store("loc-here", f"file:{tmp_path}/source")
        carer = Carer(None, stores)
        task = Task("ver-1", id_, len(LONG), digest, CHECK_KEY, there)
        assert await carer._checked(task) == "absent"
        copying = Task("ver-1", id_, len(LONG), digest, CHECK_KEY, there, (here,))
        assert await carer._copied(copying) == "whole"
        await stores.at(uri).put(id_, LONG[:-1] + b"!")
        assert await carer._checked(task) == "differs"
        assert await carer._copied(copying) == "whole"
        assert await carer._checked(task) == "whole"

    asyncio.run(run())
