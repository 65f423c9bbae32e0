"""Terms, holds and the end of openings: what is destroyed, what is kept, what anybody is told."""

import pytest

from custodes.acts.asks.log import LookEntries, LookOpenings, MakeReceipt, SubLogTile
from custodes.acts.retention import destroying, over, proven, setting
from custodes.kernel.refusal import Refusal
from fakes.retention import SOURCE, in_retention

assert all((destroying, over, proven, setting))


async def refused(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code


@in_retention
async def test_without_terms_nothing_is_destroyed_however_old(world):
    await world.age(days=2_000)
    assert await world.destroy() == 0
    shown = await world.look()
    assert (shown.set_at, shown.destroyed, shown.source) == ("", 0, "")
    assert {one.entry_class: one.days for one in shown.terms} == dict.fromkeys(
        ("machine", "exceptional", "administration", "proof")
    )
    assert [one.proposed for one in shown.terms] == [1_095, 3_650, None, None]


@in_retention
async def test_openings_die_with_their_page_and_the_entry_says_which(world):
    await world.age()
    young = await world.use()
    await world.logkeeper.round()
    leaf = (await world.ask(LookOpenings(world.olga.token, world.log, 0, 1))).openings[0].leaf
    pages = {row[0] for row in world.sql("SELECT page FROM opening WHERE log = ?", world.log)}
    shown = await world.set()
    machine = shown.terms[0]
    assert (machine.days, machine.over, machine.held_by, shown.source) == (90, 4, (), SOURCE)
    assert await world.destroy() == 4
    assert world.openings() == [young[1]]
    assert len(pages) == 1  # the young entry lies in it too: it was sealed anew, and opens
    assert (await world.view(*young)).fields["act"] == "key.wrap"
    page = await world.ask(LookEntries(world.olga.token, world.customer_row.id, kind="machine"))
    (gone,) = page.destroyed
    assert (gone.first, gone.end, gone.entry_class, gone.days) == (0, 4, "machine", 90)
    said = await world.view(world.customer_row.log("exceptional"), gone.by)
    assert (said.act, said.fields["ranges"], said.fields["count"]) == ("retention.destroy", [[0, 4]], 4)
    assert said.fields["subject"] == world.log
    again = (await world.ask(LookOpenings(world.olga.token, world.log, 0, 5))).openings
    assert again[0].leaf == leaf
    assert [bool(one.opening) for one in again] == [False] * 4 + [True]
    assert {one.destroyed_by for one in again[:4]} == {gone.by}
    assert (
        await refused(world.ask(MakeReceipt(world.olga.token, world.log, 2))) == "destroyed-under-retention"
    )
    assert (await world.ask(SubLogTile(world.olga.token, world.log, "tile/0/000.p/5"))).body
    assert (await world.look()).destroyed == 4
    assert await world.destroy() == 0


@in_retention
async def test_a_page_in_which_all_is_over_goes_whole_and_the_shred_key_turns(world):
    await world.age(uses=3)
    (page,) = {row[0] for row in world.sql("SELECT page FROM opening WHERE log = ?", world.log)}
    await world.set()  # and an entry of today, so that the restart sees no jump of the clock
    await world.again()  # the page is closed: nothing else comes into it
    await world.use()
    shred = world.present.shred
    assert await world.destroy() == 3
    assert world.sql("SELECT id FROM page WHERE id = ?", page) == []
    world.clock.forward(days=1)
    done = await world.rounds()
    assert done.turned
    assert world.present.shred > shred


@in_retention
async def test_two_organisations_set_terms_and_the_customer_is_one_of_them(world):
    assert await refused(world.set(signers=(world.olga,))) == "signatures-too-few"
    assert await refused(world.set(signers=(world.olga, world.anna))) == "signatures-too-few"
    bert = await world.signer("Bert", world.trustee, ("approver",))
    assert await refused(world.set(signers=(world.karl, bert))) == "signatures-too-few"
    assert await refused(world.set(asker=world.anna)) == "asker-did-not-sign"
    assert await refused(world.set(days_asked={"machine": 91})) == "signature-refused"
    with pytest.raises(Refusal):
        await world.set(signers=(world.olga, world.ada))
    for days in ({"machine": 89}, {"proof": 400}, {"other": 400}, {"machine": 40_000}):
        assert await refused(world.set(days)) == "bad-term"
    assert await refused(world.set(source=" ")) == "source-missing"
    shown = await world.set({"machine": 400, "exceptional": 4_000})
    assert [one.days for one in shown.terms] == [400, 4_000, None, None]
    assert (
        await world.view(world.customer_row.log("exceptional"), await last(world))
    ).act == "change.retention"


async def last(world):
    return max(one.index for one in await world.entries(kind="exceptional"))


@in_retention
async def test_classes_have_terms_of_their_own_and_proof_has_none(world):
    await world.age()
    await world.rounds()  # the veils of all these days, and their entries
    await world.logkeeper.round()
    await world.set({"administration": 90})
    before = await world.entries(kind="exceptional")
    assert await world.destroy() > 0
    after = await world.entries(kind="exceptional")
    assert len(world.openings()) == 4
    old = {one.act for one in before} - {one.act for one in after}
    assert "key.create" in old
    assert sum(one.act == "veil" for one in after) == sum(one.act == "veil" for one in before) > 100


@in_retention
async def test_what_no_checkpoint_covers_is_kept(world):
    world.old = [await world.use() for _ in range(3)]
    world.clock.forward(days=130)
    await world.set()
    assert await world.destroy() == 0
    await world.logkeeper.round()
    world.clock.forward(days=31)  # the next month
    assert await world.destroy() == 3


@in_retention
async def test_a_hold_ends_by_two_organisations_and_only_then_it_is_over(world):
    await world.age()
    await world.set()
    hold = await world.hold()
    assert (await world.look()).terms[0].held_by == (hold.id,)
    assert await world.destroy() == 0
    assert await refused(world.end_hold(hold, (world.olga,))) == "signatures-too-few"
    assert await refused(world.end_hold(hold, (world.olga, world.anna))) == "signatures-too-few"
    assert await world.destroy() == 0
    await world.end_hold(hold)
    assert await refused(world.end_hold(hold)) == "no-such-thing"
    assert await world.destroy() == 4


@in_retention
async def test_a_hold_is_for_its_classes_and_times(world):
    await world.age(uses=2)
    await world.set()
    at = (await world.entries(kind="machine"))[0].at
    await world.hold(classes=("exceptional",))
    await world.hold(until=at)  # ends before the first of them
    assert await world.destroy() == 2
    for bad in ({"classes": ("proof",)}, {"classes": ()}, {"since": "x"}, {"until": "2020-01-01T00:00:00Z"}):
        assert await refused(world.hold(**bad)) == "bad-hold"
    assert await refused(world.hold(review="2028-01-01T00:00:00Z")) == "bad-hold"
    with pytest.raises(Refusal):
        await world.hold(who=world.erik)


@in_retention
async def test_many_entries_go_in_bounded_acts(world):
    await world.age(uses=1_300)
    await world.set()
    assert await world.destroy() == 1_300
    page = await world.ask(LookEntries(world.olga.token, world.customer_row.id, kind="machine"))
    assert sum(one.end - one.first for one in page.destroyed) == 1_300
    assert page.next_before is None


@in_retention
async def test_a_page_forgotten_while_the_other_is_opened_is_opened_again(world):
    """`ready` waits; whoever forgets pages meanwhile must not leave a writer without one."""
    records, town = world.o.records, world.present
    real = records._open_page

    async def open_page(customer, kind):
        await real(customer, kind)
        if kind == "exceptional":
            records._open_page = real
            records.forget(customer.id)

    records.forget(town.id)
    records._open_page = open_page
    await records.ready(town)
    assert {kind for _, kind in records._open} >= {"machine", "exceptional"}
    assert await world.use()
