import asyncio

from custodes.acts.asks.buckets.adopting import AdoptedItem, ItemsCounted, TakeAdoption
from custodes.cli.storing.adopt import MOVES, SIGNED, adopt
from custodes.objects.adoption import VERBS

from .test_copies import bucket


def counted(house, *items):
    """What the process that reaches the stores would say."""

    async def run():
        work = await house.world.ask(TakeAdoption())
        await house.world.ask(ItemsCounted(work.adoption, work.after, items, is_end=True))

    asyncio.run_coroutine_threadsafe(run(), house.loop).result(20)


def item(name, size):
    return AdoptedItem(name=name, size=size, etag="e", modified="2026-11-22T08:00:00Z")


def test_a_dry_run_counts_and_computes_only_from_figures_that_were_given(house):
    olga = house.world.olga
    _, attic = bucket(house)
    begun = house.json("bucket", adopt.name, "plan", "records", "--from", attic, who=olga)
    assert (begun["state"], begun["objects"], begun["cost"][:12]) == ("counting", 0, "not computed")
    counted(house, item("a", 3_000_000_000), item("b", 1_000_000_000))
    plain = house.json("bucket", adopt.name, "plan", "records", who=olga)
    assert (plain["objects"], plain["bytes"], plain["seconds"][:12]) == (2, 4_000_000_000, "not computed")
    figures = ("--mb-per-s", "100", "--price-per-gb", "0.05", "--price-per-1000", "10")
    with_figures = house.run("bucket", adopt.name, "plan", "records", *figures, who=olga)
    assert "40" in with_figures.stdout
    assert "0.22" in with_figures.stdout
    status = house.run("bucket", adopt.name, "status", "records", who=olga)
    assert "still in plain" in status.stdout
    assert "not assessed" in status.stdout


def test_it_runs_by_a_signature_only_and_says_where_it_stands(house):
    world = house.world
    _, attic = bucket(house)
    house.json("bucket", adopt.name, "plan", "records", "--from", attic, who=world.olga)
    assert (
        house.run("bucket", adopt.name, "run", "records", who=world.olga).exit_code == 1
    )  # it is counted still
    counted(house, item("a", 1))
    assert house.run("bucket", adopt.name, "run", "records", who=world.olga.token).exit_code == 2
    running = house.json("bucket", adopt.name, "run", "records", who=world.olga)
    assert running["state"] == "running"
    shown = house.run("bucket", adopt.name, "objects", "records", "--state", "found", who=world.olga)
    assert "found" in shown.stdout
    assert house.run("bucket", adopt.name, "clear", "records", who=world.olga).exit_code == 1
    none = house.run("bucket", adopt.name, "manifest", "records", str(house.folder / "m"), who=world.olga)
    assert none.exit_code == 1
    ended = house.json("bucket", adopt.name, "end", "records", who=world.olga)
    assert ended["state"] == "ended"
    assert {move.name for move in MOVES} == set(VERBS) - {"handed"}
    assert set(SIGNED) < set(VERBS)
