"""A legal preservation: two organisations, a second wrap, blobs that stay, and an end with proof."""

import asyncio

import pytest

from custodes.acts.asks.log import LookEntries
from custodes.acts.asks.preserving.cases import LookDisclosed, LookPreservations
from custodes.acts.preserving import answers, scope, securing, verifying  # noqa: F401 - this suite is their test
from custodes.acts.preserving.office import HIDDEN_BY_PEOPLE
from custodes.kernel.refusal import Refusal
from custodes.ledger.disclosed import proven
from custodes.store.index import preserved  # noqa: F401 - this suite is its test
from fakes.folk import refused
from fakes.listed import KEPT
from fakes.preserved import with_preserved


@with_preserved
async def test_a_deleted_version_is_kept_until_the_preservation_ends_and_gone_then(world):
    _, blob = await world.keep("a")
    _, other = await world.keep("b")
    case = await world.preserving(names=["a"])
    view = await world.see(world.karl, case)
    assert (view.preserved, view.missing, view.lost, view.pending) == (1, 0, 0, None)
    await world.delete("a", bucket=KEPT)
    await world.delete("b", bucket=KEPT)
    await world.swept()
    assert world.lies(blob)
    assert not world.lies(other)
    with pytest.raises(Refusal, match="key-absent"):
        await world.read("a", bucket=KEPT)
    view = await world.verified(case)
    assert (view.state, view.whole, view.bad) == ("preserving", 1, 0)
    world.clock.forward(days=31)
    await world.tick()
    view = await world.see(world.karl, case)
    assert (view.state, view.destroyed) == ("resting", 1)
    await world.swept()
    assert not world.lies(blob)
    assert [len(world.rows(one)) for one in ("preserved", "preserved_blob")] == [0, 0]


@with_preserved
async def test_what_was_withheld_is_opened_at_the_end_and_proved_by_the_veil_he_has(world):
    await world.keep("a")
    case = await world.preserving(names=["a"])
    town = world.customer_row.id
    for ask in (world.see(world.olga, case), world.step(world.olga, case, "approve")):
        await refused(ask, "no-such-thing")
    assert (await world.ask(LookPreservations(world.olga.token))).cases == ()
    assert (await world.ask(LookDisclosed(world.olga.token, town))).entries == ()
    world.clock.forward(days=1)
    await world.upkeep()
    before = await veils(world)
    world.clock.forward(days=60)
    await world.tick()
    told = (await world.ask(LookDisclosed(world.olga.token, town))).entries
    assert [one.veil_index is None for one in told] == [False] * 5 + [True]  # of today: after midnight
    world.clock.forward(days=1)
    await world.upkeep()
    told = (await world.ask(LookDisclosed(world.olga.token, town))).entries
    acts = []
    for one in told:
        if one.veil_index in before:
            assert before[one.veil_index] == one.veil_leaf
        assert one.veil_index is not None
        place = (one.log, one.index, one.leaf)
        fields = proven((town, one.day), place, one.opening, (one.veil_leaf, one.veil_opening))
        acts.append(fields["move"])
    assert acts[:5] == ["preserve", "approve", "approve", "begin", "secure"]
    assert acts[5:] == ["end"]
    mine = await world.ask(LookEntries(world.olga.token, town, kind="exceptional", subject=case))
    assert [one.act for one in mine.entries] == ["preservation.destroy", "preservation.reveal"]
    view = await world.see(world.olga, case)
    assert (view.state, view.is_hidden, len(view.timeline)) == ("closed", False, 8)


@with_preserved
async def test_an_announced_one_is_in_his_log_from_the_start_and_he_may_sign(world):
    await world.keep("a")
    case = (await world.demanded(names=["a"], **world.announced())).id
    await world.sign(world.karl, case)
    await world.sign(world.anna, case)
    await world.tick()
    view = await world.see(world.olga, case)
    assert (view.state, view.preserved, view.is_hidden) == ("preserving", 1, False)
    ask = LookEntries(world.olga.token, world.customer_row.id, kind="exceptional", subject=case)
    acts = [one.act.partition(".")[2] for one in reversed((await world.ask(ask)).entries)]
    assert acts == ["preserve", "approve", "approve", "begin", "secure"]


@with_preserved
async def test_the_holder_gone_means_nothing_is_claimed_and_it_goes_on_when_it_is_back(world):
    await world.keep("a")
    await world.keep("b")
    case = await world.ordered()
    world.vault.seal()
    ran = await world.tick()
    assert case in ran.undone
    view = await world.see(world.karl, case)
    assert (view.state, view.preserved, view.pending) == ("ordered", 0, 2)
    assert view.why_pending == "holder-sealed"
    world.vault.unseal(b"")
    await world.kill_customer()
    await world.tick()
    view = await world.see(world.karl, case)
    assert (view.state, view.preserved, view.pending) == ("securing", 0, 2)
    assert view.why_pending == "customer-killed"


@with_preserved
async def test_it_goes_on_after_a_crash_between_two_pages_and_wraps_nothing_twice(world):
    for number in range(5):
        await world.keep(f"n/{number}")
    case = await world.ordered(prefixes=["n/"])
    real, pages = securing.Securing._try, []

    async def dies(self, case, key, wanted, first):
        if pages:
            raise asyncio.CancelledError
        pages.append(wanted)
        return await real(self, case, key, wanted, first)

    securing.Securing._try, scope.PAGE_ROWS = dies, 2
    try:
        with pytest.raises(asyncio.CancelledError):
            await world.tick()
    finally:
        securing.Securing._try, scope.PAGE_ROWS = real, 64
    assert len(world.rows("preserved")) == 2
    await world.again()
    world.vault.unseal(b"")
    await world.tick()
    view = await world.see(world.karl, case)
    assert (view.state, view.preserved, view.lost) == ("preserving", 5, 0)


@with_preserved
async def test_two_cases_over_one_blob_let_it_go_with_the_last(world):
    _, blob = await world.keep("a")
    first = await world.preserving(names=["a"])
    second = await world.preserving(prefixes=["a"])
    world.clock.forward(days=1)
    await world.delete("a", bucket=KEPT)
    await world.swept()
    for case, lies in ((first, True), (second, False)):
        await world.proposed(case, "lift")
        await world.tick()
        assert (await world.see(world.karl, case)).state == "resting"
        await world.swept()
        assert world.lies(blob) is lies


@with_preserved
async def test_the_veil_never_grows_wider_than_on_a_day_on_which_nothing_is_withheld(world):
    await world.keep("a")
    cases = [(await world.demanded(names=["a"])).id for _ in range(HIDDEN_BY_PEOPLE)]
    refusal = await refused(world.demanded(names=["a"]), "veil-full")
    assert refusal.kind.value == "limited"
    await refused(world.sign(world.karl, cases[0]), "veil-full")
    world.clock.forward(days=1)
    await world.upkeep()
    veil = [one for one in (await entries(world)) if one.act == "veil"]
    assert veil[0].fields["closed"] == 15
    await world.sign(world.karl, cases[0])


@with_preserved
async def test_scope_is_what_was_there_when_the_second_signed(world):
    await world.keep("a")
    case = await world.ordered()
    world.clock.forward(seconds=5)
    await world.keep("late")
    await world.delete("a", bucket=KEPT)
    await world.keep("a", b"another")
    await world.tick()
    view = await world.see(world.karl, case)
    assert (view.state, view.preserved) == ("preserving", 0)
    named = await world.ordered(versions=["ver-" + "0" * 26])
    await world.tick()
    view = await world.see(world.karl, named)
    assert (view.preserved, view.missing) == (0, 1)


async def entries(world):
    ask = LookEntries(world.olga.token, world.customer_row.id, kind="exceptional", limit=500)
    return (await world.ask(ask)).entries


async def veils(world):
    """Index and leaf of every veil he has in his own log."""
    return {one.index: one.leaf for one in await entries(world) if one.act == "veil"}
