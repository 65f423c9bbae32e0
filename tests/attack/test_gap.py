"""A log is closed with a gap that is named, by two officers of two organisations; nobody hides in it."""

import asyncio
import shutil

import msgspec
import pytest

from custodes.acts.asks.log import LookEntries
from custodes.acts.audit.files import Beside, examine
from custodes.acts.restoring.closing import ACT
from custodes.acts.watch.gaps import crossed  # noqa: F401 - this suite is its test
from custodes.acts.watch.monitor import Monitor, Watched
from custodes.adapters.log_files import WatchFolder
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.ledger import quorum
from custodes.ledger.loss import gap
from custodes.ledger.loss.gap import GapFile
from custodes.ledger.slots import parse_epoch_leaf
from custodes.store.reads import reading
from custodes.web.console.served.log import _gap as shown_gaps
from custodes.wiring.backups import alone, closing  # noqa: F401 - likewise
from custodes.wiring.watch import closed, following, mirror, monitor, witness
from fakes.keyrooms import ORIGIN
from fakes.lost import LostHouse

NEXT = "log.example/test/2"


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """One house that was lost, watched by a monitor until shortly before."""
    place = tmp_path_factory.mktemp("lost")
    made = LostHouse(place)

    async def run():
        await made.live()
        made.older = made.get("checkpoint")
        await made.go_on()
        made.pins = made.world.pins()
        (place / "monitor").mkdir()
        await rounds(made, made.world, made.world.olga.token, place / "monitor")
        await made.lose()

    asyncio.run(run())
    made.mirror = made.mirrored()
    settings = mirror.MirrorSettings(
        url="http://127.0.0.1:9", origin=ORIGIN, vkeys=tuple(one.text() for one in made.vkeys())
    )
    (made.mirror / mirror.SETTINGS).write_bytes(canonical.encode(msgspec.to_builtins(settings)))
    return made


class Asks:
    def __init__(self, world, loop):
        self.world, self.loop = world, loop

    def ask(self, ask):
        return asyncio.run_coroutine_threadsafe(self.world.keyroom.ask(ask), self.loop).result(30)


async def rounds(lost, world, token, folder, web=None, before=None):
    """One round of Olga's monitor, behind a gap with what was held before it."""
    policy = quorum.parse(world.body.policy.encode())
    vkeys = [vkey for vkey, _ in policy.logs]
    place = WatchFolder(folder)
    held = monitor.Mirror(
        WatchFolder(folder / "root"),
        web or lost,
        (world.body.origin, vkeys),
        world.clock,
        first_entry=closed.first_entry(folder),
    )
    watched = Watched(customer=world.customer_row.id, origin=world.body.origin, policy=policy)
    asks = Asks(world, asyncio.get_running_loop())
    made = Monitor(watched, (place, held), (asks, token), lambda _url: None, world.clock, before=before)
    report = await asyncio.to_thread(made.round)
    return {one.name: (one.passed, one.detail) for one in report.checks}, report


@pytest.fixture
def lost(once, tmp_path):
    made = once.afresh(tmp_path)
    shutil.copytree(once.folder / "monitor", tmp_path / "monitor")
    made.monitor = tmp_path / "monitor"
    founded(made)
    made.restore()
    shutil.copytree(made.mirror, made.new.public_log)
    (made.new.public_log / mirror.SETTINGS).unlink()
    return made


def founded(made):
    """What `custodes monitor init` writes beside what the rounds left."""
    settings = monitor.MonitorSettings(
        url="http://127.0.0.1:9", log_url="http://127.0.0.1:9", customer=made.world.customer_row.id
    )
    (made.monitor / monitor.SETTINGS).write_bytes(canonical.encode(msgspec.to_builtins(settings)))
    slots = {f"{ORIGIN}/{made.world.customer_row.id}/machine": 2}
    pins = msgspec.structs.replace(made.pins, slots=slots)
    (made.monitor / monitor.PINS).write_bytes(pins.encode())
    (made.monitor / monitor.POLICY).write_text(pins.policy)


def document(lost, **how):
    return closing.document(lost.new, b"", how.get("opens", NEXT), [lost.mirror])


def closed_by(lost, *who, raw=None):
    raw = raw or document(lost)
    return closing.close(lost.new, b"", raw, [one.sign(raw) for one in who])


def officers(lost):
    world = lost.world
    return [
        following.officer(f"{name}={group}={one.credential.public}")
        for name, group, one in (
            ("Karl", "trustee", world.karl),
            ("Kim", "custodian", world.kim),
        )
    ]


def test_the_gap_is_named_told_and_followed_by_everybody(lost, tmp_path):
    world = lost.world
    made = closed_by(lost, world.karl, world.kim)
    paper = made.document
    assert (paper.closes, paper.opens) == (ORIGIN, NEXT)
    assert (paper.kept_size, paper.first_epoch, paper.last_epoch) == (2, 3, 5)
    public = lost.new.public_log
    assert (public / "closed/1/checkpoint").read_bytes() == (lost.mirror / "checkpoint").read_bytes()
    raw = (public / "gap.json").read_bytes()

    shown = examine(public / "gap.json", lost.pins, Beside(officers=tuple(officers(lost))))
    assert shown.is_proven, shown.checks
    assert not examine(public / "gap.json", lost.pins, Beside()).is_proven

    following.mirror(lost.mirror, raw, officers(lost))
    following.monitor(lost.monitor, raw, officers(lost))
    with pytest.raises(Refusal):
        following.mirror(lost.mirror, raw, officers(lost))

    async def run():
        again = await lost.opened()
        assert again.body.origin == NEXT
        _, token = await again.enrol_person("Auditor", again.town, ("owner", "auditor"))
        again.clock.forward(minutes=1)
        assert await again.logkeeper.round()
        root = reading(again.engine, lambda reads: reads.leaves("root/2", 0, 9))
        assert root[0] == paper.leaf()
        assert parse_epoch_leaf(root[1])[0] == 6  # epochs go on behind the last of the closed log

        entries = (await again.keyroom.ask(LookEntries(token, again.customer_row.id))).entries
        told = [one for one in entries if one.act == ACT]
        assert [one.fields["count"] for one in told] == [3]
        assert "epochs 3 to 5" in told[0].fields["reason"]
        (row,) = shown_gaps(told[0])  # what his page of the log says of it
        assert (row.first, row.last, row.opens) == (3, 5, NEXT)
        assert dict(row.kept)["machine"] == 3

        web = WatchFolder(public)
        source = type("Web", (), {"get": lambda _self, path: web.read(path)})()
        before = WatchFolder(closed.newest_closed(lost.monitor))
        checks, report = await rounds(lost, again, token, lost.monitor, source, before)
        assert not report.has_failed, checks
        assert checks["gap"][0] is True
        assert "6 entries you hold are lost there" in checks["gap"][1]
        follower = mirror.mirror(lost.mirror)
        follower._web = source
        assert follower.round().size == 2
        await again.logkeeper.close()
        await again.close()
        again.engine.dispose()

    asyncio.run(run())


def test_it_takes_two_of_two_organisations_with_file_keys(lost):
    world, raw = lost.world, document(lost)
    for who, code in (
        ((), "signatures-too-few"),
        ((world.karl,), "signatures-too-few"),  # the operator alone
        ((world.karl, world.karl), "signatures-too-few"),
        ((world.karl, world.erik), "."),  # a supplier's engineer
        ((world.karl, world.anna), "file-keys-only"),  # a passkey: nobody outside could check it
    ):
        with pytest.raises(Refusal, match=code):
            closed_by(lost, *who, raw=raw)
    other = gap.parse_document(raw)
    for change in (
        {"kept_size": 1},
        {"first_epoch": 4},
        {"last_epoch": 4},
        {"house": "hse-" + "0" * 26},
        {"since": "2026-01-01T00:00:00Z"},
        {"last": other.last.replace("\n5\n", "\n4\n")},
    ):
        bent = msgspec.structs.replace(other, **change).encode()
        with pytest.raises(Refusal, match="bad-gap"):
            closed_by(lost, world.karl, world.kim, raw=bent)
    assert closing._body(lost.new).origin == ORIGIN


def test_closing_that_was_cut_off_is_finished_by_doing_it_again(lost, monkeypatch):
    raw = document(lost)
    assert document(lost) != b""  # asked twice, the same keys
    given = [one.sign(raw) for one in (lost.world.karl, lost.world.kim)]

    def power_cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr(closing, "_settle", power_cut)
        with pytest.raises(KeyboardInterrupt):
            closing.close(lost.new, b"", raw, given)
    assert closing.close(lost.new, b"", raw, given).document.opens == NEXT
    assert (lost.new.public_log / "gap.json").exists()
    assert not (lost.new.logkeeper / "next.json").exists()


def forged(lost, **change):
    """What an operator who holds every key of the house publishes without the officers' will."""
    raw = document(lost)
    paper = msgspec.structs.replace(gap.parse_document(raw), **change)

    signatures = []
    for one in (lost.world.karl, lost.world.kim):
        signature = canonical.decode(one.sign(paper.encode()))
        public = canonical.unb64(one.credential.public)
        signatures.append(gap.Signed(public=public, signature=canonical.unb64(signature["signature"])))
    return GapFile(document=paper, signatures=tuple(signatures))


def refused(lost, file, who=None):
    """Mirror and monitor alike."""
    said = []
    for follow, folder in ((following.mirror, lost.mirror), (following.monitor, lost.monitor)):
        before = sorted(str(path) for path in folder.rglob("*"))
        with pytest.raises(Refusal, match="gap-refused") as caught:
            follow(folder, file.encode(), officers(lost) if who is None else who)
        after = sorted(str(path) for path in folder.rglob("*") if "evidence" not in str(path))
        assert after == [one for one in before if "evidence" not in one]
        said.append(str(caught.value.facts["why"]))
    return said


def test_watchers_believe_no_operator_alone(lost):
    whole = forged(lost)
    one = msgspec.structs.replace(whole, signatures=whole.signatures[:1])
    twice = msgspec.structs.replace(whole, signatures=whole.signatures[:1] * 2)
    other = msgspec.structs.replace(
        whole, document=msgspec.structs.replace(whole.document, until="2027-01-01T00:00:00Z")
    )
    for file in (one, twice, other):
        assert all("officers" in why for why in refused(lost, file))
    same = [
        following.officer(f"{n}=a/same={one.credential.public}")
        for n, one in (("K", lost.world.karl), ("L", lost.world.kim))
    ]
    assert all("officers" in why for why in refused(lost, whole, same))  # one controlling group


def witness_of(lost, folder, size=0):
    """Somebody's witness that was told of the closed log, and cosigned it up to a size."""
    witness.found(folder, witness.WitnessSettings(name="witness.example/w"), None)
    log = witness.WitnessedLog(origin=ORIGIN, vkeys=tuple(lost.vkeys()))
    witness.add_log(folder, log)
    memory = witness.SqlMemory(folder / witness.MEMORY)
    memory.settle(ORIGIN, lambda _old: witness.Seen(size=size, root=bytes(32), note=b"x", cosigned_at=1))
    memory.close()
    return folder


def test_a_gap_cannot_hide_what_was_witnessed(lost, tmp_path):
    """An older head is named as the last, and two officers were made to sign it: who holds more refuses."""
    hides = forged(lost, last=lost.older.decode(), first_epoch=3, last_epoch=2)
    assert gap.is_proven(gap.judge(hides, lost.pins, officers(lost)))  # the paper is good
    assert all("it hides some" in why for why in refused(lost, hides))
    knows = witness_of(lost, tmp_path / "knows", size=5)
    with pytest.raises(Refusal, match="gap-refused"):
        following.witness(knows, hides.encode(), officers(lost))
    assert all("kept" in why for why in refused(lost, forged(lost, kept_root=bytes(32))))
    assert all("last checkpoint" in why for why in refused(lost, forged(lost, kept_size=1)))


def test_a_witness_that_follows_never_cosigns_the_closed_log_again(lost, tmp_path):
    place = witness_of(lost, tmp_path / "witness", size=2)
    following.witness(place, forged(lost).encode(), officers(lost))
    text = (place / witness.LOGS).read_text()
    assert NEXT in text
    assert f"origin {ORIGIN}\n" not in text
    with pytest.raises(Refusal, match="gap-refused"):
        following.witness(place, forged(lost).encode(), officers(lost))
