"""Who counts, where two keyrooms share a database: the one that tends the house, the other when it is gone.

Real processes over a real PostgreSQL. Both take uses; the first folds them; it is killed (SIGKILL) in the
middle of that; the second goes on from where the last step was committed; the first comes back. At the end
each of them says the same, and it is what the log holds.
"""

import asyncio
import threading
from contextlib import closing

import psycopg
import pytest

from conformance.test_runbook_failover import Machine
from custodes.acts.asks.keys import UseKey
from custodes.acts.asks.running.counts import LookCounts
from custodes.acts.socket import Client
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME
from fakes.console_house import ConsoleHouse
from fakes.databases import Server, is_here, scratch

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(600)]
AT_ONCE = 40


class Folds:
    """A house with two keyrooms; `url` is its database."""

    def __init__(self, folder, url):
        self.house, self.url = ConsoleHouse(folder, database_url=url), url
        self.machines = (Machine(self.house.file.parent), Machine(folder / "second"))
        for name in ("keyroom", "logkeeper", "sockets", "meters", "log", "stores"):
            (self.machines[1].folder / name).mkdir(mode=0o700, parents=True)
        (self.machines[1].folder / FILE_NAME).write_bytes((self.house.file.parent / FILE_NAME).read_bytes())
        self.machines[1].set(keyroom_name="second")
        self.answered = 0

    def use(self, machines, times):
        """So many uses of the key at each of these, all at once; those that are refused are not counted."""

        async def run():
            clients = [Client(machine.settings.socket) for machine in machines]
            ask = UseKey(self.house.token, self.house.key, "wrap", b"k", b"row", "operation", "test")
            slots = asyncio.Semaphore(AT_ONCE)

            async def one(client):
                async with slots:
                    try:
                        await client.ask(ask)
                    except (Refusal, OSError):
                        return 0
                    return 1

            try:
                return sum(await asyncio.gather(*(one(each) for each in clients for _ in range(times))))
            finally:
                for client in clients:
                    await client.close()

        self.answered += asyncio.run(run())

    def counts(self, machine):
        """What this keyroom says, asked until it is not behind: its own word for how far it is."""

        async def run():
            client = Client(machine.settings.socket)
            try:
                while True:
                    said = await client.ask(
                        LookCounts(self.house.people["olga"].token, self.house.customer.id)
                    )
                    behind.append(said.behind)
                    if not said.behind:
                        return said
            finally:
                await client.close()

        behind = []
        return asyncio.run(run())

    def sql(self, text, *given):
        with closing(psycopg.connect(self.url)) as connection:
            return connection.execute(text, given).fetchone()[0]

    def generation(self):
        """How many steps were counted."""
        asked = "SELECT coalesce(max(generation), 0) FROM fold_part WHERE part = 'head' AND customer = %s"
        return self.sql(asked, self.house.customer.id)

    def until_counted_beyond(self, generation):
        """Nobody asks for counts: whoever tends the house counts by itself."""
        pause = threading.Event()
        while self.generation() <= generation:
            pause.wait(0.2)

    def entered(self):
        asked = "SELECT count(*) FROM opening WHERE code = 'key.wrap' AND subject = %s"
        return self.sql(asked, self.house.key)


@pytest.fixture
def folds(tmp_path):
    if not is_here():
        pytest.skip("not judged: PostgreSQL is not installed")
    with scratch() as data:
        server = Server.found(data, 5614)
        try:
            made = Folds(tmp_path, server.database("house"))
            for machine in made.machines:
                machine.start()
            yield made
            for machine in made.machines:
                machine.stop()
        finally:
            server.stop()


def test_the_other_goes_on_counting_when_one_is_killed(folds):
    first, second = folds.machines
    folds.use((first, second), 300)
    folds.until_counted_beyond(0)  # the first in name tends the house
    before = folds.generation()
    busy = threading.Thread(target=folds.use, args=((second,), 600))
    busy.start()
    first.process.kill()
    first.process.wait()
    busy.join()
    folds.until_counted_beyond(before)  # the second, once the lease of the first is over
    first.start()
    folds.use((first, second), 100)
    there, here = folds.counts(first), folds.counts(second)
    assert (there.keys, there.missed, there.lost) == (here.keys, 0, 0)
    (key,) = (one for one in there.keys if one.id == folds.house.key)
    assert key.uses == folds.entered() >= folds.answered >= 1_000
    assert folds.counts(second).objects == there.objects


def test_none_falls_behind_for_good(folds):
    """Both ask and fold at once, while uses go on: figures move on, and end where the log ends."""
    first, second = folds.machines
    busy = threading.Thread(target=folds.use, args=((first, second), 600))
    busy.start()
    asking = [threading.Thread(target=folds.counts, args=(machine,)) for machine in (first, second)]
    for one in asking:
        one.start()
    busy.join()
    for one in asking:
        one.join()
    for machine in (first, second):
        said = folds.counts(machine)
        (key,) = (one for one in said.keys if one.id == folds.house.key)
        assert key.uses == folds.entered() >= folds.answered == 1_200
