"""A house beside its witnesses and its mirror: what a seed deals them, and what must be so whatever it was.

Witnesses are slow, dead, lying or were shown another tree; people leave; the machine is lost, the house is
restored out of a backup and whatever the mirror held, or its log is closed and the gap declared. No key is
used without a young quorum or over a conflict; a mirror sees one tree, before and after a loss; whatever it
saw and is gone was told; a leaver's token is nobody's.
"""

import asyncio
import random  # noqa: TID251 - a seeded one: a life can be lived again
import shutil

import msgspec

from custodes.acts.asks.house import Lift, LookKills
from custodes.acts.asks.identity import LeavePerson
from custodes.acts.asks.keys import UseKey
from custodes.acts.asks.log import LookEntries
from custodes.acts.records import LOST
from custodes.acts.restoring.coming_up import lift_document_of, lift_restored
from custodes.acts.watch.mirror import Outcome
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger import cosign, merkle, quorum
from custodes.ledger.checkpoint import Checkpoint
from custodes.store.reads import reading
from custodes.wiring.backups import closing, making
from custodes.wiring.watch import closed, following
from custodes.wiring.watch import mirror as mirrors
from fakes.audited import audited
from fakes.folk import entries
from fakes.keyrooms import ORIGIN
from fakes.lost import LostHouse, LostWorld
from fakes.witnesses import Honest, Memory, log_of, policy_of
from world.simulation import Breaks

FRESH_S = 15 * 60
NEXT = "log.example/test/2"
MOODS = ("honest", "honest", "honest", "dead", "slow", "lying")


class Moody(Honest):
    """As the seed makes it, from round to round."""

    mood = "honest"

    async def cosign(self, old_size, proof, note):
        if self.mood == "dead":
            raise Refusal("witness-gone", Kind.UNAVAILABLE)
        if self.mood == "slow":
            await asyncio.Event().wait()
        lines = await super().cosign(old_size, proof, note)
        return lines[:-8] + b"AAAAAA=\n" if self.mood == "lying" else lines


class MoodyWorld(LostWorld):
    """Two of three are asked for."""

    names = ("w1", "w2", "w3")

    def __init__(self, folder, seed=1):
        super().__init__(folder, seed)
        policy = policy_of(self.body.log_vkeys, self.names, k=2)
        self.body = type(self.body)(**{**self.fields(), "policy": policy})

    def fields(self):
        return {name: getattr(self.body, name) for name in self.body.__struct_fields__}

    def reach(self, witness):
        if witness.name not in self.known:
            vkeys = [vkey for vkey, _ in quorum.parse(self.body.policy.encode()).logs]
            log = log_of(self.body.origin, vkeys)
            self.known[witness.name] = Moody(witness.name, log, self.clock)
        return self.known[witness.name]


class WatchedLife(LostHouse):
    """One seed's life."""

    kind = MoodyWorld

    def __init__(self, folder, seed, steps):
        super().__init__(folder, seed)
        self.random = random.Random(seed)
        self.steps, self.told = steps, []
        self.met_at = None  # since when a quorum vouches, as far as this keyroom knows
        self.is_stopped = self.is_lost = False
        self.left = []
        self.held = folder / "mirror"
        self.released, self.covered = (
            [],
            0,
        )  # (log, index, leaf) of each use; how many are published

    async def run(self):
        await self.live()
        self.met_at = self.world.clock.now()
        try:
            for _ in range(self.steps):
                name = self.random.choices(list(STEPS), weights=[one[0] for one in STEPS.values()])[0]
                self.told.append(name)
                try:
                    await STEPS[name][1](self)
                except Refusal as refusal:
                    self.told[-1] += f" ({refusal.code})"
                    if refusal.kind is Kind.BROKEN:
                        raise Breaks(f"{refusal.code} is a bug, not a refusal") from refusal
            for one in self.world.known.values():
                one.mood = "honest"
            await self.lift()
            await self.publish()
            self.audit()
        finally:
            await self.lose()

    # what happens

    async def use_key(self):
        world = self.world
        is_young = self.met_at is not None
        is_young = is_young and (world.clock.now() - self.met_at).total_seconds() <= FRESH_S
        may = is_young and not self.is_stopped
        try:
            ask = UseKey(world.token, world.key, "wrap", b"m", b"", "operation", "test")
            used = await world.keyroom.ask(ask)
        except Refusal as refusal:
            if may:
                raise Breaks(f"refused without need: {refusal.code}") from refusal
            raise
        if not may:
            raise Breaks("a key was used without a young quorum, or over a conflict")
        self.released.append((used.log, used.index, self.leaf(used.log, used.index)))

    async def time_passes(self):
        self.world.clock.forward(seconds=self.random.choice((20, 90, 400, 1_000)))

    async def moods_change(self):
        for one in self.world.known.values():
            one.mood = self.random.choice(MOODS)

    async def publish(self):
        world = self.world
        answered = len(self.released)
        try:
            has_published = await world.logkeeper.round()
        finally:
            self.is_stopped = self.is_stopped or await self.is_conflicted()
        if has_published:
            self.met_at = world.clock.now()
        self.mirror_looks()
        if has_published:
            self.covered = answered

    def mirror_looks(self):
        found = self.mirror_of(self.held, closed.first_entry(self.held)).round()
        if found.outcome is Outcome.FORKED or found.leaves_missing:
            raise Breaks(f"the mirror saw {found.outcome}, {found.leaves_missing} epochs without leaves")

    async def is_conflicted(self):
        kills = (await self.world.keyroom.ask(LookKills(self.world.kim.token))).kills
        return bool(kills)

    async def witness_is_shown_a_fork(self):
        """The log's own keys signed another tree for somebody: he will say so when he is asked next."""
        world = self.world
        name = self.random.choice(world.names)
        one = world.known.get(name)
        if one is None or self.is_stopped:
            return
        other = merkle.root_of([merkle.leaf_hash(b"other")])
        origin = world.body.origin
        made = Checkpoint(origin=origin, size=1, root=other)
        note = cosign.publish(made, world.log_keys.signers(origin), world.clock.now()).encode()
        one.mood, one.memory = "honest", Memory()
        one.witness._memory = one.memory
        await one.cosign(0, (), note)
        self.is_forked = name

    async def lift(self):
        """Two officers; a witness that was shown a fork is replaced by an honest one that never was."""
        world = self.world
        kills = (await world.keyroom.ask(LookKills(world.kim.token))).kills
        for one in kills:
            both = (world.karl.sign(one.document), world.kim.sign(one.document))
            await world.keyroom.ask(Lift(world.karl.token, one.id, both))
        self.is_stopped = False
        world.known.clear()
        await world.logkeeper.close()
        world.logkeeper = world.keeper(world.reach)

    async def somebody_comes(self):
        person, token = await self.world.enrol_person("Newcomer", self.world.town, ("auditor",))
        self.left.append([person, token, False])

    async def somebody_leaves(self):
        here = [one for one in self.left if not one[2]]
        if not here:
            return
        one = self.random.choice(here)
        world = self.world
        ask = LeavePerson(world.olga.token, one[0].id, world.town.id, "left")
        await world.keyroom.ask(ask)
        one[2] = True
        try:
            await world.keyroom.ask(LookEntries(one[1], world.customer_row.id))
        except Refusal:
            return
        raise Breaks("somebody who has left reads on")

    async def back_up(self):
        if not self.is_lost:
            self.backup = making.make(self.old, b"", self.backups).path

    async def machine_is_lost(self):
        """Once: the house comes up killed, with the tree the mirror held, or says why not and without it."""
        if self.is_lost or self.is_stopped:
            return
        await self.lose()
        self.is_lost = True
        del self.released[self.covered :]  # answered, but in no epoch yet: nobody outside knows of them
        if self.random.random() < 0.5:
            await self.catch_up()
        else:
            await asyncio.to_thread(self.close_log)
        world = await self.opened()
        self.world, self.met_at, self.is_stopped = world, None, True
        await self.let_go()

    async def catch_up(self):
        try:
            done = await asyncio.to_thread(self.restore, self.held)
        except Refusal as refusal:
            if refusal.code != "mirror-behind":
                raise Breaks(f"not restored: {refusal.code} {dict(refusal.facts)}") from refusal
            self.mirror_looks()  # it had not looked since the backup: once it has, all is as it should be
            done = await asyncio.to_thread(self.restore, self.held)
        if done.caught_up.size != self.mirror_of(self.held).held()[0].size:
            raise Breaks("not the tree the mirror held")

    def close_log(self):
        """The log's keys are lost too: two officers declare the gap, and the mirror follows behind it."""
        world = self.world
        self.mirror_looks()  # whoever names the last head asks everybody who may know one
        self.restore()
        shutil.copytree(self.held, self.new.public_log)
        raw = closing.document(self.new, b"", NEXT, [self.held])
        made = closing.close(self.new, b"", raw, [one.sign(raw) for one in (world.karl, world.kim)])
        settings = mirrors.MirrorSettings(
            url="http://127.0.0.1:9", origin=ORIGIN, vkeys=tuple(one.text() for one in self.vkeys())
        )
        (self.held / mirrors.SETTINGS).write_bytes(canonical.encode(msgspec.to_builtins(settings)))
        officers = [
            following.officer(f"{one.person.name}={one.organisation.id}={one.credential.public}")
            for one in (world.karl, world.kim)
        ]
        try:
            following.mirror(self.held, made.encode(), officers)
        except Refusal as refusal:
            raise Breaks(f"the mirror does not follow: {refusal.code} {dict(refusal.facts)}") from refusal
        self.told[-1] += " (closed)"

    async def let_go(self):
        """Two officers lift the restore's kill; people and the registry get tokens anew."""
        world = self.world
        document = lift_document_of(world.keyroom.opened)
        await lift_restored(world.keyroom.opened, [world.karl.sign(document), world.kim.sign(document)])
        self.is_stopped = False
        self.left = []
        for who in (world.olga, world.karl, world.kim):
            credential, who.token = world.api_token(who.organisation.id, person=who.person.id)
            await world.put(("credential", credential.id, "", credential))
        credential, world.token = world.api_token(
            world.town.id, application=world.application.id, customer=world.customer_row.id
        )
        await world.put(("credential", credential.id, world.customer_row.id, credential))

    def audit(self):
        if findings := audited(self.world).findings:
            raise Breaks(f"an auditor found {findings}")
        self.nothing_is_gone_unsaid()

    def leaf(self, log, index):
        found = reading(self.world.engine, lambda reads: reads.leaves(log, index, index + 1))
        return found[0] if found else b""

    def nothing_is_gone_unsaid(self):
        """Each use that was released and published stands with its opening, or the town was told it does not.

        Told is: in an entry of his own that says its opening was lost, or that the log behind it was closed.
        """
        own = self.world.customer_row.log("exceptional")
        lost = [one.fields["lost"] for one in entries(self.world, own, "house.lost")]
        kept = [one.fields["kept"] for one in entries(self.world, own, "house.gap")]
        for log, index, leaf in self.released:
            here = self.leaf(log, index) == leaf
            row = reading(self.world.engine, lambda reads, at=(log, index): reads.opening(*at))
            if here and row is not None and row.code != LOST:
                continue
            is_lost = any(
                named == log and first <= index < end for spans in lost for named, first, end in spans
            )
            is_behind = any(named == log and index >= end for spans in kept for named, _, end in spans)
            if not (here and is_lost) and not is_behind:
                raise Breaks(f"{log}:{index} was released and published; it is gone and nobody says so")


STEPS = {
    "use": (16, WatchedLife.use_key),
    "publish": (14, WatchedLife.publish),
    "time passes": (8, WatchedLife.time_passes),
    "moods": (6, WatchedLife.moods_change),
    "fork shown": (1, WatchedLife.witness_is_shown_a_fork),
    "lift": (3, WatchedLife.lift),
    "somebody comes": (3, WatchedLife.somebody_comes),
    "somebody leaves": (3, WatchedLife.somebody_leaves),
    "backup": (2, WatchedLife.back_up),
    "machine lost": (2, WatchedLife.machine_is_lost),
}
