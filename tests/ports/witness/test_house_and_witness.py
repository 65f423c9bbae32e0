"""A house and a real witness process of another organisation: quorum over HTTP, and what a fork does."""

import asyncio

import msgspec
import pytest

from custodes.acts.asks.house import LookKills
from custodes.adapters.http.witness import HttpWitness
from custodes.adapters.system import SystemClock
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, quorum
from custodes.ledger.note import Vkey
from custodes.ledger.watch import fork
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.wiring.watch import witness as wiring
from custodes.wiring.watch.witness import WitnessSettings, load
from fakes.keyrooms import ORIGIN
from fakes.ports import free_port
from ports.keyroom.test_witnesses import WatchedWorld, forked
from ports.witness.test_process import posted, started

pytestmark = pytest.mark.whole
NAME = "witness.example/w1"


def test_a_house_asks_a_witness_of_another_organisation_and_stops_when_it_knows_another_tree(tmp_path):
    wiring.found(tmp_path / "w", WitnessSettings(name=NAME, port=free_port()), None)
    base = f"http://127.0.0.1:{load(tmp_path / 'w').port}"
    vkey = Vkey.parse(wiring.vkeys(tmp_path / "w", b"")[0])
    (tmp_path / "house").mkdir()

    class World(WatchedWorld):
        def __init__(self, folder):
            super().__init__(folder)
            lines = [f"log {text}" for text in self.body.log_vkeys]
            lines += [f"witness w1 {vkey.text()} {base}", "#: party w1 county of county", "quorum w1", ""]
            self.body = msgspec.structs.replace(self.body, policy="\n".join(lines))

        def reach(self, witness):
            return HttpWitness(witness.name, witness.vkey, witness.url)

    async def run():
        world = World(tmp_path / "house")
        world.clock.at = SystemClock().now()
        await world.ready()
        log_vkeys = tuple(Vkey.parse(text) for text in world.body.log_vkeys)
        with pytest.raises(Refusal, match="cosignatures-missing"):
            await world.logkeeper.round()  # the witness was not told of this log yet: 404
        wiring.add_log(tmp_path / "w", WitnessedLog(origin=ORIGIN, vkeys=log_vkeys))
        assert await world.logkeeper.round()
        note = (world.folder / "log/checkpoint").read_bytes()
        policy = quorum.parse(world.body.policy.encode())
        assert quorum.evaluate(policy, cosign.verify(note, policy.vkeys(), ORIGIN).lines).organisations == (
            "county",
        )
        await world.use()
        world.clock.forward(minutes=16)  # of what the witness said then
        with pytest.raises(Refusal, match="not-witnessed-lately"):
            await world.use()
        size = int(note.split(b"\n")[1])
        other = forked(world, size + 3)
        status, said = await asyncio.to_thread(posted, base, b"old %d\n\n" % size + other)
        assert status == 422, said
        await world.logkeeper.close()
        await world.close()
        world.engine.dispose()
        return other

    process = started(tmp_path / "w", base)
    try:
        asyncio.run(run())
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_evidence_of_a_witness_over_http(tmp_path):
    wiring.found(tmp_path / "w", WitnessSettings(name=NAME, port=free_port()), None)
    base = f"http://127.0.0.1:{load(tmp_path / 'w').port}"
    vkey = Vkey.parse(wiring.vkeys(tmp_path / "w", b"")[0])
    (tmp_path / "house").mkdir()

    async def run():
        world = WatchedWorld(tmp_path / "house", names=("w1", "w2"), k=2)
        await world.ready()
        log_vkeys = tuple(Vkey.parse(text) for text in world.body.log_vkeys)
        wiring.add_log(tmp_path / "w", WitnessedLog(origin=ORIGIN, vkeys=log_vkeys))
        status, _ = await asyncio.to_thread(posted, base, b"old 0\n\n" + forked(world, 1))
        assert status == 200
        real = HttpWitness("w1", vkey, base)
        world.reach(quorum.parse(world.body.policy.encode()).witnesses["w1"])
        world.known["w1"].cosign, world.known["w1"].cosigned = real.cosign, real.cosigned
        with pytest.raises(Refusal):
            await world.logkeeper.round()
        with pytest.raises(Refusal, match="witness-conflict"):
            await world.use()
        kill = (await world.keyroom.ask(LookKills(world.kim.token))).kills[0]
        assert kill.reason.startswith("witness-conflict w1 1 fork-")
        (kept,) = (world.folder / "evidence").iterdir()
        vkeys = [one.vkey for one in world.log_keys.signers(ORIGIN)]
        assert fork.judge(fork.parse(kept.read_bytes()), vkeys) is fork.Proof.PROVEN
        await world.logkeeper.close()
        await world.close()
        world.engine.dispose()

    process = started(tmp_path / "w", base)
    try:
        asyncio.run(run())
    finally:
        process.terminate()
        assert process.wait(20) == 0
