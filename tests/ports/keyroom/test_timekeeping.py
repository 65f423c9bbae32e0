"""A clock that jumped: noticed, written down, nothing destroyed by it, ended by officers or witnesses."""

from custodes.acts.asks.cases import RunClock
from custodes.acts.asks.documents import destruction_document
from custodes.acts.asks.house import ConfirmClock, LookClock
from custodes.acts.asks.keys import CreateKey, LookKeys, MoveKey
from custodes.acts.timekeeping.officers import Officers  # noqa: F401 - this suite is its test
from fakes.folk import entries, in_folk, refused
from fakes.keyrooms import LOCAL

WAITING_DAYS = 30


async def to_be_destroyed(world):
    """A key whose destruction was scheduled by two people; (key id, how to destroy it)."""
    key = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "old"))).id

    async def move(verb):
        generation = world.keyroom.opened.standing.expect("key", key).generation
        days = WAITING_DAYS if verb == "schedule-destruction" else None
        document = destruction_document(world.body.id, (key, generation), verb, days)
        both = (world.olga.sign(document), world.karl.sign(document))
        return await world.keyroom.ask(MoveKey(world.olga.token, key, verb, "no longer needed", days, both))

    await move("schedule-destruction")
    return key, lambda: move("destroy")


def look(world):
    return world.keyroom.ask(LookClock(world.karl.token))


def tick(world):
    return world.keyroom.ask(RunClock(LOCAL))


async def state(world, key):
    found = (await world.keyroom.ask(LookKeys(world.olga.token, world.customer_row.id))).keys
    return next(one.state for one in found if one.id == key)


@in_folk
async def test_the_waiting_period_of_a_key_cannot_be_skipped_by_setting_the_clock(world):
    key, destroy = await to_be_destroyed(world)
    await refused(destroy(), "waiting-period-runs")
    world.clock.jump(days=WAITING_DAYS + 1)
    assert (await refused(destroy(), "clock-jumped")).facts["to_at"].startswith("2026-12-23")
    await tick(world)
    world.clock.jump(days=-WAITING_DAYS)
    await world.close()
    await world.open()  # neither a restart nor setting it right again ends it
    await refused(destroy(), "clock-behind")
    world.clock.forward(days=WAITING_DAYS)
    await refused(destroy(), "clock-jumped")
    assert await state(world, key) == "deactivated"


@in_folk
async def test_time_that_passed_destroys(world):
    key, destroy = await to_be_destroyed(world)
    world.clock.forward(days=WAITING_DAYS + 1)
    await destroy()
    assert await state(world, key) == "destroyed"


@in_folk
async def test_two_officers_of_two_groups_confirm_and_one_does_not(world):
    key, destroy = await to_be_destroyed(world)
    await refused(world.keyroom.ask(ConfirmClock(world.karl.token, ())), "no-clock-jump")
    world.clock.jump(days=WAITING_DAYS + 1)
    await tick(world)
    await tick(world)
    log = f"{world.body.id}/exceptional"
    (noted,) = entries(world, log, "clock.jump")
    assert noted.fields["until"].startswith("2026-12-23")
    shown = await look(world)
    assert shown.jumped_to.startswith("2026-12-23")
    alone = (world.karl.sign(shown.document),)
    await refused(world.keyroom.ask(ConfirmClock(world.karl.token, alone)), "signatures-too-few")
    town = (*alone, world.olga.sign(shown.document))
    await refused(world.keyroom.ask(ConfirmClock(world.karl.token, town)), "not-permitted")
    both = (*alone, world.kim.sign(shown.document))
    await refused(world.keyroom.ask(ConfirmClock(world.olga.token, both)), "asker-did-not-sign")
    done = await world.keyroom.ask(ConfirmClock(world.karl.token, both))
    assert (done.jumped_to, done.document) == ("", b"")
    (confirmed,) = entries(world, log, "clock.confirm")
    assert confirmed.fields["organisation"] == world.trustee.id
    await tick(world)
    assert len(entries(world, log, "clock.jump")) == 1
    await destroy()
    assert await state(world, key) == "destroyed"
    world.clock.jump(days=2)  # the old signatures are no good for the next jump
    await tick(world)
    await refused(world.keyroom.ask(ConfirmClock(world.karl.token, both)), "signature-refused")


@in_folk
async def test_a_house_silent_for_long_cannot_show_that_no_time_was_added(world):
    key, destroy = await to_be_destroyed(world)
    await world.close()
    world.clock.forward(days=WAITING_DAYS + 1)
    await world.open()
    await refused(destroy(), "clock-jumped")
    await tick(world)
    await world.close()
    await world.open()
    await refused(destroy(), "clock-jumped")
    assert await state(world, key) == "deactivated"


@in_folk
async def test_a_quorum_of_witnesses_ends_a_jump_and_their_time_stops_grants(world):
    _, destroy = await to_be_destroyed(world)
    await world.close()
    world.clock.forward(days=WAITING_DAYS + 1)
    await world.open()
    await tick(world)
    time = world.keyroom.opened.time
    time.vouched(world.clock.now())
    await tick(world)
    (ended,) = entries(world, f"{world.body.id}/exceptional", "clock.confirm")
    assert ended.fields["reason"] == "witnesses"
    await destroy()
    world.clock.jump(hours=2)
    await refused(tick(world), "clock-apart")


@in_folk
async def test_the_clock_is_nobodys_business_but_the_officers(world):
    for who in (world.olga, world.erik):
        await refused(world.keyroom.ask(LookClock(who.token)))
    assert (await look(world)).apart_s == 0
