"""Another folder in the place of a store: empty, another house's, another place's, yesterday's disk.

A real keyroom, real folders; each is tried on a plane that knew the store and on one that never saw it.
"""

import asyncio

import msgspec
import pytest

from custodes.acts.asks.buckets.marks import RenewMark, ShowMarks
from custodes.acts.footing.nouns import StoreAt, StoreMark
from custodes.acts.objects.care import marks  # noqa: F401 - what is attacked
from custodes.adapters.stores.mark import AskedMarks, Mark, demand_new, make
from custodes.boundary.places import Location
from custodes.custody.store_mark import mark_name
from custodes.kernel.refusal import Refusal
from custodes.objects.bucket import Bucket
from fakes.listed import ListedWorld
from fakes.lived import lived

with_listed = lived(lambda folder: ListedWorld(folder).settle())


class Planes:
    """One that runs all the time, and a fresh one, on a machine that has seen nothing, for each question."""

    def __init__(self, world, place, folder):
        self.world, self.uri, self.folder = world, f"file:{folder}", folder
        self.place, self.fresh = place, 0
        self.running = self._plane()

    def _plane(self):
        self.fresh += 1
        keeper = AskedMarks(self.world.keyroom, asyncio.get_running_loop())
        return Mark((self.uri, self.folder), keeper, self.world.folder / f"known-{self.fresh}")

    async def take(self):
        for mark in (self.running, self._plane()):
            await asyncio.to_thread(mark.demand)

    async def refuse(self, code="store-not-this-one"):
        for mark in (self.running, self._plane()):
            with pytest.raises(Refusal, match=code):
                await asyncio.to_thread(mark.demand)

    def marks(self):
        return sorted(path.name for path in self.folder.glob(".store-*"))

    def number(self):
        row = self.world.keyroom.opened.standing.get("store-mark", self.place.id, StoreMark)
        return row.number if row is not None else 0

    async def renew(self, who):
        demand_new(self.folder)
        ask = RenewMark(evidence=who.token, location=self.place.id)
        make(self.folder / (await self.world.ask(ask)).name)


def planes_of(world):
    return Planes(world, world.place, world.shelf)


@with_listed
async def test_an_empty_or_foreign_folder_is_refused_on_every_machine(world):
    o, planes = world.keyroom.opened, planes_of(world)
    await planes.take()
    (ours,) = planes.marks()
    assert planes.number() == 1
    world.shelf.rename(world.folder / "away")
    await planes.refuse("store-gone")
    world.shelf.mkdir()
    await planes.refuse()
    mac, forged = o.keyring.house_keys.mac, world.shelf
    for name in (
        mark_name(mac[::-1], o.house, world.place.id, 1),  # made without the key
        mark_name(mac, "hse-" + "9" * 26, world.place.id, 1),  # of another house
        mark_name(mac, o.house, world.second.id, 1),  # copied from another place
        ".store-" + "0" * 32,
        ".store-1-" + "0" * 64,
        ours.upper(),
        *(f".store-{number}-x" for number in range(40)),
    ):
        (forged / name).mkdir()
    await planes.refuse()
    assert planes.number() == 1
    world.shelf.rename(world.folder / "forged")
    (world.folder / "away").rename(world.shelf)
    await planes.take()
    assert planes.marks() == [ours]


@with_listed
async def test_the_disk_before_is_refused_once_there_is_a_new_one(world):
    planes = planes_of(world)
    await planes.take()
    old = world.folder / "old"
    world.shelf.rename(old)
    world.shelf.mkdir()
    (world.shelf / ".store-of-another-house").mkdir()
    with pytest.raises(Refusal, match="store-not-empty"):
        await planes.renew(world.ada)
    (world.shelf / ".store-of-another-house").rmdir()
    await planes.refuse()
    with pytest.raises(Refusal, match="not-permitted"):
        await planes.renew(world.olga)
    await planes.renew(world.ada)
    await planes.take()
    assert planes.number() == 2
    world.shelf.rename(world.folder / "new")
    old.rename(world.shelf)
    await planes.refuse()
    world.shelf.rename(old)
    with pytest.raises(Refusal, match="store-gone"):
        await planes.renew(world.ada)
    (world.folder / "new").rename(world.shelf)
    await planes.take()


@with_listed
async def test_a_house_restored_from_before_knows_its_own_newer_mark(world):
    o, planes = world.keyroom.opened, planes_of(world)
    await planes.take()
    (world.shelf / planes.marks()[0]).rmdir()
    (world.shelf / mark_name(o.keyring.house_keys.mac, o.house, world.place.id, 3)).mkdir()
    await asyncio.gather(planes.take(), planes.take())
    assert planes.number() == 3


@with_listed
async def test_the_first_use_makes_one_mark_and_a_marked_folder_is_no_first_use(world):
    planes = planes_of(world)
    await asyncio.gather(*(asyncio.to_thread(planes.running.demand) for _ in range(20)))
    assert len(planes.marks()) == 1
    unused = Planes(world, world.unknown, world.unused)
    await unused.take()  # no bucket lies there: nothing is asked for, nothing is made
    assert unused.marks() == []
    assert unused.number() == 0


@with_listed
async def test_a_first_use_of_a_folder_that_bears_a_mark_already_is_refused(world):
    (world.shelf / ".store-of-another-house").mkdir()
    planes = planes_of(world)
    await planes.refuse()
    assert planes.number() == 0


@with_listed
async def test_a_mark_of_the_older_kind_is_taken_up_once_where_it_is_known(world):
    planes = planes_of(world)
    id_, record = "ab" * 16, planes.running._record
    record.parent.mkdir()
    record.write_text(id_)
    await asyncio.to_thread(_refused, planes.running)  # known, and not there: an empty folder
    (world.shelf / f".store-{id_}").mkdir()
    await asyncio.to_thread(planes.running.demand)
    assert planes.number() == 1
    assert not record.exists()
    (name,) = planes.marks()
    assert name.startswith(".store-1-")


def _refused(mark):
    with pytest.raises(Refusal, match="store-not-this-one"):
        mark.demand()


@with_listed
async def test_what_is_no_list_of_marks_is_refused(world):
    uri = f"file:{world.shelf}"
    for found in (("x",) * 17, ("x" * 101,)):
        with pytest.raises(Refusal, match="bad-marks"):
            await world.ask(ShowMarks(uri=uri, found=found))
    with pytest.raises(Refusal, match="no-such"):
        await world.ask(ShowMarks(uri="file:/elsewhere"))
    with pytest.raises(Refusal, match="no-such"):
        await world.ask(RenewMark(evidence=world.ada.token, location="loc-" + "0" * 26))
    elsewhere = Planes(world, world.place, world.folder / "elsewhere")
    await elsewhere.refuse("store-gone")


@with_listed
async def test_a_place_that_is_added_over_the_same_folder_asks_for_no_other_mark(world):
    planes = planes_of(world)
    await planes.take()
    added = Location(
        id="loc-" + "0" * 26,  # before every id that is drawn
        name="again",
        country="DE",
        operator="the same",
        jurisdictions=("DE",),
    )
    await world.put(
        ("location", added.id, "", added), ("store", added.id, "", StoreAt(location=added.id, uri=planes.uri))
    )
    rows = list(world.keyroom.opened.standing.all_of("bucket", Bucket))
    moved = [msgspec.structs.replace(row, locations=(*row.locations, added.id)) for row in rows]
    await world.put(*(("bucket", row.id, row.customer, row) for row in moved))
    await planes.take()
    assert len(planes.marks()) == 1
