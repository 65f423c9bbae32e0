"""Tickets, outcomes and what is left behind: crashes, expiries, blobs nobody refers to."""

import asyncio

import pytest

from custodes.acts.asks.objects import CloseGet, FateDone, LookFates, StillOpen, SweepUses
from custodes.acts.objects import outcomes, tickets  # noqa: F401 - this suite is their test
from custodes.kernel.refusal import Refusal
from fakes.object_world import ObjectWorld, with_objects

LONG = bytes(2 * 1_048_576)


def outcome_entries(world):
    return [entry for entry in world.entries() if "outcomes" in entry]


@with_objects
async def test_outcomes_are_grouped_into_one_entry(world):
    await world.write("a", b"12345")
    for _ in range(3):
        await world.read("a")
    opened = await world.open_get("a")
    await world.ask(CloseGet(opened.ticket, "cut", 2))
    await world.ask(SweepUses())
    (entry,) = outcome_entries(world)
    assert [one[2:] for one in entry["outcomes"]] == [[5, "complete"]] * 3 + [[2, "cut"]]
    admissions = [e for e in world.entries("object.get") if e["phase"] == "admission"]
    assert len(admissions) == 4
    assert world.sql("SELECT count(*) FROM admission").scalar() == 0


@with_objects
async def test_many_outcomes_fit_their_entries(world):
    await world.write("a", b"1")
    for _ in range(100):
        await world.read("a")
    await world.ask(SweepUses())
    assert sum(len(entry["outcomes"]) for entry in outcome_entries(world)) == 100


@with_objects
async def test_a_plane_cannot_claim_less_than_nothing_or_more_than_was_admitted(world):
    await world.write("a", b"12345")
    for sent in (-7, 10**12):
        opened = await world.open_get("a")
        await world.ask(CloseGet(opened.ticket, "complete", sent))
    await world.ask(SweepUses())
    (entry,) = outcome_entries(world)
    assert [one[2] for one in entry["outcomes"]] == [0, 5]


@with_objects
async def test_an_admission_nobody_closed_counts_as_all_bytes(world):
    await world.write("a", b"12345")
    opened = await world.open_get("a")
    await world.ask(SweepUses())
    assert outcome_entries(world) == []
    world.clock.forward(minutes=16)
    await world.ask(SweepUses())
    (entry,) = outcome_entries(world)
    assert entry["outcomes"] == [[opened.log, opened.index, 5, "cut"]]
    await world.ask(CloseGet(opened.ticket, "complete", 1))
    await world.ask(SweepUses())
    assert len(outcome_entries(world)) == 1


@with_objects
async def test_a_long_read_that_goes_on_is_not_swept(world):
    await world.write("a", b"12345")
    opened = await world.open_get("a")
    for _ in range(3):
        world.clock.forward(minutes=10)
        await world.ask(StillOpen(opened.ticket, 1))
        await world.ask(SweepUses())
    assert outcome_entries(world) == []
    await world.ask(CloseGet(opened.ticket, "complete", 5))
    await world.ask(SweepUses())
    assert [one[2:] for one in outcome_entries(world)[0]["outcomes"]] == [[5, "complete"]]


@with_objects
async def test_a_ticket_is_good_once_and_only_for_its_own_kind(world):
    put = await world.open_put("a", b"1")
    stored = world.seal(put, b"1")
    await world.close_put(put, stored)
    with pytest.raises(Refusal, match="ticket-unknown"):
        await world.close_put(put, stored)
    get = await world.open_get("a")
    with pytest.raises(Refusal, match="ticket-unknown"):
        await world.close_put(get, stored)
    with pytest.raises(Refusal, match="ticket-unknown"):
        await world.ask(StillOpen("0" * 32, 0))


@with_objects
async def test_what_was_stored_must_be_what_was_opened(world):
    for stored_of, code in (
        (lambda one: None, "bad-stored"),
        (lambda one: one.__class__("blb-x", 1, one.cipher_bytes, one.header), "bad-stored"),
        (lambda one: one.__class__(one.blob, 2, one.cipher_bytes + 1, one.header), "body-incomplete"),
        (lambda one: one.__class__(one.blob, 1, one.cipher_bytes + 1, one.header), "bad-stored"),
        (lambda one: one.__class__(one.blob, 1, one.cipher_bytes, b""), "bad-stored"),
    ):
        opened = await world.open_put("a", b"1")
        with pytest.raises(Refusal, match=code):
            await world.close_put(opened, stored_of(world.seal(opened, b"1")))
    assert await world.names() == []


@with_objects
async def test_a_cut_write_leaves_nothing_and_its_blob_goes(world):
    opened = await world.open_put("a", LONG)
    world.seal(opened, LONG)
    assert (await world.close_put(opened, None, outcome="cut")).etag == ""
    await world.ask(SweepUses())
    (entry,) = outcome_entries(world)
    assert entry["outcomes"][0][3] == "cut"
    assert await world.names() == []


@with_objects
async def test_fates_are_named_until_they_are_done(world):
    await world.write("a", b"1")
    await world.write("a", b"2")
    assert (await world.ask(LookFates())).fates == ()
    world.clock.forward(minutes=16)
    (fate,) = (await world.ask(LookFates())).fates
    assert (fate.store.uri, fate.blob) in world.stored
    assert (await world.ask(LookFates())).fates == (fate,)
    await world.ask(FateDone(((fate.blob, fate.store.location),)))
    assert (await world.ask(LookFates())).fates == ()
    assert await world.read("a") == b"2"


@with_objects
async def test_a_write_that_took_too_long_has_lost_its_blob_and_says_so(world):
    opened = await world.open_put("a", LONG)
    stored = world.seal(opened, LONG)
    for _ in range(49 * 6):
        world.clock.forward(minutes=10)
        await world.ask(StillOpen(opened.ticket, 0))
    with pytest.raises(Refusal, match="changed-meanwhile"):
        await world.close_put(opened, stored)


@with_objects
async def test_what_is_not_due_cannot_be_declared_gone(world):
    opened = await world.open_put("a", LONG)
    stored = world.seal(opened, LONG)
    await world.ask(FateDone(((opened.blob, world.inside.id),)))
    await world.close_put(opened, stored)
    assert await world.read("a") == LONG


@with_objects
async def test_a_write_open_when_the_keyroom_died_is_absent_and_what_it_acknowledged_is_there(world):
    await world.write("kept", b"acknowledged")
    for body in (b"small", LONG):
        opened = await world.open_put("lost", body)
        stored = world.seal(opened, body)
        await reopened(world)
        with pytest.raises(Refusal, match="ticket-unknown"):
            await world.close_put(opened, stored)
        with pytest.raises(Refusal, match="key-absent"):
            await world.open_get("lost")
    assert await world.read("kept") == b"acknowledged"
    world.clock.forward(minutes=16)
    await world.ask(SweepUses())
    (entry,) = [one for one in outcome_entries(world) if one["act"] == "object.put"]
    assert [one[2:] for one in entry["outcomes"]] == [[len(LONG), "cut"]]


@with_objects
async def test_a_commit_whose_answer_was_lost_is_there_after_the_restart(world):
    await world.write("other", b"so that pages are ready")
    opened = await world.open_put("a", b"1")
    stored = world.seal(opened, b"1")
    gate = world.keyroom.opened.gate
    gate._resolve = lambda answers, boot_ms: None  # the process dies between commit and answer
    await ask_and_leave(world.close_put(opened, stored))
    await reopened(world)
    assert await world.read("a") == b"1"
    world.clock.forward(days=3)
    assert (await world.ask(LookFates())).fates == ()


async def ask_and_leave(asking):
    task = asyncio.create_task(asking)
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def reopened(world: ObjectWorld):
    await world.close()
    await world.open()
