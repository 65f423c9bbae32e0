"""Erasing person fields: two organisations, for ever, and the leaves still verify."""

import asyncio

import pytest

from custodes.acts.asks.log import MakeReceipt
from custodes.acts.footing import tombstone
from custodes.acts.upkeep import erasure, findings
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger import receipt as receipts
from fakes.upkeep import in_upkeep

NAME = "Maxi Mustermann, born on the ferry"


async def refused(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code


@in_upkeep
async def test_an_erased_field_is_gone_and_everything_else_stays(world):
    before = await world.write({"ticket": NAME, "object_name": "a.pdf"})
    beside = await world.write({"ticket": "of somebody else"})
    assert (await world.view(*before)).fields["ticket"] == NAME
    done = await world.erase(before)
    assert done.pages == 1
    view = await world.view(*before)
    assert set(view.erased) == {"object_name", "ticket"}
    assert NAME not in str(view)
    assert view.fields["act"] == "object.delete"
    assert (await world.view(*beside)).fields["ticket"] == "of somebody else"
    said = await world.view(done.log, done.index)
    assert said.fields["act"] == "erasure"
    assert said.fields["position"] == list(before)
    await world.again()
    assert set((await world.view(*before)).erased) == {"object_name", "ticket"}
    assert (await world.view(*beside)).fields["ticket"] == "of somebody else"


@in_upkeep
async def test_receipts_made_after_it_verify_and_show_nothing_of_it(world):
    log, index = await world.write({"ticket": NAME})
    whole = receipts.parse((await world.ask(MakeReceipt(world.olga.token, log, index, "sequenced"))).document)
    await world.erase((log, index))
    raw = (await world.ask(MakeReceipt(world.olga.token, log, index, "sequenced"))).document
    assert NAME.encode() not in raw
    after = receipts.parse(raw)
    assert after.leaf == whole.leaf
    assert {check.name for check in receipts.verify(after, world.pins()) if not check.passed} <= {"witnessed"}
    assert receipts.opened_fields(after).erased == ("ticket",)
    named = MakeReceipt(world.olga.token, log, index, "sequenced", disclose=("ticket",))
    assert await refused(world.ask(named)) == "unknown-field"


@in_upkeep
async def test_one_organisation_is_not_enough_however_often_it_signs(world):
    place = await world.write({"ticket": NAME})

    async def code(*signers, **more):
        return await refused(world.ask(world.order([place], signers, **more)))

    assert await code(world.olga) == "signatures-too-few"
    assert await code(world.olga, world.olga) == "signatures-too-few"
    assert await code(world.olga, world.anna) == "signatures-too-few"
    bert = await world.signer("Bert", world.trustee, ("approver",))
    assert await code(world.karl, bert) == "signatures-too-few"  # nor without the customer
    assert await code(world.olga, world.karl, asker=world.anna) == "asker-did-not-sign"
    assert (await world.view(*place)).fields["ticket"] == NAME
    await world.erase(place)


@in_upkeep
async def test_who_may_not_erase_does_not_by_signing(world):
    place = await world.write({"ticket": NAME})
    with pytest.raises(Refusal) as caught:
        await world.ask(world.order([place], (world.olga, world.kim)))
    assert caught.value.kind in {Kind.DENIED, Kind.ABSENT}
    with pytest.raises(Refusal) as caught:
        await world.ask(world.order([place], (world.olga, world.ada)))
    assert caught.value.kind is Kind.DENIED
    assert (await world.view(*place)).fields["ticket"] == NAME


@in_upkeep
async def test_a_signature_is_for_these_entries_this_case_and_this_reason(world):
    place, other = await world.write({"ticket": NAME}), await world.write({"ticket": "x"})
    good = world.order([place], (world.olga, world.karl))
    for swap in (
        {"entries": (other,)},
        {"entries": (place, other)},
        {"case": new_id("cas", world.dice)},
        {"reason": "because"},
    ):
        changed = type(good)(**{**{name: getattr(good, name) for name in good.__struct_fields__}, **swap})
        assert await refused(world.ask(changed)) == "signature-refused"
    await world.ask(good)
    assert await refused(world.ask(good)) == "case-used"


@in_upkeep
async def test_what_is_not_there_or_not_erasable_is_refused(world):
    place = await world.write({"ticket": NAME})
    log = place[0]
    bare = await world.write({})
    await world.erase(place)
    assert await refused(world.erase(place)) == "already-erased"
    assert await refused(world.erase(bare)) == "nothing-to-erase"
    assert await refused(world.erase((log, 10_000))) == "no-such-thing"
    both = [(log, n) for n in range(erasure.ENTRIES_MAX + 1)]
    for bad in ([], both, [place, place], [(f"{world.body.id}/machine", 0)], [(log, -1)]):
        assert await refused(world.erase(*bad)) == "bad-erasure"
    assert await refused(world.erase(place, case="cas-1")) == "bad-erasure"


@in_upkeep
async def test_entries_of_one_open_page_are_written_on_while_it_is_erased(world):
    places = [await world.write({"ticket": f"t{n}"}) for n in range(20)]
    erasing = [asyncio.ensure_future(world.erase(places[n])) for n in range(0, 20, 5)]
    more = await asyncio.gather(*(world.use(message=f"m{n}".encode()) for n in range(60)))
    await asyncio.gather(*erasing)
    await world.again()
    views = {(one.log, one.index): one for one in await world.entries()}
    assert len(set(more)) == 60
    for place in more:
        assert views[place].fields["act"] == "key.wrap"
    for n, place in enumerate(places):
        shown = views[place].fields.get("ticket")
        assert shown == (None if n % 5 == 0 else f"t{n}")
    assert await findings.look(world.o) == ()


@in_upkeep
async def test_many_entries_in_one_act_and_a_full_page(world):
    places = [await world.write({"ticket": f"{NAME} {n}"}) for n in range(120)]
    await world.erase(*places[:50])
    views = {(one.log, one.index): one for one in await world.entries()}
    assert [bool(views[place].erased) for place in places] == [True] * 50 + [False] * 70
    assert len(await world.entries(act="erasure")) == 50


@in_upkeep
async def test_tombstones_fold(world):
    one = await world.write({"ticket": "1"})
    two = await world.write({"ticket": "2"})
    await world.erase(one)
    await world.erase(two)
    stones = list(world.o.standing.all_of("tombstone", tombstone.Tombstone))
    folded = tombstone.fold(stones)
    assert folded.entries == {one, two}
    assert list(folded.pages.values()) == [3]  # the same page twice
    assert tombstone.fold([]).entries == frozenset()
