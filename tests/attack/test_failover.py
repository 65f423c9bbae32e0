"""A real primary and a real standby: killed under load, promoted, promoted with lag, a commit cut short.

Promises 1 and 11 where the database is another machine's: what was answered is there afterwards; what
was not known was not answered; and a database that lacks what was committed stops every use.
"""

import asyncio
import logging

import pytest

from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.writing.house_head import why_untrue
from custodes.kernel.refusal import Refusal
from custodes.ledger.merkle import leaf_hash, root_of
from custodes.store.migrate import migrate
from custodes.store.reads import reading
from custodes.store.shared.postgres import open_postgres
from fakes.databases import Choice, Databases, Server, is_here, scratch
from fakes.keyrooms import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
WRITERS = 8


@pytest.fixture
def pair():
    """(primary, standby, a database's URL that names both)."""
    if not is_here():
        pytest.skip("PostgreSQL is not installed")
    with scratch() as folder:
        primary = Server.found(folder, 5601)
        servers = [primary]
        try:
            engine = open_postgres(primary.database("house"))
            migrate(engine)
            engine.dispose()
            standby = primary.standby(5602)
            servers.append(standby)
            url = f"postgresql:///house?host={folder},{folder}&port=5601,5602&user=custodes_keyroom"
            yield primary, standby, url
        finally:
            for server in servers:
                server.stop()


class At(Databases):
    """Every engine of the test at one URL."""

    def __init__(self, url):
        super().__init__(None)
        self.url = lambda: url


async def founded(folder):
    world = World(folder)
    await world.open()
    await world.settle_in()
    _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    world.key = (await world.keyroom.ask(CreateKey(owner, world.customer_row.id, "registry"))).id
    return world


async def until(holds):
    """Wait for a state of the server; the test's own time limit ends it."""
    while not holds():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.05)


def use(world):
    return world.keyroom.ask(UseKey(world.token, world.key, "wrap", b"k", b"row", "operation", "test"))


def played(work, pair, tmp_path, monkeypatch):
    handed = At(pair[2])
    monkeypatch.setattr(Choice, "databases", handed)

    async def run():
        world = await founded(tmp_path)
        try:
            await work(world)
        finally:
            await world.close()
            world.engine.dispose()

    try:
        asyncio.run(run())
    finally:
        handed.close()


def whole(world):
    """The log of a house: (leaves of the customer's machine uses, why its heads are untrue)."""
    log = world.customer_row.log("machine")

    def work(reads):
        heads = reads.heads()
        leaves = reads.leaves(log, 0, heads[log].size)
        assert heads[log].root() == root_of([leaf_hash(leaf) for leaf in leaves])
        return leaves, reads.house_heads(), {name: one.size for name, one in heads.items()}

    leaves, house_heads, sizes = reading(world.engine, work)
    key = world.keyroom.opened.receipt_key.public_key()
    return leaves, why_untrue(house_heads, world.body.id, {"first": key}, sizes)


def test_the_primary_is_killed_under_load_and_nothing_answered_is_lost(pair, tmp_path, monkeypatch, caplog):
    primary, standby, _ = pair
    primary.tell("synchronous_standby_names", "*")

    async def work(world):
        answered, refused, over = [], set(), asyncio.Event()

        async def writer():
            while not over.is_set():
                try:
                    answered.append((await use(world)).index)
                except Refusal as refusal:
                    refused.add(refusal.code)
                    await asyncio.sleep(0.05)

        writers = [asyncio.create_task(writer()) for _ in range(WRITERS)]
        await until(lambda: len(answered) >= 200)
        await asyncio.to_thread(primary.kill)
        before = len(answered)
        await asyncio.to_thread(standby.promote)
        await until(lambda: len(answered) >= before + 200)
        over.set()
        await asyncio.gather(*writers)
        assert refused <= {"books-unavailable", "answer-too-late"}
        leaves, untrue = await asyncio.to_thread(whole, world)
        assert untrue is None
        assert len(set(answered)) == len(answered)
        assert max(answered) < len(leaves)

    with caplog.at_level(logging.WARNING):
        played(work, pair, tmp_path, monkeypatch)
    assert "timeline 1 to 2" in caplog.text


def test_a_standby_promoted_with_lag_stops_every_use(pair, tmp_path, monkeypatch, caplog):
    primary, standby, _ = pair

    async def work(world):
        await use(world)
        await asyncio.to_thread(standby.stop, "fast")
        last = (await use(world)).index
        await asyncio.to_thread(primary.kill)
        await asyncio.to_thread(standby.start)
        await asyncio.to_thread(standby.promote)
        codes = set()
        for _ in range(20):
            try:
                await use(world)
                raise AssertionError("a use went on over a database that lacks one")
            except Refusal as refusal:
                codes.add(refusal.code)
                if refusal.code == "sequencer-dead":
                    break
            await asyncio.sleep(0.2)
        assert "sequencer-dead" in codes
        leaves, _ = await asyncio.to_thread(whole, world)
        assert len(leaves) <= last  # it really was behind, and nothing was written over the gap

    with caplog.at_level(logging.CRITICAL):
        played(work, pair, tmp_path, monkeypatch)
    assert "is not the one this keyroom left" in caplog.text


def test_a_commit_that_gave_up_on_its_standby_is_not_answered_before_the_standby_has_it(
    pair, tmp_path, monkeypatch, caplog
):
    primary, standby, _ = pair
    waiting = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"

    async def work(world):
        await use(world)
        primary.tell("synchronous_standby_names", "*")
        await use(world)
        await asyncio.to_thread(standby.stop, "fast")
        asked = asyncio.create_task(use(world))
        with primary.admin() as admin:
            for _ in range(2):
                await until(lambda: admin.execute(waiting).fetchone())
                admin.execute("SELECT pg_cancel_backend(%s)", admin.execute(waiting).fetchone())
                await asyncio.sleep(0.5)
        assert not asked.done()
        await asyncio.to_thread(standby.start)
        (said,) = await asyncio.gather(asked, return_exceptions=True)
        assert getattr(said, "code", "done") in {"done", "answer-too-late"}
        assert world.keyroom.sequencer.is_alive
        await use(world)
        leaves, untrue = await asyncio.to_thread(whole, world)
        assert untrue is None
        assert len(leaves) == 4

    with caplog.at_level(logging.WARNING):
        played(work, pair, tmp_path, monkeypatch)
    assert "a commit in doubt was looked up: it is durable" in caplog.text
