"""Room, pace and padding at the keyroom's own door."""

import asyncio

import msgspec
import pytest

from custodes.acts.asks.buckets.bounds import (
    LookBucketBounds,
    LookCustomerLimits,
    SetBucketBounds,
    SetCustomerLimits,
)
from custodes.acts.asks.objects import CopyObject, MoveBucket
from custodes.acts.asks.uploads import AbortUpload, OpenPart
from custodes.acts.objects.bounds import pace, room, setting  # noqa: F401 - this suite is their test
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.limits import CustomerLimits
from custodes.objects.padding import padding_for
from custodes.protocols.s3.refusals import said
from fakes.object_world import BUCKET, with_objects


async def bound(world, **more):
    return await world.ask(SetBucketBounds(world.token, BUCKET, **more))


async def limit(world, **more):
    row = CustomerLimits(customer=world.customer_row.id, **more)
    await world.put(("customer-limits", world.customer_row.id, world.customer_row.id, row))


async def full(writing):
    with pytest.raises(Refusal, match="quota-exceeded") as caught:
        await writing
    assert caught.value.kind is Kind.DENIED


@with_objects
async def test_a_bucket_takes_what_fits_to_the_byte(world):
    await bound(world, bytes_max=10)
    await world.write("a", b"12345")
    await full(world.open_put("b", b"123456"))
    await world.write("b", b"12345")
    await full(world.open_put("c", b"1"))
    await world.write("empty", b"")
    shown = await world.ask(LookBucketBounds(world.token, BUCKET))
    assert (shown.bytes_used, shown.versions_used, shown.bytes_max) == (10, 3, 10)


@with_objects
async def test_what_is_replaced_makes_room_and_what_is_deleted(world):
    await bound(world, bytes_max=10)
    await world.write("a", b"1234567890")
    await world.write("a", b"0987654321")
    await full(world.open_put("b", b"1"))
    await world.write("a", b"")
    await world.write("b", b"1234567890")
    await world.delete("b")
    assert (await world.ask(LookBucketBounds(world.token, BUCKET))).bytes_used == 0


@with_objects
async def test_older_versions_and_markers_count(world):
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await bound(world, bytes_max=10, versions_max=3)
    await world.write("a", b"12345")
    await world.write("a", b"12345")
    await full(world.open_put("a", b"1"))
    await world.delete("a")  # nobody is refused a deletion
    await world.delete("a")
    used = await world.ask(LookBucketBounds(world.token, BUCKET))
    assert (used.bytes_used, used.versions_used) == (10, 4)
    await full(world.open_put("other", b""))


@with_objects
async def test_who_does_not_say_how_long_is_held_when_it_is_written(world):
    await bound(world, bytes_max=10)
    one = await world.open_put("a", size=None)
    two = await world.open_put("b", size=None)
    await world.close_put(one, world.seal(one, b"123456"))
    await full(world.close_put(two, world.seal(two, b"123456")))
    assert await world.names() == ["a"]


@with_objects
async def test_of_many_writers_for_the_last_byte_one_has_it(world):
    await bound(world, bytes_max=1)
    opened = [await world.open_put(f"n{n}", b"1") for n in range(8)]
    closing = (world.close_put(one, world.seal(one, b"1")) for one in opened)
    done = await asyncio.gather(*closing, return_exceptions=True)
    assert sum(not isinstance(one, Refusal) for one in done) == 1
    assert {one.code for one in done if isinstance(one, Refusal)} == {"quota-exceeded"}
    assert len(await world.names()) == 1


async def used(world):
    found = await world.ask(LookBucketBounds(world.token, BUCKET))
    return found.bytes_used, found.upload_bytes_used


@with_objects
async def test_parts_count_from_the_moment_they_lie_there_and_completing_them_adds_nothing(world):
    await bound(world, bytes_max=10, versions_max=1)
    upload = await world.upload("a")
    await world.write_part("a", upload, 1, b"12345678")
    assert await used(world) == (0, 8)
    await full(world.open_put("b", b"123"))
    await full(world.write_part("a", upload, 2, b"123"))
    etags = [(1, (await world.write_part("a", upload, 1, b"1234567890")).etag)]  # it replaces the other
    assert await used(world) == (0, 10)
    await world.complete("a", upload, etags)
    assert await used(world) == (10, 0)
    assert await world.read("a") == b"1234567890"


@with_objects
async def test_what_an_upload_took_up_is_given_back_however_it_ends(world):
    await bound(world, bytes_max=10)
    for end in ("abort", "completed without it", "deleted"):
        upload = await world.upload("a")
        etags = [(1, (await world.write_part("a", upload, 1, b"123")).etag)]
        await world.write_part("a", upload, 2, b"1234567")
        await full(world.write("b", b"1"))
        if end == "abort":
            await world.ask(AbortUpload(world.token, BUCKET, "a", upload))
        elif end == "completed without it":
            await world.complete("a", upload, etags)
            assert await used(world) == (3, 0)
            await world.delete("a")
        else:
            await world.ask(MoveBucket(world.token, BUCKET, "delete"))
            await world.create_bucket(BUCKET)
        assert await used(world) == (0, 0)


@with_objects
async def test_of_fifty_writers_of_parts_at_the_edge_as_many_as_fit_are_let_in(world):
    """All were admitted before the first had stored anything: the transaction has the last word."""
    await limit(world, bytes_max=50)
    uploads = [await world.upload(f"n{n}") for n in range(10)]
    opening = (
        world.ask(OpenPart(world.token, BUCKET, f"n{n % 10}", uploads[n % 10], 1 + n // 10, 10))
        for n in range(50)
    )
    opened = await asyncio.gather(*opening)
    body = bytes(10)
    closing = (world.close_part(one, world.seal(one, body), body) for one in opened)
    done = await asyncio.gather(*closing, return_exceptions=True)
    assert sum(not isinstance(one, Refusal) for one in done) == 5
    assert {one.code for one in done if isinstance(one, Refusal)} == {"quota-exceeded"}
    assert await used(world) == (0, 50)
    await full(world.write("more", b"1"))


@with_objects
async def test_a_part_copied_counts_like_one_that_is_sent(world):
    await world.write("a", b"123456")
    upload = await world.upload("b")
    copy = CopyObject(world.token, BUCKET, "b", BUCKET, "a", upload=upload, part_number=1)
    await bound(world, bytes_max=11)
    await full(world.ask(copy))
    await bound(world, bytes_max=12)
    opened = (await world.ask(copy)).target
    await world.close_part(opened, world.seal(opened, b"123456"), b"123456")
    assert await used(world) == (6, 6)


@with_objects
async def test_a_customer_has_one_limit_over_all_his_buckets(world):
    await world.create_bucket("second")
    await limit(world, bytes_max=10)
    await world.write("a", b"12345")
    await world.write("a", b"12345", bucket="second")
    await full(world.open_put("b", b"1", bucket="second"))
    await bound(world, bytes_max=2)
    await full(world.open_put("a", b"123"))


@with_objects
async def test_a_stranger_sees_no_bounds_and_sets_none(world):
    other = await world.other_customer()
    for ask in (SetBucketBounds(other, BUCKET, bytes_max=0), LookBucketBounds(other, BUCKET)):
        with pytest.raises(Refusal, match="bucket-absent"):
            await world.ask(ask)
    with pytest.raises(Refusal) as caught:
        await world.ask(LookCustomerLimits(other, world.customer_row.id))
    assert caught.value.kind is Kind.ABSENT
    with pytest.raises(Refusal):
        await world.ask(SetCustomerLimits(other, world.customer_row.id, bytes_max=0))
    assert world.keyroom.opened.standing.get("customer-limits", world.customer_row.id, CustomerLimits) is None


@with_objects
async def test_the_trustee_sets_a_customers_limits_and_the_customer_sees_it(world):
    with pytest.raises(Refusal) as caught:
        await world.ask(SetCustomerLimits(world.token, world.customer_row.id, bytes_max=5))
    assert caught.value.kind is Kind.DENIED
    _, officer = await world.enrol_person("Admin", world.trustee, ("administrator",))
    done = await world.ask(
        SetCustomerLimits(officer, world.customer_row.id, bytes_max=5, requests_per_s=2, requests_burst=4)
    )
    assert (done.bytes_max, done.requests_per_s, done.requests_burst) == (5, 2, 4)
    (entry,) = world.entries("change.limits", kind="exceptional")
    assert entry["subject"] == world.customer_row.id
    for wrong in ({"bytes_max": -1}, {"requests_burst": 2}):
        with pytest.raises(Refusal, match="limit-invalid"):
            await world.ask(SetCustomerLimits(officer, world.customer_row.id, **wrong))


@with_objects
async def test_pace_is_given_back_by_time_alone(world):
    await limit(world, requests_per_s=2, requests_burst=3)
    meter, credential = pace.Pace(world.keyroom.opened), world.token_credential.id
    for _ in range(3):
        meter.take(credential)
    with pytest.raises(Refusal, match="slow-down") as caught:
        meter.take(credential)
    assert said(caught.value).status == 503
    assert said(caught.value).code == "SlowDown"
    world.clock.forward(milliseconds=500)
    meter.take(credential)
    with pytest.raises(Refusal, match="slow-down"):
        meter.take(credential)
    world.clock.forward(hours=1)
    for _ in range(3):
        meter.take(credential)
    with pytest.raises(Refusal, match="slow-down"):
        meter.take(credential)
    await limit(world)
    for _ in range(10):
        meter.take(credential)


@with_objects
async def test_a_padded_bucket_stores_steps_and_gives_back_what_was_sent(world):
    await bound(world, padding="padme")
    for size in (0, 1, 1_500, 70_000):
        opened = await world.open_put("a", bytes(size))
        stored = world.seal(opened, bytes(size))
        assert stored.padding_bytes == padding_for("padme", size) > 0
        await world.close_put(opened, stored)
        assert await world.read("a") == bytes(size)
        assert len(world.stored[opened.stores[0].uri, opened.blob]) == stored.cipher_bytes
    upload = await world.upload("parts")
    etags = [(1, (await world.write_part("parts", upload, 1, b"12345")).etag)]
    await world.complete("parts", upload, etags)
    assert await world.read("parts") == b"12345"
    opened = await world.open_put("a", b"123")
    bare = msgspec.structs.replace(opened, padding="")
    with pytest.raises(Refusal, match="bad-stored"):  # a plane that does not pad
        await world.close_put(opened, world.seal(bare, b"123"))
    with pytest.raises(Refusal, match="padding-unknown"):
        await bound(world, padding="zeros")
