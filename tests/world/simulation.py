"""A house that lives through whatever a seed deals it, beside a model of what it may do.

Every step is drawn from the seed alone: uses, requests, approvals, kills, lifts, keys turned off and on, time
that passes or is set back, commits that fail before or after they happened, restarts. After each step the
model says whether the answer was allowed; at the end an auditor reads everything. A failing run names its
seed and its steps.
"""

import asyncio
import contextlib
import random  # noqa: TID251 - a seeded one: a life can be lived again
from contextlib import contextmanager
from dataclasses import dataclass, field

from custodes.acts.asks import Local
from custodes.acts.asks.cases import LookCase, MoveCase, RunClock
from custodes.acts.asks.house import Kill, KillScope, Lift, LookKills
from custodes.acts.asks.keys import MoveKey
from custodes.acts.footing.granted import Granted
from custodes.kernel import canonical
from custodes.kernel.clock import from_text
from custodes.kernel.refusal import Kind, Refusal
from custodes.store.books import SqlBooks
from custodes.store.reads import reading
from custodes.store.verbs import CHECKS, VERBS
from fakes.audited import audited
from fakes.keyrooms import LOCAL
from fakes.office import OfficeWorld

PLAIN = b"a data key"
UNSURE = {"outcome-unknown", "sequencer-dead", "books-unavailable", "keyroom-gone"}


class Breaks(Exception):  # noqa: N818 - it is the finding
    """The house did what the model forbids."""


class FlakyBooks(SqlBooks):
    """Books whose next commit fails as told: `before` it happened, or `after`."""

    fails: str | None = None

    @contextmanager
    def _group(self, acts):
        with super()._group(acts) as group:
            how, self.fails = self.fails, None
            if how is not None:
                commit = group.commit

                def broken():
                    if how == "after":
                        commit()
                    raise ConnectionError(f"the connection was lost {how} the commit")

                group.commit = broken
            yield group


class FlakyWorld(OfficeWorld):
    """An office whose books can be made to fail."""

    def make_books(self):
        self.books = FlakyBooks(self.engine, VERBS, CHECKS)
        return self.books


@dataclass
class Lent:
    """What the model knows of a grant: uses that may be left, at least and at most."""

    case: str
    id: str
    ends: object
    least: int
    most: int
    is_open: bool = True


@dataclass
class Model:
    """What must be so."""

    is_key_on: bool = True
    kill: str | None = None
    asked: list[str] = field(default_factory=list)
    lent: list[Lent] = field(default_factory=list)
    released: list[tuple[str, int, str]] = field(default_factory=list)
    is_unsure: bool = False  # a commit's outcome was unknown: what it changed is looked up, not assumed


class Simulation:
    """One seed's life."""

    def __init__(self, folder, seed, steps):
        self.seed, self.steps = seed, steps
        self.random = random.Random(seed)
        self.world = FlakyWorld(folder, seed)
        self.model = Model()
        self.told = []

    async def run(self):
        world = self.world
        await world.open()
        try:
            await world.settle_in()
            for _ in range(self.steps):
                name = self.random.choices(list(STEPS), weights=[one[0] for one in STEPS.values()])[0]
                self.told.append(name)
                await self._step(STEPS[name][1])
            await self.restart()
            self.audit()
        finally:
            with contextlib.suppress(Exception):
                await world.close()
            world.engine.dispose()

    async def _step(self, step):
        try:
            await step(self)
        except Refusal as refusal:
            self.told[-1] += f" ({refusal.code})"
            if refusal.kind is Kind.BROKEN:
                raise Breaks(f"{refusal.code} is a bug, not a refusal") from refusal
            if refusal.code in UNSURE:
                await self.recover()

    async def recover(self):
        """A keyroom that does not know answers nobody any more; it is started again and looks."""
        await self.restart()
        await self.clock_right_again()
        await self.look_again()

    async def restart(self):
        world = self.world
        world.books.fails = None
        await world.close()
        await world.open()

    async def look_again(self):
        """The model learns what an unknown outcome left behind; nothing else may have moved."""
        world, model = self.world, self.model
        kills = (await world.ask(LookKills(world.olga.token, world.customer_row.id))).kills
        model.kill = kills[0].id if kills else None
        standing = world.keyroom.opened.standing
        for lent in model.lent:
            row = standing.get("grant", lent.id, Granted)
            view = await world.ask(LookCase(world.anna.token, lent.case))
            lent.is_open = view.state == "granted"
            left = view.grant.uses_max - row.uses_spent if row is not None else 0
            if left > lent.most:
                raise Breaks("a use was given back")
            lent.least = lent.most = left
        for id_ in list(model.asked):
            view = await world.ask(LookCase(world.anna.token, id_))
            if view.state == "granted":
                self.lend(view)
        model.is_key_on = await self.is_key_on()

    async def is_key_on(self):
        from custodes.acts.asks.keys import LookKeys

        world = self.world
        keys = (await world.ask(LookKeys(world.olga.token, world.customer_row.id))).keys
        return next(one.state for one in keys if one.id == world.key) == "active"

    # what happens

    async def use(self):
        await self._use(self.world.token, self.may_use())

    async def granted_use(self):
        live = self.live()
        may = self.may_use() and bool(live)
        spent = self.spent()
        await self._use(self.world.erik.token, may, may and any(one.least for one in live))
        self.pay(spent, 1)

    async def many_at_once(self):
        """More uses under the grants than they have, all at the same moment."""
        most = sum(one.most for one in self.live()) if self.may_use() else 0
        spent = self.spent()
        tries = [self.world.use(self.world.erik.token) for _ in range(5)]
        answers = await asyncio.gather(*tries, return_exceptions=True)
        good = [one for one in answers if not isinstance(one, BaseException)]
        for one in good:
            self.release(one)
        if any(getattr(one, "code", "") in UNSURE for one in answers):
            raise next(one for one in answers if getattr(one, "code", "") in UNSURE)
        if len(good) > most:
            raise Breaks(f"{len(good)} uses under grants of {most}")
        self.pay(spent, len(good))

    def spent(self):
        """What each grant says was used of it."""
        standing = self.world.keyroom.opened.standing
        rows = {one.id: standing.get("grant", one.id, Granted) for one in self.model.lent}
        return {id_: row.uses_spent for id_, row in rows.items() if row is not None}

    def pay(self, before, uses):
        """So many uses and no more were taken off the grants that were open."""
        after, paid = self.spent(), 0
        for lent in self.model.lent:
            taken = after.get(lent.id, before.get(lent.id, 0)) - before.get(lent.id, 0)
            if taken < 0 or taken > lent.most:
                raise Breaks(f"{taken} uses of a grant of {lent.most}")
            lent.most -= taken
            lent.least = min(lent.least, lent.most)
            lent.is_open = lent.is_open and lent.most > 0
            paid += taken
        if paid != uses:
            raise Breaks(f"{uses} uses released, {paid} paid")

    async def ask_for_access(self):
        case = await self.world.request(uses=self.random.randint(1, 3), hours=self.random.choice((1, 2, 8)))
        self.model.asked.append(case.id)

    async def approve(self):
        """Whoever the seed picks signs whatever the seed picks; only the desk may say what it is worth."""
        if not self.model.asked:
            return
        world = self.world
        id_ = self.random.choice(self.model.asked)
        who = self.random.choice((world.anna, world.karl, world.anna, world.karl, world.erik, world.olga))
        before = await world.ask(LookCase(world.anna.token, id_))
        try:
            form = await world.approval(who, before)
        except (IndexError, KeyError):
            return  # he is shown nothing to sign
        view = await world.move(who, before, "approve", form)
        if view.state == "granted":
            signed = {one.who.organisation for one in view.approvals}
            if len(signed) < 2 or world.supplier.id in signed:
                raise Breaks(f"granted by {signed}")
            self.lend(view)

    def lend(self, view):
        self.model.asked.remove(view.id)
        most = view.grant.uses_max
        self.model.lent.append(Lent(view.id, view.grant.id, from_text(view.grant.lapses_at), most, most))

    async def give_back(self):
        live = self.live()
        if not live:
            return
        lent = self.random.choice(live)
        who, verb = self.random.choice(((self.world.erik, "return"), (self.world.anna, "revoke")))
        view = await self.world.ask(LookCase(who.token, lent.case))
        form = {"reason": "no longer needed"} if verb == "revoke" else {}
        await self.world.ask(MoveCase(who.token, view.id, verb, view.version, canonical.encode(form)))
        lent.is_open = False

    async def kill(self):
        world = self.world
        killed = await world.ask(
            Kill(world.anna.token, KillScope("customer", world.customer_row.id), "drill")
        )
        self.model.kill = self.model.kill or killed.kill

    async def lift(self):
        world, kill = self.world, self.model.kill
        if kill is None:
            return
        kills = (await world.ask(LookKills(world.olga.token, world.customer_row.id))).kills
        for one in kills:
            both = [world.olga.sign(one.document), world.karl.sign(one.document)]
            signers = both if self.random.random() < 0.8 else both[:1] * 2
            await world.ask(Lift(world.olga.token, one.id, tuple(signers)))
            if signers[0] == signers[1]:
                raise Breaks("one person lifted a kill")
        self.model.kill = None

    async def turn_key(self):
        world = self.world
        verb = self.random.choice(("disable", "enable", "enable", "rotate"))
        await world.ask(MoveKey(world.olga.token, world.key, verb, "drill"))
        self.model.is_key_on = {"disable": False, "enable": True}.get(verb, self.model.is_key_on)

    async def time_passes(self):
        self.world.clock.forward(seconds=self.random.choice((1, 20, 90, 600, 3_700, 30_000)))
        await self.world.ask(RunClock(Local(LOCAL.token)))

    async def clock_set_back(self):
        self.world.clock.forward(seconds=-self.random.choice((2, 120, 7_200)))

    async def clock_right_again(self):
        self.world.clock.at = self.world.clock.now()

    async def commit_fails(self):
        self.world.books.fails = self.random.choice(("before", "after"))

    async def start_again(self):
        await self.restart()

    async def publish(self):
        await self.world.keeper().round()

    # what may be

    def live(self):
        """The grants the house may use: open, in their window, with uses left."""
        now = self.world.clock.now()
        return [one for one in self.model.lent if one.is_open and now < one.ends and one.most > 0]

    def is_clock_behind(self):
        """While it is, nothing is owed to anybody."""
        return self.world.clock.behind_s() > 0

    def may_use(self):
        return self.model.kill is None and self.model.is_key_on

    async def _use(self, token, may, must=None):
        try:
            used = await self.world.use(token)
        except Refusal as refusal:
            is_owed = (may if must is None else must) and not self.is_clock_behind()
            if refusal.code not in UNSURE and is_owed:
                raise Breaks(f"refused without need: {refusal.code}") from refusal
            raise
        if not may:
            raise Breaks("released what was not to be released")
        if used.message != PLAIN:
            raise Breaks("released something else")
        self.release(used)
        return True

    def release(self, used):
        self.model.released.append((used.log, used.index, "key.unwrap"))

    def audit(self):
        """Every released use is in the log, nothing goes back in time, and an auditor finds nothing."""
        world = self.world
        o = world.keyroom.opened
        for log, index, act in self.model.released:
            row = reading(world.engine, lambda r, at=(log, index): r.opening(*at))
            page = reading(world.engine, lambda r, row=row: r.page(o.house, row.page))
            leaf = reading(world.engine, lambda r, at=(log, index): r.leaves(at[0], at[1], at[1] + 1))[0]
            said = o.records.unseal(world.customer_row, page, row, leaf).fields
            if said["act"] != act or said.get("decision") == "deny":
                raise Breaks(f"{log}:{index} is not the use that was released")
        for log in reading(world.engine, lambda r: list(r.heads())):
            rows = reading(
                world.engine, lambda r, log=log: r.openings(log, limit=10_000, is_oldest_first=True)
            )
            times = [one.at for one in rows]
            if times != sorted(times):
                raise Breaks(f"{log} goes back in time")
        if findings := audited(world).findings:
            raise Breaks(f"an auditor found {findings}")


STEPS = {
    "use": (20, Simulation.use),
    "granted use": (16, Simulation.granted_use),
    "many uses at once": (4, Simulation.many_at_once),
    "ask": (8, Simulation.ask_for_access),
    "approve": (24, Simulation.approve),
    "give back": (2, Simulation.give_back),
    "kill": (2, Simulation.kill),
    "lift": (8, Simulation.lift),
    "turn key": (4, Simulation.turn_key),
    "time passes": (8, Simulation.time_passes),
    "clock back": (2, Simulation.clock_set_back),
    "clock right": (5, Simulation.clock_right_again),
    "commit fails": (4, Simulation.commit_fails),
    "restart": (3, Simulation.start_again),
    "publish": (4, Simulation.publish),
}
