"""One suite for every store: what `acts.streams.ports` promises, over each adapter."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from obstore.store import LocalStore, MemoryStore

import custodes
from custodes.adapters.stores import direct
from custodes.adapters.stores.cloud import CloudStore
from custodes.adapters.stores.credentials import credential_files
from custodes.adapters.stores.folder import FolderStore, remove_orphans
from custodes.adapters.stores.patience import PatientStore
from custodes.adapters.stores.reach import ReachableStores, folder_of
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice

MIB = 1_048_576
DICE = SeededDice(7)


def blob():
    return new_id("blb", DICE)


@pytest.fixture
def threads():
    with ThreadPoolExecutor(max_workers=4) as pool:
        yield pool


@pytest.fixture(params=["folder", "cloud-memory", "cloud-disk"])
def store(request, tmp_path, threads):
    if request.param == "folder":
        return FolderStore(tmp_path / "store", threads)
    if request.param == "cloud-disk":
        return CloudStore(LocalStore(tmp_path, mkdir=True))
    return CloudStore(MemoryStore())


async def read(store, id_, first, last):
    return b"".join([bytes(piece) async for piece in store.read(id_, first, last)])


async def written(store, *pieces):
    id_ = blob()
    draft = await store.begin(id_)
    for piece in pieces:
        await draft.write(piece)
    await draft.commit()
    return id_


def test_a_small_blob_goes_in_one_go(store):
    async def run():
        id_ = blob()
        await store.put(id_, memoryview(b"abcdef"))
        assert await read(store, id_, 0, 5) == b"abcdef"
        assert await read(store, id_, 2, 3) == b"cd"

    asyncio.run(run())


def test_a_long_blob_goes_in_pieces_and_any_range_comes_back(store):
    pieces = [DICE.draw(MIB), DICE.draw(3 * MIB + 17), b"", DICE.draw(5)]
    whole = b"".join(pieces)

    async def run():
        id_ = await written(store, *pieces)
        for first, last in [
            (0, len(whole) - 1),
            (MIB - 1, MIB),
            (MIB, 3 * MIB),
            (len(whole) - 3, len(whole) - 1),
        ]:
            assert await read(store, id_, first, last) == whole[first : last + 1]
        sizes = [len(piece) async for piece in store.read(id_, 0, len(whole) - 1)]
        assert max(sizes) <= MIB

    asyncio.run(run())


def test_the_buffer_is_the_writers_again_afterwards(store):
    async def run():
        id_, draft = blob(), None
        draft = await store.begin(id_)
        buffer = bytearray(b"a" * 1000)
        await draft.write(memoryview(buffer))
        buffer[:] = b"b" * 1000
        await draft.write(memoryview(buffer))
        buffer[:] = b"c" * 1000
        await draft.commit()
        assert await read(store, id_, 0, 1999) == b"a" * 1000 + b"b" * 1000

    asyncio.run(run())


def test_nothing_is_visible_before_the_commit_and_nothing_after_a_drop(store):
    async def run():
        id_ = blob()
        draft = await store.begin(id_)
        await draft.write(bytes(2 * MIB))
        await absent(store, id_)
        await draft.drop()
        await absent(store, id_)
        await draft.drop()

    asyncio.run(run())


async def absent(store, id_):
    with pytest.raises(Refusal) as caught:
        await read(store, id_, 0, 1)
    assert (caught.value.code, caught.value.kind) == ("blob-absent", Kind.BROKEN)


def test_what_is_removed_is_absent_and_removing_it_again_is_no_fault(store):
    async def run():
        id_ = await written(store, b"x")
        await store.remove(id_)
        await absent(store, id_)
        await store.remove(id_)

    asyncio.run(run())


def test_a_read_beyond_the_end_gives_what_there_is(store):
    async def run():
        id_ = blob()
        await store.put(id_, b"abc")
        assert await read(store, id_, 1, 2) == b"bc"
        with contextlib.suppress(Refusal):
            assert await read(store, id_, 1, 10) == b"bc"

    asyncio.run(run())


@pytest.mark.parametrize("id_", ["", "../../etc/passwd", "blb-x", "ver-" + "0" * 26, "blb-" + "0" * 25 + "/"])
def test_only_ids_of_blobs_become_paths(store, id_):
    async def run():
        for deed in (store.begin(id_), store.put(id_, b""), store.remove(id_), read(store, id_, 0, 1)):
            with pytest.raises(ValueError, match="blob"):
                await deed

    asyncio.run(run())


def test_many_at_once(store):
    async def run():
        bodies = [DICE.draw(1000 + n) for n in range(60)]
        ids = await asyncio.gather(*(written(store, body[:500], body[500:]) for body in bodies))
        for id_, body in zip(ids, bodies, strict=True):
            assert await read(store, id_, 0, len(body) - 1) == body

    asyncio.run(run())


# --- the folder alone -------------------------------------------------------------------------------


def test_a_drop_leaves_no_file(tmp_path, threads):
    store = FolderStore(tmp_path, threads)

    async def run():
        draft = await store.begin(blob())
        await draft.write(b"x")
        assert len(files(tmp_path)) == 1
        await draft.drop()

    asyncio.run(run())
    assert files(tmp_path) == []


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("has_direct", [True, False])
def test_long_reads_from_anywhere_whether_the_disk_is_asked_or_the_cache(
    tmp_path, threads, monkeypatch, has_direct
):
    if not has_direct:
        monkeypatch.setattr("custodes.adapters.stores.direct.opened", os.open)
    store = FolderStore(tmp_path, threads)
    whole = DICE.draw(4 * MIB + 70_001)

    async def run():
        id_ = await written(store, whole[:40], whole[40:99_999], whole[99_999:])
        assert files(tmp_path)[0].read_bytes() == whole
        os.sync()
        for first in (0, 40, 65_535, MIB - 1, MIB, 2 * MIB + 1):
            for last in (first + MIB, 3 * MIB, 4 * MIB - 1, 4 * MIB, len(whole) - 1, len(whole) + 99):
                forget(files(tmp_path)[0])
                assert await read(store, id_, first, last) == whole[first : last + 1]

    asyncio.run(run())


def forget(path: Path) -> None:
    with path.open("rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def test_what_is_read_again_from_the_same_place_is_let_into_the_cache(tmp_path, threads, monkeypatch):
    store = FolderStore(tmp_path, threads)
    body, past, real = DICE.draw(3 * MIB), [], direct.read

    def counted(*given):
        past.append(given)
        return real(*given)

    async def run():
        monkeypatch.setattr("custodes.adapters.stores.direct.read", counted)
        id_ = await written(store, body)
        counts = []
        for first in (0, 0, 40, 40):
            forget(files(tmp_path)[0])
            assert await read(store, id_, first, len(body) - 1) == body[first:]
            counts.append(len(past))
        is_direct = len(past) > 0  # a file system may have it all in memory
        assert not is_direct or (0 < counts[0] == counts[1] < counts[2] == counts[3])

    asyncio.run(run())


def test_a_reader_who_leaves_takes_no_buffer_from_under_the_disk(tmp_path, threads):
    store = FolderStore(tmp_path, threads)
    bodies = [DICE.draw(5 * MIB) for _ in range(3)]

    async def run():
        ids = [await written(store, body) for body in bodies]
        for id_ in ids:
            pieces = store.read(id_, 0, 5 * MIB - 1)
            await anext(pieces)
            await pieces.aclose()
        found = await asyncio.gather(*(read(store, id_, 0, 5 * MIB - 1) for id_ in ids))
        assert found == bodies

    asyncio.run(run())


def test_a_cancelled_write_ends_before_its_file_does(tmp_path, threads, monkeypatch):
    """A number of a closed file may soon be another file's: nothing may still be written to it."""
    store = FolderStore(tmp_path, threads)
    goes_on, writes, real = threading.Event(), [], os.write

    def slow(handle, piece):
        goes_on.wait(30)
        writes.append(handle)
        return real(handle, piece)

    async def run():
        draft = await store.begin(blob())
        monkeypatch.setattr(os, "write", slow)
        body = asyncio.ensure_future(draft.write(bytes(5 * MIB)))
        await asyncio.sleep(0)
        body.cancel()
        await asyncio.wait({body})
        dropping = asyncio.ensure_future(draft.drop())
        await asyncio.wait({dropping}, timeout=0.1)
        assert not dropping.done()
        assert len(files(tmp_path)) == 1
        goes_on.set()
        await dropping
        assert len(writes) >= 1

    asyncio.run(run())
    assert files(tmp_path) == []


def test_orphans_go_and_what_is_being_written_stays(tmp_path, threads):
    store = FolderStore(tmp_path, threads)

    async def run():
        kept = await written(store, b"whole")
        draft = await store.begin(blob())
        await draft.write(b"half")
        shard = tmp_path / "zz"
        shard.mkdir()
        (shard / f".{blob()}.new").write_bytes(b"left by a dead process")
        assert remove_orphans(tmp_path) == 1
        await draft.commit()
        assert await read(store, kept, 0, 4) == b"whole"

    asyncio.run(run())
    assert len(files(tmp_path)) == 2


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path, threads, monkeypatch):
    store = FolderStore(tmp_path, threads)
    real = os.write

    def full(handle, piece):
        if len(piece) > 100:
            raise OSError(28, "no space")
        return real(handle, piece)

    async def run():
        draft = await store.begin(blob())
        monkeypatch.setattr(os, "write", full)
        await draft.write(bytes(1000))
        with pytest.raises(Refusal) as caught:
            await draft.commit()
        assert (caught.value.code, caught.value.kind) == ("store-full", Kind.UNAVAILABLE)
        await draft.drop()
        with pytest.raises(Refusal, match="store-full"):
            await store.put(blob(), bytes(1000))

    asyncio.run(run())
    assert files(tmp_path) == []


def test_content_is_synced_before_its_name_and_the_folder_after(tmp_path, threads, monkeypatch):
    deeds = []
    for name in ("fdatasync", "fsync", "rename"):
        real = getattr(os, name)

        def noted(*args, real=real, name=name):
            deeds.append(name)
            return real(*args)

        monkeypatch.setattr(os, name, noted)
    store = FolderStore(tmp_path, threads)

    async def run():
        await store.put(blob(), b"x")
        await written(store, b"y")

    asyncio.run(run())
    deeds = [
        deed
        for n, deed in enumerate(deeds)
        if not (deed == "fsync" and deeds[n + 1 : n + 2] == ["fdatasync"])
    ]
    assert deeds == ["fdatasync", "rename", "fsync"] * 2


def test_a_folder_that_cannot_be_written_is_gone(tmp_path, threads):
    (tmp_path / "file").write_bytes(b"")
    store = FolderStore(tmp_path / "file", threads)

    async def run():
        with pytest.raises(Refusal, match="store-gone"):
            await store.put(blob(), b"x")
        with pytest.raises(Refusal, match=r"store-gone|blob-absent"):
            await read(store, blob(), 0, 1)

    asyncio.run(run())


def test_the_loop_runs_on_while_the_disk_is_slow(tmp_path, threads, monkeypatch):
    gate, came = threading.Event(), []
    monkeypatch.setattr(os, "fdatasync", lambda handle: came.append(gate.wait(10)))
    store = FolderStore(tmp_path, threads)

    async def run():
        task = asyncio.create_task(store.put(blob(), b"x"))
        await asyncio.sleep(0)
        gate.set()
        await task

    asyncio.run(run())
    assert came == [True]


# --- which store a URI names -------------------------------------------------------------------------


def test_a_uri_is_opened_once(tmp_path, threads):
    stores = ReachableStores(threads)
    assert stores.at(f"file:{tmp_path}") is stores.at(f"file:{tmp_path}")
    assert isinstance(stores.at(f"file:{tmp_path}"), FolderStore)


@pytest.mark.parametrize(
    "uri",
    [
        "s3://bucket/prefix?region=eu-central-1",
        "s3://bucket?region=eu-central-1&endpoint=http://127.0.0.1:9",
        "s3://bucket?region=eu&endpoint=https://s3.example",
        "gs://bucket/prefix",
        "az://account/container/prefix",
    ],
)
def test_clouds_are_reached_by_scheme(uri, threads, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    assert isinstance(ReachableStores(threads).at(uri), PatientStore)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "memory:x",
        "file:relative",
        "file://host/path",
        "file:/a/../b",
        "file:/a%00b",
        "s3://key:secret@bucket",
        "s3://bucket?token=x",
        "s3://bucket?endpoint=http://s3.example",
        "gs://bucket?x=y",
        "http://bucket",
    ],
)
def test_other_uris_are_unknown(uri, threads):
    with pytest.raises(Refusal, match="store-unknown"):
        ReachableStores(threads).at(uri)


def test_a_folder_uri_may_be_escaped():
    assert folder_of("file:/a%20b") == Path("/a b")


def test_within_its_border_a_plane_reads_its_credentials_and_nothing_beside_them(tmp_path):
    account = tmp_path / "account.json"
    said = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
    account.write_text(json.dumps({**said, "disable_oauth": True}))
    beside, folder = tmp_path / "beside", tmp_path / "tokens"
    folder.mkdir()
    for path in (beside, folder / "old"):
        path.write_text("secret")
    environment = {"GOOGLE_SERVICE_ACCOUNT": str(account), "AWS_WEB_IDENTITY_TOKEN_FILE": f"{folder}/token"}
    environment |= {"AZURE_FEDERATED_TOKEN_FILE": "token", "GOOGLE_APPLICATION_CREDENTIALS": ""}
    assert credential_files(environment) == (account, folder)
    code = f"""
import os
from pathlib import Path
from custodes.adapters.stores.credentials import credential_files
from custodes.adapters.stores.reach import ReachableStores
from custodes.wiring import border
missing = border.confine((*border.interpreter(), *credential_files(os.environ)), ())
ReachableStores(None).at("gs://town/kept")
Path("{folder}/old").read_text()
try:
    Path("{beside}").read_text()
    print("read", *missing)
except PermissionError:
    print("kept out")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "PYTHONPATH": str(Path(custodes.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stdout.strip() in ("kept out", "read landlock"), done.stderr
