"""A cloud's opening under a grant waits for witnesses that are processes of their own, and for no less.

Three witnesses of three organisations over HTTP, two of which must have cosigned before the key is used: by
AWS, which waits 250 ms and comes again, and by an office program, which waits. With two of them standing
still nothing opens; what was counted meanwhile is not counted again.
"""

import asyncio
import contextlib
import signal
from base64 import b64decode

import msgspec
import pytest

from custodes.adapters.http.witness import HttpWitness
from custodes.adapters.system import SystemClock
from custodes.kernel.refusal import Refusal
from custodes.ledger.note import Vkey
from custodes.ledger.watch.log_list import WitnessedLog
from custodes.wiring.watch import witness as wiring
from custodes.wiring.watch.witness import WitnessSettings, load
from fakes.keyrooms import ORIGIN
from fakes.ports import free_port
from ports.keyroom.test_cloud_grants import SupportWorld, entry
from ports.planes.test_dke import SECRET, SHA256, Office
from ports.witness.test_process import started

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(300)]
NAMES = ("county", "chamber", "university")
TRIES = 200


class Outside:
    """A witness's folder and its process."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        wiring.found(folder, WitnessSettings(name=f"{name}.example/w", port=free_port()), None)
        self.base = f"http://127.0.0.1:{load(folder).port}"
        self.vkey = Vkey.parse(wiring.vkeys(folder, b"")[0])
        self.process = started(folder, self.base)

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        assert self.process.wait(60) == 0


class WitnessedWorld(SupportWorld):
    """SupportWorld under a policy of two of three real witnesses; `keeping` publishes without end."""

    def __init__(self, folder, outside):
        super().__init__(folder)
        self.outside = outside
        self.clock.at = SystemClock().now()
        lines = [f"log {text}" for text in self.body.log_vkeys]
        for one in outside:
            lines += [
                f"witness {one.name} {one.vkey.text()} {one.base}",
                f"#: party {one.name} {one.name} of {one.name}",
            ]
        lines += [f"group two 2 {' '.join(NAMES)}", "quorum two", ""]
        self.body = msgspec.structs.replace(self.body, policy="\n".join(lines))
        vkeys = tuple(Vkey.parse(text) for text in self.body.log_vkeys)
        for one in outside:
            wiring.add_log(one.folder, WitnessedLog(origin=ORIGIN, vkeys=vkeys))

    async def settle_in(self):
        self.logkeeper = self.keeper(lambda one: HttpWitness(one.name, one.vkey, one.url))
        self.keeping = asyncio.get_running_loop().create_task(self.keep())
        return await super().settle_in()

    async def use(self, *given, **more):
        await self.logkeeper.round()
        return await super().use(*given, **more)

    async def keep(self):
        while True:
            with contextlib.suppress(Refusal):
                await self.logkeeper.round()
            await asyncio.sleep(0.02)

    async def insist(self):
        """What AWS does: the same message again for as long as it is told to come again."""
        for tries in range(1, TRIES):
            try:
                return await self.decrypt(self.sealed), tries
            except Refusal as refusal:
                if refusal.code != "not-witnessed-in-time":
                    raise
        raise AssertionError("the witnesses never came")

    async def leave(self):
        self.keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.keeping
        await self.logkeeper.close()
        await self.close()
        self.engine.dispose()


async def played(world, outside):
    await world.open()
    await world.settle_in()
    office = await Office(world).open()
    public, path = await office.public()
    document = public.encrypt(SECRET, SHA256)
    with pytest.raises(Refusal, match="forbidden"):
        await world.decrypt(world.sealed)
    case = await world.for_aws(uses=2)
    assert (await world.insist())[0] == b"a data key"
    assert world.granted_row(case).uses_spent == 1
    assert entry(world, "key.unwrap")["grant"] == case.grant.id

    for one in outside[:2]:
        one.process.send_signal(signal.SIGSTOP)
    for _ in range(3):
        with pytest.raises(Refusal, match="not-witnessed-in-time"):
            await world.decrypt(world.sealed)
    assert world.granted_row(case).uses_spent == 2  # counted, nothing opened
    for one in outside[:2]:
        one.process.send_signal(signal.SIGCONT)
    assert (await world.insist())[0] == b"a data key"
    assert world.granted_row(case).uses_spent == 2

    beneficiary = f"crd-{office.id.partition('-')[2]}"
    case = await world.request(world.olga, beneficiary=beneficiary, resources=[office.key], uses=1)
    await world.approve(world.anna, case)
    case = await world.approve(world.karl, case)
    answer = await office.open_document(document, path, office.token())
    assert (answer.status, b64decode(answer.json.get("value", ""))) == (200, SECRET), answer.body
    assert world.granted_row(case).uses_spent == 1
    assert (await office.open_document(document, path, office.token())).json == {"error": "no-uses-left"}


def test_openings_by_aws_and_by_office_wait_for_real_witnesses(tmp_path):
    outside = [Outside(tmp_path / name, name) for name in NAMES]
    (tmp_path / "house").mkdir()

    async def run():
        world = WitnessedWorld(tmp_path / "house", outside)
        try:
            await played(world, outside)
        finally:
            await world.leave()

    try:
        asyncio.run(run())
    finally:
        for one in outside:
            one.end()
