import asyncio

import pytest

from custodes.acts.asks.objects import Content, CopyObject
from custodes.acts.asks.uploads import AbortUpload, ListParts, ListUploads, OpenPart
from custodes.acts.objects import copies  # noqa: F401 - this suite is its test
from custodes.acts.objects.uploads import completing, going, opening, parts  # noqa: F401
from custodes.acts.upkeep.deletions import Deletions
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.checksums import Algorithm, Checksum, checksum_of
from custodes.objects.conditions import Conditions, parse_tags
from custodes.objects.multipart import OBJECT_BYTES_MAX
from fakes.object_world import BUCKET, with_objects

FIVE_MIB = 5 * 1_048_576
FIRST, SECOND = b"a" * FIVE_MIB, b"the end"


async def two_parts(world, name="film", **more):
    upload = await world.upload(name, **more)
    one = await world.write_part(name, upload, 1, FIRST)
    two = await world.write_part(name, upload, 2, SECOND)
    return upload, ((1, one.etag), (2, two.etag))


@with_objects
async def test_parts_become_one_object(world):
    content = Content("video/mp4", (), (("owner", "archive"),))
    upload, etags = await two_parts(world, content=content)
    put = await world.complete("film", upload, etags)
    assert put.etag.endswith("-2")
    assert await world.read("film") == FIRST + SECOND
    opened = await world.open_get("film", range_header=f"bytes={FIVE_MIB - 2}-{FIVE_MIB + 2}")
    assert world.unseal(opened) == b"aathe"
    assert (opened.content, opened.parts_count) == (content, 2)
    whole = checksum_of(Algorithm.CRC64NVME, FIRST + SECOND).value
    assert (opened.checksums, opened.checksum_type) == ((("CRC64NVME", whole),), "FULL_OBJECT")
    second = await world.open_get("film", part_number=2)
    assert world.unseal(second) == SECOND
    assert (await world.open_get("film", head=True, part_number=1)).last == FIVE_MIB - 1
    with pytest.raises(Refusal, match="part-absent"):
        await world.open_get("film", part_number=3)


@with_objects
async def test_each_use_of_the_uploads_key_has_its_entry(world):
    upload, etags = await two_parts(world)
    await world.complete("film", upload, etags)
    assert len(world.entries("upload.open")) == 1
    assert [e["phase"] for e in world.entries("upload.part")] == ["admission", "outcome"] * 2
    assert [e["phase"] for e in world.entries("object.put")] == ["admission", "outcome"]
    assert world.sql("SELECT count(*) FROM admission").scalar() == 0


@with_objects
async def test_completing_again_gives_the_same_answer_and_no_second_object(world):
    upload, etags = await two_parts(world)
    first = await world.complete("film", upload, etags)
    assert await world.complete("film", upload, etags) == first
    with pytest.raises(Refusal, match="part-invalid"):
        await world.complete("film", upload, etags[:1])
    assert world.sql("SELECT count(*) FROM object_version").scalar() == 1


@with_objects
async def test_completing_twice_at_once_makes_one_object(world):
    upload, etags = await two_parts(world)
    results = await asyncio.gather(*(world.complete("film", upload, etags) for _ in range(8)))
    assert len({(result.etag, result.version, result.index) for result in results}) == 1
    assert world.sql("SELECT count(*) FROM object_version").scalar() == 1
    assert await world.read("film") == FIRST + SECOND


@with_objects
async def test_completing_by_two_lists_at_once_makes_one_object_of_one_list(world):
    upload, etags = await two_parts(world)
    lists = [etags, etags[:1]] * 3
    results = await asyncio.gather(
        *(world.complete("film", upload, one) for one in lists), return_exceptions=True
    )
    made = {result.etag for result in results if not isinstance(result, Exception)}
    assert len(made) == 1
    assert {str(result) for result in results if isinstance(result, Exception)} == {"part-invalid"}
    assert world.sql("SELECT count(*) FROM object_version").scalar() == 1
    assert await world.read("film") in (FIRST + SECOND, FIRST)


@with_objects
async def test_what_completing_refuses(world):
    upload, etags = await two_parts(world)
    wrong = Checksum(algorithm=Algorithm.CRC64NVME, value="AAAAAAAAAAA=")
    for asked, more, code in (
        ((etags[1], etags[0]), {}, "part-order-invalid"),
        (((1, etags[1][1]),), {}, "part-invalid"),
        (etags, {"size_bytes": 3}, "object-size-differs"),
        (etags, {"checksum": wrong}, "checksum-differs"),
        (((1, etags[0][1]), (2, etags[1][1]), (3, "x-1")), {}, "part-invalid"),
    ):
        with pytest.raises(Refusal, match=code):
            await world.complete("film", upload, asked, **more)
    await world.write("film", b"already")
    with pytest.raises(Refusal, match="precondition-failed"):
        await world.complete("film", upload, etags, conditions=Conditions(if_none_match=parse_tags("*")))
    await world.complete("film", upload, etags)


@with_objects
async def test_small_parts_are_too_small(world):
    upload = await world.upload("s")
    one = await world.write_part("s", upload, 1, b"a")
    two = await world.write_part("s", upload, 2, b"b")
    with pytest.raises(Refusal, match="part-too-small"):
        await world.complete("s", upload, ((1, one.etag), (2, two.etag)))


@with_objects
async def test_a_part_uploaded_again_replaces_the_one_before(world):
    upload = await world.upload("s")
    old = await world.write_part("s", upload, 1, b"old")
    new = await world.write_part("s", upload, 1, b"new")
    assert old.etag != new.etag
    with pytest.raises(Refusal, match="part-invalid"):
        await world.complete("s", upload, ((1, old.etag),))
    assert (await world.write_part("s", upload, 1, b"new")).etag == new.etag  # the answer of either will do
    await world.complete("s", upload, ((1, new.etag),))
    assert await world.read("s") == b"new"
    other = await world.upload("s")
    assert (await world.write_part("s", other, 1, b"new")).etag != new.etag
    assert world.sql("SELECT count(*) FROM blob_fate").scalar() == 2


@with_objects
async def test_listings_of_uploads_and_parts(world):
    ids = [await world.upload(name) for name in ("a/1", "a/2", "b")]
    await world.write_part("a/1", ids[0], 3, b"3")
    await world.write_part("a/1", ids[0], 7, b"7")
    listed = await world.ask(ListParts(world.token, BUCKET, "a/1", ids[0], limit=1))
    assert ([part.number for part in listed.parts], listed.truncated) == ([3], True)
    rest = await world.ask(ListParts(world.token, BUCKET, "a/1", ids[0], after=listed.next_number))
    assert ([part.number for part in rest.parts], rest.truncated) == ([7], False)
    found = await world.ask(ListUploads(world.token, BUCKET, delimiter="/"))
    assert [one.name for one in found.uploads] == ["b"]
    assert found.prefixes == ("a/",)
    page = await world.ask(ListUploads(world.token, BUCKET, limit=2))
    more = await world.ask(
        ListUploads(world.token, BUCKET, key_marker=page.next_key, upload_marker=page.next_upload)
    )
    assert [one.name for one in (*page.uploads, *more.uploads)] == ["a/1", "a/2", "b"]


@with_objects
async def test_an_aborted_upload_is_absent_and_its_parts_go(world):
    upload, etags = await two_parts(world)
    await world.ask(AbortUpload(world.token, BUCKET, "film", upload))
    for attempt in (
        world.ask(AbortUpload(world.token, BUCKET, "film", upload)),
        world.ask(OpenPart(world.token, BUCKET, "film", upload, 3, 1)),
        world.complete("film", upload, etags),
        world.ask(OpenPart(world.token, BUCKET, "other", upload, 3, 1)),
        world.ask(OpenPart(world.token, BUCKET, "film", "upl-x", 3, 1)),
    ):
        with pytest.raises(Refusal, match="upload-absent") as caught:
            await attempt
        assert caught.value.kind is Kind.ABSENT
    assert world.sql("SELECT count(*) FROM blob_fate").scalar() == 2


@with_objects
async def test_a_part_whose_upload_was_aborted_meanwhile_comes_to_nothing(world):
    upload = await world.upload("s")
    opened = await world.ask(OpenPart(world.token, BUCKET, "s", upload, 1, 1))
    stored = world.seal(opened, b"1")
    await world.ask(AbortUpload(world.token, BUCKET, "s", upload))
    with pytest.raises(Refusal, match="upload-absent"):
        await world.close_part(opened, stored)


async def copy(world, **more):
    asked = {"bucket": BUCKET, "name": "to", "source_bucket": BUCKET, "source_name": "from", **more}
    opened = await world.ask(CopyObject(world.token, **asked))
    return opened, world.unseal(opened.source) if opened.source.pieces else b""


@with_objects
async def test_a_copy_is_read_and_written_by_one_act(world):
    await world.write("from", b"content")
    opened, body = await copy(world)
    assert opened.source.data_key != opened.target.data_key
    await world.close_put(opened.target, world.seal(opened.target, body))
    assert await world.read("to") == b"content"
    assert len(world.entries("object.get")) == 2
    with pytest.raises(Refusal, match="key-absent"):
        await copy(world, source_name="nothing")


@with_objects
async def test_a_long_copy_has_two_admissions_in_one_act(world):
    body = bytes(2 * 1_048_576)
    await world.write("from", body)
    opened, read = await copy(world)
    admissions = world.sql("SELECT act, ordinal FROM admission ORDER BY ordinal").fetchall()
    assert len({act for act, _ in admissions}) == 1
    assert [ordinal for _, ordinal in admissions] == [0, 1]
    await world.close_put(opened.target, world.seal(opened.target, read))
    assert await world.read("to") == body


@with_objects
async def test_copy_conditions_answer_failed(world):
    put = await world.write("from", b"content")
    with pytest.raises(Refusal, match="precondition-failed"):
        await copy(world, source_conditions=Conditions(if_none_match=parse_tags(f'"{put.etag}"')))


@with_objects
async def test_a_part_can_be_copied_from_a_range(world):
    await world.write("from", bytes(range(100)))
    upload = await world.upload("to")
    opened, body = await copy(world, source_range="bytes=10-19", upload=upload, part_number=1)
    assert body == bytes(range(10, 20))
    stored = world.seal(opened.target, body)
    part = await world.close_part(opened.target, stored, body)
    await world.complete("to", upload, ((1, part.etag),))
    assert await world.read("to") == body


@with_objects
async def test_another_customers_bucket_is_no_source(world):
    other = await world.other_customer()
    await world.create_bucket("theirs", evidence=other)
    await world.write("from", b"secret", bucket="theirs", evidence=other)
    with pytest.raises(Refusal, match="bucket-absent"):
        await copy(world, source_bucket="theirs")


@with_objects
async def test_a_page_re_keyed_while_an_upload_is_completed_leaves_the_object_readable(world):
    deletions = Deletions(world.keyroom.opened)
    await world.write("gone", b"x")
    upload, etags = await two_parts(world)
    gate = world.keyroom.opened.gate
    commit, tried = gate.commit, []

    async def late(act):
        if any(write.verb == "upload.end" for write in act.writes) and not tried:
            tried.append(act)
            await world.delete("gone")
            world.clock.forward(minutes=16)
            await deletions.round()
        return await commit(act)

    gate.commit = late
    await world.complete("film", upload, etags)
    assert tried
    assert world.sql("SELECT max(generation) FROM page WHERE kind = 'object'").scalar() == 2
    assert await world.read("film") == FIRST + SECOND


@with_objects
async def test_a_page_re_keyed_while_a_write_is_closed_leaves_the_object_readable(world):
    deletions = Deletions(world.keyroom.opened)
    await world.write("gone", b"x")
    opened = await world.open_put("a", b"1")
    stored = world.seal(opened, b"1")
    await world.delete("gone")
    world.clock.forward(minutes=1)
    await deletions.round()
    await world.close_put(opened, stored)
    assert await world.read("a") == b"1"


@with_objects
async def test_no_part_is_taken_of_which_no_object_can_be_made(world):
    upload, _ = await two_parts(world)
    world.sql(f"UPDATE upload_part SET size = {OBJECT_BYTES_MAX - len(SECOND) - 9} WHERE n = 1")
    world.sql(f"UPDATE bucket_upload SET bytes = {OBJECT_BYTES_MAX - 9}")
    await world.write_part("film", upload, 3, bytes(9))
    for number, size in ((4, 1), (3, 10)):
        with pytest.raises(Refusal, match="object-too-large"):
            await world.ask(OpenPart(world.token, BUCKET, "film", upload, number, size))
    await world.write("copied", bytes(10))
    copy = CopyObject(world.token, BUCKET, "film", BUCKET, "copied", upload=upload, part_number=3)
    with pytest.raises(Refusal, match="object-too-large"):
        await world.ask(copy)
    other = await world.upload("another")  # it is not the one that is too large
    await world.write_part("another", other, 1, b"small")
    await world.write_part("film", upload, 3, bytes(8))  # in the place of the nine
