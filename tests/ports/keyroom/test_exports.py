"""A customer takes what opens his objects with him, and reads them without us; and who tries to cheat."""

from hashlib import sha256

import msgspec
import pyrage
import pytest

from custodes.acts.asks.buckets.bounds import SetBucketBounds
from custodes.acts.asks.exports import EndExport, LookExports, TakeExport
from custodes.acts.exporting import answers, giving, ground, sheet  # noqa: F401 - tested here
from custodes.acts.footing.nouns import Kills
from custodes.custody.envelope import cipher_length
from custodes.kernel.canonical import unb64
from custodes.kernel.refusal import Refusal
from custodes.objects.version import Versioning
from fakes.folk import entries, entry, refused
from fakes.leaving import NAMES, leaving, recovered
from fakes.object_world import BUCKET
from formats.vectors import read_vectors


@leaving
async def test_what_was_stored_is_read_without_custodes(world, folder):
    export = await world.begin()
    found = await world.sheets(export)
    assert [one.count for one in found] == [4, 4, 1]
    blobs, out = world.store(folder / "blobs"), folder / "out"
    plain = [world.opened(one) for one in found]
    done = recovered("--blobs", blobs, "--out", out, sheets=plain)
    assert done.returncode == 0, done.stdout + done.stderr
    read = sorted(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert read == sorted(world.bodies.values())
    assert (out / BUCKET / "Straße" / "Öl & co.txt").read_bytes() == world.bodies["Straße/Öl & co.txt"]
    assert all(path.resolve().is_relative_to(out / BUCKET) for path in out.rglob("*") if path.is_file())
    assert not (folder / "etc").exists()
    assert recovered("--blobs", blobs, "--check", sheets=plain).returncode == 0


@leaving
async def test_older_versions_deleted_names_and_parts(world, folder):
    """The newest version of a name is what it is; a deleted name is not written, its versions can be."""
    row = msgspec.structs.replace(world.row(), versioning=Versioning.ENABLED)
    await world.put(("bucket", row.id, row.customer, row))
    await world.write("a", b"newer")
    await world.delete("empty")
    upload = await world.upload("big")
    first = world.dice.draw(5 * 1024 * 1024)
    etags = [
        (n, (await world.write_part("big", upload, n, body)).etag) for n, body in ((1, first), (7, b"end"))
    ]
    await world.complete("big", upload, etags)
    plain = [world.opened(one) for one in await world.sheets(await world.begin(), limit=500)]
    blobs = world.store(folder / "blobs")
    assert recovered("--blobs", blobs, "--out", folder / "out", sheets=plain).returncode == 0
    town = folder / "out" / BUCKET
    assert (town / "a").read_bytes() == b"newer"
    assert (town / "big").read_bytes() == first + b"end"
    assert not (town / "empty").exists()
    whole = recovered("--blobs", blobs, "--out", folder / "all", "--all-versions", sheets=plain)
    assert whole.returncode == 0
    older = [path for path in (folder / "all" / BUCKET).iterdir() if path.name.startswith("a.ver-")]
    assert [path.read_bytes() for path in older] == [world.bodies["a"]]


@leaving
async def test_padding_stays_behind(world, folder):
    """Zeros behind the content are the store's alone: nobody who reads the objects writes them out."""
    bodies = {"short": b"s", "long": world.dice.draw(70_001)}
    await world.ask(SetBucketBounds(world.token, BUCKET, padding="powers"))
    for name, body in bodies.items():
        await world.write(name, body)
    plain = [world.opened(one) for one in await world.sheets(await world.begin(), limit=500)]
    blobs = world.store(folder / "blobs")
    assert {cipher_length(1 << 17), cipher_length(1 << 10)} <= {
        path.stat().st_size for path in blobs.rglob("blb-*")
    }
    assert recovered("--blobs", blobs, "--out", folder / "out", sheets=plain).returncode == 0
    assert {name: (folder / "out" / BUCKET / name).read_bytes() for name in bodies} == bodies


@leaving
async def test_every_byte_of_a_blob_and_of_a_manifest_counts(world, folder):
    """A blob turned over, cut, swapped for another, or a manifest of another version: nothing is written."""
    plain = world.opened((await world.sheets(await world.begin(), limit=500))[0])
    blobs = world.store(folder / "blobs")
    paths = sorted((path for path in blobs.rglob("blb-*")), key=lambda path: path.stat().st_size)
    kept = {path: path.read_bytes() for path in paths}
    big, other = paths[-1], paths[-2]
    for n, spoilt in enumerate(
        (
            kept[big][:-1],
            kept[big] + b"\0",
            kept[big][:70_000] + bytes([kept[big][70_000] ^ 1]) + kept[big][70_001:],
            bytes([kept[big][0], kept[big][1] ^ 1]) + kept[big][2:],
            kept[other],
        )
    ):
        big.write_bytes(spoilt)
        out = folder / f"out{n}"
        done = recovered("--blobs", blobs, "--out", out, sheets=[plain])
        assert (done.returncode, done.stdout.count(b"FAILED")) == (1, 1), done.stdout
        assert len([path for path in out.rglob("*") if path.is_file()]) == len(NAMES) - 1
    big.write_bytes(kept[big])
    lines = [msgspec.json.decode(line) for line in plain.splitlines()]
    lines[1]["manifest"], lines[2]["manifest"] = lines[2]["manifest"], lines[1]["manifest"]
    swapped = b"\n".join(msgspec.json.encode(line) for line in lines)
    done = recovered("--blobs", blobs, "--check", sheets=[swapped])
    assert (done.returncode, done.stdout.count(b"FAILED")) == (1, 2)
    assert recovered("--blobs", blobs, "--check", sheets=[b"{}\n"]).returncode == 2


@leaving
async def test_two_of_the_customers_own_people_sign_and_nobody_else(world, *_):
    """Neither one person twice, nor the trustee, nor a supplier; the trustee's consent is not asked for."""
    await refused(world.ask(world.order((world.olga,))), "signatures-too-few")
    await refused(world.ask(world.order((world.olga, world.olga))), "signatures-too-few")
    await refused(world.ask(world.order((world.olga, world.karl))), "not-permitted")
    await refused(world.ask(world.order((world.karl, world.ada))), "not-permitted")
    genuine = world.order((world.olga, world.anna))
    await refused(
        world.ask(msgspec.structs.replace(genuine, evidence=world.karl.token)), "asker-did-not-sign"
    )
    thief = str(pyrage.x25519.Identity.generate().to_public())
    await refused(world.ask(msgspec.structs.replace(genuine, recipient=thief)), "signature-refused")
    assert (await world.ask(LookExports(world.olga.token, world.customer_row.id))).exports == ()
    assert (await world.ask(genuine)).state == "open"


@leaving
async def test_a_sheet_is_for_its_customers_people_while_it_is_open(world, *_):
    export = await world.begin(days=1)
    stranger = await world.other_customer()
    await refused(world.ask(TakeExport(stranger, export.id, BUCKET)), "no-such-thing")
    await refused(world.ask(TakeExport(world.olga.token, "exp-none", BUCKET)), "no-such-thing")
    await refused(world.ask(TakeExport(world.token, export.id, BUCKET)), "forbidden")  # an application
    await refused(world.take(export, who=world.ada), "not-permitted")
    await refused(world.take(export, bucket="no-bucket"), "bucket-absent")
    await refused(world.take(export, after="bm9uc2Vuc2U="), "bad-export")
    await world.take(export)
    world.clock.forward(hours=24)
    await refused(world.take(export), "export-ended")
    (shown,) = (await world.ask(LookExports(world.olga.token, world.customer_row.id))).exports
    assert shown.state == "lapsed"
    again = await world.begin()
    assert (await world.ask(EndExport(world.anna.token, again.id))).state == "ended"
    await refused(world.take(again), "export-ended")


@leaving
async def test_a_kill_stops_it_and_the_place_must_lie_inside(world, *_):
    export = await world.begin()
    await refused(world.begin(location="ashburn"), "outside-boundary")
    await refused(world.begin(location="somewhere"), "outside-boundary")
    await world.kill_customer()
    assert (await refused(world.take(export))).kind == "locked"
    await world.put(("kills", world.customer_row.id, world.customer_row.id, Kills()))
    assert (await world.take(export)).count == len(NAMES)
    await world.change_boundary(areas=("US",))
    await refused(world.take(export), "outside-boundary")


@leaving
async def test_each_sheet_is_an_entry_that_names_what_was_given(world, *_):
    export = await world.begin()
    given = await world.take(export, limit=3)
    log = world.customer_row.log("exceptional")
    (begun,) = entries(world, log, "export.begin")
    assert begun.fields["subject"] == export.id
    (taken,) = entries(world, log, "export.take")
    assert given.log == log
    assert entry(world, given.log, given.index) == taken
    assert (taken.fields["count"], taken.fields["bytes"]) == (3, given.size_bytes)
    assert taken.fields["key"] == world.row().key


@leaving
async def test_an_erased_object_is_in_no_sheet_begun_before(world, *_):
    """Between the entry and the keys an object goes: what is given is refused, not the object's key."""
    export = await world.begin()
    real = world.keyroom.opened.witnessing.until

    async def until(position, timeout_s):
        await world.delete("a")
        await real(position, timeout_s)

    world.keyroom.opened.witnessing.until = until
    await refused(world.take(export), "changed-meanwhile")
    world.keyroom.opened.witnessing.until = real
    plain = world.opened(await world.take(export))
    assert b'"name":"a",' not in plain
    assert b'"name":"a/b"' in plain


@leaving
async def test_a_sheet_waits_for_the_witnesses_and_is_not_counted_twice(world, *_):
    export = await world.begin()
    opened = world.keyroom.opened
    real = opened.witnessing.until

    async def silent(_position, _timeout_s):
        raise Refusal("not-witnessed-in-time", "unavailable")

    opened.witnessing.until = silent
    await refused(world.take(export), "slow-down")
    await refused(world.take(export), "slow-down")
    opened.witnessing.until = real
    given = await world.take(export)
    taken = entries(world, world.customer_row.log("exceptional"), "export.take")
    assert taken == [entry(world, given.log, given.index)]


@leaving
async def test_only_the_recipient_opens_a_sheet_and_no_key_stands_in_it_bare(world, *_):
    given = await world.take(await world.begin())
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(given.sealed, [pyrage.x25519.Identity.generate()])
    line = msgspec.json.decode(world.opened(given).splitlines()[1])
    assert line["data_key"].encode() not in given.sealed


@pytest.mark.parametrize(
    "text", ["", "age1", "ssh-ed25519 AAAA", "age1" + "q" * 58, "AGE-SECRET-KEY-1X", "a" * 101]
)
def test_other_recipients_are_refused(text):
    with pytest.raises(Refusal, match="bad-export"):
        sheet.checked_recipient(text)


def test_the_committed_sheet_is_read(tmp_path):
    vector = read_vectors("exports", "export")["sheet"]
    for blob, raw in vector["blobs"].items():
        (tmp_path / blob).write_bytes(unb64(raw))
    out = tmp_path / "out"
    done = recovered("--blobs", tmp_path, "--out", out, sheets=[vector["text"].encode()])
    assert done.returncode == 0, done.stdout
    read = {str(path.relative_to(out / "register")): path for path in out.rglob("*") if path.is_file()}
    assert {name: sha256(path.read_bytes()).hexdigest() for name, path in read.items()} == vector["sha256"]
