"""Grounds to judge openings by; whole houses are in test_house."""

import asyncio

import pytest

from custodes.acts.audit.opening import DEEDS, check_openings, ground_of
from custodes.kernel.refusal import Refusal
from custodes.ledger import vocabulary
from custodes.store.reads import reading
from fakes.keyrooms import World


def in_world(work):
    def test(tmp_path):
        async def run():
            world = World(tmp_path)
            await world.open()
            await world.settle_in()
            try:
                work(world)
            finally:
                await world.close()
                world.engine.dispose()

        asyncio.run(run())

    test.__name__ = work.__name__
    return test


def ground(world, reads):
    return ground_of(world.body, reads, world.holder, (world.clock, world.dice))


@in_world
def test_every_entry_is_proven(world):
    def look(reads):
        logs = [(log, head.size) for log, head in sorted(reads.heads().items()) if log != "root"]
        return list(check_openings(ground(world, reads), world.body.id, reads, iter(logs)))

    seen = reading(world.engine, look)
    assert seen
    assert not [one for _, _, one in seen if isinstance(one, Refusal)]
    assert any(one.authority is not None for _, _, one in seen)


@in_world
def test_an_entry_that_is_not_there(world):
    log = world.house_customer.log("machine")

    def look(reads):
        return list(check_openings(ground(world, reads), world.body.id, reads, iter([(log, 1)])))

    (at, index, refusal), *rest = reading(world.engine, look)
    assert (at, index, rest) == (log, 0, [])
    assert refusal.code == "opening-missing"


@in_world
def test_a_sealed_holder_gives_no_ground(world):
    world.holder.seal()
    with pytest.raises(Refusal, match="holder-sealed"):
        reading(world.engine, lambda reads: ground(world, reads))


@in_world
def test_a_ground_shows_nothing(world):
    assert reading(world.engine, lambda reads: repr(ground(world, reads))) == "Ground(...)"


def test_deeds_are_acts_of_the_vocabulary():
    assert all(vocabulary.act_code(act) is not None for act in DEEDS)
