import pytest

from custodes.acts.asks.objects import DeleteObjects, Doomed, ListObjects, LookObject, MoveBucket
from custodes.acts.objects import deletes, listings  # noqa: F401 - this suite is their test
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.conditions import Conditions, parse_tags
from custodes.store.engine import driver
from custodes.store.reads import reading
from fakes.object_world import BUCKET, with_objects


async def versioned(world, verb="versioning-on"):
    if not hasattr(world, "owner"):
        _, world.owner = await world.enrol_person("Owner", world.town, ("owner",))
    await world.ask(MoveBucket(world.owner, BUCKET, verb))


async def listed(world, kind="versions", **more):
    return await world.ask(ListObjects(world.token, BUCKET, kind, **more))


@with_objects
async def test_versions_are_kept_and_the_newest_is_read(world):
    await versioned(world)
    first = await world.write("v", b"one")
    second = await world.write("v", b"two")
    assert first.version_shown == first.version
    assert await world.read("v") == b"two"
    assert await world.read("v", version=first.version) == b"one"
    page = await listed(world)
    assert [(one.version, one.latest) for one in page.objects] == [
        (second.version, True),
        (first.version, False),
    ]
    assert world.sql("SELECT count(*) FROM blob_fate").scalar() == 0


@with_objects
async def test_a_marker_hides_and_is_removed(world):
    await versioned(world)
    put = await world.write("v", b"one")
    marked = await world.delete("v")
    assert marked.marker
    with pytest.raises(Refusal, match="key-absent") as caught:
        await world.open_get("v")
    assert caught.value.facts["marker"] == marked.version_shown
    with pytest.raises(Refusal, match="version-is-marker"):
        await world.open_get("v", version=marked.version_shown)
    assert await world.names() == []
    assert await world.read("v", version=put.version) == b"one"
    undone = await world.delete("v", marked.version_shown)
    assert (undone.marker, undone.version_shown) == (True, marked.version_shown)
    assert await world.read("v") == b"one"
    assert await world.names() == ["v"]
    assert [len(world.entries(act)) for act in ("object.mark", "object.delete")] == [1, 1]


@with_objects
async def test_suspended_writes_the_null_version_and_replaces_only_that(world):
    null = await world.write("v", b"before versioning")
    await versioned(world)
    kept = await world.write("v", b"kept")
    await versioned(world, "versioning-off")
    put = await world.write("v", b"null again")
    assert put.version_shown == "null"
    assert await world.read("v", version="null") == b"null again"
    assert await world.read("v", version=kept.version) == b"kept"
    with pytest.raises(Refusal, match="version-absent"):
        await world.open_get("v", version=null.version)
    marked = await world.delete("v")
    assert (marked.version_shown, marked.marker) == ("null", True)
    assert len((await listed(world)).objects) == 2


@with_objects
async def test_bulk_delete_says_of_each_what_happened(world):
    for name in ("a", "b", "c"):
        await world.write(name, b"1")
    doomed = (
        Doomed("a"),
        Doomed("b", None, Conditions(if_match=parse_tags('"other"'))),
        Doomed("nothing"),
        Doomed("c", "\x07"),
    )
    done = await world.ask(DeleteObjects(world.token, BUCKET, doomed))
    assert [one.refusal for one in done.results] == [
        None,
        ("precondition-failed", "conflict"),
        None,
        ("version-id-invalid", "malformed"),
    ]
    assert await world.names() == ["b", "c"]
    with pytest.raises(Refusal, match="too-many-keys"):
        await world.ask(DeleteObjects(world.token, BUCKET, (Doomed("x"),) * 1001))


@with_objects
async def test_a_conditional_delete(world):
    put = await world.write("d", b"1")
    with pytest.raises(Refusal, match="precondition-failed"):
        await world.delete("d", conditions=Conditions(if_match=parse_tags('"x"')))
    await world.delete("d", conditions=Conditions(if_match=parse_tags(f'"{put.etag}"')))
    assert await world.names() == []


@with_objects
async def test_pages_of_a_listing(world):
    names = [f"{folder}/{n}" for folder in "ab" for n in range(3)] + ["z"]
    for name in names:
        await world.write(name, b"1")
    page = await listed(world, "v2", limit=4)
    rest = await listed(world, "v2", limit=4, token=page.next_token)
    assert [one.name for one in (*page.objects, *rest.objects)] == names
    assert (page.truncated, rest.truncated) == (True, False)
    folders = await listed(world, "v1", delimiter="/", limit=2)
    assert (folders.prefixes, folders.next_name) == (("a/", "b/"), "b/")
    after = await listed(world, "v1", delimiter="/", after=folders.next_name)
    assert ([one.name for one in after.objects], after.prefixes) == (["z"], ())
    assert await world.names(prefix="b/") == ["b/0", "b/1", "b/2"]
    with pytest.raises(Refusal, match="token-invalid"):
        await listed(world, "v2", token="AAAA")
    with pytest.raises(Refusal, match="key-too-long"):
        await listed(world, "v2", prefix="x" * 1025)


@with_objects
async def test_names_sort_by_their_bytes(world):
    names = ["a", "a\u00e4", "b", "\u00e4", "\uffee", "\U0001f600"]
    for name in reversed(names):
        await world.write(name, b"1")
    assert await world.names() == names


@with_objects
async def test_versions_page_on_within_a_name(world):
    await versioned(world)
    for n in range(5):
        await world.write("v", b"%d" % n)
    seen, after, marker = [], "", ""
    while True:
        page = await listed(world, limit=2, after=after, after_version=marker)
        seen += [one.version for one in page.objects]
        if not page.truncated:
            break
        after, marker = page.next_name, page.next_version
    assert len(set(seen)) == len(seen) == 5


@pytest.mark.sqlite
@with_objects
async def test_a_listing_is_one_seek_however_large_the_bucket(world):
    """The plan of each statement is a search of the index, without a sort and without a scan."""
    await world.write("a", b"1")
    asked, plans = [], []

    def explained(reads):
        connection = reads.objects._connection
        raw = driver(connection)
        raw.set_trace_callback(asked.append)
        try:
            for one in (reads.objects.seek("b"),):
                one("a", True, 2), one("a", False, 2)
            versions = reads.objects.seek_versions("b")
            versions("a", None, 2), versions("a", 7, 2)
            uploads = reads.objects.seek_uploads("b")
            uploads("a", None, 2), uploads("a", "upl-x", 2)
            reads.objects.version("b", "a", None)
            reads.objects.version("b", "a", "null")
            reads.objects.version("b", "a", "ver-x")
            for shown in (None, "null", "ver-x"):
                reads.objects.seen("h", "b", "a", shown)
        finally:
            raw.set_trace_callback(None)
        for text in asked:
            plans.append([row[-1] for row in raw.execute(f"EXPLAIN QUERY PLAN {text}")])

    reading(world.engine, explained)
    assert len(plans) == 12
    for plan in plans:
        assert all(step.startswith("SEARCH") for step in plan), plan


@with_objects
async def test_the_console_sees_where_an_object_lies(world):
    put = await world.write("a", b"1")
    view = await world.ask(LookObject(world.token, BUCKET, "a"))
    assert view.ids == (put.version,)
    assert [store.location for blob in view.blobs for store in blob.stores] == [world.inside.id]
    with pytest.raises(Refusal) as caught:
        await world.ask(LookObject(world.token, BUCKET, "b"))
    assert caught.value.kind is Kind.ABSENT
