"""Stores are listed for what belongs to nothing: found, forgotten when gone, gone on with after a crash."""

import asyncio
from datetime import timedelta

import pytest

from custodes.acts.asks.buckets.leftovers import StoreListed, TakeListing
from custodes.acts.objects.leftovers import known, rounds  # noqa: F401 - this suite is their test
from custodes.acts.objects.leftovers.known import Known, known_now
from custodes.acts.streams import listing
from custodes.acts.streams.listing import Lister
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.store.index import strays  # noqa: F401 - this suite is its test
from fakes.listed import KEPT, ListedWorld
from fakes.lived import lived

with_listed = lived(lambda folder: ListedWorld(folder).settle())


@with_listed
async def test_what_nothing_knows_is_found_and_what_anything_knows_is_not(world):
    o = world.keyroom.opened
    opened = await world.open_put("a", b"1", bucket=KEPT)
    await world.close_put(opened, world.seal(opened, b"1"))
    upload = await world.upload("b", bucket=KEPT)
    await world.write_part("b", upload, 1, bytes(6_000_000), bucket=KEPT)
    going = await world.open_put("c", size=2_000_000, bucket=KEPT)
    blobs = {opened.blob, going.blob, *(blob for _, blob in world.stored)}
    for blob in blobs:
        world.lay(blob)
    young = new_id("blb", world.dice)
    world.lay(young, timedelta(days=2))
    (world.shelf / "other").mkdir()
    (world.shelf / "other" / "file").write_bytes(b"not ours")
    found = await world.rounds()
    assert (found.strays, found.stray_bytes) == (0, 0)
    lost = [new_id("blb", world.dice) for _ in range(3)]
    paths = [world.lay(blob) for blob in lost]
    world.clock.forward(days=8)
    for blob in (young, *blobs):
        world.lay(blob, timedelta(hours=1))
    found = await world.rounds()
    assert (found.strays, found.stray_bytes) == (3, 21)
    assert all(path.exists() for path in paths)
    paths[0].unlink()
    world.clock.forward(days=8)
    for blob in (young, *blobs):
        world.lay(blob, timedelta(hours=1))
    assert (await world.rounds()).strays == 2
    assert len(await known_now(o)) >= len(blobs)


@with_listed
async def test_a_round_goes_on_where_it_was_and_no_page_is_taken_twice(world):
    lost = sorted((new_id("blb", world.dice) for _ in range(5)), key=lambda blob: (blob[-2:], blob))
    for blob in lost:
        world.lay(blob)
    before = listing.ITEMS_MAX
    listing.ITEMS_MAX = 2
    try:
        while (work := await world.ask(TakeListing())).store.uri != f"file:{world.shelf}" or not work.after:
            assert await world.lister.step()
        first = await world.ask(TakeListing())
        assert await world.lister.step()
        late = StoreListed(
            location=first.store.location, after=first.after, last="zz/z", blobs=(), is_end=True
        )
        with pytest.raises(Refusal, match="not-now"):
            await world.ask(late)
        found = await world.rounds()
    finally:
        listing.ITEMS_MAX = before
    assert found.strays == len(lost)


@with_listed
async def test_a_folder_that_went_away_is_not_an_empty_one_and_keeps_no_other_from_being_listed(world):
    world.lay(new_id("blb", world.dice))
    assert (await world.rounds()).strays == 1
    away = world.shelf.rename(world.folder / "away")
    lost = world.lay(new_id("blb", world.dice), shelf=world.unused)
    world.clock.forward(days=8)
    assert (await world.rounds()).strays == 2  # one is remembered, the other lies where no bucket lies
    away.rename(world.shelf)
    lost.unlink()
    world.lister = Lister(world.keyroom, world.stores)
    world.clock.forward(days=8)
    assert (await world.rounds()).strays == 1


def test_a_digest_is_found_and_another_is_not():
    names = [f"blb-{n:026d}" for n in range(500)]
    found = Known(0)
    found.add(names[::2])
    asyncio.run(found.sort())
    assert len(found) == 250
    assert [found.has(name) for name in names] == [True, False] * 250
    assert timedelta(days=2) < rounds.YOUNG
