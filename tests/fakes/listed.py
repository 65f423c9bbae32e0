"""A house whose stores are folders that are listed for what belongs to nothing."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from custodes.acts.footing.nouns import StoreAt
from custodes.acts.objects.care.summary import care_summary
from custodes.acts.streams.listing import Lister
from custodes.adapters.stores.reach import ReachableStores

from .folk import FolkWorld
from .object_world import ObjectWorld

KEPT = "kept"
OLD = timedelta(days=4)


class ListedWorld(ObjectWorld, FolkWorld):
    """A bucket in a folder; every other location is another folder, in which no bucket lies."""

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
        )
        for other in (self.inside, self.second, self.outside, self.unknown):
            folder = self.folder / other.name
            folder.mkdir()
            await self.put(("store", other.id, "", StoreAt(location=other.id, uri=f"file:{folder}")))
        self.unused = self.folder / self.unknown.name
        self.place = place
        await self.create_bucket(KEPT, locations=("kept",))
        self.lister = Lister(self.keyroom, self.stores)
        return self

    async def close(self):
        await super().close()
        self.threads.shutdown()

    def lay(self, blob, age=OLD, size=7, shelf=None):
        path = (shelf or self.shelf) / blob[-2:] / blob
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
