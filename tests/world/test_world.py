"""Dozens of seeds in `make test`; `CUSTODES_SEEDS=100..5000` plays others, `17..18` one alone."""

import asyncio
import os

import msgspec
import pytest

from custodes.kernel.refusal import Kind, Refusal
from world.simulation import Breaks, Simulation

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
