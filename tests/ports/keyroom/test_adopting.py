"""A folder that lies in plain is adopted into a bucket: counted, sealed, read meanwhile, removed, brought
back.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from custodes.acts.asks.buckets.adopting import (
    BeginAdoption,
    HoldItems,
    LookAdopted,
    LookAdoptions,
    MoveAdoption,
    TakeAdoption,
    line_of,
)
from custodes.acts.asks.objects import LookFates, MoveBucket
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.objects.adopting import (  # noqa: F401 - this suite is their test
    ground,
    manifest,
    meanwhile,
    people,
    returning,
    sealing,
    work,
)
from custodes.acts.streams.adopting import Adopter
from custodes.acts.streams.caring import Carer
from custodes.adapters.stores.reach import ReachableStores
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, unavailable
from custodes.ledger import note
from custodes.ledger.note import Vkey
from custodes.objects.adoption import STREAM_BYTES_MAX
from custodes.store.index import adopting  # noqa: F401 - and of this one
from fakes.lived import lived
from fakes.object_world import ObjectWorld
from fakes.office import OfficeWorld

NEW = "adopted"
FILES = {
    "a.txt": b"first",
    "b/deep/er.bin": bytes(range(256)) * 9_000,
    "b/empty": b"",
    "b-c": b"sorts between",
    "umläut 1%2F.txt": "grün".encode(),
}


class AdoptingWorld(OfficeWorld, ObjectWorld):
    """Five files in plain below `source`; a bucket whose store is another folder."""

    async def settle(self):
        await self.settle_objects()
        self.threads = ThreadPoolExecutor(max_workers=2)
        self.stores = ReachableStores(self.threads)
        self.source, self.target = self.folder / "source", self.folder / "target"
        self.target.mkdir()
        for name, body in FILES.items():
            path = self.source / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        self.plain, kept = self.location("plain", "DE", ("DE",)), self.location("kept", "DE", ("DE",))
        rows = []
        for place, folder in ((self.plain, self.source), (kept, self.target)):
            rows.append(("location", place.id, "", place))
            rows.append(("store", place.id, "", StoreAt(location=place.id, uri=f"file:{folder}")))
        await self.put(*rows)
        await self.create_bucket(NEW, locations=("kept",))
        return self

    async def close(self):
        await super().close()
        self.threads.shutdown()

    @property
    def adopter(self):
        return Adopter(self.keyroom, self.stores, self.dice)

    async def begin(self, **more):
        return await self.ask(BeginAdoption(self.olga.token, NEW, "plain", **more))

    async def step(self, verb, who=None):
        ask = MoveAdoption(None, (await self.adoption()).id, verb)
        return await self.ask((who or self.olga).signed(ask, ("adoption", ask.adoption)))

    async def adoption(self):
        return (await self.ask(LookAdoptions(self.olga.token, NEW))).adoptions[0]

    async def worked(self):
        """Everything there is to do."""
        for _ in range(50):
            if not await self.adopter.step():
                break
        while await Carer(self.keyroom, self.stores).batch() >= 0:
            pass
        return await self.adoption()

    async def items(self):
        found = await self.ask(LookAdopted(self.olga.token, (await self.adoption()).id))
        return {item.name: item for item in found.items}

    async def content(self, name):
        """What an application reads."""
        opened = await self.open_get(name, bucket=NEW)
        plain = [bytes(piece) async for piece in self.adopter._plain(opened)]
        return b"".join(plain)

    def left(self):
        return sorted(str(path.relative_to(self.source)) for path in self.source.rglob("*") if path.is_file())


with_adopting = lived(lambda folder: AdoptingWorld(folder).settle())


@with_adopting
async def test_counted_sealed_removed_and_brought_back(world):
    await world.begin()
    counted = await world.worked()
    assert (counted.state, counted.counts) == (
        "counted",
        (("found", 5, sum(len(body) for body in FILES.values())),),
    )
    assert list(world.target.rglob("blb-*")) == []
    await world.step("run")
    done = await world.worked()
    assert (done.state, [row[:2] for row in done.counts]) == ("done", [("sealed", 5)])
    assert world.left() == sorted(FILES)
    for name, body in FILES.items():
        assert await world.content(name) == body
    kept = b"".join(path.read_bytes() for path in world.target.rglob("blb-*"))
    assert b"sorts between" not in kept
    await world.step("clear")
    cleared = await world.worked()
    assert (cleared.state, world.left()) == ("cleared", [])
    assert {one["object_name"] for one in world.entries("adoption.clear")} == set(FILES)
    assert await world.content("a.txt") == b"first"
    await world.step("back")
    back = await world.worked()
    assert (back.state, world.left()) == ("returned", sorted(FILES))
    assert {name: (world.source / name).read_bytes() for name in FILES} == FILES
    ended = await world.ask(MoveAdoption(world.olga.token, back.id, "end"))
    assert ended.state == "ended"


@with_adopting
async def test_the_manifest_names_each_object_and_is_signed(world):
    await world.begin()
    await world.worked()
    await world.step("run")
    done = await world.worked()
    items = await world.items()
    for name, body in FILES.items():
        assert items[name].digest == canonical.b64(hashlib.sha256(body).digest())
        assert items[name].version.startswith("ver-")
    lines = [line_of(items[name]) for name in sorted(items, key=str.encode)]
    said = done.manifest.split("\n")
    assert said[3:5] == ["5", canonical.b64(hashlib.sha256(b"".join(lines)).digest())]
    o = world.keyroom.opened
    vkey = Vkey(name=f"{o.origin}/receipts", sig_type=1, public=o.receipt_key.public_key().public_bytes_raw())
    signed = note.parse(done.manifest.encode())
    assert note.verify(signed, (vkey,))


@with_adopting
async def test_only_the_customers_own_signature_moves_it(world):
    await world.begin()
    adoption = await world.worked()
    for evidence in (world.olga.token, world.token):
        with pytest.raises(Refusal, match="forbidden"):
            await world.ask(MoveAdoption(evidence, adoption.id, "run"))
    for who in (world.karl, world.erik):
        with pytest.raises(Refusal):
            await world.step("run", who)
    with pytest.raises(Refusal, match="not-now"):
        await world.step("clear")
    with pytest.raises(Refusal, match="adoption-open"):
        await world.begin()
    assert (await world.adoption()).state == "counted"


@with_adopting
async def test_what_is_not_sealed_yet_is_read_and_what_is_deleted_stays_deleted(world):
    await world.begin()
    await world.worked()
    await world.step("run")
    with pytest.raises(Refusal) as caught:
        await world.open_get("a.txt", bucket=NEW)
    assert caught.value.code == "key-absent"
    await world.adopter.take_in(caught.value.facts["adopting"], "a.txt")
    assert await world.content("a.txt") == b"first"
    await world.adopter.take_in(caught.value.facts["adopting"], "a.txt")
    await world.delete("b-c", bucket=NEW)
    opened = await world.open_put("b/empty", b"mine", bucket=NEW)
    sealed = world.seal(opened, b"mine")
    raw = world.stored[opened.stores[0].uri, opened.blob]
    await world.stores.at(opened.stores[0].uri).put(opened.blob, raw)
    await world.close_put(opened, sealed)
    await world.worked()
    items = await world.items()
    assert {name: items[name].state for name in ("a.txt", "b-c", "b/empty")} == {
        "a.txt": "sealed",
        "b-c": "passed",
        "b/empty": "passed",
    }
    assert await world.content("b/empty") == b"mine"
    with pytest.raises(Refusal, match="key-absent") as caught:
        await world.open_get("b-c", bucket=NEW)
    assert "adopting" not in caught.value.facts
    await world.step("clear")
    await world.worked()
    assert world.left() == ["b-c", "b/empty"]  # what was not taken in is never removed


@with_adopting
async def test_what_changed_in_the_source_is_neither_taken_nor_removed(world):
    await world.begin()
    await world.worked()
    (world.source / "a.txt").write_bytes(b"changed since")
    (world.source / "b-c").unlink()
    await world.step("run")
    await world.worked()
    items = await world.items()
    assert (items["a.txt"].state, items["a.txt"].note) == ("changed", "etag-differs")
    assert (items["b-c"].state, items["b-c"].note) == ("changed", "absent")
    (world.source / "b/empty").write_bytes(b"written after it was sealed")
    await world.step("clear")
    await world.worked()
    assert world.left() == ["a.txt", "b/empty"]
    assert (await world.items())["b/empty"].state == "changed"


@with_adopting
async def test_what_no_store_takes_as_one_stream_is_said_when_it_is_counted_and_left_where_it_lies(world):
    with (world.source / "huge").open("wb") as file:
        file.truncate(STREAM_BYTES_MAX + 1)
    await world.begin()
    await world.worked()
    huge = (await world.items())["huge"]
    assert (huge.state, huge.note) == ("failed", "object-too-large")
    await world.step("run")
    done = await world.worked()
    assert {state: count for state, count, _ in done.counts} == {"sealed": 5, "failed": 1}
    await world.step("clear")
    await world.worked()
    assert world.left() == ["huge"]


@with_adopting
async def test_nothing_is_removed_before_every_copy_was_read_back(world):
    await world.begin()
    await world.worked()
    await world.step("run")
    while await world.adopter.step():
        pass
    with pytest.raises(Refusal, match="not-read-back"):
        await world.step("clear")
    blob = next(path for path in world.target.rglob("blb-*") if path.stat().st_size > 1_000)
    blob.write_bytes(blob.read_bytes()[:-1])
    await world.worked()
    with pytest.raises(Refusal, match="not-read-back"):
        await world.step("clear")
    assert world.left() == sorted(FILES)


@with_adopting
async def test_a_crash_anywhere_costs_nothing(world):
    await world.begin()
    await world.worked()
    await world.step("run")
    source, failed = world.stores.plain_at(f"file:{world.source}"), []
    open_ = source.open

    async def cut(name):
        found = await open_(name)
        if name.startswith("b/deep") and not failed:
            failed.append(name)
            await found.pieces.aclose()
            raise unavailable("store-gone")
        return found

    source.open = cut
    with pytest.raises(Refusal, match="store-gone"):
        await world.adopter.step()
    await world.ask(TakeAdoption())  # and a batch that nobody ever reports
    await world.keyroom.close()
    await world.open()
    done = await world.worked()
    assert (done.state, [row[:2] for row in done.counts]) == ("done", [("sealed", 5)])
    assert (await world.ask(LookFates())).fates == ()


@with_adopting
async def test_what_a_process_that_died_had_taken_is_handed_out_again_soon(world):
    await world.begin()
    await world.worked()
    await world.step("run")
    taken = await world.ask(TakeAdoption())
    assert len(taken.items) == len(FILES)
    world.clock.forward(seconds=29)
    await world.ask(HoldItems(taken.adoption, tuple(item.name for item in taken.items[:2])))
    world.clock.forward(seconds=2)
    again = (await world.ask(TakeAdoption())).items
    assert again == taken.items[2:]
    world.clock.forward(seconds=31)
    assert (await world.worked()).state == "done"


@with_adopting
async def test_an_approval_that_does_not_hold_any_more_stops_it(world):
    await world.begin()
    await world.worked()
    await world.step("run")
    await world.change_boundary(areas=("FR",), jurisdictions=("FR",))
    stopped = await world.worked()
    assert [row[:2] for row in stopped.counts] == [("found", 5)]
    await world.change_boundary(areas=("EU",), jurisdictions=("EU",))
    await world.kill_customer()
    assert [row[:2] for row in (await world.worked()).counts] == [("found", 5)]


@with_adopting
async def test_in_place_leaves_out_what_this_house_stored_there(world):
    await world.create_bucket("in-place", locations=("plain",))
    view = await world.ask(BeginAdoption(world.olga.token, "in-place", "plain", "b"))
    while await world.adopter.step():
        pass
    ask = MoveAdoption(None, view.id, "run")
    await world.ask(world.olga.signed(ask, ("adoption", view.id)))
    while await world.adopter.step():
        pass
    assert len([name for name in world.left() if "/blb-" in name]) == 3
    await world.ask(MoveAdoption(world.olga.token, view.id, "recount"))
    while await world.adopter.step():
        pass
    (again,) = (await world.ask(LookAdoptions(world.olga.token, "in-place"))).adoptions
    assert [row[:2] for row in again.counts] == [("sealed", 3)]
    with pytest.raises(Refusal, match="bucket-not-empty"):
        await world.ask(MoveBucket(world.olga.token, "in-place", "delete"))
