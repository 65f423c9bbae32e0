"""A veil a day for everybody, and no way for a customer to see whether it hides something."""

import asyncio
from datetime import timedelta

import pytest

from custodes.acts.asks.log import LookEntries, MakeReceipt, SubLogTile
from custodes.acts.footing.customer import WITHHELD
from custodes.acts.records import Record
from custodes.acts.upkeep import rounds, veils
from custodes.kernel.refusal import Refusal
from custodes.ledger import receipt as receipts
from custodes.ledger import veil
from custodes.ledger.veil_days import faults
from custodes.policy.presets import default_rules
from custodes.store.reads import reading
from fakes.upkeep import in_upkeep

TODAY = "2026-11-22"


def hidden(customer, **fields):
    said = {"actor": "crd-x", "actor_kind": "person", "phase": "single", "grant": "grt-x", "key": "key-x"}
    return Record(act="grant.use", subject="grt-x", fields={**said, **fields}, person={"person": "per-x"})


async def veil_views(world):
    return [one for one in reversed(await world.entries(kind="exceptional")) if one.act == "veil"]


async def unveiled(world):
    found = []
    for view in await veil_views(world):
        opening = await veils.Veils(world.o).opening(world.customer_row.id, view.fields["day"])
        found.append((view.index, veil.lift(view.leaf, opening)))
    return found


@in_upkeep
async def test_one_veil_for_each_day_and_customer_and_no_more(world):
    assert (await world.round()).veils == 0  # today is not over
    world.clock.forward(hours=16)
    assert (await world.round()).veils == 2  # the town, and the house
    assert (await world.round()).veils == 0
    await world.again()
    assert (await world.round()).veils == 0
    (view,) = await veil_views(world)
    assert dict(view.fields) == {
        "act": "veil",
        "customer": world.customer_row.id,
        "day": TODAY,
        "closed": veil.ITEMS_MIN - 1,
    }
    assert view.leaf[:1] == veil.VEIL_LEAF_VERSION


@in_upkeep
async def test_days_missed_are_made_up_for_in_order(world):
    world.clock.forward(days=1)
    await world.round()
    await world.close()
    world.clock.forward(days=5)
    await world.open()
    before = veils.ROUND_VEILS
    veils.ROUND_VEILS = 3
    try:
        assert (await world.round()).more
        await world.again()
        await world.rounds()
    finally:
        veils.ROUND_VEILS = before
    found = await unveiled(world)
    assert [one.day for _, one in found] == [
        (world.clock.now() - timedelta(days=n)).date().isoformat() for n in range(6, 0, -1)
    ]
    days = (TODAY, (world.clock.now() - timedelta(days=1)).date().isoformat())
    assert faults(world.customer_row.id, days, found) == ()


@in_upkeep
async def test_two_rounds_at_once_make_one_veil(world):
    world.clock.forward(days=1)
    other = rounds.Rounds(world.o)
    await asyncio.gather(world.round(), other._round())
    assert len(await veil_views(world)) == 1


@in_upkeep
async def test_a_withheld_act_is_fixed_by_the_veil_and_shown_to_nobody(world):
    made = veils.Veils(world.o)
    position = await made.withhold(world.present, hidden(world))
    assert position.log == f"{world.body.id}/{WITHHELD}"
    await made.withhold(world.present, hidden(world))
    world.clock.forward(days=1)
    await world.rounds()
    (_, whole), *_ = await unveiled(world)
    assert [(one.log, one.index) for one in whole.withheld] == [(position.log, 0), (position.log, 1)]
    leaf = reading(world.engine, lambda r: r.leaves(position.log, 0, 1))[0]
    assert whole.withheld[0].leaf == leaf
    assert whole.closed == 0
    assert "grt-x" not in str(await world.entries())
    rows = world.sql("SELECT code, subject FROM opening WHERE log = ?", position.log)
    assert {code for code, _ in rows} == {"withheld"}
    assert world.customer_row.id not in str(rows)
    assert "grt-x" not in str(rows)


@in_upkeep
async def test_the_withheld_log_has_a_slot_of_its_own_and_no_reader(world):
    await world.round()
    await world.put(("rules", world.body.id, world.body.id, default_rules(world.body.id)))
    house = world.o.standing.get("customer", world.body.id, type(world.customer_row))
    others = [slot for row in world.o.standing.all_of("customer", type(house)) for slot in row.slots.values()]
    assert len(set(others)) == len(others) == 5
    await veils.Veils(world.o).withhold(world.present, hidden(world))
    log = house.log(WITHHELD)
    with pytest.raises(Refusal, match="bad-limit"):
        await world.ask(LookEntries(world.karl.token, world.body.id, kind=WITHHELD))
    shown = await world.ask(LookEntries(world.karl.token, world.body.id, limit=500))
    assert log not in shown.sizes
    assert {one.kind for one in shown.entries} <= {"machine", "exceptional"}
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.ask(MakeReceipt(world.karl.token, log, 0, "sequenced"))
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.ask(SubLogTile(world.karl.token, log, "tile/0/000.p/1"))


@in_upkeep
async def test_an_act_after_midnight_belongs_to_the_next_veil(world):
    made = veils.Veils(world.o)
    await made.withhold(world.present, hidden(world))
    world.clock.forward(hours=16)  # midnight
    await made.withhold(world.present, hidden(world))
    await world.rounds()
    world.clock.forward(days=1)
    await world.rounds()
    found = await unveiled(world)
    assert [[one.index for one in each.withheld] for _, each in found] == [[0], [1]]


@in_upkeep
async def test_an_act_decided_before_midnight_and_committed_after_it_is_decided_again(world):
    made = veils.Veils(world.o)
    await veils.settle_in(world.o)
    gate, real = world.o.gate, world.o.gate.commit
    slow = []

    async def commit(act):
        if not slow and act.entries and act.entries[0].act_code == WITHHELD:
            slow.append(act)
            world.clock.forward(hours=16)
            await world.round()  # the veil of the day is made meanwhile
        return await real(act)

    gate.commit = commit
    await made.withhold(world.present, hidden(world))
    gate.commit = real
    world.clock.forward(days=1)
    await world.rounds()
    found = await unveiled(world)
    assert [len(each.withheld) for _, each in found] == [0, 1]


@in_upkeep
async def test_a_veil_has_a_receipt_without_fields(world):
    world.clock.forward(days=1)
    await world.round()
    (view,) = await veil_views(world)
    raw = (await world.ask(MakeReceipt(world.olga.token, view.log, view.index, "sequenced"))).document
    receipt = receipts.parse(raw)
    assert (receipt.leaf, receipt.opening) == (view.leaf, None)


@in_upkeep
async def test_a_veil_taken_out_or_put_in_twice_is_noticed(world):
    for _ in range(3):
        world.clock.forward(days=1)
        await world.round()
    found = await unveiled(world)
    days = (TODAY, "2026-11-24")
    who = world.customer_row.id
    assert faults(who, days, found) == ()
    assert [fault.code for fault in faults(who, days, found[:1] + found[2:])] == ["veil-missing"]
    assert [fault.code for fault in faults(who, days, [*found, (99, found[0][1])])] == ["veil-doubled"]


async def told(world):
    """Everything a customer can see of his logs: sizes, indices, times, counts, lengths."""
    shown = await world.ask(LookEntries(world.olga.token, world.customer_row.id, limit=500))
    rows = world.sql(
        "SELECT log, idx, code, subject, at, length(sealed), length(person_sealed) FROM opening "
        "WHERE log LIKE ? ORDER BY log, idx",
        f"{world.customer_row.id}/%",
    )
    entries = [(one.log, one.index, one.at, one.act, len(one.leaf), one.erased) for one in shown.entries]
    closed = [one.fields["closed"] for one in shown.entries if one.act == "veil"]
    return shown.sizes, entries, closed, rows


def test_a_day_with_a_withheld_act_looks_like_one_without(tmp_path):
    seen = []
    for hides in (False, True):

        @in_upkeep
        async def run(world, hides=hides):
            made = veils.Veils(world.o)
            await veils.settle_in(world.o)
            await world.use()
            if hides:
                for _ in range(3):
                    await made.withhold(world.present, hidden(world))
            world.clock.forward(days=1)
            await world.rounds()
            sizes, entries, closed, rows = await told(world)
            own = world.customer_row.id
            seen.append(str((sizes, entries, closed, rows)).replace(own, "cus").replace(world.key, "key"))

        (tmp_path / str(hides)).mkdir()
        run(tmp_path / str(hides))
    without, with_ = seen
    assert without == with_
    assert "veil" in without
