"""Reads under a lease: one entry for many, and nothing else is spared."""

import asyncio

import msgspec
import pytest

from custodes.acts.asks.objects import StillOpen
from custodes.acts.objects.reads import leases
from custodes.kernel.refusal import Kind, Refusal
from custodes.parties.rows import Credential, CredentialKind
from custodes.policy.presets import rule
from custodes.policy.rules import RuleSet
from fakes.lived import lived
from fakes.object_world import ObjectWorld
from fakes.office import OfficeWorld

BODY = b"a small file"


class LeaseWorld(ObjectWorld):
    async def settle_leases(self):
        await self.settle_objects()
        await self.write("a", BODY)
        await self.write("b", BODY + b"!")
        await self.let("applications-lease-reads")
        return self

    async def let(self, *forms):
        """The customer's rules, with these forms added to what stands."""
        standing = self.keyroom.opened.standing
        old = standing.get("rules", self.customer_row.id, RuleSet)
        new = msgspec.structs.replace(
            old, generation=old.generation + 1, rules=(*old.rules, *(rule(form) for form in forms))
        )
        await self.put(("rules", self.customer_row.id, self.customer_row.id, new))

    async def unlet(self):
        """The rule is taken away again."""
        standing = self.keyroom.opened.standing
        old = standing.get("rules", self.customer_row.id, RuleSet)
        kept = tuple(one for one in old.rules if one.id != "applications-lease-reads")
        new = msgspec.structs.replace(old, generation=old.generation + 1, rules=kept)
        await self.put(("rules", self.customer_row.id, self.customer_row.id, new))

    def admitted(self):
        """(leases given, reads entered one by one)."""
        gets = [one for one in self.entries("object.get") if one["phase"] != "outcome"]
        given = [one for one in self.entries("object.lease") if one["phase"] == "admission"]
        return len(given), len(gets)


with_leases = lived(lambda folder: LeaseWorld(folder).settle_leases())


@with_leases
async def test_many_reads_are_one_entry_and_its_end_says_how_many(world):
    for _ in range(5):
        assert await world.read("a") == BODY
        assert await world.read("b") == BODY + b"!"
    assert (await world.open_get("a", head=True)).size == len(BODY)
    assert world.admitted() == (1, 0)
    (given,) = world.entries("object.lease")
    assert (given["count"], given["bucket"], given["phase"]) == (
        leases.USES_FIRST,
        world.bucket.id,
        "admission",
    )
    assert given["key"] == world.bucket.key
    assert "customer/applications-lease-reads" in given["policies"]
    world.clock.forward(seconds=leases.LASTS_S + 1)
    await ended(world, 1)
    end = world.entries("object.lease")[-1]
    assert end["admission"] == [world.customer_row.log("machine"), index_of(world, "object.lease")]
    assert (end["count"], end["bytes"]) == (11, 5 * (2 * len(BODY) + 1))
    assert await world.read("a") == BODY
    assert world.admitted() == (2, 0)


@with_leases
async def test_no_rule_no_lease(world):
    await world.unlet()
    await world.read("a")
    assert world.admitted() == (0, 1)


@with_leases
async def test_a_lease_ends_when_it_is_used_up_and_the_next_is_longer(world):
    reads = leases.USES_FIRST + 5
    found = await asyncio.gather(*(world.read("a") for _ in range(reads)))
    assert found == [BODY] * reads
    given = [one["count"] for one in world.entries("object.lease") if one["phase"] == "admission"]
    assert given == [leases.USES_FIRST, leases.USES_FIRST * leases.GROWTH]
    assert world.admitted()[1] == 0


@with_leases
async def test_attack_a_kill_ends_it_at_the_next_read(world):
    await world.read("a")
    await world.kill_customer()
    with pytest.raises(Refusal) as caught:
        await world.read("a")
    assert caught.value.kind is Kind.LOCKED


@with_leases
async def test_attack_a_long_read_under_a_lease_is_cut_by_a_kill(world):
    whole = b"x" * (2 * 1_024 * 1_024)
    await world.write("long", whole)
    opened = await world.open_get("long")
    assert world.admitted() == (1, 0)
    assert opened.ticket
    await world.ask(StillOpen(ticket=opened.ticket, sent_bytes=1))
    await world.kill_customer()
    with pytest.raises(Refusal) as caught:
        await world.ask(StillOpen(ticket=opened.ticket, sent_bytes=1))
    assert caught.value.kind is Kind.LOCKED


@with_leases
async def test_attack_what_is_refused_is_refused_under_a_lease_too(world):
    await world.read("a")
    standing = world.keyroom.opened.standing
    rules = standing.get("rules", world.customer_row.id, RuleSet)
    none = msgspec.structs.replace(
        rules, generation=rules.generation + 1, rules=(rule("applications-lease-reads"),)
    )
    await world.put(("rules", world.customer_row.id, world.customer_row.id, none))
    with pytest.raises(Refusal) as caught:
        await world.read("a")
    assert caught.value.kind in (Kind.DENIED, Kind.ABSENT)


@with_leases
async def test_attack_the_lease_of_one_application_admits_no_other(world):
    await world.read("a")
    stranger = await world.other_customer()
    with pytest.raises(Refusal, match="bucket-absent"):
        await world.read("a", evidence=stranger)


@with_leases
async def test_attack_a_credential_with_an_end_has_no_lease(world):
    """What time can change is asked anew each time, and entered."""
    standing = world.keyroom.opened.standing
    tokens = [
        one
        for one in standing.all_of("credential", Credential)
        if one.kind is CredentialKind.API_TOKEN and one.application
    ]
    for one in tokens:
        dated = msgspec.structs.replace(one, expires_at="2100-01-01T00:00:00Z")
        await world.put(("credential", one.id, one.customer or "", dated))
    await world.read("a")
    assert world.admitted() == (0, 1)


@with_leases
async def test_an_exceptional_purpose_and_a_copy_are_entries_of_their_own(world):
    await world.read("a")
    with pytest.raises(Refusal):
        await world.open_get("a", purpose="support")
    assert world.admitted()[0] == 1


class Engineered(LeaseWorld, OfficeWorld):
    async def settle_engineer(self):
        await self.settle_leases()
        return self


with_office = lived(lambda folder: Engineered(folder).settle_engineer())


@with_office
async def test_attack_a_grant_is_never_leased(world):
    with pytest.raises(Refusal) as caught:
        await world.open_get("a", evidence=world.erik.token)
    ask = caught.value.facts["ask"]
    await world.granted(actions=["object:read"], resources=[ask])
    assert await world.read("a", evidence=world.erik.token) == BODY
    assert world.entries("object.lease") == []
    with pytest.raises(Refusal, match="no-uses-left"):
        await world.open_get("a", evidence=world.erik.token)


async def ended(world, count):
    """Until so many leases have said their end."""
    for _ in range(300):
        ends = [one for one in world.entries("object.lease") if one["phase"] == "outcome"]
        if len(ends) >= count:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no lease said its end")


def index_of(world, code):
    log = world.customer_row.log("machine")
    return world.sql("SELECT min(idx) FROM opening WHERE log = ? AND code = ?", log, code).scalar()
