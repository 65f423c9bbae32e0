"""A second installation, into which a town restores what it took with it from the first."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pyrage

from custodes.acts.asks.buckets.adopting import (
    BeginAdoption,
    HandSheet,
    LookAdopted,
    LookAdoptions,
    MoveAdoption,
)
from custodes.acts.asks.objects import MoveBucket
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.streams.adopting import Adopter
from custodes.adapters.stores.reach import ReachableStores
from custodes.objects.adoption import named
from custodes.objects.bucket import Bucket
from custodes.objects.version import Versioning

from .object_world import ObjectWorld
from .office import OfficeWorld

HOME = "restored"


class ArrivingWorld(OfficeWorld, ObjectWorld):
    """Its bucket `restored` keeps versions; `old` is a location in which a copy of the first town's blobs
    lies.
    """

    def __init__(self, folder):
        super().__init__(folder, seed=99)

    async def settle(self):
        await self.settle_objects()
        self.threads = ThreadPoolExecutor(max_workers=2)
        self.stores = ReachableStores(self.threads)
        self.copy, self.target = self.folder / "copy", self.folder / "target"
        for folder in (self.copy, self.target):
            folder.mkdir()
        self.old = old = self.location("old", "DE", ("DE",))
        kept = self.location("kept", "DE", ("DE",))
        rows = []
        for place, folder in ((old, self.copy), (kept, self.target)):
            rows.append(("location", place.id, "", place))
            rows.append(("store", place.id, "", StoreAt(location=place.id, uri=f"file:{folder}")))
        await self.put(*rows)
        await self.create_bucket(HOME, locations=("kept",))
        return self

    async def close(self):
        await super().close()
        self.threads.shutdown()

    async def lies_at(self, uri):
        """The export lies in another store than the folder."""
        await self.put(("store", self.old.id, "", StoreAt(location=self.old.id, uri=uri)))

    async def keeping_versions(self, **more):
        row = next(row for row in self.keyroom.opened.standing.all_of("bucket", Bucket) if row.name == HOME)
        row = msgspec.structs.replace(row, versioning=Versioning.ENABLED, **more)
        await self.put(("bucket", row.id, row.customer, row))

    @property
    def adopter(self):
        return Adopter(self.keyroom, self.stores, self.dice)

    async def begin_restoring(self):
        return await self.ask(BeginAdoption(self.olga.token, HOME, "old", is_export=True))

    async def hand(self, begun, plain):
        sealed = pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(begun.recipient)])
        return await self.ask(HandSheet(self.olga.token, begun.id, sealed))

    async def step(self, verb, who=None):
        ask = MoveAdoption(None, (await self.restoration()).id, verb)
        return await self.ask((who or self.olga).signed(ask, ("adoption", ask.adoption)))

    async def plainly(self, verb):
        return await self.ask(MoveAdoption(self.olga.token, (await self.restoration()).id, verb))

    async def restoration(self):
        return (await self.ask(LookAdoptions(self.olga.token, HOME))).adoptions[0]

    async def worked(self, most=50):
        """Everything there is to do."""
        for _ in range(most):
            if not await self.adopter.step():
                break
        return await self.restoration()

    async def items(self):
        """(name, how manyeth version) -> item."""
        found, seen = await self.ask(LookAdopted(self.olga.token, (await self.restoration()).id)), {}
        for item in found.items:
            name = named(item.name)[0]
            seen[name, sum(1 for one, _ in seen if one == name)] = item
        return seen

    async def content(self, name, **more):
        """What an application reads."""
        opened = await self.open_get(name, bucket=HOME, **more)
        return opened, b"".join([bytes(piece) async for piece in self.adopter._plain(opened)])

    async def enable(self):
        return await self.ask(MoveBucket(self.token, HOME, "versioning-on"))
