import pytest

from custodes.acts.asks.keys import CreateKey, MoveKey
from custodes.acts.asks.objects import LookBucket, LookBuckets, MoveBucket
from custodes.acts.footing import places  # noqa: F401 - this suite is its test
from custodes.acts.objects import buckets, doors  # noqa: F401 - this suite is their test
from custodes.kernel.refusal import Kind, Refusal
from fakes.object_world import BUCKET, with_objects


@with_objects
async def test_a_bucket_is_placed_inside_the_boundary(world):
    assert world.bucket.locations == (world.inside.id,)
    assert world.bucket.data_class == "personal"
    two = await world.create_bucket("two-places", locations=("berlin", world.second.id))
    assert two.locations == (world.inside.id, world.second.id)
    listed = await world.ask(LookBuckets(world.token))
    assert [one.name for one in listed.buckets] == [BUCKET, "two-places"]
    assert (await world.ask(LookBucket(world.token, "two-places"))) == two
    (made, other) = world.entries("bucket.create")
    assert made["location"] == world.inside.id
    assert "standing_root" in other


@with_objects
async def test_one_replica_outside_is_outside_and_so_is_an_unknown_place(world):
    for places_asked in (("berlin", "ashburn"), ("somewhere",)):
        with pytest.raises(Refusal, match="outside-boundary") as caught:
            await world.create_bucket("outside", locations=places_asked)
        assert caught.value.kind is Kind.DENIED
    assert any("country-unknown" in reason for reason in caught.value.facts["reasons"])
    assert world.entries("denial")[0]["reason"] == "forbidden"
    with pytest.raises(Refusal, match="location-invalid"):
        await world.create_bucket("outside", locations=("nowhere",))


@with_objects
async def test_a_demo_place_is_no_place_outside_a_demo(world):
    await world.change_boundary(areas=("FR",), jurisdictions=("FR",))
    with pytest.raises(Refusal, match="outside-boundary") as caught:
        await world.create_bucket("nowhere-left")
    assert caught.value.facts["reasons"] == ("no-location",)


@with_objects
async def test_names(world):
    with pytest.raises(Refusal, match="bucket-is-yours"):
        await world.create_bucket(BUCKET)
    for name in ("UPPER", "a", "192.168.0.1", "xn--a", "a..b"):
        with pytest.raises(Refusal, match="bucket-name-invalid"):
            await world.create_bucket(name)


@with_objects
async def test_a_name_is_unique_in_the_house(world):
    other = await world.other_customer()
    with pytest.raises(Refusal, match="bucket-name-taken"):
        await world.create_bucket(BUCKET, evidence=other)


@with_objects
async def test_a_full_bucket_stays_and_a_deleted_name_is_free_again(world):
    await world.write("a", b"1")
    with pytest.raises(Refusal, match="bucket-not-empty"):
        await world.ask(MoveBucket(world.token, BUCKET, "delete"))
    await world.delete("a")
    await world.ask(MoveBucket(world.token, BUCKET, "delete"))
    with pytest.raises(Refusal, match="bucket-absent"):
        await world.ask(LookBucket(world.token, BUCKET))
    again = await world.create_bucket(BUCKET)
    assert again.id != world.bucket.id


@with_objects
async def test_a_write_that_was_open_when_its_bucket_was_deleted_comes_to_nothing(world):
    opened = await world.open_put("late", b"1")
    await world.ask(MoveBucket(world.token, BUCKET, "delete"))
    with pytest.raises(Refusal, match="bucket-absent"):
        await world.close_put(opened, world.seal(opened, b"1"))


@with_objects
async def test_versioning_is_never_off_again(world):
    _, reader = await world.enrol_person("Reader", world.town, ("reader",))
    with pytest.raises(Refusal) as caught:
        await world.ask(MoveBucket(reader, BUCKET, "versioning-on"))
    assert caught.value.kind is Kind.DENIED
    _, owner = await world.enrol_person("Owner", world.town, ("owner",))
    assert (await world.ask(MoveBucket(owner, BUCKET, "versioning-on"))).versioning == "enabled"
    assert (await world.ask(MoveBucket(world.token, BUCKET, "versioning-off"))).versioning == "suspended"


@with_objects
async def test_the_key_is_chosen_or_made_once(world):
    second = await world.create_bucket("second")
    assert second.key == world.bucket.key
    _, officer = await world.enrol_person("Officer", world.town, ("owner", "key-officer"))
    key = await world.ask(CreateKey(officer, world.customer_row.id, "archive"))
    third = await world.create_bucket("third", key=key.id)
    assert third.key == key.id
    await world.write("a", b"1", bucket="third")
    await world.ask(MoveKey(officer, key.id, "disable", "suspicion"))
    with pytest.raises(Refusal, match="key-suspended"):
        await world.open_put("b", b"1", bucket="third")
    with pytest.raises(Refusal, match="key-suspended"):
        await world.open_get("a", bucket="third")
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.create_bucket("fourth", key="key-" + "0" * 26)
