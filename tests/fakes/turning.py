"""A house near the end of a year, with witnesses of other organisations, and keys for the next shard."""

import asyncio
from unittest import mock

import msgspec

from custodes.acts.logkeeper import gathering
from custodes.acts.logkeeper.keeper import House, Keeper
from custodes.acts.logkeeper.keys import NAMES, LogKeys
from custodes.acts.logkeeper.turning import Turner, Yearly
from custodes.adapters.log_files import FolderLog, KeptEvidence, SignedHead
from custodes.ledger import quorum
from custodes.store import house
from custodes.wiring.watch import monitor as monitors
from custodes.wiring.watch import turning as watching
from fakes.folk import FolkWorld
from fakes.keyrooms import ORIGIN
from fakes.lived import lived
from fakes.witnesses import Honest, log_of, policy_of


class PreparedKeys:
    """`acts.logkeeper.ports.NextKeys` in memory."""

    def __init__(self, dice):
        self.dice = dice
        self.made = {}

    def prepare(self, opens, present):
        if opens not in self.made:
            kept = {name: getattr(present, name) for name in NAMES}
            new = {"ed25519": self.dice.draw(32), "mldsa44": self.dice.draw(32)}
            self.made[opens] = LogKeys(**{**kept, **new})
        return self.made[opens]

    def find(self, opens):
        return self.made.get(opens)


class TurningWorld(FolkWorld):
    """`names` are witnesses, of whom `k` are asked for; they learn of the next shard from the log itself."""

    def __init__(self, folder, names=("w1", "w2"), k=2, seed=1):
        super().__init__(folder, seed)
        self.body = msgspec.structs.replace(self.body, policy=policy_of(self.body.log_vkeys, names, k=k))
        self.known = {}
        self.next_keys = PreparedKeys(self.dice)
        self.kinds = {}
        self.number = 1
        self.notice_days = 30
        self.is_yearly = True
        self.turner = None
        self.quick = mock.patch.multiple(gathering, WITNESS_TIMEOUT_S=0.3, STRAGGLERS_S=0.02)

    def reach(self, witness):
        if witness.name not in self.known:
            kind = self.kinds.get(witness.name, Honest)
            log = log_of(ORIGIN, [vkey for vkey, _ in quorum.parse(self.body.policy.encode()).logs])
            self.known[witness.name] = kind(witness.name, log, self.clock)
        return self.known[witness.name]

    @property
    def public(self):
        """Where the present shard is published."""
        return self.folder / f"log-{self.number}"

    def begin(self):
        """A logkeeper of the present shard, as `custodes serve` makes one anew when the log was turned."""
        origin = self.keyroom.opened.origin
        self.number = self.keyroom.opened.shard.number
        self.present_keys = self.next_keys.find(origin) or self.log_keys
        places = (
            FolderLog(self.public),
            SignedHead(self.folder / f"signed-{self.number}.json"),
            KeptEvidence(self.folder / "evidence"),
        )
        named = House(id=self.body.id, origin=origin)
        ports = (self.clock, self.dice)
        self.logkeeper = Keeper(named, self.keyroom, self.present_keys, places, self.reach, ports=ports)
        self.turner = Turner(
            self.logkeeper,
            (origin, self.present_keys),
            (FolderLog(self.public), self.next_keys),
            lambda _keys, _origin: self.reach,
            how=Yearly(is_on=self.is_yearly, notice_days=self.notice_days),
            clock=self.clock,
        )
        return self.logkeeper

    async def ready(self):
        house.save(self.engine, self.body)
        await self.open()
        await self.settle_in()
        self.begin()
        return self

    async def open(self):
        self.quick.start()
        return await super().open()

    async def close(self):
        if self.turner is not None:
            await self.logkeeper.close()
        await super().close()
        self.quick.stop()

    async def epoch(self, **by):
        """Time passes, one round of the logkeeper, and what it does about the year's turn."""
        self.clock.forward(**(by or {"minutes": 11}))
        await self.logkeeper.round()
        return await self.turner.round()

    async def to_new_year(self):
        """Announced, and the year is over: the next round turns."""
        self.clock.forward(days=11)
        for _ in range(3):
            await self.epoch()
        await self.confirm_clock()
        self.clock.forward(days=30)

    async def confirm_clock(self):
        self.keyroom.opened.time.forget_jump()


def turning(kind=TurningWorld):
    """A decorator for `async def test(world)`, in a house near the end of its year."""
    return lived(lambda folder: kind(folder).ready())


class PublicWeb:
    """The public log as it is served: the present shard, and the closed ones below it."""

    def __init__(self, world):
        self.world = world
        self.bent = {}

    def get(self, path):
        if path in self.bent:
            return self.bent[path]
        number, rest = self.world.number, path
        if path.startswith("closed/"):
            _, said, rest = path.split("/", 2)
            number = int(said)
        place = self.world.folder / f"log-{number}" / rest
        return place.read_bytes() if place.is_file() else None


class Asks:
    """`acts.watch.ports.House` over a keyroom in this process, from another thread."""

    def __init__(self, world, loop):
        self.world, self.loop = world, loop

    def ask(self, ask):
        return asyncio.run_coroutine_threadsafe(self.world.keyroom.ask(ask), self.loop).result(30)


def founded_monitor(world, folder, pins):
    settings = monitors.MonitorSettings(
        url="http://127.0.0.1:9", log_url="http://127.0.0.1:9", customer=world.customer_row.id
    )
    monitors.found(folder, settings, pins, pins.policy)
    return folder


async def monitored(world, folder, web):
    """What `custodes monitor run --once` does: follow the turns, then a round; (origins opened, checks)."""
    house = Asks(world, asyncio.get_running_loop())
    token = world.olga.token.token

    def look():
        opened = watching.monitor(folder, house, token, web)
        made = monitors.monitor(folder, house, token, web)
        made._witness_shows = lambda _url: None
        made._clock = world.clock
        return opened, {one.name: (one.passed, one.detail) for one in made.round().checks}

    return await asyncio.to_thread(look)
