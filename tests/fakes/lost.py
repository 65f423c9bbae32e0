"""A house that is backed up, lives on beside its witnesses and its mirror, and loses its machine."""

import copy
import shutil
from datetime import timedelta

import msgspec

from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.parties import CreateCustomer
from custodes.acts.logkeeper import keys as log_keys
from custodes.acts.logkeeper.keeper import House, Keeper
from custodes.acts.watch.mirror import Mirror
from custodes.acts.watch.monitor import Monitor, Watched
from custodes.adapters import file_holder, schemes
from custodes.adapters.log_files import FolderLog, KeptEvidence, SignedHead, WatchFolder, write_durably
from custodes.adapters.system import SystemClock
from custodes.kernel import canonical
from custodes.ledger import quorum
from custodes.parties.roles import PartyKind
from custodes.settings import Settings
from custodes.store import house
from custodes.store.engine import open_database
from custodes.store.reads import reading
from custodes.wiring.backups import kept, making, restoring
from custodes.wiring.backups.catching_up import keys_of
from fakes import SetClock
from fakes.folk import FolkWorld
from fakes.keyrooms import ORIGIN
from fakes.witnesses import Honest, Memory, log_of, policy_of


class LostWorld(FolkWorld):
    """Two witnesses of other organisations are asked for; `olga` follows the town's entries."""

    names = ("w1", "w2")

    def __init__(self, folder, seed=1):
        super().__init__(folder, seed)
        self.body = msgspec.structs.replace(self.body, policy=policy_of(self.body.log_vkeys, self.names))
        self.known = {}
        self.followed = None  # settings of the house whose log follows a closed one

    def make_clock(self):
        """Now: a restoration looks at the machine's clock, and a day between would want its veil."""
        return SetClock(SystemClock().now().replace(microsecond=0))

    def keeper(self, reach=None):
        if self.followed is None:
            return super().keeper(reach)
        places = (
            FolderLog(self.followed.public_log),
            SignedHead(self.followed.logkeeper / "signed.json"),
            KeptEvidence(self.folder / "evidence"),
        )
        named = House(id=self.body.id, origin=self.body.origin)
        ports = (self.clock, self.dice)
        return Keeper(named, self.keyroom, self.log_keys, places, reach, ports=ports)

    def reach(self, witness):
        if witness.name not in self.known:
            log = log_of(self.body.origin, [v for v, _ in quorum.parse(self.body.policy.encode()).logs])
            self.known[witness.name] = Honest(witness.name, log, self.clock)
        return self.known[witness.name]

    async def settle_in(self):
        await super().settle_in()
        self.logkeeper = self.keeper(self.reach)
        self.key = (await self.keyroom.ask(CreateKey(self.olga.token, self.customer_row.id, "registry"))).id
        assert await self.logkeeper.round()

    async def use(self, times=1):
        for _ in range(times):
            await self.keyroom.ask(UseKey(self.token, self.key, "wrap", b"m", b"", "operation", "test"))

    async def newcomer(self):
        """A village becomes a customer, with an owner; gives back (its row, her token)."""
        self.village = self.organisation("Village", PartyKind.CUSTOMER)
        await self.put(("organisation", self.village.id, "", self.village))
        made = await self.keyroom.ask(CreateCustomer(self.ada.token, self.village.id, "Village"))
        person, _ = await self.enrol_person("Vera", self.village, ("owner", "key-officer"))
        credential, token = self.api_token(self.village.id, person=person.id, customer=made.id)
        await self.put(("credential", credential.id, made.id, credential))
        await self.keyroom.ask(CreateKey(token, made.id, "village"))
        return made, token

    async def epoch(self):
        self.clock.forward(seconds=20)
        assert await self.logkeeper.round()


class LostHouse:
    """`live` before the backup, `go_on` after it, `lose` the machine, `restore` on another."""

    kind = LostWorld

    def __init__(self, folder, seed=1, urls=("", "")):
        """`urls`: PostgreSQL databases of the house that is lost, and of the one it is restored into."""
        self.folder = folder
        self.old = Settings(house=folder / "old", demo=True, database_url=urls[0])
        self.new = Settings(house=folder / "new", demo=True, database_url=urls[1])
        for place in (self.old, self.new):
            place.keyroom.mkdir(parents=True)
            place.logkeeper.mkdir()
        self.backups = folder / "backups"
        self.backups.mkdir()
        self.world = self.kind(self.old.keyroom, seed)
        self._keep_log_keys(self.new)

    def _keep_log_keys(self, settings):
        holder = schemes.holder(file_holder.create(settings.log_holder, None, self.world.dice))
        holder.unseal(b"")
        wrapped = {}
        for name in log_keys.NAMES:
            seed = getattr(self.world.log_keys, name)
            wrapped[name] = canonical.b64(holder.wrap(log_keys._context(ORIGIN, name), seed, self.world.dice))
        write_durably(settings.log_keys, canonical.encode(wrapped), mode=0o600)

    async def live(self):
        world = self.world
        await world.open()
        await world.settle_in()
        house.save(world.engine, world.body)
        await world.use(3)
        await world.epoch()
        self.backup = making.make(self.old, b"", self.backups).path

    async def go_on(self, epochs=3):
        world = self.world
        for n in range(epochs):
            await world.use(n + 1)
            await world.enrol_person(f"Newcomer {n}", world.trustee, ("auditor",))
            await world.epoch()

    async def lose(self):
        await self.world.logkeeper.close()
        await self.world.close()
        self.world.engine.dispose()

    def mirrored(self):
        """A mirror's folder of all that was published."""
        place = self.folder / "mirror"
        self.mirror_of(place).round()
        return place

    def mirror_of(self, place, first_entry=b""):
        """A mirror of the house's log as it is now, holding leaves."""
        named = (self.world.body.origin, self.vkeys())
        folder = WatchFolder(place)
        return Mirror(folder, self, named, self.world.clock, holds_leaves=True, first_entry=first_entry)

    def get(self, path):
        """The public log of the house."""
        followed = self.world.followed
        log = self.world.folder / "log" if followed is None else followed.public_log
        return WatchFolder(log).read(path)

    def vkeys(self):
        return [vkey for vkey, _ in quorum.parse(self.world.body.policy.encode()).logs]

    def afresh(self, folder):
        """The same lost house, to be restored in another folder: witnesses know what they knew."""
        made = copy.copy(self)
        made.new = Settings(house=folder / "new", demo=True)
        made.new.keyroom.mkdir(parents=True)
        shutil.copytree(self.new.logkeeper, made.new.logkeeper)
        made.world = copy.copy(self.world)
        made.world.clock = copy.copy(self.world.clock)
        made.world.known = {}
        for name, one in self.world.known.items():
            memory = Memory()
            memory.trees = dict(one.memory.trees)
            log = log_of(ORIGIN, self.vkeys())
            made.world.known[name] = Honest(name, log, made.world.clock, memory)
        made.mirror = folder / "mirror"
        shutil.copytree(self.mirror, made.mirror)
        return made

    def restore(self, mirror=None):
        return restoring.restore(self.new, self.backup, self.old.keyroom / kept.KEYS_FILE, b"", mirror)

    async def opened(self):
        """The restored house as a world: the same people, the same witnesses; the log in a new folder."""
        world = copy.copy(self.world)
        world.folder = self.new.keyroom
        world.engine = open_database(self.new.database, self.new.database_url)
        world.body = house.load(world.engine)
        world.clock.at = max(world.clock.now(), SystemClock().now() + timedelta(minutes=1))
        await world.open()
        if world.body.origin != ORIGIN:
            world.known = {}  # the witnesses were told of the log that follows
            world.log_keys = keys_of(self.new, world.body.origin)
            world.followed = self.new
        world.logkeeper = world.keeper(world.reach)
        return world

    def monitor(self, world, folder, web=None):
        """Olga's monitor; what it holds lies in `folder` from round to round."""
        policy = quorum.parse(world.body.policy.encode())
        vkeys = [vkey for vkey, _ in policy.logs]
        at = WatchFolder(world.folder / "log")
        source = web or type("Web", (), {"get": lambda _self, path: at.read(path)})()
        mirror = Mirror(WatchFolder(folder / "root"), source, (world.body.origin, vkeys), world.clock)
        watched = Watched(customer=world.customer_row.id, origin=world.body.origin, policy=policy)
        return lambda asks, token: Monitor(
            watched, (WatchFolder(folder), mirror), (asks, token), lambda _url: None, world.clock
        )


def heads(world):
    return reading(world.engine, lambda reads: dict(reads.heads()))
