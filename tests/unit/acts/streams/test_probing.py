import asyncio

from custodes.acts.asks.buckets.stores import DueStores, StoresDue, StoreTold
from custodes.acts.asks.objects import Closed, Store
from custodes.acts.streams import probing
from custodes.acts.streams.probing import NEVER, Prober
from custodes.kernel.refusal import unavailable
from fakes.stores import MemoryStores


class Doors:
    def __init__(self, *uris):
        self.uris, self.told = uris, []

    async def ask(self, ask):
        if isinstance(ask, DueStores):
            return StoresDue(tuple(Store(f"loc-{uri}", uri) for uri in self.uris))
        self.told += ask.told
        return Closed()


class Stores(MemoryStores):
    def __init__(self, **reads):
        super().__init__()
        self.reads = reads

    def at(self, uri):
        if uri == "unknown":
            raise unavailable("store-unknown")
        store = super().at(uri)
        store.read = self.reads.get(uri, store.read)
        return store


async def gone(blob, first, last):
    raise unavailable("store-gone")
    yield b""


async def silent(blob, first, last):
    await asyncio.Event().wait()
    yield b""


async def there(blob, first, last):
    assert (blob, first, last) == (NEVER, 0, 0)
    yield b"x"


def test_each_store_is_told_as_it_answers(monkeypatch):
    monkeypatch.setattr(probing, "WITHIN_S", 0.05)
    monkeypatch.setattr(probing, "FULL_BYTES", 5)
    doors = Doors("whole", "full", "gone", "silent", "unknown", "there")
    stores = Stores(gone=gone, silent=silent, there=there)
    asyncio.run(Prober(doors, stores, {"whole": 5, "full": 4, "gone": 7}.get).look())
    faults = {one.location: one.fault for one in doors.told}
    assert faults == {
        "loc-whole": "",
        "loc-full": "store-full",
        "loc-gone": "store-gone",
        "loc-silent": "store-slow",
        "loc-unknown": "store-unknown",
        "loc-there": "",
    }
    assert {one.location: one.free_bytes for one in doors.told if one.free_bytes} == {
        "loc-whole": 5,
        "loc-full": 4,
    }
    assert all(isinstance(one, StoreTold) and one.ms >= 0 for one in doors.told)
    assert stores.at("whole").deeds == [], "nothing is written"
