"""Break-glass on a running keyroom: off, opted in by a signature, two signatures, told at once, reviewed."""

import pytest

from custodes.acts.asks.cases import LookBreakGlass, LookOutbox, OpenCase, RunClock, SetBreakGlass
from custodes.acts.office.opting import Opting  # noqa: F401 - this suite is its test
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from fakes.keyrooms import LOCAL
from fakes.office import in_office


def call_form(world, who, **changes):
    plain = canonical.decode(world.request_form(beneficiary=who.token.token.partition(".")[0], **changes))
    del plain["purpose"]
    return canonical.encode(plain)


def call(world, who=None, **changes):
    form = call_form(world, world.ada, **changes)
    return world.ask(OpenCase((who or world.karl).token, "break-glass", world.customer_row.id, form))


async def opt(world, who, *, on=True, calls=2):
    ask = SetBreakGlass(who.token, world.customer_row.id, on, calls)
    return await world.ask(who.signed(ask, ("break-glass", world.customer_row.id)))


async def reasons(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code, tuple(caught.value.facts.get("reasons", ()))


@in_office
async def test_off_until_the_owner_signs(world):
    assert await reasons(call(world)) == ("move-closed", ("break-glass-off", "calls-used-up"))
    unsigned = SetBreakGlass(world.olga.token, world.customer_row.id, True, 2)
    assert (await reasons(world.ask(unsigned)))[0] == "forbidden"
    for who in (world.karl, world.anna):
        assert (await reasons(opt(world, who)))[0] in {"forbidden", "not-permitted"}
    assert (await reasons(opt(world, world.olga, calls=0)))[0] == "bad-break-glass"
    stands = await opt(world, world.olga)
    assert (stands.on, stands.calls_per_month_max, stands.generation) == (True, 2, 1)
    assert await world.ask(LookBreakGlass(world.anna.token, world.customer_row.id)) == stands
    assert (await call(world)).state == "called"
    assert not (await opt(world, world.olga, on=False, calls=0)).on
    assert (await reasons(call(world)))[1][0] == "break-glass-off"


@in_office
async def test_two_signatures_the_callers_among_them_and_the_customer_told_at_once(world):
    await opt(world, world.olga)
    case = await call(world)
    told = (await world.ask(LookOutbox(LOCAL, 100))).items
    assert ("tell", "glass-called", world.town.id) in {
        (item.kind, item.message, item.organisation) for item in told
    }
    assert ("alarm", "glass-called") in {(item.kind, item.message) for item in told}
    once = await world.approve(world.karl, case)
    assert once.state == "called"
    assert (await reasons(world.use(world.ada.token)))[0] != "no-uses-left"
    done = await world.approve(world.anna, case)
    assert done.state == "granted"
    used = await world.use(world.ada.token)
    assert (used.message, used.log) == (b"a data key", world.customer_row.log("exceptional"))
    assert (await reasons(world.use(world.ada.token)))[0] == "no-uses-left"


@in_office
async def test_a_call_nobody_seconds_is_over_and_calls_are_counted(world):
    await opt(world, world.olga)
    first = await call(world)
    await world.approve(world.karl, first)
    world.clock.forward(minutes=61)
    await world.ask(RunClock(LOCAL))
    assert (await world.look(world.anna, first.id)).state == "unanswered"
    await call(world, ticket="T-2")
    assert await reasons(call(world, ticket="T-3")) == ("move-closed", ("calls-used-up",))
    world.clock.forward(days=30)
    assert (await call(world, ticket="T-4")).state == "called"


@in_office
async def test_while_a_review_is_overdue_nobody_breaks_the_glass(world):
    await opt(world, world.olga)
    case = await call(world)
    await world.approve(world.karl, case)
    await world.approve(world.anna, case)
    world.clock.forward(hours=2)
    await world.ask(RunClock(LOCAL))
    world.clock.forward(days=15)
    assert (await reasons(call(world, ticket="T-2")))[1] == ("review-overdue",)
    view = await world.look(world.olga, case.id)
    await world.move(world.olga, view, "review", {"finding": "as-asked", "reason": "Seen."})
    assert (await call(world, ticket="T-2")).state == "called"


@in_office
async def test_one_human_is_not_two(world):
    """Karl calls and signs; a second account of his, at the town, signs too."""
    await opt(world, world.olga)
    case = await call(world)
    await world.approve(world.karl, case)
    again = await world.signer("Karl II", world.town, ("approver",))
    for row in (world.karl.person, again.person):
        await world.change("person", row, mail="karl@human.example", is_mail_verified=True)
    view = await world.look(again, case.id)
    (why,) = next(move for move in view.moves if move.verb == "approve").why
    assert why.code == "approved-before"
    assert view.state == "called"
