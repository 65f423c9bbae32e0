"""`custodes holder move` and a SIGKILL at each of its commits: a real keyroom, killed by strace, goes on.

The house's root and two customers' move to and fro between two key files. Killed right at the write or the
sync of a commit, nothing is under two roots or none, keys open what they wrapped, and the same signatures
finish it.
"""

import asyncio
import contextlib
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from custodes.acts.asks.house import LookHouse
from custodes.acts.asks.keys import UseKey
from custodes.acts.asks.running.roots import LookRoot, MoveRoot
from custodes.acts.running import roots  # noqa: F401 - what is attacked
from custodes.acts.socket import Client
from custodes.adapters.file_holder import create
from custodes.adapters.system import SystemClock
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, Settings, to_toml
from custodes.store import house as house_row
from custodes.store.engine import open_database
from custodes.wiring import auditing
from fakes.folk import FolkWorld
from fakes.houses import House
from fakes.lost import LostWorld

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROOTS = 3  # the house's, a town's, a village's: a commit each
POINTS = (("fdatasync", 1), ("fdatasync", 2), ("fdatasync", 4), ("pwrite64", 9))


class Easy(LostWorld):
    """No witnesses: a use says whether its key opens."""

    def __init__(self, folder):
        FolkWorld.__init__(self, folder)
        self.known, self.followed = {}, None


class Moving(House):
    """A house on a disk with officers, and a second holder."""

    def __init__(self, folder):
        super().__init__(folder)
        self.place = folder / "house"
        (self.place / "keyroom").mkdir(parents=True)
        self.world = Easy(self.place / "keyroom")
        self.world.clock.at = SystemClock().now()
        self.second = create(self.place / "second.key", None, self.world.dice)
        asyncio.run(self._lived())
        holders = (self.world.holder.uri, self.second)
        made = Settings(demo=True, auto_unseal=True, holders=holders)
        for name in ("sockets", "meters", "log", "stores"):
            (self.place / name).mkdir()
        (self.place / FILE_NAME).write_text(to_toml(made))

    async def _lived(self):
        world = self.world
        house_row.save(world.engine, world.body)
        await world.open()
        await world.settle_in()
        self.village, _ = await world.newcomer()
        ask = UseKey(world.token, world.key, "wrap", b"a data key", b"row", "operation", "test")
        await world.logkeeper.round()
        self.wrapped = (await world.keyroom.ask(ask)).message
        await world.logkeeper.close()
        await world.close()
        world.engine.dispose()

    def ask(self, ask):
        async def once():
            client = Client(self.settings.socket)
            try:
                return await client.ask(ask)
            finally:
                await client.close()

        return asyncio.run(once())

    def use(self):
        world = self.world
        ask = UseKey(world.token, world.key, "unwrap", self.wrapped, b"row", "operation", "test")
        return self.ask(ask).message

    def come_up(self):
        self.start("keyroom")
        until = time.monotonic() + 60
        while self.ask(LookHouse()).sealed or not self._answers():
            assert time.monotonic() < until, self.said["keyroom"].read_text()
            time.sleep(0.05)

    def _answers(self):
        """A holder of customers' opens by itself soon after the house."""
        try:
            return self.use() == b"a data key"
        except Refusal as refusal:
            if refusal.code != "holder-sealed":
                raise
            return False

    def where(self):
        """The holder of the house's own row, as the database has it."""
        engine = open_database(self.settings.database, "")
        try:
            return house_row.load(engine).holder
        finally:
            engine.dispose()

    def signed(self, to):
        world = self.world
        document = self.ask(LookRoot(world.karl.token, world.body.id, to)).document
        both = (world.karl.sign(document), world.kim.sign(document))
        return MoveRoot(world.karl.token, world.body.id, to, both)


@contextlib.contextmanager
def killed_at(pid, call, when):
    """SIGKILL as the process enters this system call for the `when`-th time from now on."""
    inject = ["-e", f"trace={call}", "-e", f"inject={call}:signal=SIGKILL:when={when}"]
    command = ["strace", "-f", "-q", *inject, "-o", "/dev/null", "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        status = Path(f"/proc/{pid}/status")
        until = time.monotonic() + 60
        while "TracerPid:\t0\n" in status.read_text():
            assert time.monotonic() < until, "strace did not attach"
            time.sleep(0.01)
        yield
    finally:
        tracer.kill()  # whoever traces a process that is dead may wait for ever
        tracer.communicate(timeout=30)


def moved_under_fire(house, move, call, when):
    """Whether the keyroom died of it; the ask goes out while strace waits for the call."""
    process = house.processes["keyroom"]
    got = []

    def work():
        try:
            got.append(house.ask(move))
        except Refusal as refusal:
            got.append(refusal)

    with killed_at(process.pid, call, when):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        until = time.monotonic() + 60
        while thread.is_alive():
            process.poll()  # a dead one has to be taken leave of, or whoever traces it waits
            assert time.monotonic() < until, "neither answered nor gone"
            thread.join(0.05)
    try:
        process.wait(1 if isinstance(got[0], Refusal) else 0.1)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_killed_at_each_of_its_commits_it_goes_on(tmp_path):
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: make deps")
    house = Moving(tmp_path)
    ways = [house.second, house.world.holder.uri]
    deaths = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: house.stop("keyroom"))
        house.come_up()
        for call, when in POINTS:
            move = house.signed(ways[0])
            if moved_under_fire(house, move, call, when):
                house.processes.pop("keyroom")
                house.come_up()
                deaths.append((call, when, house.where() == ways[0]))
            assert house.use() == b"a data key"
            if house.where() != ways[0]:
                house.ask(move)
            assert house.where() == ways[0]
            with pytest.raises(Refusal, match="root-moved-already"):
                house.ask(move)
            ways.reverse()
    assert len(deaths) >= ROOTS, deaths
    assert False in {is_over for _, _, is_over in deaths}, deaths  # it was cut off in the middle
    report = auditing.audit(house.settings, b"", lambda *_: None)
    assert report.findings == ()
