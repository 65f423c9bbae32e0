"""Reading under a grant, from the refusal that names the reference to the last use."""

import asyncio

import pytest

from custodes.acts.asks.cases import MoveCase
from custodes.acts.asks.identity import LeavePerson
from custodes.acts.asks.objects import CloseGet, StillOpen, SweepUses
from custodes.acts.objects.reads import grants  # noqa: F401 - this suite is its test
from custodes.kernel.refusal import Kind, Refusal, unavailable
from fakes.lived import lived
from fakes.object_world import ObjectWorld
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
    await world.ask(StillOpen(opened.ticket, 1))
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
