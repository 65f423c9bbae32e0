"""Stores are listed for what belongs to nothing: found, forgotten when gone, gone on with after a crash."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from custodes.acts.asks.buckets.leftovers import StoreListed, TakeListing
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.objects.care.summary import care_summary
from custodes.acts.objects.leftovers import known, rounds  # noqa: F401 - this suite is their test
from custodes.acts.objects.leftovers.known import Known, known_now
from custodes.acts.streams import listing
from custodes.acts.streams.listing import Lister
from custodes.adapters.stores.reach import ReachableStores
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.store.index import strays  # noqa: F401 - this suite is its test
from fakes.lived import lived
from fakes.object_world import ObjectWorld

KEPT = "kept"
OLD = timedelta(days=4)


class ListedWorld(ObjectWorld):
    """A bucket in a folder; the other store of the house is nowhere to be listed."""

    async def settle(self):
        await self.settle_objects()
        self.threads = ThreadPoolExecutor(max_workers=2)
        self.stores = ReachableStores(self.threads)
        self.shelf = self.folder / "kept"
        self.shelf.mkdir()
        place = self.location("kept", "DE", ("DE",))
        await self.put(
            ("location", place.id, "", place),
            ("store", place.id, "", StoreAt(location=place.id, uri=f"file:{self.shelf}")),
            ("store", self.inside.id, "", StoreAt(location=self.inside.id, uri=f"file:{self.folder / 'b'}")),
        )
        (self.folder / "b").mkdir()
        await self.create_bucket(KEPT, locations=("kept",))
        self.lister = Lister(self.keyroom, self.stores)
        return self

    async def close(self):
        await super().close()
        self.threads.shutdown()

    def lay(self, blob, age=OLD, size=7):
        path = self.shelf / blob[-2:] / blob
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(bytes(size))
        at = (self.clock.now() - age).timestamp()
        os.utime(path, (at, at))
        return path

    async def rounds(self):
        for _ in range(50):
            if not await self.lister.step():
                break
        return await care_summary(self.keyroom.opened)


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


def test_a_digest_is_found_and_another_is_not():
    names = [f"blb-{n:026d}" for n in range(500)]
    found = Known(0)
    found.add(names[::2])
    asyncio.run(found.sort())
    assert len(found) == 250
    assert [found.has(name) for name in names] == [True, False] * 250
    assert timedelta(days=2) < rounds.YOUNG
