"""Dozens of seeds in `make test`; `CUSTODES_SEEDS=100..5000` plays others, `17..18` one alone."""

import asyncio
import os

import msgspec
import pytest

from custodes.acts.logkeeper import gathering
from custodes.acts.witnessing import Witnessing
from custodes.kernel.refusal import Kind, Refusal
from world.simulation import Breaks, Simulation
from world.watched import WatchedLife

STEPS = int(os.environ.get("CUSTODES_STEPS", "60"))


def seeds():
    first, _, last = os.environ.get("CUSTODES_SEEDS", "0..24").partition("..")
    return range(int(first), int(last or int(first) + 1))


@pytest.mark.whole
@pytest.mark.parametrize("seed", seeds())
def test_a_life(tmp_path, seed):
    life = Simulation(tmp_path, seed, STEPS)
    try:
        asyncio.run(life.run())
    except Exception as error:
        told = "\n".join(f"{n:3} {one}" for n, one in enumerate(life.told))
        pytest.fail(f"seed {seed}: {type(error).__name__} {error}\n{told}")


def watched_seeds():
    """Fewer: each founds a house, and may lose it."""
    return range(seeds().start, seeds().start + max(1, len(seeds()) // 6))


@pytest.mark.whole
@pytest.mark.parametrize("seed", watched_seeds())
def test_a_life_beside_witnesses(tmp_path, seed, monkeypatch):
    monkeypatch.setattr(gathering, "WITNESS_TIMEOUT_S", 0.2)
    monkeypatch.setattr(gathering, "STRAGGLERS_S", 0.01)
    life = WatchedLife(tmp_path, seed, STEPS)
    try:
        asyncio.run(life.run())
    except Exception as error:
        told = "\n".join(f"{n:3} {one}" for n, one in enumerate(life.told))
        pytest.fail(f"seed {seed}: {type(error).__name__} {error}\n{told}")


def lies_about_refusals(life):
    """A house that releases what it refused."""
    honest = life.world.use

    async def use(*args, **more):
        try:
            life.last = await honest(*args, **more)
        except Refusal as refusal:
            if life.last is None or refusal.kind is not Kind.DENIED:
                raise
        return life.last

    life.last, life.world.use = None, use


def lies_about_entries(life):
    """A house that says an entry is where none is."""
    honest = life.world.use

    async def use(*args, **more):
        used = await honest(*args, **more)
        return msgspec.structs.replace(used, index=0)

    life.world.use = use


def lies_in_the_books(life):
    """A database whose entries are edited behind the house's back, at the end of its life."""
    honest = life.audit

    def audit():
        life.world.sql("DROP TRIGGER IF EXISTS opening_no_update")
        life.world.sql("UPDATE opening SET at = at + 1 WHERE idx = 0")
        honest()

    life.audit = audit


@pytest.mark.whole
@pytest.mark.parametrize("lie", [lies_about_refusals, lies_about_entries, lies_in_the_books])
def test_a_lie_is_found_out(tmp_path, lie):
    life = Simulation(tmp_path, 3, STEPS)
    lie(life)
    with pytest.raises(Breaks):
        asyncio.run(life.run())


@pytest.mark.whole
def test_a_house_that_does_not_ask_its_witnesses_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr(Witnessing, "refuse_if_stale", lambda *_: None)
    life = WatchedLife(tmp_path, 5, STEPS)
    with pytest.raises(Breaks, match="without a young quorum"):
        asyncio.run(life.run())
