"""A log announced its next year after the backup: catching up brings the announcement back, word for word."""

import asyncio

import pytest

from custodes.acts.asks.running.turning import AnnounceNext
from custodes.acts.logkeeper.signed_doors import UNSIGNED
from custodes.kernel.refusal import Refusal
from custodes.ledger.shards import turn
from custodes.store.reads import reading
from fakes.audited import audited
from fakes.keyrooms import ORIGIN
from fakes.lost import LostHouse


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    made = LostHouse(tmp_path_factory.mktemp("announced"))

    async def run():
        await made.live()
        await made.go_on(1)
        keeper, world = made.world.logkeeper, made.world
        vkeys = tuple(one.vkey.text() for one in world.log_keys.signers(f"{ORIGIN}/2027"))
        view = await keeper.signed.ask(AnnounceNext(UNSIGNED, vkeys, ("", ""), 60))
        await made.go_on(1)
        document = turn.parse_announced(view.announced)
        file = turn.NextFile(document=document, shown=await keeper.shown(view.announced_index))
        (world.folder / "log" / "next.json").write_bytes(file.encode())
        made.announced = view.announced
        await made.go_on(1)
        await made.lose()

    asyncio.run(run())
    made.mirror = made.mirrored()
    return made


def test_it_is_announced_again_in_the_same_words(once, tmp_path):
    lost = once.afresh(tmp_path)
    lost.restore(lost.mirror)

    async def run():
        again = await lost.opened()
        (row,) = reading(again.engine, lambda reads: reads.upkeep.shards())
        assert row.announced == lost.announced
        assert row.turned is None
        assert await again.logkeeper.round()
        assert audited(again).findings == ()
        await again.logkeeper.close()
        await again.close()
        again.engine.dispose()

    asyncio.run(run())


def test_without_its_words_nothing_is_taken_over(once, tmp_path):
    lost = once.afresh(tmp_path)
    (lost.mirror / "next.json").unlink()
    with pytest.raises(Refusal, match="next-shard-missing"):
        lost.restore(lost.mirror)
