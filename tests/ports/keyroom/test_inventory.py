"""Reports of what a bucket holds: whole, under the rights of who configured them, cut off anywhere."""

import csv
import gzip
import hashlib
import io
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import unquote

import msgspec
import pytest

from custodes.acts.asks.buckets.bounds import LookBucketBounds
from custodes.acts.asks.buckets.inventory import (
    CloseReport,
    DropInventory,
    LookInventory,
    LookLines,
    PutInventory,
    TakeReport,
)
from custodes.acts.asks.objects import DeleteObject, ListObjects, MoveBucket
from custodes.acts.footing.nouns import StoreAt
from custodes.acts.objects.inventory import (  # noqa: F401 - this suite is their test
    jobs,
    lining,
    rights,
    telling,
    work,
    writing,
)
from custodes.acts.streams.adopting import Adopter
from custodes.acts.streams.reporting import Reporter
from custodes.adapters.stores.reach import ReachableStores
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.parties.rows import CredentialState
from custodes.store.index import inventories  # noqa: F401 - and of this one
from fakes.lived import lived
from fakes.object_world import BUCKET, ObjectWorld

KEPT = "reports"
NAMES = ("a", 'b "quoted",\n', "umläut 1%2F/+&", "z/../y")
DOCUMENT = """<InventoryConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Destination>
<S3BucketDestination><Bucket>arn:aws:s3:::{to}</Bucket><Format>CSV</Format><Prefix>{below}</Prefix>
</S3BucketDestination></Destination><IsEnabled>true</IsEnabled><Filter><Prefix>{prefix}</Prefix></Filter>
<Id>{id}</Id><IncludedObjectVersions>{versions}</IncludedObjectVersions><OptionalFields><Field>Size</Field>
<Field>ETag</Field><Field>EncryptionStatus</Field></OptionalFields><Schedule><Frequency>Daily</Frequency>
</Schedule></InventoryConfiguration>"""


def document(to=KEPT, below="", prefix="", id_="all", versions="Current"):
    return DOCUMENT.format(to=to, below=below, prefix=prefix, id=id_, versions=versions).encode()


class ReportingWorld(ObjectWorld):
    """A bucket with four objects, and one whose store is a folder: there the reports go."""

    async def settle(self):
        await self.settle_objects()
        self.threads = ThreadPoolExecutor(max_workers=2)
        self.stores = ReachableStores(self.threads)
        folder = self.folder / "kept"
        folder.mkdir()
        kept = self.location("kept", "DE", ("DE",))
        await self.put(
            ("location", kept.id, "", kept),
            ("store", kept.id, "", StoreAt(location=kept.id, uri=f"file:{folder}")),
        )
        await self.create_bucket(KEPT, locations=("kept",))
        for name in NAMES:
            await self.write(name, name.encode())
        return self

    async def close(self):
        await super().close()
        self.threads.shutdown()

    async def configure(self, evidence=None, id_="all", **more):
        ask = PutInventory(evidence or self.token, BUCKET, id_, document(id_=id_, **more))
        return await self.ask(ask)

    @property
    def reporter(self):
        return Reporter(self.keyroom, self.stores, self.dice, pace_s=0)

    async def reported(self):
        while await self.reporter.step():
            pass

    async def view(self):
        return (await self.ask(LookBucketBounds(self.token, BUCKET))).inventories[0]

    async def kept(self, bucket=KEPT):
        """Everything that lies where the reports go."""
        listed = await self.ask(ListObjects(self.token, bucket, "v2"))
        adopter, found = Adopter(self.keyroom, self.stores, self.dice), {}
        for one in listed.objects:
            opened = await self.open_get(one.name, bucket=bucket)
            found[one.name] = b"".join([bytes(piece) async for piece in adopter._plain(opened)])
        return found

    async def told(self):
        """The newest report: its manifest, and its lines by column."""
        kept = await self.kept()
        at = max(name for name in kept if name.endswith("manifest.json"))
        manifest = json.loads(kept[at])
        checksum = kept[at.replace("manifest.json", "manifest.checksum")]
        assert checksum.decode() == hashlib.md5(kept[at]).hexdigest()
        lines = []
        for file in manifest["files"]:
            raw = kept[file["key"]]
            assert (file["size"], file["MD5checksum"]) == (len(raw), hashlib.md5(raw).hexdigest())
            heads = manifest["fileSchema"].split(", ")
            rows = csv.reader(io.StringIO(gzip.decompress(raw).decode(), newline=""))
            lines += [dict(zip(heads, row, strict=True)) for row in rows]
        return manifest, lines


with_reports = lived(lambda folder: ReportingWorld(folder).settle())


@with_reports
async def test_a_report_says_what_a_listing_says_and_is_an_entry(world):
    await world.configure(below="inventories/")
    await world.reported()
    kept = await world.kept()
    assert [name.rpartition("/")[2] for name in kept if "/data/" not in name] == [
        "manifest.checksum",
        "manifest.json",
        "symlink.txt",
    ]
    assert all(name.startswith(f"inventories/{BUCKET}/all/") for name in kept)
    manifest, lines = await world.told()
    assert manifest["destinationBucket"] == f"arn:aws:s3:::{KEPT}"
    assert [unquote(line["Key"]) for line in lines] == sorted(NAMES)
    assert [int(line["Size"]) for line in lines] == [len(name.encode()) for name in sorted(NAMES)]
    assert {line["EncryptionStatus"] for line in lines} == {"SSE-S3"}
    said = world.entries("bucket.inventory")
    assert [(one["reason"], one["count"], one["subject"]) for one in said] == [
        ("begun", 0, "all"),
        ("done", len(NAMES), "all"),
    ]
    written = [one for one in world.entries("object.put") if one.get("reason") == "inventory/all"]
    assert {one["object_name"] for one in written} == set(kept)
    seen = await world.view()
    assert (seen.lines, seen.is_running, seen.problem) == (len(NAMES), False, "")
    raw = b"".join(path.read_bytes() for path in (world.folder / "kept").rglob("blb-*"))
    assert b"manifest" not in raw
    assert BUCKET.encode() not in raw
    assert not await world.reporter.step()
    world.clock.forward(hours=25)
    assert await world.reporter.step()


@with_reports
async def test_all_versions_and_a_prefix(world):
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await world.write("a", b"second")
    await world.ask(DeleteObject(world.token, BUCKET, "a"))
    await world.configure(versions="All", prefix="a")
    await world.reported()
    _, lines = await world.told()
    assert [(line["IsLatest"], line["IsDeleteMarker"], line["Size"]) for line in lines] == [
        ("true", "true", ""),
        ("false", "false", "6"),
        ("false", "false", "1"),
    ]
    assert lines[2]["VersionId"] == "null"
    await world.configure(id_="now")
    await world.reported()
    assert [unquote(one["Key"]) for one in (await world.told())[1]] == sorted(NAMES)[1:]


@with_reports
async def test_cut_off_anywhere_a_report_goes_on_and_has_each_line_once(world):
    ends, pages = work.FILE_LINES, lining.PAGE_LINES
    work.FILE_LINES, lining.PAGE_LINES = 2, 1
    try:
        await world.configure()
        for _ in range(12):
            opened = await world.ask(TakeReport())  # a process takes it and dies
            if opened.put is None:
                break
            assert (await world.ask(TakeReport())).put is None
            if opened.body is None:
                await world.ask(LookLines(opened.put.ticket, opened.name, opened.seq))
            world.clock.forward(milliseconds=work.HELD_MS + 1)
            assert await world.reporter.step()
    finally:
        work.FILE_LINES, lining.PAGE_LINES = ends, pages
    manifest, lines = await world.told()
    assert len(manifest["files"]) > 1
    assert [unquote(line["Key"]) for line in lines] == sorted(NAMES)
    assert len([name for name in await world.kept() if "/data/" in name]) == len(manifest["files"])


@with_reports
async def test_of_two_who_write_the_same_file_the_second_is_refused(world):
    await world.configure()
    first = await world.ask(TakeReport())
    world.clock.forward(milliseconds=work.HELD_MS - 60_000)
    await world.ask(LookLines(first.put.ticket, "", 0))
    world.clock.forward(milliseconds=61_000)
    await world.reported()
    stored = msgspec.structs.replace(world.seal(first.put, b"late"), plain_bytes=4)
    with pytest.raises(Refusal):
        await world.ask(
            CloseReport(ticket=first.put.ticket, outcome="complete", stored=stored, is_end=True, md5="0" * 32)
        )
    assert len((await world.told())[1]) == len(NAMES)


@with_reports
async def test_a_kill_stops_a_report_between_two_pages(world):
    await world.configure()
    opened = await world.ask(TakeReport())
    await world.ask(LookLines(opened.put.ticket, "", 0))
    await world.kill_customer()
    with pytest.raises(Refusal, match="customer-killed"):
        await world.ask(LookLines(opened.put.ticket, "", 0))
    with pytest.raises(Refusal):
        await world.ask(
            CloseReport(
                ticket=opened.put.ticket,
                outcome="complete",
                stored=world.seal(opened.put, b""),
                is_end=True,
                md5="0" * 32,
            )
        )
    world.clock.forward(milliseconds=work.HELD_MS + 1)
    assert not await world.reporter.step()
    assert (await world.view()).problem == "customer-killed"


@with_reports
async def test_nobody_else_configures_or_is_written_to(world):
    other = await world.other_customer()
    await world.create_bucket("elsewhere", evidence=other)
    for to in ("elsewhere", "nowhere"):
        with pytest.raises(Refusal, match="destination-unknown"):
            await world.configure(to=to)
    for ask in (
        PutInventory(other, BUCKET, "all", document(to="elsewhere")),
        LookInventory(other, BUCKET, None),
        DropInventory(other, BUCKET, "all"),
    ):
        with pytest.raises(Refusal, match="bucket-absent"):
            await world.ask(ask)
    engineer = await world.supplier_engineer()
    with pytest.raises(Refusal) as caught:
        await world.configure(evidence=engineer)
    assert caught.value.kind.value in ("denied", "absent")
    assert not await world.reporter.step()


@with_reports
async def test_whoever_configured_it_must_still_be_there(world):
    await world.configure()
    credential = world.token_credential
    second = msgspec.structs.replace(credential, id=new_id("crd", world.dice))
    gone = msgspec.structs.replace(credential, state=CredentialState.REVOKED)
    rows = [("credential", one.id, one.customer, one) for one in (gone, second)]
    await world.put(*rows)
    assert await world.reporter.step()  # his application has another key
    ended = msgspec.structs.replace(second, state=CredentialState.REVOKED)
    await world.put(("credential", ended.id, ended.customer, ended))
    assert not await world.reporter.step()
