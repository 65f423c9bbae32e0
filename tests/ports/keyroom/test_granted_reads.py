"""Reading under a grant, from the refusal that names the reference to the last use."""

import asyncio

import pytest

from custodes.acts.asks.buckets.care import LookCare
from custodes.acts.asks.buckets.inventory import PutInventory
from custodes.acts.asks.cases import MoveCase
from custodes.acts.asks.identity import LeavePerson
from custodes.acts.asks.objects import CloseGet, ListObjects, LookObject, MoveBucket, StillOpen, SweepUses
from custodes.acts.footing.nouns import Kills
from custodes.acts.objects.reads import grants, listing  # noqa: F401 - this suite is their test
from custodes.kernel.refusal import Kind, Refusal, unavailable
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld
from fakes.office import OfficeWorld

BODY = b"what the engineer needs to see"


class GrantWorld(ObjectWorld, OfficeWorld):
    async def settle_grants(self):
        await self.settle_objects()
        self.put_a = await self.write("a", BODY)
        self.erik_reads = self.erik.token
        return self

    async def grant(self, **changes):
        """What Erik is told when he is refused is what he asks for."""
        with pytest.raises(Refusal) as caught:
            await self.open_get("a", evidence=self.erik_reads)
        assert caught.value.kind is Kind.DENIED
        asked = {"actions": ["object:read"], "resources": [caught.value.facts["ask"]], **changes}
        return await self.granted(**asked)


with_grants = lived(lambda folder: GrantWorld(folder).settle_grants())


@with_grants
async def test_he_reads_exactly_what_was_granted_once(world):
    case = await world.grant()
    assert await world.read("a", evidence=world.erik_reads) == BODY
    (entry,) = [one for one in world.entries(kind="exceptional") if one["act"] == "object.get"]
    assert (entry["grant"], entry["case"]) == (case.grant.id, case.id)
    assert (entry["uses"], entry["bytes"], entry["purpose"]) == (1, len(BODY), "support")
    assert "standing_root" in entry
    with pytest.raises(Refusal, match="no-uses-left") as caught:
        await world.open_get("a", evidence=world.erik_reads)
    assert caught.value.facts["ask"].endswith(world.put_a.version)
    await world.ask(SweepUses())
    outcomes = [one for one in world.entries(kind="exceptional") if "outcomes" in one]
    assert outcomes[0]["grant"] == case.grant.id
    (told,) = (await world.look(world.anna, case.id)).scope.resources
    assert (told.name, told.data_class, told.places) == ("a", world.bucket.data_class, (("berlin", "DE"),))
    (told,) = (await world.look(world.erik, case.id)).scope.resources
    assert (told.data_class, told.places) == ("", ()), "a supplier is not told where it lies"


@with_grants
async def test_head_and_ranges_are_one_use(world):
    await world.grant()
    assert (await world.open_get("a", evidence=world.erik_reads, head=True)).size == len(BODY)
    first = await world.read("a", evidence=world.erik_reads, range_header="bytes=0-9")
    rest = await world.read("a", evidence=world.erik_reads, range_header="bytes=10-")
    assert first + rest == BODY
    with pytest.raises(Refusal, match="no-uses-left"):
        await world.open_get("a", evidence=world.erik_reads, range_header="bytes=5-6")


@with_grants
async def test_of_two_reads_with_one_use_left_one_wins(world):
    await world.grant()
    results = await asyncio.gather(
        *(world.open_get("a", evidence=world.erik_reads) for _ in range(5)), return_exceptions=True
    )
    assert sum(not isinstance(result, Exception) for result in results) == 1
    assert {one.kind for one in results if isinstance(one, Refusal)} <= {Kind.DENIED, Kind.CONFLICT}


@with_grants
async def test_no_other_version_and_no_other_name(world):
    await world.grant()
    await world.write("b", b"other")
    for name in ("b", "nothing"):
        with pytest.raises(Refusal) as caught:
            await world.open_get(name, evidence=world.erik_reads)
        assert caught.value.kind is Kind.DENIED
    await world.write("a", b"a newer version than the one that was granted")
    with pytest.raises(Refusal) as caught:
        await world.open_get("a", evidence=world.erik_reads)
    assert caught.value.kind is Kind.DENIED
    with pytest.raises(Refusal) as caught:
        await world.open_put("a", b"1", evidence=world.erik_reads)
    assert caught.value.kind is Kind.DENIED


@with_grants
async def test_after_the_hour_nothing_is_read_and_what_runs_is_cut(world):
    await world.grant(uses=3)
    opened = await world.open_get("a", evidence=world.erik_reads)
    world.clock.forward(minutes=10)
    assert (await world.ask(StillOpen(opened.ticket, 1))).good_ms == 0, "asked for each MiB: it ends by time"
    for _ in range(5):
        world.clock.forward(minutes=9)
        await world.ask(StillOpen(opened.ticket, 1))
    world.clock.forward(minutes=6)
    with pytest.raises(Refusal, match="grant-ended"):
        await world.ask(StillOpen(opened.ticket, 1))
    with pytest.raises(Refusal) as caught:
        await world.open_get("a", evidence=world.erik_reads)
    assert caught.value.kind is Kind.DENIED
    assert "ask" in caught.value.facts


@with_grants
async def test_returned_is_over_at_once(world):
    case = await world.grant(uses=3)
    opened = await world.open_get("a", evidence=world.erik_reads)
    view = await world.look(world.erik, case.id)
    await world.ask(MoveCase(world.erik.token, case.id, "return", view.version, b"{}"))
    with pytest.raises(Refusal, match="grant-ended"):
        await world.ask(StillOpen(opened.ticket, 1))
    await world.ask(CloseGet(opened.ticket, "cut", 3))
    with pytest.raises(Refusal) as caught:
        await world.open_get("a", evidence=world.erik_reads)
    assert caught.value.kind is Kind.DENIED


@with_grants
async def test_a_read_that_waited_for_witnesses_in_vain_is_not_counted_twice(world):
    await world.grant()
    witnessing = world.keyroom.opened.witnessing
    until, late = witnessing.until, [True]

    async def slow(position, timeout_s):
        if late.pop() if late else False:
            raise unavailable("not-witnessed-in-time")
        await until(position, timeout_s)

    witnessing.until = slow
    with pytest.raises(Refusal, match="slow-down"):
        await world.open_get("a", evidence=world.erik_reads)
    assert world.unseal(await world.open_get("a", evidence=world.erik_reads)) == BODY
    with pytest.raises(Refusal, match="no-uses-left"):
        await world.open_get("a", evidence=world.erik_reads)


@with_grants
async def test_what_is_being_read_stops_when_an_approver_leaves(world):
    await world.grant()
    opened = await world.open_get("a", evidence=world.erik_reads)
    await world.ask(StillOpen(opened.ticket, 1))
    await world.ask(LeavePerson(world.olga.token, world.anna.person.id, world.town.id, "x"))
    with pytest.raises(Refusal, match="grant-ended"):
        await world.ask(StillOpen(opened.ticket, 1))
    with pytest.raises(Refusal) as caught:
        await world.open_get("a", evidence=world.erik_reads)
    assert caught.value.kind is Kind.DENIED


LISTS = ["object:list", "object:read"]


async def listed(world, kind="v2", **more):
    found = await world.ask(ListObjects(world.erik_reads, BUCKET, kind, **more))
    return [one.name for one in found.objects], found


@with_grants
async def test_he_lists_exactly_what_was_granted_and_each_listing_is_an_entry(world):
    for name in ("A", "a/b", "a0", "b", "ä"):
        await world.write(name, b"of others")
    case = await world.grant(actions=LISTS)
    for more in ({}, {"prefix": "a"}, {"after": "A"}, {"delimiter": "/"}, {"limit": 1}):
        names, found = await listed(world, **more)
        assert (names, found.prefixes, found.truncated) == (["a"], (), False), more
    for more in ({"prefix": "a/"}, {"prefix": "b"}, {"after": "a"}, {"prefix": "a", "after": "a"}):
        assert (await listed(world, **more))[0] == [], more
    entries = [one for one in world.entries(kind="exceptional") if one["act"] == "bucket.list"]
    assert len(entries) == 9
    assert {(one["grant"], one["case"], one["purpose"], one["count"], one["uses"]) for one in entries} == {
        (case.grant.id, case.id, "support", 1, 0)
    }
    assert [one.get("prefix") for one in entries[:2]] == [None, "a"]
    assert await world.read("a", evidence=world.erik_reads) == BODY  # it cost no use
    assert (await listed(world))[0] == ["a"]
    with pytest.raises(Refusal, match="key-absent"):
        await world.ask(LookObject(world.erik_reads, BUCKET, "b"))
    assert len((await world.ask(LookObject(world.erik_reads, BUCKET, "a"))).versions) == 1


@with_grants
async def test_a_granted_version_that_is_no_longer_the_newest_is_listed_as_that(world):
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await world.grant(actions=LISTS)
    await world.write("a", b"a newer one")
    assert (await listed(world))[0] == []
    names, found = await listed(world, "versions")
    assert (names, [one.latest for one in found.objects]) == (["a"], [False])
    view = await world.ask(LookObject(world.erik_reads, BUCKET, "a"))
    assert (len(view.versions), view.versions[0].latest) == (1, False)
    await world.delete("a", "null")
    assert (await listed(world, "versions"))[0] == []


@with_grants
async def test_a_grant_to_read_does_not_list_and_one_to_list_does_not_read(world):
    await world.grant()
    with pytest.raises(Refusal) as caught:
        await listed(world)
    assert caught.value.kind is Kind.DENIED
    await world.granted(actions=["object:list"], resources=[f"{world.bucket.id}/{world.put_a.version}"])
    assert (await listed(world))[0] == ["a"]
    await world.create_bucket("elsewhere")
    for ask in (
        ListObjects(world.erik_reads, "elsewhere", "v2"),
        PutInventory(world.erik_reads, BUCKET, "a", b"<a/>"),
        LookCare(world.erik_reads, BUCKET),
    ):
        with pytest.raises(Refusal) as caught:
            await world.ask(ask)
        assert caught.value.kind is Kind.DENIED


@with_grants
async def test_a_kill_and_the_end_of_the_hour_end_listing_too(world):
    await world.grant(actions=LISTS)
    assert (await listed(world))[0] == ["a"]
    before = len(world.entries(kind="exceptional"))
    await world.kill_customer()
    with pytest.raises(Refusal, match="customer-killed"):
        await listed(world)
    assert len(world.entries(kind="exceptional")) == before
    await world.put(("kills", world.customer_row.id, world.customer_row.id, Kills(kills=())))
    assert (await listed(world))[0] == ["a"]
    world.clock.forward(minutes=61)
    with pytest.raises(Refusal) as caught:
        await listed(world)
    assert caught.value.kind is Kind.DENIED


@with_grants
async def test_nothing_is_listed_before_witnesses_saw_that_it_is(world):
    await world.grant(actions=LISTS)
    witnessing = world.keyroom.opened.witnessing
    until = witnessing.until

    async def never(position, timeout_s):
        raise unavailable("not-witnessed-in-time")

    witnessing.until = never
    for _ in range(2):
        with pytest.raises(Refusal, match="slow-down"):
            await listed(world)
    assert len([one for one in world.entries(kind="exceptional") if one["act"] == "bucket.list"]) == 1
    witnessing.until = until
    assert (await listed(world))[0] == ["a"]
    assert len([one for one in world.entries(kind="exceptional") if one["act"] == "bucket.list"]) == 1
