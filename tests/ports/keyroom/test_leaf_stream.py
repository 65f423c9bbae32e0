"""Leaves stream off the machine: each epoch's file holds exactly what that epoch covers."""

import asyncio

from custodes.acts.logkeeper import streaming
from custodes.acts.logkeeper.streaming import Streaming  # noqa: F401 - this suite is its test
from custodes.ledger.loss.stream import file_path
from custodes.ledger.merkle import CompactRange, leaf_hash
from fakes.folk import FolkWorld
from fakes.keyrooms import ORIGIN


def streamed(world, epochs):
    """Every sub-log, put together from the files alone."""
    grown = {}
    for epoch in range(1, epochs + 1):
        raw = (world.folder / "log" / file_path(epoch)).read_bytes()
        for part in streaming.opened([raw], (ORIGIN, world.log_keys), epoch):
            leaves = grown.setdefault(part.log, [])
            assert part.first == len(leaves)
            leaves += part.leaves
    return grown


def test_the_files_of_all_epochs_are_all_leaves_in_order(tmp_path):
    async def run():
        world = FolkWorld(tmp_path)
        await world.open()
        await world.settle_in()
        keeper = world.keeper()
        assert await keeper.round()
        await world.enrol_person("Someone", world.trustee, ("auditor",))
        assert await keeper.round()
        await world.close()
        await world.open()
        await world.enrol_person("Else", world.trustee, ("auditor",))
        keeper = world.keeper()  # both processes anew: nothing streams twice
        assert await keeper.round()
        world.clock.forward(minutes=11)
        assert await keeper.round()  # a heartbeat: an epoch in which nothing grew has its file too
        heads = await world.keyroom.opened.read(lambda reads: reads.heads())
        found = streamed(world, 4)
        grown = {
            log: CompactRange().extend([leaf_hash(one) for one in leaves]) for log, leaves in found.items()
        }
        assert grown == {log: head for log, head in heads.items() if log != "root"}
        await world.close()
        world.engine.dispose()

    asyncio.run(run())
