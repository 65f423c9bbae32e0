"""Deadlines as moves by the clock: in order, once, also late; and what they tell the outside."""

import asyncio
import logging

import pytest

from custodes.acts import logkeeping  # noqa: F401 - this suite is its test
from custodes.acts.asks.cases import LookOutbox, OutboxDone, RunClock
from custodes.acts.asks.house import Seal
from custodes.acts.footing.granted import Granted
from custodes.acts.office.clock import Clockwork  # noqa: F401
from custodes.acts.office.telling import CONFLICT, SUBJECTS, Telling  # noqa: F401
from custodes.kernel.refusal import Refusal
from custodes.store.nouns import outbox  # noqa: F401
from custodes.wiring import keyroom as wiring
from fakes.keyrooms import LOCAL
from fakes.office import in_office


def tick(world):
    return world.ask(RunClock(LOCAL))


async def told(world):
    return (await world.ask(LookOutbox(LOCAL, 500))).items


@in_office
async def test_a_request_is_reminded_escalated_and_lapses_each_once(world):
    case = await world.request()
    for hours, state, move in (
        (23, "asked", None),
        (2, "asked", "remind"),
        (24, "asked", "escalate"),
        (24, "asked", "remind"),
        (24, "unanswered", "lapse"),
    ):
        world.clock.forward(hours=hours)
        assert (await tick(world)).moved == (1 if move else 0)
        assert (await tick(world)).moved == 0
        view = await world.look(world.anna, case.id)
        assert view.state == state
        if move:
            assert view.timeline[-1].move == move
            assert view.timeline[-1].actor == "clock"
    assert (await tick(world)).undone == ()


@in_office
async def test_after_downtime_everything_happens_late_and_in_order(world):
    case = await world.request()
    await world.close()
    world.clock.forward(days=9)
    await world.open()
    assert (await tick(world)).moved == 4
    view = await world.look(world.anna, case.id)
    assert view.state == "unanswered"
    assert [step.move for step in view.timeline] == ["ask", "remind", "escalate", "remind", "lapse"]


@in_office
async def test_a_grant_lapses_and_its_review_is_chased(world):
    case = await world.granted()
    world.clock.forward(minutes=61)
    await tick(world)
    view = await world.look(world.karl, case.id)
    assert (view.state, view.grant.state) == ("lapsed", "lapsed")
    world.clock.forward(days=15)
    ran = await tick(world)
    assert ran.moved == 3
    kinds = [(item.kind, item.message) for item in await told(world)]
    assert ("alarm", "review-overdue") in kinds
    assert ("escalate", "review") in kinds


@in_office
async def test_a_grant_used_up_is_ended_by_the_house(world):
    case = await world.granted()
    assert (await tick(world)).moved == 0
    await world.use(world.erik.token)
    assert (await tick(world)).moved == 1
    view = await world.look(world.karl, case.id)
    assert (view.state, view.grant.state) == ("spent", "spent")
    assert view.timeline[-1].move == "spend"
    assert (await tick(world)).moved == 0
    row = world.keyroom.opened.standing.get("grant", case.grant.id, Granted)
    assert (row.uses_spent, row.state) == (1, "spent")


@in_office
async def test_what_cannot_be_done_is_an_alarm_and_the_rest_goes_on(world):
    broken, fine = await world.request(), await world.request(ticket="T-2")
    world.sql("UPDATE desk_case SET body = body || ' ' WHERE id = ?", broken.id)
    world.clock.forward(days=5)
    logged = []
    handler = logging.Handler()
    handler.emit = logged.append
    logging.getLogger("custodes.clock").addHandler(handler)
    try:
        ran = await tick(world)
    finally:
        logging.getLogger("custodes.clock").removeHandler(handler)
    assert ran.undone == (broken.id,)
    assert any("alarm" in record.getMessage() and broken.id in record.getMessage() for record in logged)
    assert (await world.look(world.anna, fine.id)).state == "unanswered"


@in_office
async def test_a_due_time_taken_out_of_the_row_is_found_by_its_head(world):
    case = await world.request()
    world.sql("UPDATE desk_case SET due_at = NULL")
    world.clock.forward(days=5)
    assert (await tick(world)).moved == 4
    assert (await world.look(world.anna, case.id)).state == "unanswered"


@in_office
async def test_nobody_but_the_house_runs_the_clock_or_reads_the_outbox(world):
    for ask in (
        RunClock(world.ada.token),
        LookOutbox(world.ada.token),
        OutboxDone(world.ada.token, ("out-" + "0" * 26,)),
    ):
        with pytest.raises(Refusal, match="local-only"):
            await world.ask(ask)
    with pytest.raises(Refusal, match="bad-ids"):
        await world.ask(OutboxDone(LOCAL, ("x",)))
    with pytest.raises(Refusal, match="bad-limit"):
        await world.ask(LookOutbox(LOCAL, 0))


@in_office
async def test_the_outbox_keeps_what_was_not_told_and_names_nobody(world):
    await world.change("person", world.anna.person, mail="anna@town.example", is_mail_verified=True)
    await world.change("person", world.karl.person, mail="karl@trustee.example")
    case = await world.request(reason="Erik Muster, Aktenzeichen 12", ticket="T-Muster")
    items = await told(world)
    assert {item.kind for item in items} == {"tell", "remind"}
    assert all(item.case == case.id for item in items)
    for item in items:
        for text in (item.subject_de, item.subject_en):
            assert case.id in text
            assert "Muster" not in text
            assert "Erik" not in text
    asked = next(item for item in items if item.kind == "remind" and item.organisation == world.town.id)
    assert asked.to == ("anna@town.example",)
    of_trustee = [item for item in items if item.organisation == world.trustee.id]
    assert all(item.to == () for item in of_trustee)
    await world.ask(OutboxDone(LOCAL, (asked.id, "out-" + "0" * 26)))
    left = await told(world)
    assert [item.id for item in left] == [item.id for item in items if item.id != asked.id]
    await world.close()
    await world.open()
    assert await told(world) == left
    assert (await world.ask(LookOutbox(LOCAL, 1))).waiting == len(left)


@in_office
async def test_the_process_lets_time_pass_by_itself_and_outlives_a_seal(world):
    case = await world.request()
    world.clock.forward(days=5)
    asked, looked = world.keyroom.ask, asyncio.Event()

    async def watched(ask):
        try:
            return await asked(ask)
        finally:
            looked.set()

    world.keyroom.ask = watched
    every, wiring.CLOCK_EVERY_S = wiring.CLOCK_EVERY_S, 0
    ticking = asyncio.create_task(wiring.let_time_pass(world.keyroom, LOCAL.token))
    try:
        await looked.wait()
        await world.ask(Seal(LOCAL, "test"))
        looked.clear()
        await looked.wait()
        await world.keyroom.unseal(world.passphrase)
        looked.clear()
        await looked.wait()
        assert not ticking.done()
    finally:
        ticking.cancel()
        wiring.CLOCK_EVERY_S = every
        world.keyroom.ask = asked
    assert (await world.look(world.anna, case.id)).state == "unanswered"


@in_office
async def test_a_move_that_is_refused_tells_nobody(world):
    case = await world.request()
    before = await told(world)
    with pytest.raises(Refusal, match="not-permitted"):
        await world.move(world.erik, case, "deny", {"reason": "Mine."})
    assert await told(world) == before


def test_every_message_of_a_desk_has_its_subject():
    import re
    from pathlib import Path

    import custodes.desks

    found = set()
    for path in Path(custodes.desks.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'tell_all\(step, "([a-z-]+)"\)', text))
        found |= set(re.findall(r'_told\(step, "([a-z-]+)"\)', text))
        found |= set(re.findall(r'party="customer", message="([a-z-]+)"', text))
        found |= set(re.findall(r'Alarm\(message="([a-z-]+)"\)', text))
    assert found | {CONFLICT} == set(SUBJECTS)
