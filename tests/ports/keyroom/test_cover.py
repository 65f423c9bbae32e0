"""Who is told in whose place, and roles given for a time: with an end, by hand, and never twice for one."""

from datetime import timedelta

import msgspec

from custodes.acts.asks.cases import LookOutbox, RunClock
from custodes.acts.asks.identity import DelegateRole, EndDelegation, LeavePerson, LookCover, SetCover
from custodes.acts.asks.parties import EndMembership
from custodes.acts.roster import covering, ending  # noqa: F401 - what is tested
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Kind
from custodes.parties.cover import Absence, Duty
from fakes.folk import entries, refused
from fakes.keyrooms import LOCAL
from fakes.office import fill_in, in_office


def days(world, since=0, until=1):
    now = world.clock.now()
    return {"since": to_text(now + timedelta(days=since)), "until": to_text(now + timedelta(days=until))}


async def reachable(world, *people):
    for who in people:
        await world.change(
            "person", who.person, mail=f"{who.person.name.lower()}@town.example", is_mail_verified=True
        )


async def told(world, kind, verb):
    rows = (await world.ask(LookOutbox(LOCAL, 500))).items
    town = [
        row for row in rows if row.organisation == world.town.id and (row.kind, row.message) == (kind, verb)
    ]
    return town[-1].to


async def colleague(world, name="Dora", roles=("reader",)):
    return await world.signer(name, world.town, roles)


@in_office
async def test_deputies_those_on_call_and_leads_are_told(world):
    dora, otto = await colleague(world), await colleague(world, "Otto")
    await reachable(world, world.olga, world.anna, dora, otto)
    await world.request()
    assert await told(world, "remind", "approve") == ("anna@town.example", "olga@town.example")
    absence = Absence(person=world.anna.person.id, deputy=dora.person.id, **days(world, 0, 9))
    ask = SetCover(
        world.olga.token,
        world.town.id,
        (absence,),
        (Duty(person=otto.person.id, **days(world, 1, 3)),),
        (world.olga.person.id,),
    )
    await world.ask(ask)
    assert await told(world, "remind", "approve") == ("dora@town.example", "olga@town.example")
    await refused(world.ask(ask), "cover-changed")
    world.clock.forward(days=2)
    for _ in range(3):
        await world.ask(RunClock(LOCAL))
    late = await told(world, "escalate", "approve")
    assert late == ("dora@town.example", "olga@town.example", "otto@town.example")
    view = await world.ask(LookCover(world.anna.token))
    assert (view.generation, len(view.absences), view.leads) == (1, 1, (world.olga.person.id,))
    assert len(entries(world, world.customer_row.log("exceptional"), "change.cover")) == 1


@in_office
async def test_cover_that_cannot_stand_and_who_may_not_set_it(world):
    ask = SetCover(world.olga.token, world.town.id)
    stranger = Absence(person=world.anna.person.id, deputy=world.erik.person.id, **days(world))
    no = await refused(world.ask(msgspec.structs.replace(ask, absences=(stranger,))), "bad-cover")
    assert no.facts["reason"] == "not-a-member"
    bad = Duty(person=world.anna.person.id, since="now", until="then")
    await refused(world.ask(msgspec.structs.replace(ask, duties=(bad,))), "bad-cover")
    for who in (world.anna, world.erik):
        no = await refused(world.ask(msgspec.structs.replace(ask, evidence=who.token)))
        assert no.kind is (Kind.DENIED if who is world.anna else Kind.ABSENT)
    await refused(world.ask(msgspec.structs.replace(ask, organisation="org-none")), "no-such-thing")
    await refused(world.ask(LookCover(world.token)), "no-such-thing")


async def may_not_approve(world, who, case):
    """Nothing to sign is offered, and a signature made elsewhere does not help."""
    view = await world.look(who, case.id)
    assert view.to_sign == ()
    form = fill_in(who, (await world.look(world.olga, case.id)).to_sign[0])
    no = await refused(world.move(who, view, "approve", form))
    assert no.kind in {Kind.DENIED, Kind.CONFLICT}


async def give(world, giver, taker, **when):
    world.clock.forward(seconds=1)  # the same words signed in the same second are the same act
    ask = DelegateRole(giver.token, taker.person.id, **{**days(world), **when})
    return await world.ask(giver.signed(ask, ("person", taker.person.id)))


@in_office
async def test_a_role_for_a_time_counts_as_the_colleagues_own_and_ends(world):
    dora = await colleague(world)
    case = await world.request()
    await world.approve(world.karl, case)
    await may_not_approve(world, dora, case)
    view = await give(world, world.anna, dora)
    assert [(one.giver, one.taker) for one in view.delegations] == [(world.anna.person.id, dora.person.id)]
    assert (await world.approve(dora, case)).state == "granted"
    world.clock.forward(days=1)
    second = await world.request()
    await world.approve(world.karl, second)
    await may_not_approve(world, dora, second)
    # The giver and the taker are two people of one organisation: still no quorum without the trustee.
    third = await world.request()
    await give(world, world.anna, dora)
    await world.approve(world.anna, third)
    assert (await world.approve(dora, third)).state == "asked"


@in_office
async def test_what_cannot_be_given(world):
    dora = await colleague(world)
    for when in (days(world, 0, 91), days(world, 2, 1), days(world, -2, -1), {"since": "now", "until": "x"}):
        await refused(give(world, world.anna, dora, **when), "bad-delegation")
    await refused(give(world, world.anna, dora, role="owner"), "bad-delegation")
    await refused(give(world, world.anna, world.erik), "no-such-thing")
    await refused(give(world, world.anna, world.karl), "no-such-thing")
    await refused(give(world, world.anna, world.anna), "not-yours-to-give")
    assert (await refused(give(world, dora, world.anna))).kind is Kind.DENIED
    await give(world, world.anna, dora)
    emil = await colleague(world, "Emil")
    await refused(give(world, dora, emil), "not-yours-to-give")  # not given on
    unvetted = await colleague(world, "Uwe")
    await world.change("person", unvetted.person, is_vetted=False)
    await refused(give(world, world.anna, unvetted), "no-such-thing")
    ask = DelegateRole(world.anna.token, emil.person.id, **days(world))
    await refused(world.ask(ask))  # not signed


@in_office
async def test_what_was_given_ends_with_the_giver_by_hand_and_with_his_role(world):
    dora = await colleague(world)
    given = (await give(world, world.anna, dora)).delegations[0]
    await refused(world.ask(EndDelegation(world.erik.token, given.membership)), "no-such-thing")
    assert (await refused(world.ask(EndDelegation(dora.token, given.membership)))).kind is Kind.DENIED
    assert (await world.ask(EndDelegation(world.anna.token, given.membership))).delegations == ()
    case = await world.request()
    await may_not_approve(world, dora, case)
    await give(world, world.anna, dora)
    await world.approve(dora, case)
    await world.ask(LeavePerson(world.olga.token, world.anna.person.id, world.town.id, "left"))
    assert (await world.ask(LookCover(world.olga.token))).delegations == ()
    other = await world.request()
    await may_not_approve(world, dora, other)
    await world.approve(world.karl, case)  # dora's consent was given in a role that is gone
    assert (await world.look(world.olga, case.id)).state == "asked"


@in_office
async def test_a_role_that_is_taken_away_takes_what_was_given_with_it(world):
    dora = await colleague(world)
    await give(world, world.anna, dora)
    await world.ask(EndMembership(world.olga.token, world.anna.person.id, world.town.id, "moved"))
    assert (await world.ask(LookCover(world.olga.token))).delegations == ()
    case = await world.request()
    await may_not_approve(world, dora, case)
