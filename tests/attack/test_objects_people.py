"""Other people, other customers and a plane that lies, against the keyroom's door for objects."""

import asyncio
from datetime import timedelta
from unittest.mock import patch

import msgspec
import pytest

from custodes.acts.asks.objects import CheckChunks, LookBucket, LookBuckets
from custodes.kernel.refusal import Kind, Refusal
from custodes.objects.conditions import Conditions, parse_tags
from custodes.parties.rows import CredentialState
from fakes.object_world import BUCKET, with_objects

LONG = bytes(2 * 1_048_576)


@with_objects
async def test_another_customers_bucket_is_absent_as_if_it_were_not_there(world):
    other = await world.other_customer()
    await world.write("a", b"1")
    said = []
    for bucket in (BUCKET, "no-such-bucket"):
        for attempt in (
            world.open_get("a", bucket=bucket, evidence=other),
            world.open_get("b", bucket=bucket, evidence=other),
            world.open_put("a", b"1", bucket=bucket, evidence=other),
            world.ask(LookBucket(other, bucket)),
        ):
            with pytest.raises(Refusal) as caught:
                await attempt
            said.append((caught.value.code, caught.value.kind, dict(caught.value.facts)))
    assert set(map(str, said)) == {str(("bucket-absent", Kind.ABSENT, {}))}
    assert (await world.ask(LookBuckets(other))).buckets == ()


@with_objects
async def test_a_stolen_ticket_closes_nothing_and_is_not_used_up(world):
    other = await world.other_customer()
    for body in (b"small", LONG):
        opened = await world.open_put("a", body)
        stored = world.seal(opened, body)
        with pytest.raises(Refusal, match="ticket-unknown"):
            await world.close_put(opened, stored, evidence=other)
        await world.close_put(opened, stored)
        assert await world.read("a") == body


@with_objects
async def test_a_boundary_changed_while_a_write_was_open_stops_it(world):
    for body in (b"small", LONG):
        opened = await world.open_put("a", body)
        stored = world.seal(opened, body)
        await world.change_boundary(denied_jurisdictions=("DE",))
        with pytest.raises(Refusal, match="outside-boundary") as caught:
            await world.close_put(opened, stored)
        assert any("jurisdiction-denied" in reason for reason in caught.value.facts["reasons"])
        with pytest.raises(Refusal, match="outside-boundary"):
            await world.open_put("a", body)
        await world.change_boundary(denied_jurisdictions=())
    with pytest.raises(Refusal, match="key-absent"):
        await world.open_get("a")


@with_objects
async def test_a_boundary_changed_between_decision_and_commit_is_seen_by_the_commit(world):
    """The decision was taken, its act waits: the change commits first."""
    opened = await world.open_put("a", b"1")
    stored = world.seal(opened, b"1")
    gate = world.keyroom.opened.gate
    commit, tried = gate.commit, []

    async def late(act):
        if any(write.verb == "object.add" for write in act.writes) and not tried:
            tried.append(act)
            await world.change_boundary(denied_jurisdictions=("DE",))
        return await commit(act)

    gate.commit = late
    with pytest.raises(Refusal, match="outside-boundary"):
        await world.close_put(opened, stored)
    assert tried
    assert await world.names() == []


@with_objects
async def test_a_credential_revoked_while_a_write_was_open_stops_it(world):
    opened = await world.open_put("a", b"1")
    stored = world.seal(opened, b"1")
    row = world.token_credential
    revoked = msgspec.structs.replace(row, state=CredentialState.REVOKED)
    await world.put(("credential", row.id, world.customer_row.id, revoked))
    with pytest.raises(Refusal, match="not-authenticated"):
        await world.close_put(opened, stored)


@with_objects
async def test_a_kill_while_a_write_was_open_stops_it(world):
    opened = [await world.open_put("a", body) for body in (b"1", LONG)]
    stored = [world.seal(*one) for one in zip(opened, (b"1", LONG), strict=True)]
    await world.kill_customer()
    for one, sealed in zip(opened, stored, strict=True):
        with pytest.raises(Refusal) as caught:
            await world.close_put(one, sealed)
        assert caught.value.kind is Kind.LOCKED


@with_objects
async def test_a_write_is_decided_again_once_anything_changed_or_the_day(world):
    """Only of an application, and only while nothing has changed, its first decision is the second, too."""
    decisions, asked = world.keyroom.opened.decisions, []
    decide = decisions.decide

    def counted(who, question):
        asked.append(question.action)
        return decide(who, question)

    async def closed_after(happens=None):
        opened = await world.open_put("a", b"1")
        if happens is not None:
            await happens(opened)
        asked.clear()
        with patch.object(decisions, "decide", counted):
            await world.close_put(opened, world.seal(opened, b"1"))
        return asked.count("object:write")

    async def anything(_opened):
        await world.change_boundary(denied_jurisdictions=("US",))

    async def the_day(opened):
        (ticket,) = [one for one in _tickets(world) if one.id == opened.ticket]
        ticket.settled = msgspec.structs.replace(ticket.settled, day=ticket.settled.day - timedelta(days=1))

    assert [await closed_after(), await closed_after(anything), await closed_after(the_day)] == [0, 1, 1]


@with_objects
async def test_of_conditional_replacers_one_wins(world):
    put = await world.write("doc", b"base")
    mine = Conditions(if_match=parse_tags(f'"{put.etag}"'))
    opened = await asyncio.gather(*(world.open_put("doc", b"%d" % n, conditions=mine) for n in range(10)))
    results = await asyncio.gather(
        *(world.close_put(one, world.seal(one, b"%d" % n)) for n, one in enumerate(opened)),
        return_exceptions=True,
    )
    assert sum(not isinstance(result, Exception) for result in results) == 1


@with_objects
async def test_a_supplier_is_refused_fast_and_told_under_what_to_ask(world):
    put = await world.write("a", b"1")
    engineer = await world.supplier_engineer()
    said = {}
    for name in ("a", "absent"):
        with pytest.raises(Refusal) as caught:
            await world.open_get(name, evidence=engineer)
        assert caught.value.kind is Kind.DENIED
        said[name] = caught.value.facts["ask"]
    assert said["a"] == f"{world.bucket.id}/{put.version}"
    assert said["absent"].startswith(f"{world.bucket.id}/ver-")
    assert len(said["absent"]) == len(said["a"])
    assert len(world.entries("denial")) == 2


@with_objects
async def test_no_key_comes_out_in_words(world):
    opened = await world.open_put("a", LONG)
    tickets = world.keyroom.opened
    assert opened.data_key.hex() not in repr(tickets)
    open_ones = [one for one in _tickets(world) if one.id == opened.ticket]
    assert open_ones
    assert repr(opened.data_key) not in repr(open_ones[0])


def _tickets(world):
    return list(world.keyroom._answers[CheckChunks].__self__._open.values())
