"""A town leaves one installation with an export and restores it in another; what goes wrong on the way."""

import asyncio
import hashlib

import msgspec
import pyrage
import pytest

from custodes.acts.asks.buckets.adopting import HandSheet, LookAdopted, line_of
from custodes.acts.asks.buckets.told import LookState, PutState
from custodes.acts.exporting import reading  # noqa: F401 - this suite is its test
from custodes.acts.objects.adopting import restoring, sheets  # noqa: F401 - and of these
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal, unavailable
from custodes.ledger import note
from custodes.ledger.note import Vkey
from custodes.objects.rules.locks import Mode, Retention
from custodes.objects.version import Versioning
from custodes.protocols.s3.configs.locking import write_hold, write_retention
from custodes.protocols.s3.configs.plain import write_tagging
from fakes.arriving import HOME, ArrivingWorld
from fakes.failing_cloud import failing_cloud
from fakes.folk import refused
from fakes.leaving import LeavingWorld
from fakes.object_world import BUCKET


def moving(work):
    """A test over (the first town's world, the second's)."""

    def test(tmp_path):
        async def run():
            for name in ("first", "second"):
                (tmp_path / name).mkdir()
            first = await LeavingWorld(tmp_path / "first").settle_objects()
            second = await ArrivingWorld(tmp_path / "second").settle()
            try:
                await work(first, second)
            finally:
                for world in (first, second):
                    await world.close()
                    world.engine.dispose()

        asyncio.run(run())

    test.__name__ = work.__name__
    test.__doc__ = work.__doc__
    return test


async def keeping_versions(world, **more):
    row = msgspec.structs.replace(world.row(), versioning=Versioning.ENABLED, **more)
    await world.put(("bucket", row.id, row.customer, row))


async def stepping(adopter):
    while True:
        await adopter.step()


async def taken(first, second, limit=500):
    """The opened sheets; the store's blobs are copied as they are."""
    plain = [first.opened(one) for one in await first.sheets(await first.begin(), limit=limit)]
    first.store(second.copy)
    return plain


async def under_way(first, second):
    """A bucket with an older version of `a` is being restored."""
    await keeping_versions(first)
    await first.write("a", b"newer")
    plain = await taken(first, second)
    await second.keeping_versions()
    begun = await second.begin_restoring()
    await second.hand(begun, plain[0])
    await second.plainly("handed")
    await second.step("run")


def test_an_export_that_lies_in_an_s3_store_is_restored_from_there(tmp_path):
    """Read where it lies; while the store answers 503 nothing comes and nothing is lost."""
    with failing_cloud() as cloud:

        async def work(first, second):
            plain = [first.opened(one) for one in await first.sheets(await first.begin())]
            for (at, blob), sealed in first.stored.items():
                if at == "memory:berlin":
                    cloud.kept[f"/exports/town/{blob[-2:]}/{blob}"] = sealed
            await second.lies_at(f"s3://exports/town?region=eu&endpoint=http://127.0.0.1:{cloud.port}")
            begun = await second.begin_restoring()
            for sheet in plain:
                await second.hand(begun, sheet)
            await second.plainly("handed")
            await second.step("run")
            cloud.fault, cloud.left = "503", 1_000
            with pytest.raises(Refusal, match="store-gone"):
                await second.adopter.step()
            cloud.left = 0
            second.clock.forward(minutes=1)
            done = await second.worked()
            size = sum(map(len, first.bodies.values()))
            assert (done.state, done.counts) == ("done", (("sealed", len(first.bodies), size),))
            for name, body in first.bodies.items():
                assert (await second.content(name))[1] == body

        moving(work)(tmp_path)


@moving
async def test_every_version_arrives_under_new_keys_with_what_it_was_told(first, second):
    """Names, metadata, tags, versions, parts, a deletion, a retention and a hold that still bind."""
    assert first.body.id != second.body.id
    first.clock.forward(seconds=2)
    now = to_text(first.clock.now())
    await keeping_versions(first, locks_since=now)
    await first.write("a", b"newer")
    await first.delete("empty")
    until = "2031-01-01T00:00:00Z"
    retention = write_retention(Retention(mode=Mode.COMPLIANCE, until=until))
    tags = write_tagging((("kind", "bill"),))
    for kind, body in (("retention", retention), ("legal-hold", write_hold(is_held=True)), ("tagging", tags)):
        await first.ask(PutState(first.token, BUCKET, "a", kind, body))
    upload = await first.upload("big")
    part = first.dice.draw(5 * 1024 * 1024)
    etags = [
        (n, (await first.write_part("big", upload, n, body)).etag) for n, body in ((1, part), (7, b"end"))
    ]
    await first.complete("big", upload, etags)
    plain = await taken(first, second, limit=4)
    await second.keeping_versions(locks_since=now)
    begun = await second.begin_restoring()
    for sheet in reversed(plain):
        await second.hand(begun, sheet)
    counted = await second.plainly("handed")
    size = sum(map(len, first.bodies.values())) + len(b"newer") + len(part) + 3
    assert (counted.state, counted.counts) == ("counted", (("found", 12, size),))
    assert list(second.target.rglob("blb-*")) == []
    await second.step("run")
    done = await second.worked()
    assert (done.state, done.counts) == ("done", (("sealed", 12, size),))
    for name, body in {**first.bodies, "a": b"newer", "big": part + b"end"}.items():
        if name != "empty":
            opened, content = await second.content(name)
            assert content == body
    assert opened.version.startswith("ver-")
    assert (await second.content("a/b"))[0].content.metadata == (("who", "me"),)
    await refused(second.open_get("empty", bucket=HOME), "key-absent")
    items = await second.items()
    older = items["a", 0]
    assert (await second.content("a", version=older.version))[1] == first.bodies["a"]
    assert older.digest == canonical.b64(hashlib.sha256(first.bodies["a"]).digest())
    for kind, body in (("retention", retention), ("tagging", tags)):
        assert (await second.ask(LookState(second.token, HOME, "a", kind))).body == body
    await refused(second.delete("a", items["a", 1].version, bucket=HOME), "object-locked")
    raw = {path.read_bytes() for path in second.target.rglob("blb-*")}
    assert not raw & {path.read_bytes() for path in second.copy.rglob("blb-*")}
    said = done.manifest.split("\n")
    lines = b"".join(
        line_of(one) for one in (await second.ask(LookAdopted(second.olga.token, done.id))).items
    )
    assert said[0] == "custodes/restoration/v1"
    assert said[3:5] == ["12", canonical.b64(hashlib.sha256(lines).digest())]
    o = second.keyroom.opened
    vkey = Vkey(name=f"{o.origin}/receipts", sig_type=1, public=o.receipt_key.public_key().public_bytes_raw())
    assert note.verify(note.parse(done.manifest.encode()), (vkey,))
    for verb in ("clear", "back"):
        with pytest.raises(Refusal, match="not-now"):
            await second.step(verb)


@moving
async def test_what_cannot_come_over_is_said_and_tried_again(first, second):
    """A blob that is not there, one that was turned over, a manifest of another version: the rest arrives."""
    plain = await taken(first, second)
    lines = [msgspec.json.decode(line) for line in plain[0].splitlines()]
    by_name = {line["name"]: line for line in lines[1:]}
    big = by_name["a//b"]["blobs"][0][0]
    gone = second.copy / big[-2:] / big
    kept = gone.read_bytes()
    gone.unlink()
    turned = by_name["tab\tname"]["blobs"][0][0]
    path = second.copy / turned[-2:] / turned
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    by_name["."]["manifest"] = by_name["a"]["manifest"]
    spoilt = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    begun = await second.begin_restoring()
    await second.hand(begun, spoilt)
    await second.plainly("handed")
    await second.step("run")
    await second.worked()
    notes = {name: one.note for (name, _), one in (await second.items()).items() if one.state == "failed"}
    assert notes == {"a//b": "blob-absent", "tab\tname": "stream-mismatch", ".": "wrap-mismatch"}
    gone.write_bytes(kept)
    second.clock.forward(seconds=1)
    await second.plainly("recount")
    await second.hand(begun, plain[0])
    await second.plainly("handed")
    await second.step("run")
    await second.worked()
    assert (await second.content("a//b"))[1] == first.bodies["a//b"]
    assert (await second.content("."))[1] == first.bodies["."]
    failed = [name for (name, _), one in (await second.items()).items() if one.state == "failed"]
    assert failed == ["tab\tname"]


@moving
async def test_an_application_that_writes_or_deletes_meanwhile_wins(first, second):
    await under_way(first, second)
    opened = await second.open_put("a", b"mine", bucket=HOME)
    sealed = second.seal(opened, b"mine")
    raw = second.stored[opened.stores[0].uri, opened.blob]
    await second.stores.at(opened.stores[0].uri).put(opened.blob, raw)
    await second.close_put(opened, sealed)
    await second.delete("a/b", bucket=HOME)
    await second.worked()
    states = {at: (one.state, one.note) for at, one in (await second.items()).items()}
    assert states["a", 0] == states["a", 1] == ("passed", "there-already")
    assert states["a/b", 0] == ("passed", "deleted")
    assert (await second.content("a"))[1] == b"mine"
    await refused(second.open_get("a/b", bucket=HOME), "key-absent")
    assert (await second.content("a//b"))[1] == first.bodies["a//b"]


@moving
async def test_versions_and_locks_need_a_bucket_that_keeps_them(first, second):
    first.clock.forward(seconds=2)
    await keeping_versions(first, locks_since=to_text(first.clock.now()))
    await first.write("a", b"newer")
    await first.ask(PutState(first.token, BUCKET, "a", "legal-hold", write_hold(is_held=True)))
    plain = await taken(first, second, limit=1)
    begun = await second.begin_restoring()
    newer, older = [sheet for sheet in plain if b'"name":"a",' in sheet]
    await second.hand(begun, newer.replace(b'"held":true', b'"held":false'))
    with pytest.raises(Refusal, match="bucket-not-versioned"):
        await second.hand(begun, older)
    await second.enable()
    for sheet in plain:
        await second.hand(begun, sheet)
    items = await second.items()
    assert (items["a", 1].state, items["a", 1].note) == ("failed", "lock-not-enabled")
    assert items["a", 0].state == "found"


@moving
async def test_sheets_of_others_and_what_is_no_sheet(first, second):
    """Sealed to somebody else, of another bucket, nonsense, by who may not: nothing of it is taken."""
    plain = await taken(first, second)
    begun = await second.begin_restoring()

    async def hand(sealed, who=None):
        with pytest.raises(Refusal) as caught:
            await second.ask(HandSheet((who or second.olga).token, begun.id, sealed))
        return caught.value.code

    def sealed(plain):
        return pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(begun.recipient)])

    thief = pyrage.x25519.Identity.generate()
    assert await hand(pyrage.encrypt(plain[0], [thief.to_public()])) == "bad-sheet"
    twice = plain[0] + plain[0].split(b"\n")[1] + b"\n"
    for bad in (b"", b"{}\n", plain[0][:-5], plain[0].replace(b"sheet/v1", b"sheet/v2"), twice):
        assert await hand(sealed(bad)) == "bad-sheet"
    assert await hand(b"x" * 4_000_000) == "bad-sheet"
    assert await hand(sealed(plain[0]), second.karl) in ("forbidden", "not-permitted")
    await second.hand(begun, plain[0])
    again = await second.hand(begun, plain[0])
    assert again.counts == ((("found", 9, sum(map(len, first.bodies.values())))),)
    other = plain[0].replace(first.row().id.encode(), b"bkt-" + b"0" * 26, 1)
    assert await hand(sealed(other)) == "sheet-of-another-bucket"
    with pytest.raises(Refusal):
        await second.step("run")
    await second.plainly("handed")
    with pytest.raises(Refusal):
        await second.plainly("run")
    assert await hand(sealed(plain[0])) == "not-now"
    ended = await second.plainly("end")
    assert ended.state == "ended"
    assert second.sql("SELECT count(*) FROM adopt_sheet") == [(0,)]


@moving
async def test_cut_off_anywhere_it_goes_on(first, second):
    """The process that reaches the stores dies at every ask it makes; a new one goes on."""
    await under_way(first, second)

    class Dying:
        def __init__(self, asks):
            self.left = asks

        async def ask(self, ask):
            if self.left == 0:
                raise unavailable("keyroom-gone")
            self.left -= 1
            return await second.keyroom.ask(ask)

    for asks in range(1, 9):
        adopter = second.adopter
        adopter._doors = Dying(asks)
        with pytest.raises(Refusal, match="keyroom-gone"):
            await stepping(adopter)
        second.clock.forward(seconds=901)
    await second.worked()
    states = {one.state for one in (await second.items()).values()}
    assert states == {"sealed"}
    for name, body in {**first.bodies, "a": b"newer"}.items():
        assert (await second.content(name))[1] == body
