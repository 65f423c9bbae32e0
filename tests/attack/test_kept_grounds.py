"""What the keyroom keeps of a use that was allowed must not outlive what it rested on (promises 1 and 2).

A use warms everything that is kept: actor, connection, decision, footing, quorum. Then what it rested on is
taken away, before the next use, or while the next one is being committed: that one is refused.
"""

import pytest

from custodes.acts.asks.clouds.connections import LentKey, MoveConnection, SetConnection
from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import MoveKey
from custodes.kernel.refusal import Kind, Refusal
from custodes.store.intruder import Intruder
from fakes.clouds import CloudWorld
from fakes.lived import lived, settled

in_cloud = lived(lambda folder: settled(CloudWorld(folder)))


async def refused(coming):
    with pytest.raises(Refusal) as caught:
        await coming
    return caught.value.code, caught.value.kind


async def kill(world):
    await world.keyroom.ask(Kill(world.olga.token, KillScope("customer", world.customer_row.id), "alarm"))


async def disable(world):
    await world.keyroom.ask(MoveKey(world.olga.token, world.key, "disable", "suspicion"))


async def switch_off(world):
    await world.keyroom.ask(MoveConnection(world.karl.token, world.aws.id, "off", "suspicion"))


async def take_back(world):
    """The connection stays, the key is lent under that name no more."""
    ask = SetConnection(
        None,
        world.customer_row.id,
        "xks",
        "AWS",
        (LentKey(world.key, "other"),),
        settings={},
        id=world.aws.id,
    )
    await world.keyroom.ask(world.olga.signed(ask, ("connection", world.aws.id)))


WITHDRAWN = (
    (kill, "customer-killed", Kind.LOCKED),
    (disable, "key-suspended", Kind.LOCKED),
    (switch_off, "connection-off", Kind.LOCKED),
    (take_back, "lent-key-absent", Kind.ABSENT),
)


@in_cloud
async def test_a_warm_use_is_decided_on_what_stands(world):
    """Withdrawn in turn, each on top of the one before: the first that is looked at is told."""
    sealed = await world.encrypt()
    for _ in range(3):
        await world.encrypt()
        await world.decrypt(sealed)
    await disable(world)
    assert (await refused(world.decrypt(sealed)))[1] is Kind.LOCKED
    assert (await refused(world.encrypt()))[1] is Kind.LOCKED
    await world.keyroom.ask(MoveKey(world.olga.token, world.key, "enable", "cleared"))
    assert await world.decrypt(sealed) == b"a data key"
    await switch_off(world)
    assert await refused(world.decrypt(sealed)) == ("connection-off", Kind.LOCKED)
    on = MoveConnection(None, world.aws.id, "on")
    await world.keyroom.ask(world.olga.signed(on, ("connection", world.aws.id)))
    assert await world.decrypt(sealed) == b"a data key"
    await take_back(world)
    assert await refused(world.decrypt(sealed)) == ("lent-key-absent", Kind.ABSENT)
    assert await world.decrypt(sealed, key="other") == b"a data key"
    await kill(world)
    assert (await refused(world.decrypt(sealed, key="other")))[1] is Kind.LOCKED


@pytest.mark.parametrize(("withdraw", "code", "kind"), WITHDRAWN, ids=[row[0].__name__ for row in WITHDRAWN])
def test_withdrawn_after_the_commit_and_before_the_key(tmp_path, withdraw, code, kind):
    """The entry stands, the key is not used: whatever was kept is looked at again."""

    @in_cloud
    async def between(world):
        sealed = await world.encrypt()
        await world.decrypt(sealed)
        gate = world.keyroom.opened.gate
        commit, waiting = gate.commit, [withdraw]

        async def slow(act):
            done = await commit(act)
            if waiting and any(entry.act_code == "key.unwrap" for entry in act.entries):
                await waiting.pop()(world)
            return done

        gate.commit = slow
        assert await refused(world.decrypt(sealed)) == (code, kind)
        assert not waiting

    between(tmp_path)


@in_cloud
async def test_a_row_raised_in_the_database_stops_a_warm_use(world):
    sealed = await world.encrypt()
    await world.decrypt(sealed)
    there = Intruder(world.folder / "custodes.db")
    row = there.standing("key", world.key)
    there.put_standing("key", world.key, row._replace(generation=row.generation + 1))
    assert await refused(world.decrypt(sealed)) == ("changed-meanwhile", Kind.CONFLICT)
    there.put_standing("key", world.key, row)
    assert await world.decrypt(sealed) == b"a data key"
