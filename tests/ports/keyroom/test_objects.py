import asyncio
from unittest.mock import patch

import pytest

from custodes.acts.asks.objects import Content, LookFates, StillOpen
from custodes.acts.objects import (  # noqa: F401 - this suite is their test
    deletes,
    ground,
    listings,
    outcomes,
    pages,
    signed,
    tickets,
)
from custodes.acts.objects.puts import closing, opening  # noqa: F401
from custodes.acts.objects.reads import gets, grants  # noqa: F401
from custodes.custody import manifest
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.conditions import Conditions, parse_tags
from custodes.store.index import blobs, reads, uploads, versions  # noqa: F401
from fakes.object_world import BUCKET, with_objects

FIRST = Conditions(if_none_match=parse_tags("*"))


@with_objects
async def test_what_was_written_is_read(world):
    content = Content("text/plain", (("cache-control", "no-store"),), (("ticket", "17"),))
    put = await world.write("a/b", b"hello", content=content)
    opened = await world.open_get("a/b")
    assert world.unseal(opened) == b"hello"
    assert opened.content == content
    assert (opened.etag, opened.version, opened.size) == (put.etag, put.version, 5)
    assert put.version_shown is None
    assert b"hello" not in b"".join(world.stored.values())


@with_objects
async def test_each_write_and_read_has_its_entry(world):
    put = await world.write("a", b"hello")
    await world.read("a")
    (written,) = world.entries("object.put")
    assert written["phase"] == "single"
    assert written["object_version"] == put.version
    assert written["bytes"] == 5
    assert written["location"] == world.inside.id
    (read,) = world.entries("object.get")
    assert (read["phase"], read["bytes"], read["key_version"]) == ("admission", 5, 1)


@with_objects
async def test_a_long_write_is_admitted_first(world):
    body = bytes(3 * 1_048_576)
    opened = await world.open_put("big", body)
    (admission,) = world.entries("object.put")
    assert (admission["phase"], admission["bytes"]) == ("admission", len(body))
    await world.close_put(opened, world.seal(opened, body))
    outcome = world.entries("object.put")[1]
    assert (outcome["phase"], outcome["outcome"]) == ("outcome", "complete")
    assert await world.read("big") == body
    assert world.sql("SELECT count(*) FROM admission WHERE code = 'object.put'").scalar() == 0
    assert world.sql("SELECT count(*) FROM blob_fate").scalar() == 0


@with_objects
async def test_a_range_takes_the_bytes_it_needs(world):
    body = bytes(range(256)) * 1024
    await world.write("r", body)
    opened = await world.open_get("r", range_header="bytes=70000-70009")
    assert (opened.first, opened.last, opened.partial) == (70000, 70009, True)
    assert world.unseal(opened) == body[70000:70010]
    assert world.entries("object.get")[-1]["bytes"] == 10
    whole = await world.open_get("r", range_header="bytes=0-")
    assert whole.partial
    with pytest.raises(Refusal, match="range-not-satisfiable"):
        await world.open_get("r", range_header=f"bytes={len(body)}-")


@with_objects
async def test_head_and_an_empty_object_release_no_key(world):
    await world.write("empty", b"")
    await world.write("full", b"x")
    for opened in (await world.open_get("empty"), await world.open_get("full", head=True)):
        assert (opened.ticket, opened.data_key, opened.pieces) == ("", b"", ())
    assert [entry["phase"] for entry in world.entries("object.get")] == ["single", "single"]
    assert (await world.open_get("empty")).last == -1


@with_objects
async def test_conditions_of_reads(world):
    put = await world.write("c", b"1")
    mine, other = parse_tags(f'"{put.etag}"'), parse_tags('"other-1"')
    with pytest.raises(Refusal, match="not-modified") as caught:
        await world.open_get("c", conditions=Conditions(if_none_match=mine))
    assert caught.value.facts["etag"] == put.etag
    with pytest.raises(Refusal, match="precondition-failed"):
        await world.open_get("c", conditions=Conditions(if_match=other))
    assert (await world.open_get("c", conditions=Conditions(if_match=mine))).size == 1


@with_objects
async def test_of_fifty_first_writers_one_wins(world):
    opened = await asyncio.gather(*(world.open_put("lock", b"%d" % n, conditions=FIRST) for n in range(50)))
    stored = [world.seal(one, b"%d" % n) for n, one in enumerate(opened)]
    results = await asyncio.gather(
        *(world.close_put(one, kept) for one, kept in zip(opened, stored, strict=True)),
        return_exceptions=True,
    )
    won = [n for n, result in enumerate(results) if not isinstance(result, Exception)]
    assert len(won) == 1
    assert {result.code for result in results if isinstance(result, Refusal)} == {"precondition-failed"}
    assert await world.read("lock") == b"%d" % won[0]


@with_objects
async def test_fifty_writers_without_conditions_all_succeed_and_the_last_stays(world):
    await asyncio.gather(*(world.write("hot", b"%d" % n) for n in range(50)))
    assert world.sql("SELECT count(*) FROM object_version").scalar() == 1
    world.clock.forward(minutes=16)
    assert len((await world.ask(LookFates())).fates) == 49
    assert (await world.read("hot")).isdigit()


@with_objects
async def test_replacing_removes_row_and_wrap_and_names_the_blob(world):
    first = await world.write("x", b"one")
    await world.write("x", b"two")
    assert await world.read("x") == b"two"
    assert world.sql("SELECT count(*) FROM object_version").scalar() == 1
    assert world.sql("SELECT count(*) FROM blob_fate").scalar() == 1
    with pytest.raises(Refusal, match="version-absent"):
        await world.open_get("x", version=first.version)


@with_objects
async def test_deleted_is_absent_and_deleting_again_is_no_fault(world):
    await world.write("d", b"1")
    assert (await world.delete("d")).version_shown is None
    with pytest.raises(Refusal, match="key-absent"):
        await world.open_get("d")
    await world.delete("d")
    assert len(world.entries("object.delete")) == 1
    assert await world.names() == []


@with_objects
async def test_a_kill_stops_the_next_use_and_the_stream(world):
    await world.write("k", b"1")
    opened = await world.open_get("k")
    await world.ask(StillOpen(opened.ticket, 0))
    await world.kill_customer()
    with pytest.raises(Refusal, match="customer-killed") as caught:
        await world.ask(StillOpen(opened.ticket, 0))
    assert caught.value.kind is Kind.LOCKED
    for attempt in (world.open_get("k"), world.open_put("k", b"2")):
        with pytest.raises(Refusal) as caught:
            await attempt
        assert caught.value.kind is Kind.LOCKED


@with_objects
async def test_absent_things_are_absent(world):
    with pytest.raises(Refusal, match="bucket-absent"):
        await world.open_get("a", bucket="nobodys")
    with pytest.raises(Refusal, match="key-absent"):
        await world.open_get("a")
    with pytest.raises(Refusal, match="bucket-absent"):
        await world.open_put("a", b"", bucket=BUCKET + "x")


@with_objects
async def test_a_long_manifest_is_opened_beside_the_loop_and_a_kill_meanwhile_holds(world):
    await world.write("a", b"1")
    inside = asyncio.get_running_loop()
    opened = manifest.open_manifest

    def slow(*args):
        asyncio.run_coroutine_threadsafe(world.kill_customer(), inside).result(10)
        return opened(*args)

    with patch.object(gets, "MANIFEST_INLINE_BYTES_MAX", 0):
        assert await world.read("a") == b"1"
        with patch.object(manifest, "open_manifest", slow), pytest.raises(Refusal, match="customer-killed"):
            await world.open_get("a")
