"""Two keyrooms over one PostgreSQL: one memory follows the other, a kill reaches both, no entry twice."""

import asyncio
import dataclasses
from unittest.mock import patch

import pytest

from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, MoveKey, UseKey
from custodes.acts.asks.log import Heads
from custodes.acts.keyroom import Keyroom
from custodes.acts.sharing import enrolling, hearing, lease
from custodes.acts.sharing.following import keys_of
from custodes.acts.writing.house_head import why_untrue
from custodes.adapters.file_holder import FileHolder
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger.merkle import leaf_hash, root_of
from custodes.store.books import SqlBooks
from custodes.store.reads import reading
from custodes.store.shared.leases import SqlLeases
from custodes.store.verbs import CHECKS, VERBS
from fakes import SeededDice, SetClock
from fakes.databases import Choice
from fakes.folk import FolkWorld
from fakes.keyrooms import LOCAL


class InMemory:
    def __init__(self):
        self.kept = None

    def read(self):
        return self.kept

    def write(self, wrapped):
        self.kept = wrapped


class Two(FolkWorld):
    """A house with two keyrooms: `self.keyroom` is `first`, `self.other` is `second`, on another machine."""

    def parts(self):
        return dataclasses.replace(super().parts(), leases=SqlLeases(self.engine))

    async def open_other(self, name="second", place=None, seed=99):
        engine = Choice.databases.engine(self.url)
        self.other_clock = SetClock(self.clock.at)
        self.other_place = place or InMemory()
        parts = dataclasses.replace(
            super().parts(),
            books=SqlBooks(engine, VERBS, CHECKS),
            read=type(super().parts().read)(lambda work: asyncio.to_thread(reading, engine, work)),
            clock=self.other_clock,
            holders={self.holder.uri: FileHolder(self.holder.uri)},
            dice=SeededDice(seed),
            name=name,
            own_key=self.other_place,
            leases=SqlLeases(engine),
        )
        self.other = Keyroom(self.body, parts)
        await self.other.unseal(self.passphrase)
        return self.other

    async def settle_in(self):
        now = await super().settle_in()
        self.key = (await self.keyroom.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id
        return now

    def use(self, keyroom, verb="wrap", message=b"a data key"):
        return keyroom.ask(UseKey(self.token, self.key, verb, message, b"row 7", "operation", "test"))


def in_two(work, of=Two):
    def test(tmp_path, databases, monkeypatch):
        monkeypatch.setattr(Choice, "databases", databases)
        monkeypatch.setattr(lease, "EVERY_S", 0.1)
        urls = []
        made = databases.url
        monkeypatch.setattr(databases, "url", lambda: urls.append(made()) or urls[-1])

        async def run():
            world = of(tmp_path)
            await world.open()
            await world.settle_in()
            world.url = urls[0]
            await world.open_other()
            try:
                await work(world)
            finally:
                await world.other.close()
                await world.close()

        asyncio.run(run())

    test.__name__ = work.__name__
    test.__doc__ = work.__doc__
    return test


async def refused(waiting, code):
    with pytest.raises(Refusal) as caught:
        await waiting
    assert caught.value.code == code
    return caught.value


@in_two
async def test_both_append_to_one_log_and_their_heads_count_every_entry(world):
    asked = [world.use(keyroom) for _ in range(40) for keyroom in (world.keyroom, world.other)]
    used = await asyncio.gather(*asked)
    positions = sorted(one.index for one in used)
    assert positions == list(range(positions[0], positions[0] + 80))
    log = used[0].log
    heads, house_heads, leaves = reading(
        world.engine, lambda r: (r.heads(), r.house_heads(), r.leaves(log, 0, 10_000))
    )
    assert heads[log].root() == root_of([leaf_hash(leaf) for leaf in leaves])
    founder = world.keyroom.opened.receipt_key.public_key()
    keys = keys_of(founder, world.other.opened.standing)
    sizes = {name: one.size for name, one in heads.items()}
    assert {one.keyroom for one in house_heads} == {"first", "second"}
    assert why_untrue(house_heads, world.body.id, keys, sizes) is None
    assert why_untrue(house_heads, world.body.id, {"first": founder}, sizes) == "house-head-forged"


@in_two
async def test_what_one_wraps_the_other_unwraps_and_each_signs_with_its_own_key(world):
    wrapped = await world.use(world.keyroom)
    assert (await world.use(world.other, "unwrap", wrapped.message)).message == b"a data key"
    one, two = world.keyroom._look(), world.other._look()
    assert one.receipt_key != two.receipt_key


@in_two
async def test_a_change_at_one_is_felt_by_the_other_before_it_has_looked(world):
    wrapped = await world.use(world.other)
    await world.keyroom.ask(MoveKey(world.olga.token, world.key, "disable", "leak"))
    await refused(world.use(world.other, "unwrap", wrapped.message), "key-suspended")
    await world.other.ask(MoveKey(world.olga.token, world.key, "enable", "found"))
    await asyncio.sleep(0.5)  # a "no" may be as old as the last beat; a "yes" never
    assert (await world.use(world.keyroom, "unwrap", wrapped.message)).message == b"a data key"
    assert world.keyroom.opened.standing.root() == world.other.opened.standing.root()


@in_two
async def test_changes_from_both_sides_at_once_are_all_done_and_none_is_lost(world):
    names = [f"key-{number}" for number in range(8)]
    await asyncio.gather(
        *(
            (world.keyroom, world.other)[number % 2].ask(
                CreateKey(world.olga.token, world.customer_row.id, name)
            )
            for number, name in enumerate(names)
        )
    )
    await world.use(world.keyroom)
    await world.use(world.other)
    rows = reading(world.engine, lambda reads: reads.standing())
    assert [row.position for row in rows] == list(range(len(rows)))


@in_two
async def test_a_kill_is_done_when_the_other_has_let_go(world):
    await world.use(world.other)
    assert is_open(world)
    killed = await world.keyroom.ask(
        Kill(world.anna.token, KillScope("customer", world.customer_row.id), "break-in")
    )
    assert (killed.state, killed.pending) == ("done", 0)
    assert not is_open(world)
    assert (await refused(world.use(world.other), "forbidden")).kind is Kind.LOCKED


@in_two
async def test_a_kill_counts_who_is_silent_and_he_stops_by_himself(world):
    wrapped = await world.use(world.other)
    world.other._living._task.cancel()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lease, "WAITED_S", 0.2)
        killed = await world.keyroom.ask(
            Kill(world.anna.token, KillScope("customer", world.customer_row.id), "break-in")
        )
    assert (killed.state, killed.pending) == ("pending", 1)
    # His memory is behind: the act itself is refused by its expects, and he follows.
    no = await refused(world.use(world.other, "unwrap", wrapped.message), "forbidden")
    assert no.kind is Kind.LOCKED


@in_two
async def test_a_keyroom_that_does_not_reach_the_database_uses_no_key(world):
    opened = world.other.opened
    opened.decisions.refuse_if_killed(world.customer_row.id)
    world.other._living._task.cancel()
    world.other_clock.forward(seconds=6)
    with pytest.raises(Refusal, match="lease-lapsed"):
        opened.decisions.refuse_if_killed(world.customer_row.id)


@in_two
async def test_one_name_is_one_keyroom(world):
    held = world.other
    with patch.object(lease, "OUTLIVES_S", 1.0), pytest.raises(Refusal, match="keyroom-runs-elsewhere"):
        await world.open_other(place=world.other_place)
    await world.other.close()
    world.other = held
    await world.use(world.other)
    await held.close()
    await world.open_other(place=world.other_place)
    await world.use(world.other)
    await world.other.close()
    with pytest.raises(Refusal, match="keyroom-has-another-key"):
        await world.open_other(place=InMemory(), seed=98)


@pytest.mark.slow
@in_two
async def test_a_run_that_could_not_give_its_lease_up_is_outlived(world):
    """Its database was gone when it stopped, so its lease is still there when it starts again."""
    with patch.object(type(world.other._living._leases), "give_up", side_effect=OSError("gone")):
        await world.other.close()
    await world.open_other(place=world.other_place)
    await world.use(world.other)


@in_two
async def test_one_keyroom_tends_and_the_other_takes_over(world):
    assert world.keyroom.is_tender
    assert not world.other.is_tender
    assert enrolling
    assert hearing
    signed = Heads(LOCAL, 0)
    await refused(world.other.ask(signed), "not-the-logkeeper")
    await world.keyroom.close()
    await asyncio.sleep(0.5)
    assert world.other.is_tender


@in_two
async def test_a_row_put_back_while_both_run_stops_whoever_follows(world):
    before = reading(world.engine, lambda reads: reads.standing())
    row = next(one for one in before if one.noun == "key")
    await world.keyroom.ask(MoveKey(world.olga.token, world.key, "disable", "leak"))
    with world.engine.connect() as connection:
        connection.exec_driver_sql(
            "UPDATE standing SET generation=?, body=?, mac=? WHERE noun='key' AND id=?",
            (row.generation, row.body, row.mac, row.id),
        )
    with pytest.raises(Refusal, match="standing-rolled-back"):
        await world.other.opened.read(lambda reads: reads.heads())


def is_open(world):
    return any(key == world.key for key, _ in world.other.opened.keyring._versions)
