"""Roots move from holder to holder: a customer's, the whole house's, cut off anywhere; by whom, and not."""

import asyncio
from dataclasses import replace

import pytest

from custodes.acts.answers.kills import quorum  # noqa: F401 - whose law it is
from custodes.acts.asks.documents import root_document
from custodes.acts.asks.house import LookHouse, Seal
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.running.roots import LookRoot, MoveRoot
from custodes.acts.asks.unsealing import OpenHolder
from custodes.acts.footing.customer import Customer
from custodes.acts.running import roots as module
from custodes.acts.unsealing import told
from custodes.adapters import file_holder
from custodes.adapters.file_holder import FileHolder, create
from custodes.adapters.holders import share_file
from custodes.custody import hierarchy
from custodes.kernel.refusal import Kind, Refusal, unavailable
from custodes.store import house as house_row
from fakes.custodians import SharedWorld, custodians, hold_ceremony, secret_of, wanted
from fakes.folk import FolkWorld, entries, refused
from fakes.keyrooms import LOCAL
from fakes.lived import lived, settled


class Failing(FileHolder):
    """A holder that answers `left` wraps and is gone then."""

    left = 10**6

    def wrap(self, context, secret, dice):
        if not Failing.left:
            raise unavailable("holder-gone")
        Failing.left -= 1
        return super().wrap(context, secret, dice)


class TwoHolders(FolkWorld):
    """A house with a second holder, open; its body lies in the database as it does in a real one."""

    def __init__(self, folder):
        super().__init__(folder)
        house_row.save(self.engine, self.body)
        self.second = Failing(create(folder / "second.key", None, self.dice))
        Failing.left = 10**6

    def parts(self):
        self.second.unseal(b"")
        parts = super().parts()
        return replace(parts, holders={**parts.holders, self.second.uri: self.second})

    async def settle_in(self):
        await super().settle_in()
        self.key = (await self.keyroom.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id
        await self.keyroom.watch.round()

    async def reopen(self, *, only_second=False):
        await self.close()
        self.body = house_row.load(self.engine)
        if only_second:
            self.holder = self.second
            (self.folder / "holder.key").unlink()
        await self.open()
        await self.keyroom.watch.round()

    async def use(self, message=b"a data key", verb="wrap"):
        ask = UseKey(self.token, self.key, verb, message, b"row", "operation", "test")
        return (await self.keyroom.ask(ask)).message

    def holder_of(self, id_):
        return self.keyroom.opened.standing.get("customer", id_, Customer).holder

    async def document(self, who, id_):
        return (await self.keyroom.ask(LookRoot(who.token, id_, self.second.uri))).document

    def move(self, who, id_, *approvals):
        return self.keyroom.ask(MoveRoot(who.token, id_, self.second.uri, approvals))


in_house = lived(lambda folder: settled(TwoHolders(folder)))


@in_house
async def test_a_customer_moves_and_nobody_stands_still(world):
    wrapped = await world.use()
    town = world.customer_row.id
    document = await world.document(world.olga, town)
    generation = world.keyroom.opened.standing.expect("customer", town).generation
    assert document == root_document(world.body.id, town, (world.holder.uri, world.second.uri), generation)
    moving = asyncio.create_task(
        world.move(world.olga, town, world.olga.sign(document), world.karl.sign(document))
    )
    served = 0
    while not moving.done():
        await world.use()
        served += 1
    done = await moving
    assert (done.moved, done.log, served > 0) == (1, f"{town}/exceptional", True)
    assert world.holder_of(town) == world.second.uri
    assert world.holder_of(world.body.id) == world.holder.uri
    for log in (f"{town}/exceptional", f"{world.body.id}/exceptional"):
        (told_,) = entries(world, log, "holder.move")
        assert (told_.fields["subject"], told_.fields["reason"]) == (world.second.uri, world.holder.uri)
    await world.reopen()
    assert await world.use(wrapped, "unwrap") == b"a data key"


@in_house
async def test_it_takes_the_customer_and_the_trustee(world):
    town = world.customer_row.id
    document = await world.document(world.karl, town)
    both = (world.olga.sign(document), world.karl.sign(document))
    await refused(world.move(world.karl, town, both[1]), "signatures-too-few")
    await refused(world.move(world.karl, town, both[0]), "asker-did-not-sign")
    await refused(world.move(world.karl, town, both[1], world.kim.sign(document)))
    for stranger in (world.erik,):
        assert (await refused(world.move(stranger, town, *both))).kind in {Kind.ABSENT, Kind.DENIED}
    assert world.holder_of(town) == world.holder.uri
    await world.move(world.karl, town, *both)
    await refused(world.move(world.karl, town, *both), "root-moved-already")
    with pytest.raises(Refusal, match="no-such-thing"):
        await world.keyroom.ask(LookRoot(world.olga.token, town, "file:/elsewhere"))


@in_house
async def test_old_signatures_move_nothing_twice(world):
    """Back in the old holder, what was signed for the first move does not serve for another."""
    town = world.customer_row.id
    document = await world.document(world.olga, town)
    both = (world.olga.sign(document), world.karl.sign(document))
    await world.move(world.olga, town, *both)
    back = (await world.keyroom.ask(LookRoot(world.olga.token, town, world.holder.uri))).document
    signed = (world.olga.sign(back), world.karl.sign(back))
    await world.keyroom.ask(MoveRoot(world.olga.token, town, world.holder.uri, signed))
    await refused(world.move(world.olga, town, *both), "signature-refused")


@in_house
async def test_the_whole_house_moves_and_the_old_root_opens_nothing(world):
    wrapped = await world.use()
    house = world.body.id
    shown = await world.keyroom.ask(LookRoot(world.karl.token, house, world.second.uri))
    assert shown.with_it == 1
    both = (world.karl.sign(shown.document), world.kim.sign(shown.document))
    town = (world.karl.sign(shown.document), world.olga.sign(shown.document))
    await refused(world.move(world.karl, house, *town), "not-permitted")
    done = await world.move(world.karl, house, *both)
    assert (done.moved, done.log) == (2, f"{house}/exceptional")
    body = house_row.load(world.engine)
    assert body.holder == world.second.uri
    old = FileHolder(world.holder.uri)
    old.unseal(b"")
    with pytest.raises(Refusal, match="wrap-mismatch"):
        hierarchy.open_house_keys(old, house, body.house_keys)
    await world.use()
    await world.reopen(only_second=True)
    assert not (await world.keyroom.ask(LookHouse())).sealed
    assert await world.use(wrapped, "unwrap") == b"a data key"


@pytest.mark.whole
def test_cut_off_anywhere_it_goes_on_with_the_same_signatures(tmp_path):
    """The new holder is gone between two customers, or amid the house's keys, and the keyroom with it."""

    async def cut(after, folder):
        folder.mkdir()
        world = TwoHolders(folder)
        await settled(world)
        try:
            wrapped = await world.use()
            document = await world.document(world.karl, world.body.id)
            both = (world.karl.sign(document), world.kim.sign(document))
            Failing.left = after
            (first,) = await asyncio.gather(
                world.move(world.karl, world.body.id, *both), return_exceptions=True
            )
            is_over = not isinstance(first, Refusal)
            assert is_over or first.code == "holder-gone"
            Failing.left = 10**6
            await world.reopen()
            assert await world.use(wrapped, "unwrap") == b"a data key"
            if not is_over:
                await world.move(world.karl, world.body.id, *both)
            await world.reopen(only_second=True)
            assert await world.use(wrapped, "unwrap") == b"a data key"
            return is_over
        finally:
            await world.close()
            world.engine.dispose()

    for after in (1, 4):
        assert not asyncio.run(cut(after, tmp_path / str(after)))


@in_house
async def test_a_holder_that_gives_back_something_else_keeps_nothing(world):
    town = world.customer_row.id
    document = await world.document(world.olga, town)
    both = (world.olga.sign(document), world.karl.sign(document))
    opens = hierarchy.open_customer_root

    def lies(holder, scope, wrapped):
        found = opens(holder, scope, wrapped)
        return bytes(32) if holder.uri == world.second.uri else found

    module.hierarchy.open_customer_root = lies
    try:
        await refused(world.move(world.olga, town, *both), "holder-not-same")
    finally:
        module.hierarchy.open_customer_root = opens
    assert world.holder_of(town) == world.holder.uri
    assert entries(world, f"{town}/exceptional", "holder.move") == []


class BySheets(SharedWorld, FolkWorld):
    """A house that custodians open; another holder is there that other custodians open."""

    def __init__(self, folder):
        super().__init__(folder)
        house_row.save(self.engine, self.body)
        self.others = custodians(4)
        self.there = folder / "there.key"
        hold_ceremony(self.there, self.others, self.dice, root=self.dice.draw(32))
        self.second = FileHolder(f"file:{self.there}")

    def parts(self):
        parts = super().parts()
        return replace(parts, holders={**parts.holders, self.second.uri: self.second})

    async def opened_by(self, *people):
        """Whether these custodians' shares open it."""
        for one in people:
            await self.give(one)
        return not (await self.keyroom.ask(LookHouse())).sealed


def test_shares_are_made_anew_after_a_move(tmp_path):
    """The house moves to another holder with other custodians; one of these leaves; all without a restart."""

    async def run():
        world = BySheets(tmp_path)
        await settled(world)
        try:
            house, old = world.body.id, world.people
            await world.keyroom.ask(OpenHolder(LOCAL, world.second.uri, secret_of(world.there, world.others)))
            document = (await world.keyroom.ask(LookRoot(world.karl.token, house, world.second.uri))).document
            both = (world.karl.sign(document), world.kim.sign(document))
            await world.keyroom.ask(MoveRoot(world.karl.token, house, world.second.uri, both))

            await world.keyroom.ask(Seal(LOCAL, "moved"))
            stale = old["Trustee"][0]
            with pytest.raises(Refusal, match="offer-forged"):  # his card knows the old holder's key
                stale.given(await world.offer())
            trustee, town = world.others["Trustee"], world.others["Town"]
            assert await world.opened_by(*trustee[:2], *town[:2])

            gone, trustee[:] = trustee[0], trustee[1:]  # he takes his sheet and his card with him
            await world.keyroom.ask(Seal(LOCAL, "he has left"))
            words = gone.words
            root = file_holder.open_root(
                world.there, secret_of(world.there, {**world.others, "gone": [gone]})
            )
            naming = file_holder.naming(world.there)
            made, issued = share_file.split(root, naming, wanted(world.others), world.dice)
            world.there.unlink()
            share_file.write(world.there, made)
            for one, paper in zip([*trustee, *town], issued, strict=True):
                assert paper.card.custodian == one.name
                one.words, one.card = paper.words, paper.card
            await refused(
                world.keyroom.ask(trustee[0].given(await world.offer(), words=words)), "share-older"
            )
            assert await world.opened_by(*trustee[:2], *town[:2])
            assert world.keyroom.opened.standing.get("customer", house, Customer).holder == world.second.uri
        finally:
            await world.close()
            world.engine.dispose()

    asyncio.run(run())


@in_house
async def test_every_unseal_is_an_entry(world):
    log = f"{world.body.id}/exceptional"
    before = len(entries(world, log, "house.unseal"))
    await world.reopen()
    found = entries(world, log, "house.unseal")
    assert len(found) == before + 1
    fields = found[-1].fields
    assert (fields["reason"], fields["custody"]) == (told.BY_ITSELF, "file")
    assert (fields["actor_kind"], fields["subject"]) == ("process", world.holder.uri)
