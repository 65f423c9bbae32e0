"""A house that grows: what an act, a page, a proof, an audit and a start cost at 10^4 ... 10^7 entries.

The entries are real: sealed into record pages, chained, committed by the one writer. The house stays in a
folder (`GROWTH_FOLDER`), so a run that was cut off goes on; `GROWTH_ENTRIES` says how far, `GROWTH_S` after
how many seconds of filling to stop (exit code 3) and leave the rest to the next run. Beyond that a billion
is shown by construction: of the tree only the tiles that a path touches are made (`sampled.py`).
What is compared is processor time: it counts work, not how long work waited for somebody else's.
"""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from custodes.acts.answers.logs.tiles_of import reader_of
from custodes.acts.asks import Token
from custodes.acts.asks.keys import UseKey
from custodes.acts.asks.log import LookEntries
from custodes.acts.footing.customer import MACHINE, Customer
from custodes.acts.keyroom import Keyroom
from custodes.acts.records import Record
from custodes.acts.writing.act import Act
from custodes.acts.writing.ports import Reads
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.ledger.merkle import inclusion_proof, leaf_hash, verify_inclusion
from custodes.ledger.tiles import TILE_WIDTH
from custodes.settings import Settings
from custodes.store.engine import open_sqlite
from custodes.wiring.keyroom import assembled

from .figures import machine
from .sampled import main as sampled
from .towns import Load, customers, settled

FOLDER = Path(os.environ.get("GROWTH_FOLDER", ".cache/growth"))
ENTRIES = int(os.environ.get("GROWTH_ENTRIES", "100000"))
SECONDS = float(os.environ.get("GROWTH_S", "inf"))
STEPS = (10_000, 100_000, 1_000_000, 10_000_000)
ACT_ENTRIES = 250  # of an act while the house is filled: a group as a busy house has it
USES, AT_ONCE = 3_072, 64
ALONE = 400
LOOKS = 40
SWITCH_S = 0.0004  # as the keyroom's process has it


class House:
    """The house in its folder, unsealed."""

    def __init__(self, keyroom: Keyroom, load: Load, owner: str) -> None:
        self.keyroom = keyroom
        self.o = keyroom.opened
        self.load = load
        self.owner = Token(owner)
        self.customers: list[Customer] = customers(self.o.standing, load)

    @property
    def largest(self) -> Customer:
        """Half of all entries are this customer's."""
        return self.customers[0]

    async def size(self) -> int:
        """Entries of all logs."""
        heads = await self.o.read(lambda reads: reads.heads())
        return sum(head.size for head in heads.values())

    async def fill(self, count: int) -> None:
        """So many entries as key uses make them: half of them the first customer's."""
        for at in range(0, count, ACT_ENTRIES):
            n = at // ACT_ENTRIES
            which = 0 if n % 2 else 1 + n // 2 % (len(self.customers) - 1)
            customer, key = self.customers[which], self.load[which][1]
            await self.o.records.ready(customer, ACT_ENTRIES)
            act = new_id("act", self.o.dice)
            entries = tuple(
                self.o.records.seal(customer, act, ordinal, _record(key)) for ordinal in range(ACT_ENTRIES)
            )
            await self.o.gate.commit(Act(id=act, entries=entries))

    async def use(self, number: int) -> None:
        """One key use, whole but for the socket."""
        token, key = self.load[number % len(self.load)]
        ask = UseKey(Token(token), key, "wrap", b"k" * 32, b"row", "operation", "bench")
        await self.keyroom.ask(ask)


async def cpu_us(work: Callable[[], Awaitable[int]], rounds: int = 3) -> float:
    """Processor microseconds of this process for each of the things `work` says it did: the median."""
    found = []
    for _ in range(rounds):
        began = time.process_time()
        count = await work()
        found.append((time.process_time() - began) * 1e6 / count)
    return statistics.median(found)


async def measured(house: House) -> dict[str, float]:
    """Every figure at this size but those of files and start."""

    async def uses() -> int:
        async def some(first: int) -> None:
            for number in range(first, USES, AT_ONCE):
                await house.use(number)

        await asyncio.gather(*(some(first) for first in range(AT_ONCE)))
        return USES

    async def alone() -> int:
        for number in range(ALONE):
            await house.use(number)
        return ALONE

    reads = {"proof": _proof, "audit": _audit}
    end = await house.o.read(lambda look: look.head(house.largest.log(MACHINE)).size)
    places = [(n * 7_919_191 + 17) % end for n in range(LOOKS)]
    figures = {"entries": float(await house.size()), "largest log": float(end)}
    figures["use, 64 at once: cpu us"] = await cpu_us(uses)
    figures["use alone: cpu us"] = await cpu_us(alone)
    figures["page of 50, newest: cpu ms"] = await cpu_us(lambda: _pages(house, [None] * LOOKS)) / 1e3
    inside = [f"{place}.0" for place in places if place > 100]
    figures["page of 50, anywhere: cpu ms"] = await cpu_us(lambda: _pages(house, inside)) / 1e3
    for name, look in reads.items():

        async def work(look: Callable[[Reads, str, list[int]], int] = look) -> int:
            return await house.o.read(lambda reads: look(reads, house.largest.log(MACHINE), places))

        figures[f"{name}: cpu ms"] = await cpu_us(work) / 1e3
    return figures


async def _pages(house: House, places: "list[str | None] | list[str]") -> int:
    for place in places:
        page = await house.keyroom.ask(LookEntries(house.owner, house.largest.id, before=place))
        if len(page.entries) != 50:
            raise RuntimeError("a page is short")
    return len(places)


def _proof(reads: Reads, log: str, places: list[int]) -> int:
    """An inclusion proof for each place, and its check."""
    head = reads.head(log)
    root, size = head.root(), head.size
    for index in places:
        path = inclusion_proof(reader_of(reads, log, size), index, size)
        leaf = reads.leaves(log, index, index + 1)[0]
        if not verify_inclusion(leaf_hash(leaf), index, size, path, root):
            raise RuntimeError("a proof does not hold")
    return len(places)


def _audit(reads: Reads, log: str, places: list[int]) -> int:
    """256 leaves at each place hashed against their tile: what an audit does with every stretch."""
    for place in places:
        n = place // TILE_WIDTH
        leaves = reads.leaves(log, n * TILE_WIDTH, (n + 1) * TILE_WIDTH)
        if b"".join(map(leaf_hash, leaves)) != reads.tile(log, 0, n):
            raise RuntimeError("a tile differs")
    return len(places)


@contextmanager
def _as_the_process() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)
    yield
    sys.setswitchinterval(before)


def main() -> None:
    """Fill, measure at each step that was not measured yet, print all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    settings = Settings(house=FOLDER, demo=True)
    kept = FOLDER / "load.json"
    if not kept.exists():
        settings.keyroom.mkdir(exist_ok=True)
        kept.write_text(json.dumps(asyncio.run(settled(settings.keyroom))))
    out = sys.stdout.write
    out(f"machine: {machine(FOLDER)}\n")
    for step in (step for step in STEPS if step <= ENTRIES):
        told = FOLDER / f"at-{step}.json"
        if not told.exists():
            with _as_the_process():
                said = asyncio.run(_step(settings, json.loads(kept.read_text()), step))
            if said is None:
                sys.exit(3)
            told.write_text(json.dumps(said))
        for name, value in json.loads(told.read_text()).items():
            out(f"{name:>36}: {value:,.1f}\n")
        out("\n")
        sys.stdout.flush()
    sampled()


async def _step(settings: Settings, load: Any, step: int) -> dict[str, float] | None:  # noqa: ANN401 - JSON
    """Fill up to this size and measure; None when the time for filling was over before."""
    until = time.perf_counter() + SECONDS
    async with assembled(settings, "") as keyroom:
        await keyroom.unseal(b"")
        house = House(keyroom, [(token, key) for token, key in load[0]], load[1])
        at = await house.size()
        while at < step:
            if time.perf_counter() > until:
                return None
            began, cpu = time.perf_counter(), time.process_time()
            piece = min(step - at, 100_000)
            await house.fill(piece)
            at = await house.size()
            took, cpu = time.perf_counter() - began, time.process_time() - cpu
            sys.stdout.write(f"{at:,} entries, {piece / took:,.0f}/s, {cpu / piece * 1e6:,.0f} cpu us each\n")
            sys.stdout.flush()
    before = _bytes(settings)
    began, cpu = time.perf_counter(), time.process_time()
    async with assembled(settings, "") as keyroom:
        await keyroom.unseal(b"")
        start = {
            "start: ms": (time.perf_counter() - began) * 1e3,
            "start: cpu ms": (time.process_time() - cpu) * 1e3,
        }
        figures = await measured(House(keyroom, [(t, k) for t, k in load[0]], load[1]))
    return {**figures, **start, "bytes per entry": before / at, **_tables(settings, step)}


def _bytes(settings: Settings) -> int:
    engine = open_sqlite(settings.database)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return settings.database.stat().st_size


def _tables(settings: Settings, entries: int) -> dict[str, float]:
    """Bytes per entry of each table and index, where the database is small enough to be walked through."""
    if entries > 1_000_000:
        return {}
    engine = open_sqlite(settings.database)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sum(pgsize) FROM dbstat GROUP BY name").all()
        count = connection.exec_driver_sql("SELECT sum(size) FROM head").scalar_one()
    engine.dispose()
    return {f"bytes of {name}": size / count for name, size in rows if size / count >= 1}


def _record(key: str) -> Record:
    fields: dict[str, Plain] = {
        "actor": "crd-00000000000000000000000000",
        "actor_kind": "application",
        "organisation": "org-00000000000000000000000000",
        "phase": "single",
        "key": key,
        "key_version": 1,
        "purpose": "operation",
        "reason": "bench",
        "decision": "allow",
        "policies": ["house/house-permit-key-use-unwrap", "customer/applications"],
        "standing_seq": 55,
        "bytes": 32,
    }
    return Record(act="key.unwrap", subject=key, fields=fields)


if __name__ == "__main__":
    main()
