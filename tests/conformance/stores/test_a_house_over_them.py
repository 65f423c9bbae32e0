"""A running house of which one place is a store of another maker, played through while clients use it.

A replica there, a move there, damage and its repair, the store gone and back, an export that lies there,
what the recovery tool makes of it, its restoration from there, an adoption of what lies there in plain with
the way back, blobs that belong to nothing, and the way home. Real processes; the store stands behind a cable
that can be pulled.
"""

import asyncio
import random  # noqa: TID251 - one number plays a whole run again
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from custodes.acts.asks.buckets.adopting import BeginAdoption, MoveAdoption
from custodes.acts.asks.buckets.care import LookCare, PlaceBucket, ScrubBucket
from custodes.acts.asks.buckets.leftovers import LookStrays, PlanStrays, RemoveStrays
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.streams.ports import PlainContent, PlainItem
from custodes.adapters.stores.reach import ReachableStores
from custodes.kernel.ids import new_id
from custodes.parties.roles import PartyKind
from custodes.wiring.keyroom import assembled
from fakes.cables import Cable
from fakes.cared import CaredHouse
from fakes.loaded import Load, read, upload
from fakes.rows import organisation, put
from judges import ROOT

from .test_stores_of_others import KINDS, uri_of

pytestmark = pytest.mark.timeout(1800)
RECOVER = ROOT / "verifier" / "custodes_recover.py"
MIB = 1_048_576
SEED = 20_261_123
RECORDS, COPY, ADOPTED = "records", "again", "adopted"
LATER_S, WEEKS_S = 17 * 60, 35 * 86_400
BODIES = {"empty": 0, "one": 1, "a segment and more": 70_000, "long/of three chunks": 17 * MIB + 3}


class FarHouse(CaredHouse):
    """`bonn` and `attic` are a store of another maker, at `uri` and beside it."""

    def __init__(self, folder, uri):
        super().__init__(folder)
        self.uri, self.plain_uri = uri, uri.replace("/kept", "/plain")
        self.threads = ThreadPoolExecutor(max_workers=2)
        self.reach = ReachableStores(self.threads)

    async def _more(self):
        await super()._more()
        async with assembled(self.settings, "a local token of no use") as keyroom:
            await keyroom.unseal(b"")
            custodian = organisation((self.clock, self.dice), "Custodian", PartyKind.CUSTODIAN)
            trustee = next(
                one
                for one in keyroom.opened.standing.all_of("organisation", type(custodian))
                if one.kind is PartyKind.TRUSTEE
            )
            self.karl, karls = self._person("Karl", trustee.id, ("key-officer",), customer=None)
            self.kim, kims = self._person("Kim", custodian.id, ("share-holder",), customer=None)
            rows = [
                ("store", self.bonn.id, "", StoreAt(location=self.bonn.id, uri=self.uri)),
                ("store", self.plain.id, "", StoreAt(location=self.plain.id, uri=self.plain_uri)),
                ("organisation", custodian.id, "", custodian),
            ]
            await put(keyroom, self.customer, [*rows, *karls, *kims])

    def listed(self, uri):
        """What lies there: name -> length."""

        async def run():
            found, after = {}, ""
            while page := await self.reach.plain_at(uri).page(after, 1_000):
                found |= {item.name: item.size for item in page}
                after = page[-1].name
            return found

        return asyncio.run(run())

    def stored(self):
        """(blob, location) of everything in both places."""
        near = {(path.name, self.berlin.id) for path in self.store.rglob("blb-*") if path.is_file()}
        return near | {(name.rpartition("/")[2], self.bonn.id) for name in self.listed(self.uri)}

    def kept(self, blob):
        """The bytes of a blob there."""

        async def run():
            found = await self.reach.plain_at(self.uri).open(f"{blob[-2:]}/{blob}")
            return None if found is None else b"".join([bytes(piece) async for piece in found.pieces])

        return asyncio.run(run())

    def change(self, blob, body):
        """Whoever runs the store writes other bytes there, or removes them."""
        store = self.reach.at(self.uri)
        asyncio.run(store.remove(blob) if body is None else store.put(blob, body))

    def lay(self, name, body):
        """An object in plain."""

        async def pieces():
            yield body

        content = PlainContent(
            item=PlainItem(name="", size=len(body), etag="", modified=""),
            content_type="text/plain",
            headers=(),
            metadata=(),
            pieces=pieces(),
        )
        asyncio.run(self.reach.plain_at(self.plain_uri).put(name, content))


@pytest.fixture(params=KINDS)
def far(request, tmp_path, monkeypatch):
    """(the house, the cable to its far store)."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    with KINDS[request.param](folder) as port, Cable(port).laid() as cable:
        uri = uri_of(request.param, port, folder, monkeypatch, cable.port)
        house = FarHouse(tmp_path, uri).found()
        with house.running("keyroom", "logkeeper", "s3"):
            client = house.boto3()
            for bucket in (RECORDS, COPY, ADOPTED):
                client.create_bucket(Bucket=bucket)
            client.put_bucket_versioning(Bucket=COPY, VersioningConfiguration={"Status": "Enabled"})
            yield house, cable


def test_the_life_of_a_bucket(far):
    house, cable = far
    dice = random.Random(SEED)
    bodies = {name: dice.randbytes(size) for name, size in BODIES.items()}
    client = house.boto3(retries={"max_attempts": 5})
    for name, body in bodies.items():
        client.put_object(Bucket=RECORDS, Key=name, Body=body)
    bodies["in parts"] = dice.randbytes(5 * MIB + 77)
    upload(client, RECORDS, "in parts", bodies["in parts"])
    with Load(house, RECORDS, SEED, writers=1) as load:
        house.until(lambda: load.done > 30, "there is no load")
        placed(house, "berlin", "bonn")
        assert {at for _, at in house.stored()} == {house.berlin.id, house.bonn.id}
        placed(house, "bonn")
        holds(house, bodies)
        placed(house, "bonn", "berlin", copies_min=1)
        repaired(house, dice)
        gone_and_back(house, cable, load)
    holds(house, bodies)
    kept = {name: read(client, RECORDS, name) for name in load.may}
    assert load.wrong == []
    assert all(kept[name] in may for name, may in load.may.items())
    restored(house, {**bodies, **{name: body for name, body in kept.items() if isinstance(body, bytes)}})
    adopted(house, dice)
    placed(house, "berlin")
    removed(house)
    assert house.findings() == ()
    code, said = house.verified()
    assert code == 0, said


def placed(house, *places, copies_min=0):
    """Moved, while it is used; over when a whole round says that nothing is lacking."""
    house.insist(PlaceBucket(house.olga.token, RECORDS, places, copies_min))
    arrived(house)


def arrived(house):
    begun = house.insist(LookCare(house.olga.token, RECORDS)).running
    since = begun.begun_at if begun is not None else ""

    def is_done():
        view = house.ask(LookCare(house.olga.token, RECORDS))
        return view.last is not None and view.last.begun_at >= since and not view.lacking

    house.until(is_done, "copies are lacking")


def holds(house, bodies):
    """Each reads whole and in ranges."""
    client = house.boto3(retries={"max_attempts": 5})
    for name, body in bodies.items():
        assert read(client, RECORDS, name) == body, name
    long, body = "long/of three chunks", bodies["long/of three chunks"]
    for first, last in ((0, 0), (65_400, 65_600), (8 * MIB - 9, 8 * MIB + 9), (16 * MIB, len(body) - 1)):
        found = client.get_object(Bucket=RECORDS, Key=long, Range=f"bytes={first}-{last}")["Body"].read()
        assert found == body[first : last + 1]


def repaired(house, dice):
    """Flipped, cut and removed there: a scrub finds each, and makes it anew from the other place."""
    there = sorted(blob for blob, at in house.stored() & house.named() if at == house.bonn.id)
    before = {}
    for number, blob in enumerate(dice.sample(there, min(6, len(there)))):
        raw = house.kept(blob)
        if raw is None or len(raw) < 2:
            continue
        before[blob] = raw
        house.change(blob, (raw[:-1] + bytes([raw[-1] ^ 1]), raw[: len(raw) // 2], None)[number % 3])
    assert len(before) > 2
    house.insist(ScrubBucket(house.olga.token, RECORDS))
    arrived(house)
    needed = {blob for blob, at in house.named() if at == house.bonn.id}
    for blob in needed & before.keys():  # others were deleted meanwhile
        assert house.kept(blob) == before[blob], blob


def gone_and_back(house, cable, load):
    """With the cable pulled, reads and writes go on from the other place; back, what lacks is made."""
    cable.pull()
    count = load.done
    house.until(lambda: load.done > count + 20, "without the far store nothing goes on")
    client = house.boto3(retries={"max_attempts": 5}, read_timeout=120)
    client.put_object(Bucket=RECORDS, Key="meanwhile", Body=b"meanwhile")
    load.may["meanwhile"] = {b"meanwhile"}
    view = house.ask(LookCare(house.olga.token, RECORDS))
    assert {lack.why for lack in view.lacking} == {"behind"}
    cable.plug()
    house.insist(ScrubBucket(house.olga.token, RECORDS))
    arrived(house)


def restored(house, bodies):
    """An export whose blobs lie there becomes another bucket, under new keys, from there."""
    begun = house.handed(RECORDS, COPY, "bonn")
    recovered(house, bodies)
    house.step(COPY, "run")
    house.until(lambda: house.adoption(COPY).state == "done", "it was not restored")
    client = house.boto3(retries={"max_attempts": 5})
    for name, body in bodies.items():
        assert read(client, COPY, name) == body, name
    house.insist(MoveAdoption(house.olga.token, begun.id, "end"))


def recovered(house, bodies):
    """Without Custodes: a copy of what lies there, the sheets, and the recovery tool."""
    blobs, out, sheets = (house.folder / name for name in ("copied", "recovered", "sheets.jsonl"))
    for name in house.listed(house.uri):
        path = blobs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(house.kept(path.name))
    sheets.write_bytes(house.sheets)
    out.mkdir()
    command = [sys.executable, "-I", str(RECOVER), "--blobs", str(blobs), "--out", str(out), str(sheets)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (place,) = out.iterdir()
    for name, body in bodies.items():
        assert (place / name).read_bytes() == body, name


def adopted(house, dice):
    """What lay there in plain: read meanwhile, sealed, cleared, and brought back."""
    plain = {f"plain/{n % 3}/umläut {n}": dice.randbytes(1 + n * n * 9_001) for n in range(12)}
    for name, body in plain.items():
        house.lay(name, body)
    client = house.boto3(retries={"max_attempts": 5})
    house.insist(BeginAdoption(house.olga.token, ADOPTED, "attic"))
    house.until(lambda: house.adoption(ADOPTED).state == "counted", "it was not counted")
    house.step(ADOPTED, "run")
    for name, body in plain.items():
        assert read(client, ADOPTED, name) == body, name
    house.until(lambda: house.adoption(ADOPTED).state == "done", "it was not sealed")
    house.insist(ScrubBucket(house.olga.token, ADOPTED))

    def is_read():
        view = house.ask(LookCare(house.olga.token, ADOPTED))
        return view.running is None and view.last is not None

    house.until(is_read, "it was not read again")
    house.step(ADOPTED, "clear")
    house.until(lambda: house.adoption(ADOPTED).state == "cleared", "it was not cleared")
    assert house.listed(house.plain_uri) == {}
    for name, body in plain.items():
        assert read(client, ADOPTED, name) == body, name
    house.step(ADOPTED, "back")
    house.until(lambda: house.adoption(ADOPTED).state == "returned", "it was not brought back")
    assert house.listed(house.plain_uri) == {name: len(body) for name, body in plain.items()}


def removed(house):
    """What was left there goes a quarter of an hour later; what belongs to nothing, when two say so."""
    stray = new_id("blb", house.dice)
    house.change(stray, b"a stray")
    house.stop("s3", "logkeeper", "keyroom")
    house.turn_clock(LATER_S)
    with house.running("keyroom", "logkeeper", "s3"):
        lost = {(stray, house.bonn.id)}
        house.until(lambda: house.stored() - lost == house.named(), "something else is stored than is named")
    house.turn_clock(LATER_S + WEEKS_S)
    with house.running("keyroom", "logkeeper", "s3"):
        ask = LookStrays(evidence=house.karl.token, location=house.bonn.id)
        house.until(lambda: [one.blob for one in house.ask(ask).blobs] == [stray], "it was not found")
    house.turn_clock(LATER_S + 2 * WEEKS_S)
    with house.running("keyroom", "logkeeper", "s3"):
        plan = house.insist(PlanStrays(evidence=house.karl.token, location=house.bonn.id))
        assert (plan.count, plan.size_bytes) == (1, 7)
        approvals = tuple(one.sign(plan.document) for one in (house.karl, house.kim))
        bare = RemoveStrays(
            evidence=house.karl.token,
            location=plan.location,
            before=plan.before,
            digest=plan.digest,
            approvals=approvals,
        )
        house.insist(bare)
        house.until(lambda: house.listed(house.uri) == {}, "the stray stays")
