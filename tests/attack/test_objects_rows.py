"""A database administrator against the object index, and other people against open uses."""

import pytest

from custodes.acts.asks.objects import MoveBucket
from custodes.acts.asks.uploads import OpenPart
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.audit import differences, noted_of
from fakes.object_world import BUCKET, with_objects


def noted(world):
    """The customer's own entries as the audit folds them."""
    return [one for fields in world.entries() if (one := noted_of(fields)) is not None]


def index(world):
    rows = world.sql("SELECT bucket, name, version FROM object_version ORDER BY bucket, name, rank")
    names = {}
    for bucket, name, version in rows:
        names.setdefault((bucket, name.decode()), []).append(version)
    return {at: tuple(versions) for at, versions in names.items()}


@with_objects
async def test_a_wrap_moved_to_another_row_does_not_open(world):
    await world.write("a", b"secret of a")
    await world.write("b", b"of b")
    world.sql(
        "UPDATE object_version SET wrapped = (SELECT wrapped FROM object_version WHERE name = ?),"
        " manifest = (SELECT manifest FROM object_version WHERE name = ?) WHERE name = ?",
        b"a",
        b"a",
        b"b",
    )
    with pytest.raises(Refusal, match="wrap-mismatch") as caught:
        await world.open_get("b")
    assert caught.value.kind is Kind.BROKEN
    assert world.entries("object.get")[-1]["decision"] == "allow"  # the attempt is in the log


@with_objects
async def test_a_manifest_or_a_size_of_another_row_is_refused(world):
    await world.write("a", b"secret of a")
    await world.write("b", b"of b")
    other = "(SELECT manifest FROM object_version WHERE name = ?)"
    world.sql(f"UPDATE object_version SET manifest = {other}", b"a")
    with pytest.raises(Refusal, match="wrap-mismatch"):
        await world.open_get("b")
    assert await world.read("a") == b"secret of a"
    world.sql("UPDATE object_version SET size = 3 WHERE name = ?", b"a")
    with pytest.raises(Refusal, match="index-differs"):
        await world.open_get("a")


@with_objects
async def test_a_name_rolled_back_is_read_and_the_log_tells(world):
    """Deleted rows are gone; but a name can be pointed at the version of another name."""
    old = await world.write("contract-draft", b"one million")
    new = await world.write("contract", b"two million")
    assert differences(noted(world), index(world)) == ()
    world.sql("DELETE FROM object_version WHERE name = ?", b"contract")
    world.sql("UPDATE object_version SET name = ? WHERE name = ?", b"contract", b"contract-draft")
    assert await world.read("contract") == b"one million"
    found = {one.name: one for one in differences(noted(world), index(world))}
    assert found["contract"].code == "version-lost"
    assert (found["contract"].said, found["contract"].found) == ((new.version,), (old.version,))
    assert found["contract-draft"].code == "version-lost"


@with_objects
async def test_an_older_version_put_on_top_is_rolled_back_and_named(world):
    _, owner = await world.enrol_person("Owner", world.town, ("owner",))
    await world.ask(MoveBucket(owner, BUCKET, "versioning-on"))
    first = await world.write("price", b"1")
    second = await world.write("price", b"2")
    world.sql("UPDATE object_version SET rank = -1000 WHERE version = ?", first.version)
    assert await world.read("price") == b"1"
    (found,) = differences(noted(world), index(world))
    assert (found.code, found.name, found.said[0]) == ("rolled-back", "price", second.version)


@with_objects
async def test_what_happens_in_the_open_is_no_difference(world):
    await world.write("a", b"1")
    await world.write("a", b"2")
    await world.write("b", b"3")
    await world.delete("b")
    upload = await world.upload("c")
    part = await world.write_part("c", upload, 1, b"4")
    await world.complete("c", upload, ((1, part.etag),))
    assert differences(noted(world), index(world)) == ()


@with_objects
async def test_a_part_put_back_from_an_earlier_attempt_is_not_the_one_listed(world):
    upload = await world.upload("c")
    await world.write_part("c", upload, 1, b"old")
    row = world.sql("SELECT body, blobs FROM upload_part").one()
    part = await world.write_part("c", upload, 1, b"new")
    world.sql("UPDATE upload_part SET body = ?, blobs = ?", row.body, row.blobs)
    with pytest.raises(Refusal, match="part-invalid"):
        await world.complete("c", upload, ((1, part.etag),))


@with_objects
async def test_an_uploads_wrap_moved_to_another_upload_does_not_open(world):
    one, other = await world.upload("one"), await world.upload("other")
    world.sql(
        "UPDATE upload SET wrapped = (SELECT wrapped FROM upload WHERE id = ?) WHERE id = ?", one, other
    )
    with pytest.raises(Refusal, match="wrap-mismatch"):
        await world.ask(OpenPart(world.token, BUCKET, "other", other, 1, 1))


@with_objects
async def test_purged_rows_of_blobs_lose_bytes_of_nobody_else(world):
    await world.write("a", b"1")
    await world.write("a", b"2")
    world.sql("DELETE FROM blob_fate")
    assert await world.read("a") == b"2"
    long = bytes(2 * 1_048_576)
    opened = await world.open_put("b", long)
    stored = world.seal(opened, long)
    world.sql("DELETE FROM blob_fate")
    with pytest.raises(Refusal, match="changed-meanwhile"):
        await world.close_put(opened, stored)  # nobody could say any more whether its blob is there
    with pytest.raises(Refusal, match="key-absent"):
        await world.open_get("b")


@with_objects
async def test_a_page_put_back_does_not_open_another_customers_object(world):
    other = await world.other_customer()
    await world.create_bucket("theirs", evidence=other)
    await world.write("x", b"theirs", bucket="theirs", evidence=other)
    await world.write("mine", b"mine")
    world.sql(
        "UPDATE object_version SET page = (SELECT page FROM object_version WHERE name = ?),"
        " wrapped = (SELECT wrapped FROM object_version WHERE name = ?) WHERE name = ?",
        b"x",
        b"x",
        b"mine",
    )
    with pytest.raises(Refusal) as caught:
        await world.open_get("mine")
    assert caught.value.kind is Kind.BROKEN
