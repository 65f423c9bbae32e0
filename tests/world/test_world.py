"""Dozens of seeds in `make test`; `CUSTODES_SEEDS=100..5000` plays others, `17..18` one alone."""

import asyncio
import os

import pytest

from world.simulation import Simulation

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
