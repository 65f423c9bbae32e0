"""Ledger appends through the sequencer: durable, integrated, signed, by group size; and bytes per entry.

Every entry is drafted and sealed beforehand, so the figure is the one writer's alone: expects, leaves, tiles,
openings, heads, signature, commit.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.writing import house_head
from custodes.acts.writing.act import Act, Entry
from custodes.acts.writing.sequencer import Sequencer, Ticket
from custodes.adapters.system import SystemClock, SystemDice
from custodes.custody.wrap import Context, Purpose, wrap
from custodes.kernel.ids import new_id
from custodes.ledger import entry
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.store.books import SqlBooks
from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.verbs import CHECKS, VERBS

from .figures import machine, spread

GROUPS = (1, 32, 256, 512)
ROUNDS = 5
ENTRIES = {1: 300, 32: 6_400, 256: 25_600, 512: 25_600}


class Bench:
    """One database with its sequencer."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.dice = SystemClock(), SystemDice()
        self.path = folder / "bench.db"
        self.engine = open_sqlite(self.path)
        migrate(self.engine)
        sign = house_head.signer("hse-bench", Ed25519PrivateKey.generate())
        self.settled = 0
        self.changed = threading.Condition()
        head = sign(0, 0, EMPTY_ROOT, self.clock.now())
        self.sequencer = Sequencer(SqlBooks(self.engine, VERBS, CHECKS), self.clock, head, sign, self.settle)
        self.sequencer.start()
        self.key = self.dice.draw(32)

    def settle(self, answers: object) -> None:
        """Count what came back."""
        with self.changed:
            self.settled += len(answers)  # type: ignore[arg-type]
            self.changed.notify()

    def acts(self, count: int) -> list[Act]:
        """Acts as a key use makes them."""
        ids = {noun: new_id(noun, self.dice) for noun in ("hse", "cus", "crd", "org", "key")}
        made = []
        for _ in range(count):
            fields = {
                "at": "2026-11-22T08:00:00Z",
                "act": "key.unwrap",
                "phase": "single",
                "house": ids["hse"],
                "customer": ids["cus"],
                "actor": ids["crd"],
                "actor_kind": "application",
                "organisation": ids["org"],
                "key": ids["key"],
                "key_version": 1,
                "purpose": "operation",
                "reason": "bench",
                "decision": "allow",
                "policies": ["house/house-permit-key-use-unwrap", "customer/applications"],
                "standing_seq": 55,
                "bytes": 32,
            }
            draft = entry.draft(fields, {}, self.dice)
            act = new_id("act", self.dice)
            where = Context(
                house=ids["hse"],
                customer=ids["cus"],
                key=ids["key"],
                version=1,
                purpose=Purpose.RECORD,
                subject=f"{act}/0",
            )
            sealed = wrap(self.key, where, draft.record, self.dice)
            row = Entry(
                log=f"{ids['cus']}/machine",
                leaf=draft.leaf,
                act_code="key.unwrap",
                subject=ids["key"],
                at=self.clock.now(),
                page="pag-bench",
                sealed=sealed,
            )
            made.append(Act(id=act, entries=(row,)))
        return made

    def run(self, acts: list[Act], group: int) -> float:
        """Submit in groups, wait for each; appends per second."""
        done = self.settled
        began = time.perf_counter()
        for at in range(0, len(acts), group):
            for act in acts[at : at + group]:
                self.sequencer.submit(Ticket(act, None))
            wanted = done + min(at + group, len(acts))
            with self.changed:
                self.changed.wait_for(lambda wanted=wanted: self.settled >= wanted)
        return len(acts) / (time.perf_counter() - began)


def main() -> None:
    """Print appends per second by group size, and bytes per entry."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as place:
        folder = Path(place)
        bench = Bench(folder)
        out = sys.stdout.write
        out(f"machine: {machine(folder)}\n")
        rates: dict[int, list[float]] = {group: [] for group in GROUPS}
        total = 0
        for _ in range(ROUNDS):
            for group in GROUPS:
                acts = bench.acts(ENTRIES[group] // ROUNDS)
                rates[group].append(bench.run(acts, group))
                total += len(acts)
        for group, found in rates.items():
            out(f"appends/s in groups of {group:>3}: {spread(found)}\n")
        bench.sequencer.stop()
        with bench.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        bench.engine.dispose()
        size = bench.path.stat().st_size
        out(f"bytes per entry on disk: {size / total:,.0f} of {total:,} entries\n")


if __name__ == "__main__":
    main()
