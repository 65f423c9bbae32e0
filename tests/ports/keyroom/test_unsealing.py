"""Custodians open a sealed house: real file, real SQLite, their own keys."""

import asyncio
import logging

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from custodes.acts.asks.house import LookHouse, Seal, Unseal
from custodes.acts.asks.unsealing import LookUnseal
from custodes.acts.unsealing import notes
from custodes.acts.unsealing.attempt import ATTEMPT_S, REFUSED_MAX
from custodes.custody import submission
from custodes.kernel.refusal import Kind, Refusal, unavailable
from custodes.store import schema
from custodes.store.reads import reading
from fakes.custodians import Custodian, SharedWorld, hold_ceremony, tampered
from fakes.keyrooms import LOCAL


def in_house(work):
    def test(tmp_path, caplog):
        caplog.set_level(logging.DEBUG)

        async def run():
            world = SharedWorld(tmp_path)
            world.caplog = caplog
            await world.begin()
            try:
                await work(world)
            finally:
                await world.close()
                world.engine.dispose()

        asyncio.run(run())

    test.__name__ = work.__name__
    return test


async def refused(world, asking):
    with pytest.raises(Refusal) as caught:
        await asking
    return caught.value.code, caught.value.kind


async def enough(world):
    trustee, town = world.people["Trustee"], world.people["Town"]
    for one in (trustee[0], town[2], trustee[1]):
        assert (await world.give(one)).sealed
    return town[0]


def told(world, code):
    """Entries of that act in the house's own log, oldest first."""
    o, log = world.keyroom.opened, f"{world.body.id}/exceptional"
    rows = reading(world.engine, lambda r: r.openings(log, code=code, limit=500))
    found = []
    for row in sorted(rows, key=lambda row: row.index):
        page = reading(world.engine, lambda r, row=row: r.page(o.house, row.page))
        leaf = reading(world.engine, lambda r, row=row: r.leaves(log, row.index, row.index + 1))[0]
        found.append(o.records.unseal(world.house_customer, page, row, leaf))
    return found


@in_house
async def test_custodians_of_two_organisations_open_it_one_by_one(world):
    seen = await world.keyroom.ask(LookUnseal())
    assert (seen.by_shares, seen.organisations_needed, seen.lapses_in_s) == (True, 2, None)
    last = await enough(world)
    seen = await world.keyroom.ask(LookUnseal())
    assert [(one.needed, one.given) for one in seen.groups] == [(2, 2), (2, 1)]
    assert not (await world.give(last)).sealed
    assert not (await world.keyroom.ask(LookHouse())).sealed
    found = told(world, "share.give")
    assert sorted(one.fields["count"] for one in found) == [1, 2, 3, 4]
    assert {one.fields["person"] for one in found} == {"Trustee 0", "Trustee 1", "Town 0", "Town 2"}
    assert all(one.fields["generation"] == 1 and one.fields["done_at"] for one in found)
    assert world.parts().journal.lines() == ()


@in_house
async def test_a_passphrase_opens_it_no_more(world):
    for secret in (b"correct horse battery", b"", world.passphrase):
        assert await refused(world, world.keyroom.ask(Unseal(LOCAL, secret))) == (
            "shares-needed",
            Kind.DENIED,
        )
    assert await refused(world, world.keyroom.unseal(b"correct horse battery")) == (
        "wrong-secret",
        Kind.DENIED,
    )


@in_house
async def test_all_custodians_of_one_organisation_are_too_few(world):
    for one in world.people["Trustee"]:
        assert (await world.give(one)).sealed
    assert (await world.keyroom.ask(LookHouse())).sealed


@in_house
async def test_wrong_shares_are_refused_noted_and_limited(world):
    trustee, town = world.people["Trustee"], world.people["Town"]
    offer = await world.offer()
    for words in (town[0].words, trustee[1].words, "no words", trustee[0].words + " academic", ""):
        assert await refused(world, world.keyroom.ask(trustee[0].given(offer, words))) == (
            "share-wrong",
            Kind.DENIED,
        )
    assert REFUSED_MAX == 5
    assert await refused(world, world.keyroom.ask(trustee[0].given(offer))) == (
        "share-tries-many",
        Kind.LIMITED,
    )
    for one in (*trustee[1:], town[0]):  # he has used up his own tries and nobody else's
        await world.give(one)
    assert not (await world.give(town[1])).sealed
    assert [one.fields["reason"] for one in told(world, "share.refuse")] == ["share-wrong"] * 5


@in_house
async def test_a_share_given_twice_counts_once(world):
    one = world.people["Trustee"][0]
    ask = one.given(await world.offer())
    await world.keyroom.ask(ask)
    for again in (ask, one.given(await world.offer())):
        assert await refused(world, world.keyroom.ask(again)) == ("share-given", Kind.CONFLICT)
    seen = await world.keyroom.ask(LookUnseal())
    assert [group.given for group in seen.groups] == [1, 0]


@in_house
async def test_what_was_recorded_on_the_way_serves_no_later_attempt(world):
    people = [*world.people["Trustee"][:2], *world.people["Town"][:2]]
    recorded = []
    for one in people:
        recorded.append(one.given(await world.offer()))
        await world.keyroom.ask(recorded[-1])
    await world.keyroom.ask(Seal(LOCAL, "test"))
    world.come_up()
    for ask in recorded:
        assert await refused(world, world.keyroom.ask(ask)) == ("attempt-over", Kind.CONFLICT)
    moved = tampered(recorded[0], attempt=(await world.offer()).attempt)
    assert await refused(world, world.keyroom.ask(moved)) == ("share-stranger", Kind.DENIED)


@in_house
async def test_shares_of_an_older_generation_open_nothing(world):
    old = [(one, one.words) for one in (*world.people["Trustee"][:2], *world.people["Town"][:2])]
    hold_ceremony(world.path, world.people, world.dice)
    offer = await world.offer()
    for one, words in old:
        assert await refused(world, world.keyroom.ask(one.given(offer, words))) == (
            "share-older",
            Kind.DENIED,
        )
    for one, _ in old:
        last = await world.give(one)
    assert not last.sealed
    assert {one.fields["generation"] for one in told(world, "share.give")} == {2}


@in_house
async def test_shares_made_anew_in_the_middle_of_an_attempt_end_it(world):
    first = world.people["Trustee"][0]
    ask = first.given(await world.offer())
    await world.keyroom.ask(ask)
    hold_ceremony(world.path, world.people, world.dice)
    seen = await world.keyroom.ask(LookUnseal())
    assert [group.given for group in seen.groups] == [0, 0]
    assert await refused(world, world.keyroom.ask(ask)) == ("attempt-over", Kind.CONFLICT)


@in_house
async def test_a_stranger_gives_nothing_and_fills_no_disk(world):
    stranger = Custodian("Stranger", b"s" * 32)
    stranger.card = world.people["Town"][0].card
    offer = await world.offer()
    ask = world.people["Town"][0].given(offer)
    for bad in (
        stranger.given(offer, world.people["Town"][0].words),
        tampered(ask, signature=bytes(64)),
        tampered(ask, signature=b""),
        tampered(ask, public=stranger.public),
        tampered(ask, public="not base64"),
        tampered(ask, share=ask.share[:-1] + bytes([ask.share[-1] ^ 1])),
    ):
        assert await refused(world, world.keyroom.ask(bad)) == ("share-stranger", Kind.DENIED)
    assert await refused(world, world.keyroom.ask(stranger.cancelled(offer))) == (
        "share-stranger",
        Kind.DENIED,
    )
    assert world.parts().journal.lines() == ()
    assert (await world.offer()) == offer


@in_house
async def test_a_cancelled_attempt_is_forgotten_and_says_by_whom(world):
    await enough(world)
    before = await world.offer()
    seen = await world.keyroom.ask(world.people["Town"][1].cancelled(before))
    assert [group.given for group in seen.groups] == [0, 0]
    assert seen.offer.public != before.public
    again = world.people["Town"][1].cancelled(before)
    assert await refused(world, world.keyroom.ask(again)) == ("attempt-over", Kind.CONFLICT)
    await world.give(await enough(world))
    (noted,) = told(world, "share.cancel")
    assert noted.fields["person"] == "Town 1"


@in_house
async def test_an_attempt_that_takes_too_long_is_wiped(world):
    last = await enough(world)
    held = world.keyroom._attempts._running
    world.clock.forward(seconds=ATTEMPT_S)
    late = last.given(held.offer)
    assert await refused(world, world.keyroom.ask(late)) == ("attempt-over", Kind.CONFLICT)
    seen = await world.keyroom.ask(LookUnseal())
    assert [group.given for group in seen.groups] == [0, 0]
    await world.give(await enough(world))
    (noted,) = told(world, "share.lapse")
    assert (noted.fields["count"], noted.fields["actor"]) == (3, "clock")


@in_house
async def test_it_is_wiped_by_a_timer_even_when_nobody_asks(world):
    await enough(world)
    attempts = world.keyroom._attempts
    assert attempts._timer.when() <= asyncio.get_running_loop().time() + ATTEMPT_S
    attempts._timer._callback(*attempts._timer._args)
    assert attempts._running.given == {}


@in_house
async def test_what_cannot_be_noted_does_not_happen(world):
    class Gone:
        def add(self, line):
            raise unavailable("journal-gone")

    attempts = world.keyroom._attempts
    journal, attempts._journal = attempts._journal, Gone()
    one = world.people["Town"][0]
    assert await refused(world, world.give(one)) == ("journal-gone", Kind.UNAVAILABLE)
    attempts._journal = journal
    seen = await world.keyroom.ask(LookUnseal())
    assert [group.given for group in seen.groups] == [0, 0]


@in_house
async def test_no_entries_no_house(world):
    last = await enough(world)
    world.parts().journal.add(b'{"not":"a note"}')
    assert await refused(world, world.give(last)) == ("journal-differs", Kind.UNAVAILABLE)
    assert (await world.keyroom.ask(LookHouse())).sealed
    assert world.holder.is_sealed


@in_house
async def test_notes_carried_over_twice_are_one_entry(world):
    await enough(world)
    lines = world.parts().journal.lines()
    await world.give(world.people["Town"][0])
    for line in lines:
        world.parts().journal.add(line)  # a crash between the entries and the end of the journal
    assert await notes.carry_over(world.keyroom.opened, world.parts().journal) == 3
    assert len(told(world, "share.give")) == 4


@pytest.mark.sqlite  # looks into the database's file
@in_house
async def test_no_word_of_a_share_is_in_a_log_the_journal_or_the_database(world):
    last = await enough(world)
    journal = b"".join(world.parts().journal.lines())
    await world.give(last)
    raw = everything(world) + journal + world.caplog.text.encode()
    for some in world.people.values():
        for one in some:
            words = one.words.split()
            pairs = [" ".join(words[at : at + 2]).encode() for at in range(4, 32)]
            assert not [pair for pair in pairs if pair in raw]
            assert words[6] not in repr(one.given(_offer_of(world, one)))


def everything(world):
    """Every value of every row."""
    values = []
    with world.engine.connect() as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(table.select()):
                values += [one if isinstance(one, bytes) else str(one).encode() for one in row]
    assert values
    return b"\n".join(values)


def _offer_of(world, one):
    naming = (world.body.id, one.card.holder, one.card.generation, "act-1")
    seed = world.holder.submission_seed()
    return submission.make_offer(naming, X25519PrivateKey.from_private_bytes(bytes(range(32))), seed)


@in_house
async def test_a_database_put_back_stays_sealed_though_shares_suffice(world):
    last = await enough(world)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update house_head set standing_seq = standing_seq - 1")
    code, kind = await refused(world, world.give(last))
    assert (code.startswith(("house-head", "standing")), kind) == (True, Kind.UNAVAILABLE)
    assert world.holder.is_sealed
    seen = await world.keyroom.ask(LookUnseal())
    assert [group.given for group in seen.groups] == [0, 0]
    assert reading(world.engine, lambda reads: reads.heads())


@in_house
async def test_the_log_names_the_organisations_whose_shares_opened_the_house(world):
    assert not (await world.give(await enough(world))).sealed
    opened = told(world, "house.unseal")[-1].fields
    assert (opened["reason"], opened["organisations"], opened["count"]) == ("shares", ["Trustee", "Town"], 2)
