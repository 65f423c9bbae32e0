"""A machine is lost whose database was PostgreSQL: catching up, and closing the log, from end to end."""

import asyncio

import pytest

from custodes.acts.asks.keys import UseKey
from custodes.acts.footing.nouns import WitnessPolicy
from custodes.acts.restoring.coming_up import lift_document_of, lift_restored
from custodes.kernel.refusal import Refusal
from custodes.ledger import quorum
from custodes.store.reads import reading
from custodes.wiring.backups import closing, making
from fakes.audited import audited
from fakes.databases import Choice
from fakes.lost import LostHouse, heads
from fakes.witnesses import Dead, log_of, policy_of

pytestmark = pytest.mark.whole
NEXT = "log.example/test/2"


class AtUrl:
    def __init__(self, databases, url):
        self.databases, self.url = databases, url

    def engine(self):
        return self.databases.engine(self.url)


@pytest.fixture
def lost(tmp_path, databases, monkeypatch):
    """The town asks for cosignatures of a witness of its own; a village comes after the backup."""
    urls = (databases.url(), databases.url())
    monkeypatch.setattr(Choice, "databases", AtUrl(databases, urls[0]))
    made = LostHouse(tmp_path, urls=urls)
    world = made.world

    async def run():
        await made.live()
        text = policy_of(world.body.log_vkeys, ["town-own"])
        row = WitnessPolicy(policy=text, set_at="2026-01-01T00:00:00Z")
        id_ = world.customer_row.id
        await world.put(("witness-policy", id_, id_, row))
        await world.epoch()
        made.backup = making.make(made.old, b"", made.backups).path
        made.village, _ = await world.newcomer()
        await made.go_on(2)
        made.heads = heads(world)
        await made.lose()

    asyncio.run(run())
    made.mirror = made.mirrored()
    return made


async def use(world):
    return await world.keyroom.ask(UseKey(world.token, world.key, "wrap", b"m", b"", "operation", "test"))


async def lifted(lost):
    """The restored house, let go by two officers; the registry has a new token."""
    world = await lost.opened()
    o = world.keyroom.opened
    paper = lift_document_of(o)
    await lift_restored(o, [world.karl.sign(paper), world.kim.sign(paper)])
    credential, world.token = world.api_token(
        world.town.id, application=world.application.id, customer=world.customer_row.id
    )
    await world.put(("credential", credential.id, world.customer_row.id, credential))
    return world


async def ended(world):
    await world.logkeeper.close()
    await world.close()
    world.engine.dispose()


def test_it_catches_up_out_of_a_mirror(lost):
    done = lost.restore(lost.mirror)
    assert [one.id for one in done.caught_up.lost_customers] == [lost.village.id]

    async def run():
        world = await lifted(lost)
        assert world.engine.dialect.name == "postgresql"
        now = heads(world)
        for log in (world.customer_row.log("machine"), f"{lost.village.id}/exceptional", "root"):
            assert now[log] == lost.heads[log]
        with pytest.raises(Refusal, match="not-witnessed-lately"):
            await use(world)
        assert await world.logkeeper.round()  # every witness cosigned the lost house's last tree too
        assert (await use(world)).index == lost.heads[world.customer_row.log("machine")].size
        assert audited(world).findings == ()
        await ended(world)

    asyncio.run(run())


def test_a_log_is_closed_and_the_towns_own_witnesses_are_asked_about_the_next(lost):
    lost.restore()
    raw = closing.document(lost.new, b"", NEXT, [lost.mirror])
    made = closing.close(lost.new, b"", raw, [one.sign(raw) for one in (lost.world.karl, lost.world.kim)])

    async def run():
        world = await lifted(lost)
        o = world.keyroom.opened
        assert world.body.origin == NEXT
        policy = o.policies.of(world.customer_row.id)
        assert [one.name for one in policy.witnesses.values()] == ["town-own"]
        assert {vkey.text() for vkey, _ in policy.logs} == set(made.document.vkeys)

        logs = [vkey for vkey, _ in quorum.parse(world.body.policy.encode()).logs]
        world.known["town-own"] = Dead("town-own", log_of(NEXT, logs), world.clock)
        world.clock.forward(minutes=1)
        assert await world.logkeeper.round()  # the house's own quorum is met, the town's is not
        with pytest.raises(Refusal, match="not-witnessed-lately"):
            await use(world)
        del world.known["town-own"]
        await world.logkeeper.close()
        world.logkeeper = world.keeper(world.reach)
        world.clock.forward(minutes=1)
        assert await world.logkeeper.round()
        await use(world)
        root = reading(world.engine, lambda reads: reads.leaves("root/2", 0, 1))
        assert root == [made.document.leaf()]
        assert audited(world).findings == ()
        await ended(world)

    asyncio.run(run())
