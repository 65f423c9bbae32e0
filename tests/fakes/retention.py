"""A house with entries of last spring, terms to set, and everybody who must sign them."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from custodes.acts.asks.documents import hold_end_document, retention_document
from custodes.acts.asks.upkeep import EndHold, LookRetention, PlaceHold, SetRetention
from custodes.acts.retention.destroying import Destroying
from custodes.adapters.file_holder import FileHolder
from custodes.kernel.clock import to_text
from custodes.store import house, schema
from custodes.store.books import SqlGroup
from custodes.store.engine import open_sqlite
from fakes import SeededDice, SetClock
from fakes.upkeep import UpkeepWorld

from .lived import lived, settled

SOURCE = "house rule 7 of the town"
DAYS_30 = timedelta(days=30)


class RetentionWorld(UpkeepWorld):
    """`old` are uses of the key that lie 130 days back; `log` is the town's machine sub-log."""

    async def settle_in(self):
        now = await super().settle_in()
        self.log = self.customer_row.log("machine")
        self.logkeeper = self.keeper()
        return now

    async def again(self):
        await super().again()
        self.logkeeper = self.keeper()

    async def age(self, uses=4, days=130):
        self.old = [await self.use() for _ in range(uses)]
        await self.logkeeper.round()
        self.clock.forward(days=days)

    async def set(self, days=None, signers=None, **more):
        days = {"machine": 90} if days is None else days
        id_ = more.pop("customer", self.customer_row.id)
        generation = self.o.standing.expect("retention", id_).generation
        document = retention_document(self.body.id, id_, days, SOURCE, generation)
        signers = signers or (self.olga, self.karl)
        ask = SetRetention(
            (more.pop("asker", None) or signers[0]).token,
            id_,
            more.pop("days_asked", days),
            more.pop("source", SOURCE),
            tuple(who.sign(document) for who in signers),
        )
        return await self.ask(ask)

    async def hold(self, classes=("machine",), since="2026-01-01T00:00:00Z", until="", **more):
        review = more.pop("review", None) or to_text(self.clock.now().replace(microsecond=0) + DAYS_30)
        who = more.pop("who", self.olga)
        ask = PlaceHold(who.token, self.customer_row.id, classes, since, until, "case 4 of the court", review)
        shown = await self.ask(ask)
        return shown.holds[-1]

    async def end_hold(self, hold, signers=None):
        document = hold_end_document(self.body.id, self.customer_row.id, hold.id, hold.generation)
        signers = signers or (self.olga, self.karl)
        proofs = tuple(who.sign(document) for who in signers)
        return await self.ask(EndHold(signers[0].token, self.customer_row.id, hold.id, proofs))

    async def look(self, who=None):
        return await self.ask(LookRetention((who or self.olga).token, self.customer_row.id))

    async def destroy(self, most=20):
        """Rounds of destroying alone, until there is nothing left to do; how many openings went."""
        destroying, total = Destroying(self.o), 0
        for _ in range(most):
            count, more = await destroying.round()
            total += count
            if not more:
                return total
        raise AssertionError("it never ends")

    def openings(self, log=None):
        return [
            row[0] for row in self.sql("SELECT idx FROM opening WHERE log = ? ORDER BY idx", log or self.log)
        ]


in_retention = lived(lambda folder: settled(RetentionWorld(folder)))
"""A test over a fresh, settled house."""


class Reopened(RetentionWorld):
    """The same house by another process, later: only what lies in the folder is known."""

    def __init__(self, folder, days):
        self.folder = folder
        self.clock, self.dice = SetClock(), SeededDice(77)
        self.clock.forward(days=days)
        self.engine = open_sqlite(folder / "custodes.db")
        self.body = house.load(self.engine)
        self.holder = FileHolder(self.body.holder)
        self.pace = self.keyroom = None


async def killed(folder, moment):
    """Destroy what is over; SIGKILL right before that commit, or right after it."""
    world = RetentionWorld(folder)
    house.save(world.engine, world.body)
    await world.open()
    await world.settle_in()
    await world.age()
    await world.set()
    real = SqlGroup.commit

    def commit(group):
        is_it = group._connection.execute(select(func.count()).select_from(schema.destroyed)).scalar()
        if is_it and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        real(group)
        if is_it:
            os.kill(os.getpid(), signal.SIGKILL)

    SqlGroup.commit = commit
    await world.destroy()


if __name__ == "__main__":
    asyncio.run(killed(Path(sys.argv[1]), sys.argv[2]))
