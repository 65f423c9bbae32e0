import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from custodes.acts.answers.logs.entries import LogAnswers  # noqa: F401
from custodes.acts.answers.logs.epochs import EpochAnswers  # noqa: F401 - this suite is its test
from custodes.acts.answers.logs.tiles_of import reader_of  # noqa: F401
from custodes.acts.asks import Local, LogSigned
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.log import AppendEpoch, Heads, LookEntries, MakeReceipt, SubLogTile
from custodes.acts.audit.files import check_tiles
from custodes.acts.watch.mirror import Mirror
from custodes.acts.witnessing import Witnessing  # noqa: F401
from custodes.adapters.log_files import WatchFolder
from custodes.kernel.refusal import Refusal
from custodes.ledger import quorum, receipt
from fakes.databases import Choice
from fakes.keyrooms import ORIGIN, World
from fakes.lived import lived

VERIFIER = Path(__file__).parents[3] / "verifier" / "custodes_verify.py"


async def founded(folder, quorum="none"):
    world = World(folder, quorum=quorum)
    await world.open()
    await world.settle_in()
    _, world.owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    world.key = (await world.keyroom.ask(CreateKey(world.owner, world.customer_row.id, "registry"))).id
    return world


def use(world, **more):
    asked = {
        "evidence": world.token,
        "key": world.key,
        "verb": "wrap",
        "message": b"m",
        "context": b"",
        "purpose": "operation",
        "reason": "test",
        **more,
    }
    return world.keyroom.ask(UseKey(**asked))


in_house = lived(founded)


async def receipt_of(world, used, **more):
    return (await world.keyroom.ask(MakeReceipt(world.owner, used.log, used.index, **more))).document


async def stand_alone(folder):
    line = [sys.executable, str(VERIFIER), "receipt", "--pins", "pins.json", "receipt.json"]
    return await asyncio.to_thread(subprocess.run, line, cwd=folder, capture_output=True, text=True)


@in_house
async def test_a_witnessed_receipt_proves_the_entry_to_two_verifiers(world):
    keeper = world.keeper()
    used = await use(world)
    with pytest.raises(Refusal, match="not-yet-witnessed"):
        await receipt_of(world, used)
    assert await keeper.round()
    for _ in range(3):
        await use(world)
        world.clock.forward(seconds=10)
        assert await keeper.round()
    document = await receipt_of(world, used)
    made = receipt.parse(document)
    checks = receipt.verify(made, world.pins())
    assert receipt.is_proven(made, checks), checks
    assert any(check.name == "no-quorum" for check in checks)
    assert receipt.opened_fields(made).fields["key"] == world.key

    (world.folder / "receipt.json").write_bytes(document)
    (world.folder / "pins.json").write_bytes(world.pins().encode())
    done = await stand_alone(world.folder)
    assert done.returncode == 0, done.stdout + done.stderr
    flipped = json.loads(document)
    flipped["index"] += 1
    (world.folder / "receipt.json").write_text(json.dumps(flipped, separators=(",", ":"), sort_keys=True))
    done = await stand_alone(world.folder)
    assert done.returncode != 0


@in_house
async def test_a_receipt_can_show_less_than_everything(world):
    used = await use(world)
    document = await receipt_of(world, used, grade="sequenced", disclose=("act", "key"))
    opened = receipt.opened_fields(receipt.parse(document))
    assert set(opened.fields) == {"act", "key"}
    assert "reason" in opened.closed


@in_house
async def test_idle_rounds_publish_only_the_heartbeat(world):
    keeper = world.keeper()
    await use(world)
    assert await keeper.round()
    assert not await keeper.round()
    world.clock.forward(minutes=11)
    assert await keeper.round()


@in_house
async def test_a_restarted_logkeeper_goes_on_where_it_was(world):
    await use(world)
    assert await world.keeper().round()
    await use(world)
    assert await world.keeper().round()
    heads = await world.keyroom.ask(signed(world, Heads(Local(""), 0)))
    assert heads.epoch == 2


def signed(world, ask):
    import msgspec
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from custodes.acts.asks.documents import log_message
    from custodes.kernel.clock import to_text

    at = to_text(world.clock.now())
    key = Ed25519PrivateKey.from_private_bytes(world.log_keys.ed25519)
    return msgspec.structs.replace(ask, evidence=LogSigned(at, key.sign(log_message(world.body.id, ask, at))))


@in_house
async def test_nobody_else_asks_as_the_logkeeper(world):
    forged = LogSigned("2026-11-22T08:00:00Z", bytes(64))
    for evidence in (world.owner, world.token, forged):
        with pytest.raises(Refusal, match="not-the-logkeeper"):
            await world.keyroom.ask(Heads(evidence, 0))
        with pytest.raises(Refusal, match="not-the-logkeeper"):
            await world.keyroom.ask(AppendEpoch(evidence, 1, b"\x02" + bytes(40), {}, ()))


@in_house
async def test_a_stranger_gets_no_entry_no_receipt_no_tile(world):
    used = await use(world)
    _, stranger = await world.enrol_person("Stranger", world.organisation("Other", "supplier"), ("engineer",))
    for ask in (
        LookEntries(stranger, world.customer_row.id),
        MakeReceipt(stranger, used.log, used.index, "sequenced"),
        SubLogTile(stranger, used.log, "tile/0/000.p/1"),
    ):
        with pytest.raises(Refusal):
            await world.keyroom.ask(ask)


@in_house
async def test_entries_are_proven_before_they_are_shown(world):
    used = await use(world)
    shown = await world.keyroom.ask(LookEntries(world.owner, world.customer_row.id, kind="machine"))
    assert [entry.fields["act"] for entry in shown.entries] == ["key.wrap"]
    with world.engine.connect() as connection:
        connection.exec_driver_sql(
            "DROP TRIGGER bundle_no_update" + (" ON bundle" if Choice.databases else "")
        )
        connection.exec_driver_sql(
            "UPDATE bundle SET leaves = zeroblob(length(leaves)) WHERE log = ?", (used.log,)
        )
    with pytest.raises(Refusal):
        await world.keyroom.ask(LookEntries(world.owner, world.customer_row.id, kind="machine"))


@pytest.mark.sqlite
def test_a_database_put_back_to_yesterday_stops_every_use(tmp_path):
    async def run():
        world = await founded(tmp_path)
        keeper = world.keeper()
        await use(world)
        await keeper.round()
        with world.engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(tmp_path / "yesterday.db"),))
        await use(world)
        await keeper.round()
        await world.close()
        world.engine.dispose()
        for name in ("custodes.db", "custodes.db-wal", "custodes.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / "yesterday.db").rename(tmp_path / "custodes.db")
        await world.open()
        with pytest.raises(Refusal, match="log-rolled-back"):
            await world.keeper().round()
        with pytest.raises(Refusal, match="witness-conflict"):
            await use(world)
        await world.close()
        world.engine.dispose()

    asyncio.run(run())


def test_where_a_quorum_is_asked_for_and_the_only_witness_is_embedded_nothing_is_used(tmp_path):
    async def run():
        world = await founded(tmp_path, quorum="embedded")
        with pytest.raises(Refusal, match="not-witnessed-lately"):
            await use(world)
        with pytest.raises(Refusal, match="cosignatures-missing"):
            await world.keeper().round()
        await world.close()
        world.engine.dispose()

    asyncio.run(run())


@in_house
async def test_the_public_log_is_what_other_tools_read(world):
    keeper = world.keeper()
    for _ in range(3):
        await use(world)
        await keeper.round()
    folder = world.folder / "log"
    assert (folder / "checkpoint").read_text().startswith(ORIGIN + "\n3\n")
    assert (folder / "tile/0/000.p/3").stat().st_size == 96
    assert (folder / "tile/entries/000.p/3").stat().st_size == 3 * 43


@pytest.mark.slow
@pytest.mark.sqlite
@in_house
async def test_partial_tiles_go_when_the_full_one_is_there_and_who_lags_behind_follows(world):
    keeper, folder = world.keeper(), world.folder / "log"
    vkeys = [vkey for vkey, _ in quorum.parse(world.body.policy.encode()).logs]
    mirror = Mirror(WatchFolder(world.folder / "mirror"), Shown(folder), (ORIGIN, vkeys), world.clock)
    for number in range(258):
        await use(world)
        assert await keeper.round()
        if number == 99:
            assert mirror.round().size == 100
    left = sorted(path.name for path in folder.glob("tile/*/000.p/*"))
    assert left == ["1"]  # of level 1, which is still partial
    assert (folder / "tile/0/000").stat().st_size == 8_192
    assert mirror.round().size == 258
    checks, grown = check_tiles(folder, 258, lambda *_: None)
    assert all(check.passed for check in checks)
    assert grown.size == 258


class Shown:
    def __init__(self, folder):
        self._folder = WatchFolder(folder)

    def get(self, path):
        return self._folder.read(path)
