"""Notices that wait are told: at least once, with back-off, and given up with an alarm and an entry."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.cases import LookNotices, LookOutbox
from custodes.acts.logkeeper import notices
from custodes.acts.logkeeper.notices import Deliverer
from custodes.acts.logkeeper.signed_doors import SignedDoors
from custodes.kernel.refusal import unavailable
from fakes.folk import entries, refused
from fakes.keyrooms import LOCAL
from fakes.office import in_office

CONSOLE = "https://console.example"


class Line:
    """A channel of the test: fails while `is_down`."""

    name = "line"

    def __init__(self, *targets):
        self.to, self.told, self.is_down = targets, [], False

    def targets(self, notice):
        return self.to

    async def deliver(self, notice, target):
        if self.is_down and target == self.to[0]:
            raise unavailable("unreachable")
        self.told.append((notice.id, target))


def deliverer(world, *lines):
    key = Ed25519PrivateKey.from_private_bytes(world.log_keys.ed25519)
    doors = SignedDoors(world.keyroom, world.body.id, key, world.clock)
    return Deliverer(doors, lines, world.clock, CONSOLE)


async def waiting(world):
    return (await world.ask(LookOutbox(LOCAL, 500))).items


@in_office
async def test_everything_that_waits_is_told_and_then_no_more(world):
    await world.request()
    count = len(await waiting(world))
    assert count > 0
    line = Line("a")
    round_ = deliverer(world, line).round
    assert await round_() == count
    assert await waiting(world) == ()
    assert await round_() == 0
    assert len({id_ for id_, _ in line.told}) == len(line.told) == count


@in_office
async def test_who_was_told_is_not_told_again_and_the_other_is_tried_later_and_later(world):
    await world.request()
    count = len(await waiting(world))
    line = Line("broken", "well")
    line.is_down = True
    delivering = deliverer(world, line)
    for _ in range(3):
        assert await delivering.round() == 0
    assert len(line.told) == count
    world.clock.forward(seconds=notices.WAIT_S_FIRST)
    line.is_down = False
    assert await delivering.round() == count
    assert sorted(target for _, target in line.told) == ["broken"] * count + ["well"] * count


@in_office
async def test_after_a_restart_it_may_come_twice_under_the_same_id(world):
    await world.request()
    line = Line("broken", "well")
    line.is_down = True
    await deliverer(world, line).round()
    line.is_down = False
    await deliverer(world, line).round()
    told = [id_ for id_, target in line.told if target == "well"]
    assert len(told) == 2 * len(set(told))
    assert await waiting(world) == ()


@in_office
async def test_what_cannot_be_delivered_is_an_alarm_and_an_entry_and_blocks_nothing(world):
    case = await world.request()
    count = len(await waiting(world))
    line = Line("broken")
    line.is_down = True
    delivering = deliverer(world, line)
    rounds = 0
    while await waiting(world):
        await delivering.round()
        world.clock.forward(seconds=notices.WAIT_S_MAX)
        rounds += 1
        assert rounds <= notices.TRIES_MAX
    dead = entries(world, world.customer_row.log("exceptional"), "lockbox.untold")
    assert len(dead) == count
    assert {one.fields["case"] for one in dead} == {case.id}
    line.is_down = False
    await world.approve(world.anna, case)
    assert await delivering.round() > 0


@in_office
async def test_each_organisation_sees_what_waits_for_itself(world):
    case = await world.request()
    await world.change("person", world.anna.person, mail="anna@town.example", is_mail_verified=True)
    town = await world.ask(LookNotices(world.anna.token))
    assert {(one.case, one.customer) for one in town.notices} == {(case.id, world.customer_row.id)}
    assert {one.reached for one in town.notices} == {1}
    trustee = await world.ask(LookNotices(world.karl.token))
    assert not {one.id for one in town.notices} & {one.id for one in trustee.notices}
    assert town.waiting == trustee.waiting > len(town.notices)
    assert "T-4711" not in repr(town)  # nothing of the case but its id
    await refused(world.ask(LookNotices(world.token)), "no-such-thing")
