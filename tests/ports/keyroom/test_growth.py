"""The calculator's figures against what a small house really takes on disk."""

import asyncio

import pytest

from custodes.ledger.retention import growth
from fakes.upkeep import UpkeepWorld

pytestmark = pytest.mark.sqlite
USES = 700


def tables(world):
    with world.engine.connect() as connection:
        return dict(connection.exec_driver_sql("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").all())


def grown(before, after, count, *names):
    return sum(after[name] - before.get(name, 0) for name in names) / count


@pytest.mark.conformance
def test_the_constants_are_near_what_is_measured(tmp_path):
    asyncio.run(measured(UpkeepWorld(tmp_path)))


async def measured(world):
    await world.open()
    await world.settle_in()
    keeper = world.keeper()
    await world.use()
    before = tables(world)
    for _ in range(USES):
        await world.use()
    alone = tables(world)
    openings = grown(before, alone, USES, "opening", "opening_page", "opening_subject")
    assert openings == pytest.approx(growth.OPENING_BYTES, rel=0.1)
    assert grown(before, alone, USES, "bundle") == pytest.approx(growth.LEAF_ALONE_BYTES, rel=0.15)
    assert grown(before, alone, USES, "tile") == pytest.approx(growth.TILE_BYTES, rel=0.35)
    for _ in range(120):
        await world.use()
        await keeper.round()
    after = tables(world)
    heads = grown(alone, after, 120, "epoch_head", "epoch_head_size")
    assert heads == pytest.approx(growth.HEAD_BYTES + 4 * growth.PATH_HASH_BYTES, rel=0.2)
    everything = sum(after.values()) - sum(alone.values())
    use = growth.OPENING_BYTES + growth.LEAF_ALONE_BYTES + growth.TILE_BYTES
    assert everything / 120 - use - heads == pytest.approx(growth.EPOCH_BYTES, abs=250)
    await world.close()
    world.engine.dispose()
