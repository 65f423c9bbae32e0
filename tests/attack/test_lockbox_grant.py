"""Attacks on a grant that stands, on a running keyroom and with the database in the attacker's hands."""

import asyncio

import pytest

from custodes.acts.asks.cases import LookCases, RunClock
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.nouns import Kills
from custodes.custody.kill import Kill, KillScope
from custodes.kernel.refusal import Kind, Refusal
from fakes.keyrooms import LOCAL
from fakes.office import in_office


async def no(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code, caught.value.kind


def row_of(world, case):
    return world.keyroom.opened.standing.get("grant", case.grant.id, Granted)


def stored(world, table, id_):
    columns = "generation, body, mac" if table == "standing" else "state, version, due_at, body"
    return world.sql(f"SELECT {columns} FROM {table} WHERE id = ?", id_)[0]


def put_back(world, table, id_, row):
    columns = ("generation", "body", "mac") if table == "standing" else ("state", "version", "due_at", "body")
    places = ", ".join(f"{column} = ?" for column in columns)
    assert world.sql(f"UPDATE {table} SET {places} WHERE id = ?", *row, id_) == 1


@in_office
async def test_used_at_minute_61(world):
    case = await world.granted(uses=9)
    world.clock.forward(minutes=59, seconds=59)
    await world.use(world.erik.token)
    world.clock.forward(seconds=1)
    assert await no(world.use(world.erik.token)) == ("grant-lapsed", Kind.DENIED)
    world.clock.forward(minutes=1)
    assert await no(world.use(world.erik.token)) == ("grant-lapsed", Kind.DENIED)
    await world.ask(RunClock(LOCAL))
    assert (await no(world.use(world.erik.token)))[1] is Kind.DENIED
    assert row_of(world, case).state == "lapsed"
    assert row_of(world, case).uses_spent == 1


@in_office
async def test_used_a_second_time(world):
    case = await world.granted()
    done = await asyncio.gather(*(world.use(world.erik.token) for _ in range(5)), return_exceptions=True)
    refused = [one for one in done if isinstance(one, Refusal)]
    assert len(refused) == 4
    assert {one.code for one in refused} <= {"no-uses-left", "changed-meanwhile"}
    assert row_of(world, case).uses_spent == 1


@in_office
async def test_the_clock_is_set_back_into_the_window(world):
    await world.granted(uses=9)
    world.clock.forward(minutes=61)
    assert await no(world.use(world.erik.token)) == ("grant-lapsed", Kind.DENIED)
    world.clock.forward(minutes=-40)
    assert await no(world.use(world.erik.token)) == ("clock-behind", Kind.UNAVAILABLE)


@in_office
async def test_the_clock_is_set_back_while_the_house_is_down(world):
    case = await world.granted(uses=9)
    world.clock.forward(minutes=61)
    await world.ask(RunClock(LOCAL))
    await world.close()
    world.clock.forward(minutes=-40)
    await world.open()
    assert world.clock.now().isoformat() >= "2026-11-22T09:01:00"  # never below the last entry
    assert await no(world.use(world.erik.token)) == ("clock-behind", Kind.UNAVAILABLE)
    world.clock.forward(minutes=40)
    assert (await no(world.use(world.erik.token)))[1] is Kind.DENIED
    view = await world.look(world.karl, case.id)
    assert view.grant.state == "lapsed"


@in_office
async def test_a_grant_row_edited_does_nothing_now_and_stops_the_house_later(world):
    case = await world.granted()
    await world.use(world.erik.token)
    body = "replace(body, '\"uses_spent\":1', '\"uses_spent\":0')"
    assert world.sql(f"UPDATE standing SET body = {body} WHERE noun = 'grant'") == 1
    assert await no(world.use(world.erik.token)) == ("no-uses-left", Kind.DENIED)
    assert row_of(world, case).uses_spent == 1
    await world.close()
    assert await no(world.open()) == ("standing-forged", Kind.UNAVAILABLE)


@in_office
async def test_yesterdays_grant_row_put_back(world):
    case = await world.granted()
    before = stored(world, "standing", case.grant.id)
    await world.use(world.erik.token)
    put_back(world, "standing", case.grant.id, before)
    assert await no(world.use(world.erik.token)) == ("no-uses-left", Kind.DENIED)
    await world.close()
    assert await no(world.open()) == ("standing-rolled-back", Kind.UNAVAILABLE)


@in_office
async def test_a_revoked_grant_put_back(world):
    case = await world.granted(uses=9)
    before = stored(world, "standing", case.grant.id)
    await world.move(world.anna, case, "revoke", {"reason": "Stop."})
    put_back(world, "standing", case.grant.id, before)
    assert (await no(world.use(world.erik.token)))[1] is Kind.DENIED
    await world.close()
    assert await no(world.open()) == ("standing-rolled-back", Kind.UNAVAILABLE)


@in_office
async def test_a_grant_row_made_by_hand_stops_the_next_change_and_the_next_start(world):
    """The attacker copies a grant under a new id: nobody finds it, and the house does not start with it."""
    case = await world.granted()
    await world.use(world.erik.token)
    copied = (
        "noun, 'grt-' || substr(id, 5, 25) || '0', customer, position + 1000, generation, body, mac, changed"
    )
    world.sql(f"INSERT INTO standing SELECT {copied} FROM standing WHERE id = ?", case.grant.id)
    assert await no(world.use(world.erik.token)) == ("no-uses-left", Kind.DENIED)
    await world.close()
    assert await no(world.open()) == ("standing-forged", Kind.UNAVAILABLE)


@in_office
async def test_a_case_row_edited_to_granted_opens_nothing(world):
    case = await world.request()
    await world.approve(world.anna, case)
    asked = 'replace(body, \'"state":"asked"\', \'"state":"granted"\')'
    assert world.sql(f"UPDATE desk_case SET state = 'granted', body = {asked} WHERE id = ?", case.id) == 1
    assert (await no(world.use(world.erik.token)))[1] is Kind.DENIED
    for doing in (world.look(world.karl, case.id), world.move(world.karl, case, "approve", version=2)):
        assert await no(doing) == ("case-forged", Kind.UNAVAILABLE)
    (line,) = (await world.ask(LookCases(world.karl.token))).cases
    assert (line.state, line.is_forged, line.is_mine) == ("asked", True, False)
    assert list(world.keyroom.opened.standing.all_of("grant", Granted)) == []


@in_office
async def test_yesterdays_case_row_put_back_to_approve_what_was_denied(world):
    case = await world.request()
    before = stored(world, "desk_case", case.id)
    await world.move(world.anna, case, "deny", {"reason": "No."})
    put_back(world, "desk_case", case.id, before)
    assert await no(world.look(world.karl, case.id)) == ("case-forged", Kind.UNAVAILABLE)
    await world.close()
    await world.open()
    assert await no(world.move(world.karl, case, "approve")) == ("case-forged", Kind.UNAVAILABLE)


@in_office
async def test_a_document_widened_in_the_row_before_the_second_signature(world):
    case = await world.request()
    await world.approve(world.anna, case)
    wider = "replace(body, '\"uses_max\":1', '\"uses_max\":99')"
    assert world.sql(f"UPDATE desk_case SET body = {wider} WHERE id = ?", case.id) == 1
    assert await no(world.look(world.karl, case.id)) == ("case-forged", Kind.UNAVAILABLE)


@in_office
async def test_a_case_row_deleted(world):
    case = await world.granted()
    world.sql("DELETE FROM desk_case WHERE id = ?", case.id)
    assert await no(world.look(world.karl, case.id)) == ("case-forged", Kind.UNAVAILABLE)


@in_office
async def test_a_case_row_given_to_somebody_else_shows_him_nothing(world):
    """The attacker makes another engineer the asker, in the columns by which lists are found."""
    await world.request()
    eva = await world.signer("Eva", world.supplier, ("engineer",))
    assert world.sql("UPDATE desk_case SET asker = ?", eva.person.id) == 1
    assert (await world.ask(LookCases(eva.token))).cases == ()
    world.sql("UPDATE desk_case SET customer = ?", world.house_customer.id)
    assert (await world.ask(LookCases(world.anna.token))).cases == ()
    assert (await world.ask(LookCases(world.karl.token))).cases == ()


@in_office
async def test_a_revocation_that_commits_first_wins(world):
    """The use has decided; before it commits, the revocation does."""
    case = await world.granted(uses=9)
    o = world.keyroom.opened
    change, revoked = o.gate.change, []

    async def overtaken(act, prepared):
        if not revoked and any(row.noun == "grant" for row in prepared.rows):
            revoked.append(True)
            o.gate.standing_lock.release()
            await world.move(world.anna, case, "revoke", {"reason": "Stop."})
            await o.gate.standing_lock.acquire()
        return await change(act, prepared)

    o.gate.change = overtaken
    assert await no(world.use(world.erik.token)) == ("grant-not-valid", Kind.DENIED)
    assert (row_of(world, case).state, row_of(world, case).uses_spent) == ("revoked", 0)


@in_office
async def test_a_process_stopped_between_commit_and_answer_releases_nothing(world):
    case = await world.granted(uses=9)
    gate = world.keyroom.opened.gate
    resolve = gate._resolve

    def paused(answers, boot_ms):
        world.clock.forward(seconds=1.5)
        resolve(answers, boot_ms)

    gate._resolve = paused
    assert await no(world.use(world.erik.token)) == ("answer-too-late", Kind.UNAVAILABLE)
    assert row_of(world, case).uses_spent == 1


@in_office
async def test_a_window_that_closes_between_decision_and_commit(world):
    case = await world.granted(uses=9)
    world.clock.forward(minutes=59, seconds=59)
    o = world.keyroom.opened
    change = o.gate.change

    async def late(act, prepared):
        world.clock.forward(seconds=2)
        return await change(act, prepared)

    o.gate.change = late
    assert await no(world.use(world.erik.token)) == ("grant-lapsed", Kind.DENIED)
    assert row_of(world, case).uses_spent == 0


@in_office
async def test_a_killed_customer_stands_still_under_a_grant_too(world):
    await world.granted(uses=9)
    kill = Kill(
        id="kill",
        scope=KillScope.CUSTOMER,
        subject=world.customer_row.id,
        killed_at=world.clock.now(),
        by=world.olga.person.id,
        reason="suspicion",
    )
    await world.put(("kills", world.customer_row.id, world.customer_row.id, Kills(kills=(kill,))))
    assert (await no(world.use(world.erik.token)))[1] is Kind.LOCKED


@in_office
async def test_the_clock_is_set_back_while_the_house_is_down_and_nothing_lapsed_yet(world):
    await world.granted(uses=9)
    world.clock.forward(minutes=59)
    await world.use(world.erik.token)  # the last entry: what the clock is measured by
    await world.close()
    world.clock.forward(minutes=-50)  # a window that would now be open for 51 minutes more
    await world.open()
    assert await no(world.use(world.erik.token)) == ("clock-behind", Kind.UNAVAILABLE)
    world.clock.forward(minutes=50)
    await world.use(world.erik.token)
