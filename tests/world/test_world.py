"""Dozens of seeds in `make test`; `CUSTODES_SEEDS=100..5000` plays others, `17..18` one alone."""

import asyncio
import contextlib
import os

import msgspec
import pytest

from custodes.acts.logkeeper import gathering
from custodes.acts.restoring import closing as house_closing
from custodes.acts.witnessing import Witnessing
from custodes.kernel.refusal import Kind, Refusal
from custodes.wiring.backups import closing, restoring
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


def silent_about_the_gap(monkeypatch):
    """The town's entry says of the gap that all its entries are kept."""
    honest = house_closing._record

    def record(owner, document, who, sizes):
        return honest(owner, document, who, {log: size + 1_000 for log, size in sizes.items()})

    monkeypatch.setattr(house_closing, "_record", record)


def silent_about_what_is_lost(monkeypatch):
    async def tell_lost(*_):
        return ()

    monkeypatch.setattr(restoring, "tell_lost", tell_lost)


def a_shorter_gap(monkeypatch):
    """The gap is said to begin and end where the backup does: what the mirror holds behind it is hidden."""
    honest = closing._last
    monkeypatch.setattr(
        closing, "_last", lambda o, places, kept: honest(o, [places[0].parent / "older"], kept)
    )


@pytest.mark.whole
@pytest.mark.parametrize(
    ("hide", "is_closed", "what"),
    [
        (silent_about_the_gap, True, "gone and nobody says so"),
        (silent_about_what_is_lost, False, "opening-missing"),
        (a_shorter_gap, True, "the mirror does not follow"),
        (lambda _: None, True, ""),
        (lambda _: None, False, ""),
    ],
)
def test_a_hidden_gap_is_found_out(tmp_path, hide, is_closed, what, monkeypatch):
    """A life that loses its machine once uses were published behind the backup, and one who hides what."""
    hide(monkeypatch)
    life = WatchedLife(tmp_path, 5, 0)
    life.random.random = lambda: 1.0 if is_closed else 0.0

    async def run():
        await life.live()
        life.met_at = life.world.clock.now()
        (tmp_path / "older").write_bytes(life.get("checkpoint"))
        for _ in range(2):
            await life.use_key()
            life.world.clock.forward(seconds=20)
            await life.publish()
        try:
            life.told.append("machine lost")
            await life.machine_is_lost()
            life.world.clock.forward(minutes=1)
            await life.publish()
            life.audit()
        finally:
            await life.lose()

    with pytest.raises(Breaks, match=what) if what else contextlib.nullcontext():
        asyncio.run(run())
