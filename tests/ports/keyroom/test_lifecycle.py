"""Lifecycle in the house: rules end what is due, holds win, and every end is an entry."""

from custodes.acts.asks.buckets.told import PutRule, PutState
from custodes.acts.asks.objects import ListObjects, MoveBucket
from custodes.acts.asks.upkeep import RunUpkeep
from custodes.acts.asks.uploads import ListUploads
from custodes.acts.objects.rules import ending  # noqa: F401 - this suite is its test
from custodes.protocols.s3.configs.locking import write_hold, write_lock
from custodes.protocols.s3.configs.plain import write_tagging
from fakes.keyrooms import LOCAL
from fakes.object_world import BUCKET, with_objects


async def rules(world, *inner):
    body = "".join(f"<Rule><Status>Enabled</Status>{one}</Rule>" for one in inner)
    body = f"<LifecycleConfiguration>{body}</LifecycleConfiguration>".encode()
    await world.ask(PutRule(world.token, BUCKET, "lifecycle", body))


async def upkeep(world):
    """Rounds until nothing is left; how many versions and uploads were ended."""
    ended = 0
    while True:
        done = await world.ask(RunUpkeep(LOCAL))
        ended += done.ended
        if not done.more:
            return ended


async def versions(world):
    listed = await world.ask(ListObjects(world.token, BUCKET, "versions"))
    return [(one.name, one.marker) for one in listed.objects]


DAY = "<Expiration><Days>1</Days></Expiration>"


@with_objects
async def test_what_is_due_goes_and_the_rest_stays(world):
    for name in ("logs/a", "logs/b", "logs/tagged", "other"):
        await world.write(name, b"1")
    tags = write_tagging((("keep", "no"),))
    await world.ask(PutState(world.token, BUCKET, "logs/tagged", "tagging", tags))
    tagged = "<Filter><And><Prefix>logs/t</Prefix><Tag><Key>keep</Key><Value>no</Value></Tag></And></Filter>"
    await rules(world, f"<Filter><Prefix>logs/a</Prefix></Filter>{DAY}", f"{tagged}{DAY}")
    assert await upkeep(world) == 0
    world.clock.forward(days=3)
    assert await upkeep(world) == 2
    assert await world.names() == ["logs/b", "other"]
    gone = world.entries("object.delete")
    assert [one["object_name"] for one in gone] == ["logs/a", "logs/tagged"]
    assert all(one["actor"] == "keyroom" and one["reason"].startswith("lifecycle/") for one in gone)


@with_objects
async def test_versions_markers_and_holds(world):
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await world.ask(PutRule(world.token, BUCKET, "object-lock", write_lock(None)))
    first = await world.write("a", b"1")
    await world.write("a", b"2")
    await world.write("b", b"1")
    held = write_hold(is_held=True)
    await world.ask(PutState(world.token, BUCKET, "a", "legal-hold", held, first.version))
    noncurrent = (
        "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays></NoncurrentVersionExpiration>"
    )
    lone = "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
    await rules(world, f"<ID>a</ID><Filter/>{DAY}{noncurrent}", f"<ID>b</ID><Filter/>{lone}")
    world.clock.forward(days=3)
    assert await upkeep(world) == 2  # a delete marker on each name; nothing is lost yet
    assert await versions(world) == [("a", True), ("a", False), ("a", False), ("b", True), ("b", False)]
    world.clock.forward(days=3)
    assert await upkeep(world) == 2
    assert await versions(world) == [("a", True), ("a", False), ("b", True)]
    world.clock.forward(days=1)
    assert await upkeep(world) == 1
    assert await versions(world) == [("a", True), ("a", False)]  # what is held stays, and so does its marker


@with_objects
async def test_uploads_that_nobody_completes(world):
    await world.upload("in/a")
    await world.upload("kept")
    abort = "AbortIncompleteMultipartUpload"
    days = f"<{abort}><DaysAfterInitiation>2</DaysAfterInitiation></{abort}>"
    await rules(world, f"<Filter><Prefix>in/</Prefix></Filter>{days}")
    world.clock.forward(days=4)
    assert await upkeep(world) == 1
    left = await world.ask(ListUploads(world.token, BUCKET))
    assert [one.name for one in left.uploads] == ["kept"]
    assert world.entries("upload.abort")[0]["object_name"] == "in/a"


@with_objects
async def test_a_clock_that_jumped_and_a_killed_customer_end_nothing(world):
    await world.write("a", b"1")
    await rules(world, f"<Filter/>{DAY}")
    world.clock.forward(days=3)
    await world.kill_customer()
    assert await upkeep(world) == 0
