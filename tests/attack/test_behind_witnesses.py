"""A restored house behind its witnesses goes on with the same trees as a mirror holds them, or not at all."""

import asyncio
import shutil

import pytest

from custodes.acts.asks.log import LookEntries, LookOpenings, MakeReceipt
from custodes.acts.asks.running.counts import LookCounts
from custodes.acts.logkeeper import streaming
from custodes.acts.restoring.catching_up import CatchingUp  # noqa: F401 - this suite is its test
from custodes.acts.watch.ports import House  # noqa: F401
from custodes.adapters.log_files import SignedHead
from custodes.kernel.refusal import Refusal
from custodes.ledger.loss.stream import Part, file_path
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.ledger.receipt import parse_pins
from custodes.wiring.backups import catching_up, unfinished
from fakes.audited import audited
from fakes.keyrooms import ORIGIN
from fakes.lost import LostHouse, heads


class Asks:
    """`acts.watch.ports.House` over a keyroom in another loop."""

    def __init__(self, world, loop):
        self.world, self.loop = world, loop

    def ask(self, ask):
        return asyncio.run_coroutine_threadsafe(self.world.keyroom.ask(ask), self.loop).result(30)


async def watched(lost, world, token, folder):
    """One round of Olga's monitor: {check: (passed, detail)}."""
    loop = asyncio.get_running_loop()
    made = lost.monitor(world, folder)(Asks(world, loop), token)
    report = await asyncio.to_thread(made.round)
    return {one.name: (one.passed, one.detail) for one in report.checks}, report


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """One house that was lost; each test restores it for itself."""
    tmp_path = tmp_path_factory.mktemp("lost")
    made = LostHouse(tmp_path)

    async def run():
        await made.live()
        (tmp_path / "monitor").mkdir()
        before, _ = await watched(made, made.world, made.world.olga.token, tmp_path / "monitor")
        assert not [name for name, (passed, _) in before.items() if passed is False], before
        await made.go_on()
        made.heads = heads(made.world)
        await made.lose()

    asyncio.run(run())
    made.mirror = made.mirrored()
    return made


@pytest.fixture
def lost(once, tmp_path):
    shutil.copytree(once.folder / "monitor", tmp_path / "monitor")
    return once.afresh(tmp_path)


def test_it_goes_on_with_the_same_trees_and_says_what_is_lost(lost, tmp_path):
    world, mirror = lost.world, lost.mirror
    done = lost.restore(mirror)
    assert (done.caught_up.before, done.caught_up.size) == (2, 5)
    assert done.caught_up.epochs == (3, 5)
    machine, own = world.customer_row.log("machine"), world.customer_row.log("exceptional")
    spans = {one.log: (one.first, one.end) for one in done.caught_up.lost}
    assert spans[machine] == (3, 9)
    assert own not in spans  # nothing happened there

    public = lost.new.public_log
    assert (public / "slots/005").read_bytes() == (mirror / "slots/005").read_bytes()
    assert (public / file_path(5)).exists()
    assert parse_pins((public / "pins.json").read_bytes()) == world.pins()

    async def run():
        again = await lost.opened()
        now = heads(again)
        assert now["root"] == lost.heads["root"]
        assert now[machine] == lost.heads[machine]
        assert await again.logkeeper.round()  # both witnesses, who know the lost house's last tree, cosign
        report = audited(again)
        assert report.findings == ()
        assert report.counted["lost with a machine"] == sum(end - first for first, end in spans.values())
        _, token = await again.enrol_person("Auditor", again.town, ("owner", "auditor"))
        await again.epoch()
        found = await again.keyroom.ask(LookEntries(token, again.customer_row.id))
        said = [one for one in found.entries if one.act == "house.lost"]
        assert [one.fields["lost"] for one in said] == [[[machine, 3, 9]]]
        assert sum(one.act == "lost" and not one.fields for one in found.entries) == 6
        own = {again.customer_row.log(kind) for kind in ("machine", "exceptional")}
        counted = await again.keyroom.ask(LookCounts(token, again.customer_row.id))
        assert (counted.behind, counted.missed) == (0, 0)
        assert counted.lost == sum(end - first for log, (first, end) in spans.items() if log in own)
        bare = (await again.keyroom.ask(LookOpenings(token, machine, 0))).openings
        assert [one.opening == b"" for one in bare] == [False] * 3 + [True] * 6
        with pytest.raises(Refusal, match="entry-lost"):
            await again.keyroom.ask(MakeReceipt(token, machine, 4))
        await again.keyroom.ask(MakeReceipt(token, machine, 1))
        checks, told = await watched(lost, again, token, tmp_path / "monitor")
        assert not told.has_failed, checks
        assert checks["lost with a machine"] == (
            None,
            "6 entries have only their leaves left; the house says so",
        )
        await again.logkeeper.close()
        await again.close()
        again.engine.dispose()

    asyncio.run(run())


def test_entries_that_nobody_declared_lost_are_a_fault_of_the_house(lost, tmp_path, monkeypatch):
    """The operator takes over the leaves and tells nobody that the openings are gone."""

    async def silent(*_):
        return ()

    monkeypatch.setattr("custodes.wiring.backups.restoring.tell_lost", silent)
    lost.restore(lost.mirror)

    async def run():
        again = await lost.opened()
        assert {one.code for one in audited(again).findings} == {"opening-missing"}
        _, token = await again.enrol_person("Auditor", again.town, ("owner", "auditor"))
        await again.epoch()
        checks, told = await watched(lost, again, token, tmp_path / "monitor")
        assert told.has_failed
        assert checks["lost with a machine"][0] is False
        await again.logkeeper.close()
        await again.close()
        again.engine.dispose()

    asyncio.run(run())


def bent(mirror, path, change):
    file = mirror / path
    file.write_bytes(change(file.read_bytes()))


def damage_stream(lost, mirror):
    bent(mirror, file_path(4), lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))
    return "wrap-mismatch"


def another_epochs_stream(lost, mirror):
    shutil.copy(mirror / file_path(5), mirror / file_path(4))
    return "wrap-mismatch"


def no_stream(lost, mirror):
    (mirror / file_path(3)).unlink()
    return "leaf-stream-missing"


def forged_stream(lost, mirror):
    """Whoever has the log's keys puts another leaf into the stream: the cosigned slots do not have it."""
    named = (ORIGIN, lost.world.log_keys)
    (part, *rest) = streaming.opened([(mirror / file_path(3)).read_bytes()], named, 3)
    other = Part(log=part.log, first=part.first, leaves=(b"\x01" + bytes(32), *part.leaves[1:]))
    (raw,) = streaming.sealed([other, *rest], named, 3, lost.world.dice)
    (mirror / file_path(3)).write_bytes(raw)
    return "leaves-differ"


def no_row(lost, mirror):
    (mirror / "slots/004").unlink()
    return "mirror-row-missing"


def bent_row(lost, mirror):
    bent(mirror, "slots/004", lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]))
    return "mirror-of-another-tree"


def not_cosigned(lost, mirror):
    bent(mirror, "checkpoint", lambda raw: b"".join(x for x in raw.splitlines(True) if b" w" not in x))
    return "cosignatures-missing"


def signed_more(lost, mirror):
    SignedHead(lost.new.logkeeper / "signed.json").replace((0, EMPTY_ROOT), (6, bytes(32)))
    return "mirror-behind"


def no_log_keys(lost, mirror):
    lost.new.log_keys.unlink()
    return "log-key-lost"


@pytest.mark.parametrize(
    "harm",
    [
        damage_stream,
        another_epochs_stream,
        no_stream,
        forged_stream,
        no_row,
        bent_row,
        not_cosigned,
        signed_more,
        no_log_keys,
    ],
)
def test_what_cannot_be_proven_is_not_taken_over_and_nothing_is_left(lost, harm):
    mirror = lost.mirror
    code = harm(lost, mirror)
    with pytest.raises(Refusal, match=code):
        lost.restore(mirror)
    assert not lost.new.database.exists()
    unfinished.refuse(lost.new)


def test_a_witness_who_saw_more_than_the_mirror_is_asked(lost, monkeypatch):
    newest = (lost.world.folder / "log/checkpoint").read_bytes()
    monkeypatch.setattr(catching_up, "shown", lambda _o: [("w1", newest)])
    behind = lost.mirror
    lost.restore(behind)  # as far as he saw

    (lost.new.database).unlink()
    older = sorted((behind / "checkpoints").iterdir())[0]
    (behind / "checkpoint").write_bytes(older.read_bytes())
    monkeypatch.setattr(catching_up, "shown", lambda _o: [("w1", newest.replace(b"\n5\n", b"\n6\n"))])
    with pytest.raises(Refusal, match="mirror-of-another-tree"):
        lost.restore(behind)


def test_a_restore_that_was_cut_off_is_no_house(lost):
    unfinished.begin(lost.new)
    with pytest.raises(Refusal, match="restore-unfinished"):
        unfinished.refuse(lost.new)
    lost.new.database.write_bytes(b"half of one")
    lost.restore()  # begun again: what was half done is gone
    unfinished.refuse(lost.new)
