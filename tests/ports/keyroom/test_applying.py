"""A file against a real keyroom: planned, carried out, cut off anywhere, overtaken, exported."""

import pytest

from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.rules import LookPlaces, SetBoundary, SetLocation
from custodes.acts.plans import customers, exporting, parties  # noqa: F401 - tested here
from custodes.acts.plans.carrying import CHANGED, HELD
from custodes.acts.plans.found import gather
from custodes.acts.plans.steps import State
from custodes.acts.plans.talking import run_async
from custodes.boundary.places import Boundary
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, unavailable
from fakes.applying import DEFAULT, LOOKS, Hand, file
from fakes.folk import in_folk
from fakes.witnesses import policy_of

pytestmark = pytest.mark.slow


def states(plan):
    return {step.key: step.state.value for step in plan.steps}


async def settled(world):
    """The administrator's part and the owner's, both to the end."""
    await Hand(world, world.ada).apply()
    return await Hand(world, world.olga).apply()


@in_folk
async def test_each_does_his_part_and_then_there_is_nothing_left(world):
    first = await Hand(world, world.ada).plan()
    assert first.differs
    opened = {step.noun: step.who.code for step in first.steps if step.state is State.OPEN}
    assert opened["boundary"] == "owner"
    assert opened["key-of"] == "person-and-officer"
    assert opened["vetting"] == "two-officers"
    done = await Hand(world, world.ada).apply()
    assert {step.noun for step in done.done} == {"person", "location", "application"}
    assert not done.refused
    done = await Hand(world, world.olga).apply()
    assert [step.noun for step in done.done] == ["key", "key", "boundary", "bucket", "versioning"]
    assert not done.refused
    for who in (world.ada, world.olga):
        hand = Hand(world, who)
        again = await hand.apply()
        assert (again.done, again.refused, hand.written) == ((), (), [])
        left = {step.noun for step in again.plan.steps if step.state is not State.UNMANAGED}
        assert left <= {"key-of", "vetting", "person"}


@in_folk
async def test_it_may_be_cut_off_after_any_ask(world):
    """The answer of each writing ask is lost in turn, as by kill -9; nothing is done twice."""
    for who in (world.ada, world.olga):
        for _ in range(12):
            hand = Hand(world, who, lasts=0)
            try:
                outcome = await hand.apply()
            except KeyboardInterrupt:
                continue
            assert (outcome.done, outcome.refused) == ((), ())
            break
        else:
            pytest.fail("it never came to an end")
    found = await run_async(gather(world.olga.token, lambda _i, _n: True), world.keyroom.ask)
    (one,) = found.customers
    assert sorted(row.name for row in one.live_keys) == ["data key", "letters"]
    assert sorted(row.name for row in one.applications) == ["Letters", "Registry"]
    assert [(row.name, row.versioning) for row in one.all_buckets] == [("letters", "enabled")]
    assert [row.name for row in found.locations] == ["hall"]


@in_folk
async def test_a_house_that_changed_after_the_plan_is_not_overwritten(world):
    await Hand(world, world.ada).apply()
    hand = Hand(world, world.olga, file(classes="[personal, health]"))
    shown = await hand.plan()
    customer = world.customer_row.id
    other = canonical.encode({"areas": ["DE"], "jurisdictions": ["DE"]})
    bare = SetBoundary(world.olga.token, customer, other)
    await world.keyroom.ask(world.olga.signed(bare, ("boundary", customer)))
    await world.keyroom.ask(CreateKey(world.olga.token, customer, "letters"))
    outcome = await hand.apply(shown)
    assert {one.step.noun: one.code for one in outcome.refused} == {"boundary": CHANGED, "key": CHANGED}
    stands = world.keyroom.opened.standing.get("boundary", customer, Boundary)
    assert stands.areas == ("DE",)
    assert any(step.noun == "boundary" and step.weaker for step in outcome.plan.steps)  # now it would loosen
    assert "bucket" not in {step.noun for step in outcome.done}  # it waits for the boundary that was refused


@in_folk
async def test_a_place_changed_meanwhile_is_not_overwritten(world):
    await Hand(world, world.ada).apply()
    moved = file().replace("country: DE, operator: Custodian", "country: FR, operator: Custodian")
    hand = Hand(world, world.ada, moved)
    shown = await hand.plan()
    step = next(step for step in shown.steps if step.noun == "location")
    assert (step.state, step.weaker) == (State.CHANGE, ("place-moved:hall",))
    held = await hand.apply(shown)
    assert [one.code for one in held.refused] == [HELD]
    (place,) = (await world.keyroom.ask(LookPlaces(world.ada.token, world.customer_row.id))).places
    form = {"name": "hall", "country": "IT", "operator": world.custodian.id, "jurisdictions": ["IT"]}
    await world.keyroom.ask(
        SetLocation(world.ada.token, canonical.encode(form), "file:///srv/hall", place.id)
    )
    outcome = await hand.apply(shown, allows_weaker=True)
    assert [one.code for one in outcome.refused] == [CHANGED]
    outcome = await hand.apply(allows_weaker=True)
    assert [one.noun for one in outcome.done] == ["location"]


@in_folk
async def test_what_weakens_is_shown_and_left_unless_allowed(world):
    await settled(world)
    strict = Hand(world, world.olga, file(forms=[*DEFAULT, "people-only-under-grant"]))
    assert [step.noun for step in (await strict.apply()).done] == ["rules"]
    loose = Hand(world, world.olga)
    shown = await loose.plan()
    (rules,) = (step for step in shown.steps if step.noun == "rules")
    assert rules.weaker == ("rule-dropped:people-only-under-grant",)
    assert [one.code for one in (await loose.apply(shown)).refused] == [HELD]
    assert [step.noun for step in (await loose.apply(shown, allows_weaker=True)).done] == ["rules"]


@in_folk
async def test_whose_cosignatures_a_customer_asks_for(world):
    await settled(world)
    await Hand(world, world.olga).apply()

    def with_policy(names):
        lines = policy_of(world.body.log_vkeys, names).splitlines()
        return file() + "  witness_policy:\n" + "".join(f'  - "{line}"\n' for line in lines)

    hand = Hand(world, world.olga, with_policy(["w1", "w2"]))
    shown = await hand.plan()
    (step,) = (step for step in shown.steps if step.noun == "witness-policy")
    assert (step.state, step.weaker) == (State.CHANGE, ())
    assert [one.noun for one in (await hand.apply(shown)).done] == ["witness-policy"]
    policy = world.keyroom.opened.policies.of(world.customer_row.id)
    assert sorted(one.name for one in policy.witnesses.values()) == ["w1", "w2"]
    assert not (await hand.plan()).doable

    found = await run_async(gather(world.olga.token, lambda _i, _n: True), world.keyroom.ask)
    again = Hand(world, world.olga, exporting.export(found, world.customer_row.id))
    assert "witness-policy" not in {step.noun for step in (await again.plan()).steps}

    fewer = Hand(world, world.olga, with_policy(["w1"]))  # drift, held because it may be less
    assert [one.code for one in (await fewer.apply()).refused] == [HELD]
    other = Hand(world, world.ada, with_policy(["w1"]))  # the trustee's administrator cannot
    (step,) = (step for step in (await other.plan()).steps if step.noun == "witness-policy")
    assert (step.state, step.ask) == (State.OPEN, None)
    for bad in ("quorum nobody", "witness w1 none", "log x\u200b"):
        with pytest.raises(Refusal, match="file-refused"):
            await Hand(world, world.olga, file() + f'  witness_policy: ["{bad}"]\n').plan()
    none = Hand(world, world.olga, file() + "  witness_policy: []\n")
    assert [one.noun for one in (await none.apply(allows_weaker=True)).done] == ["witness-policy"]
    assert world.keyroom.opened.policies.of(world.customer_row.id) is None


@in_folk
async def test_an_export_has_an_empty_plan(world):
    await settled(world)
    for who in (world.ada, world.olga):
        found = await run_async(gather(who.token, lambda _i, _n: True), world.keyroom.ask)
        text = exporting.export(found, world.customer_row.id)
        plan = await Hand(world, who, text).plan()
        assert not plan.differs, [step for step in plan.steps if step.state is not State.UNMANAGED]
    with pytest.raises(Refusal, match="no-such-customer"):
        exporting.export(found, "cus-" + "0" * 26)


@in_folk
async def test_what_is_not_in_the_file_is_drift_and_stays(world):
    await settled(world)
    less = file().replace(", {name: Letters}]", "]").replace("owners: [Letters]", "owners: [Registry]")
    plan = await Hand(world, world.olga, less).plan()
    drifted = {step.key.rpartition("/")[2]: step for step in plan.steps if step.state is State.DRIFT}
    assert set(drifted) >= {"Letters", "letters"}
    assert drifted["letters"].differences[0].member == "owners"
    hand = Hand(world, world.olga, less)
    assert (await hand.apply()).done == ()
    assert hand.written == []


@in_folk
async def test_without_a_key_at_hand_what_is_signed_stays_open(world):
    await Hand(world, world.ada).apply()
    plan = await Hand(world, world.olga, signs=False).plan()
    assert states(plan)["customer/Town/Town/boundary"] == "open"


@in_folk
async def test_a_house_that_is_gone_ends_it(world):
    hand = Hand(world, world.ada)
    shown = await hand.plan()
    ask, hand.ask = hand.ask, None

    async def gone(one):
        if not type(one).__name__.startswith(LOOKS):
            raise unavailable("keyroom-gone")
        return await ask(one)

    hand.ask = gone
    with pytest.raises(Refusal, match="keyroom-gone"):
        await hand.apply(shown)


@in_folk
async def test_an_approved_plan_is_of_everything_the_file_says(world):
    """Whoever approves a digest approves owners, places and addresses, too, not names alone."""
    first = await Hand(world, world.ada).plan()
    for old, new in (
        ("file:///srv/hall", "file:///srv/elsewhere"),
        ("name: Nora New", "name: Mallory"),
        ("locations: [hall], data_class: personal", "locations: [hall], data_class: open"),
        ("owners: [Letters]", "owners: [Letters, Registry]"),
        ("key: letters, locations", "key: data key, locations"),
        ("kind: custodian, country: DE}", "kind: custodian, country: FR}"),
        ("versioning: true", "versioning: false"),
        ("roles: [approver]", "roles: [owner]"),
    ):
        assert old in file()
        other = await Hand(world, world.ada, file().replace(old, new)).plan()
        assert other.digest != first.digest, old
