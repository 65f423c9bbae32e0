"""docs/runbooks/failover.md, played from its page: two machines, a primary that is killed, a real standby.

The two keyrooms are processes of their own and an application asks one, then the other. What it was answered
is in the log at the end.
"""

import asyncio
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import threading

import msgspec
import pytest

from custodes.acts.asks.keys import UseKey
from custodes.acts.socket import Client
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, load, to_toml
from custodes.store.engine import open_database
from custodes.store.reads import reading
from custodes.wiring.meters.probe import asked
from fakes.console_house import ROOT, ConsoleHouse
from fakes.databases import BIN, Server, as_user, is_here, scratch
from fakes.runbooks import Page, Typed

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]


class Machine(Typed):
    """One machine: a folder, a keyroom process; what is typed on it."""

    def __init__(self, folder):
        super().__init__(folder)
        self.process = None

    @property
    def settings(self):
        return load(self.folder / FILE_NAME)

    def set(self, **changes):
        """What somebody writes into its settings file."""
        path = self.folder / FILE_NAME
        path.write_text(to_toml(msgspec.structs.replace(load(path), **changes)))

    def start(self):
        with (self.folder / "keyroom.log").open("ab") as said:
            command = [sys.executable, "-m", "custodes.wiring", "keyroom", str(self.folder / FILE_NAME)]
            env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
            self.process = subprocess.Popen(command, env=env, stdout=said, stderr=said)
        self.until_ready()

    def until_ready(self):
        """Until it says itself that it serves; the test's own time limit ends it."""
        pause = threading.Event()
        while not self.is_ready():
            assert self.process.poll() is None, (self.folder / "keyroom.log").read_text()[-3000:]
            pause.wait(0.1)

    def is_ready(self):
        with contextlib.suppress(OSError):
            return asked(str(self.settings.meters / "keyroom.sock"), "/readyz")[0] == 200
        return False

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def finding(self, name):
        """What the doctor says of one thing, by the page's command."""
        done = self.run("doctor", "--json", "--folder", str(self.folder))
        return next(
            one["why"] for one in canonical.decode(done.stdout.strip().encode()) if one["name"] == name
        )


class Database:
    """Whoever runs the database: types its commands of the page as its user, at one server."""

    def __init__(self, page, server):
        self.page, self.server = page, server

    def does(self, begins, **words):
        env = {**os.environ, "PGHOST": str(self.server.folder), "PGPORT": str(self.server.port)}
        env["PGUSER"] = "postgres"

        def typed(given):
            return as_user([str(BIN / given[0]), *given[1:]], env=env).stdout

        return self.page.shell(begins, typed, **words)


class Application:
    """Uses a key at one machine after the other without a pause; keeps what it was answered."""

    def __init__(self, house, machines):
        self.house, self.machines = house, machines
        self.answered, self.refused = [], set()
        self.over, self.more = threading.Event(), threading.Condition()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join(60)
        assert not self.thread.is_alive()

    def until(self, more):
        """Until so many further uses were answered."""
        wanted = len(self.answered) + more
        with self.more:
            assert self.more.wait_for(lambda: len(self.answered) >= wanted, 90), self.refused

    async def _run(self):
        ask = UseKey(self.house.token, self.house.key, "wrap", b"k", b"row", "operation", "test")
        while not self.over.is_set():
            for machine in self.machines:
                client = Client(machine.settings.socket)
                try:
                    index = (await asyncio.wait_for(client.ask(ask), 5)).index
                except (Refusal, TimeoutError) as error:
                    self.refused.add(getattr(error, "code", "no answer"))
                    await asyncio.sleep(0.1)
                else:
                    with self.more:
                        self.answered.append(index)
                        self.more.notify_all()
                finally:
                    await client.close()


@pytest.fixture
def pair():
    """(primary, standby): the primary waits for its standby, and the standby was made of it."""
    if not is_here():
        pytest.skip("PostgreSQL is not installed")
    with scratch() as folder:
        primary = Server.found(folder, 5611)
        servers = [primary]
        try:
            primary.database("house")
            primary.tell("synchronous_standby_names", "*")
            servers.append(Server(folder, 5612))
            yield primary, servers
        finally:
            for server in servers:
                server.stop()


@pytest.fixture
def installed(pair, tmp_path):
    """(house, machines, servers): founded, a standby beside, two keyrooms that serve."""
    primary, servers = pair
    primary.tell("synchronous_standby_names", "")
    hosts = f"{primary.folder},{primary.folder}"
    url = f"postgresql:///house?host={hosts}&port=5611,5612&user=custodes_keyroom"
    house = ConsoleHouse(tmp_path, database_url=url)
    primary.tell("synchronous_standby_names", "*")
    servers[1] = primary.standby(5612)
    first, second = Machine(house.file.parent), Machine(tmp_path / "second")
    first.set(database_standbys=1)
    for name in ("keyroom", "logkeeper", "sockets", "meters", "log", "stores"):
        (second.folder / name).mkdir(mode=0o700, parents=True)
    shutil.copy(first.folder / FILE_NAME, second.folder)
    second.set(keyroom_name="second")
    try:
        for machine in (first, second):
            machine.start()
        yield house, (first, second), servers
    finally:
        first.stop()
        second.stop()


def test_the_primary_is_lost(installed):
    house, machines, servers = installed
    old, standby = servers
    page = Page(machines[0], "failover")
    with Application(house, machines) as application:
        application.until(20)
        old.kill()
        page.does("doctor", code=1)
        assert [one.finding("database") for one in machines] == ["database-gone"] * 2
        assert [one.finding("keyroom") for one in machines] == ["not-ready"] * 2
        shutil.rmtree(old.data)  # its disks are away: it cannot come back
        Database(page, standby).does("pg_ctl promote", DATA=str(standby.data))
        stood = len(application.answered)
        one_disk(page, machines, standby)
        application.until(20)
        another_standby(page, machines, servers)
        application.until(20)
    page.does("doctor")
    assert [one.finding("standby") for one in machines] == ["", ""]
    assert "Everything is as it must be" in page.does("audit --folder")
    assert page.left == []
    assert stood < len(application.answered)
    everything_answered_is_there(machines[0], house, application)


def one_disk(page, machines, primary):
    """Two people decided it: the house serves without a standby."""
    Database(page, primary).does("psql -c")
    for machine in machines:
        machine.set(database_standbys=0)
    restarted(page, machines)
    page.does("doctor")
    assert [one.finding("database") for one in machines] == ["", ""]
    assert [one.finding("standby") for one in machines] == ["no-standby"] * 2


def another_standby(page, machines, servers):
    """A third server follows the new primary, which waits for it from then on."""
    primary = servers[1]
    third = Server(primary.folder, 5613)
    servers.append(third)
    url = f"host={primary.folder} port={primary.port} user=postgres"
    Database(page, primary).does("pg_basebackup", NEW=str(third.data), PRIMARY=url)
    third.start()
    Database(page, primary).does("psql -c")
    for machine in machines:
        machine.set(database_standbys=1)
    restarted(page, machines)


def restarted(page, machines):
    line = page.left.pop(0)
    assert shlex.split(line) == ["systemctl", "restart", "custodes-keyroom"]
    for machine in machines:  # its holder opens itself: the page says to unseal where it does not
        machine.stop()
        machine.start()


def everything_answered_is_there(machine, house, application):
    settings = machine.settings
    engine = open_database(settings.database, settings.database_url, read_only=True)
    try:
        log = house.customer.log("machine")
        heads = reading(engine, lambda reads: reads.heads())
    finally:
        engine.dispose()
    assert len(set(application.answered)) == len(application.answered)
    assert max(application.answered) < heads[log].size
