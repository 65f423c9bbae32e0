"""Who wants something gone calls it retention: holds, the clock, forged marks, rows put back, SIGKILL."""

import asyncio
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from custodes.acts.asks.log import LookEntries, LookOpenings
from custodes.acts.retention.destroying import Destroying
from custodes.acts.retention.proven import Destroyed
from custodes.acts.watch.entries import Gone, Kept
from custodes.kernel.refusal import Refusal
from fakes.audited import audited
from fakes.retention import Reopened, in_retention

pytestmark = pytest.mark.sqlite  # who attacks writes into SQLite's file
MARK = 'INSERT INTO destroyed (log, first, "end", act, ordinal) VALUES (?, ?, ?, ?, 0)'


def found(world):
    return {(one.code, one.where) for one in audited(world).findings}


async def refused(doing):
    with pytest.raises(Refusal) as caught:
        await doing
    return caught.value.code


def machine(world, **more):
    return world.ask(LookEntries(world.olga.token, world.customer_row.id, kind="machine", **more))


@in_retention
async def test_an_audit_of_what_was_rightly_destroyed_finds_nothing(world):
    await world.age(uses=5)
    await world.set()
    assert await world.destroy() == 5
    report = audited(world)
    assert report.findings == ()
    assert report.counted["destroyed under retention"] == 5


@in_retention
async def test_an_entry_that_is_only_hidden_is_found_whatever_mark_is_forged(world):
    await world.age(uses=5)
    await world.set()
    await world.destroy()
    hidden = [await world.use() for _ in range(3)]
    log, index = hidden[1]
    (real,) = world.sql("SELECT act FROM destroyed")
    for act in ("act-of-nobody", real[0], None):
        world.sql("DELETE FROM opening WHERE log = ? AND idx = ?", log, index)
        world.sql("DELETE FROM destroyed WHERE first = ?", index)
        if act is not None:
            world.sql(MARK, log, index, index + 1, act)
        code = "destruction-unproven" if act else "opening-missing"
        assert await refused(machine(world)) == code
        assert await refused(world.ask(LookOpenings(world.olga.token, log, 0, 10))) in {
            "destruction-unproven",
            "openings-missing",
        }
        findings = found(world)
        assert ("opening-missing", f"{log}:{index}") in findings
        assert (("destruction-unproven", f"{log}:{index}") in findings) is (act is not None)


@in_retention
async def test_a_mark_stretched_over_its_neighbour_hides_nothing(world):
    await world.age(uses=4)
    await world.set()
    await world.destroy()
    log, index = await world.use()
    world.sql("DELETE FROM opening WHERE log = ? AND idx = ?", log, index)
    world.sql('UPDATE destroyed SET "end" = ?', index + 1)
    assert await refused(machine(world)) == "destruction-unproven"
    assert ("opening-missing", f"{log}:{index}") in found(world)


@in_retention
async def test_a_mark_taken_away_makes_it_missing_and_not_secret(world):
    await world.age(uses=4)
    await world.set()
    await world.destroy()
    world.sql("DELETE FROM destroyed")
    assert await refused(machine(world)) == "opening-missing"
    assert found(world) == set()  # the entry that says so is what counts


def test_a_monitor_believes_entries_and_no_marks():
    said = Kept(
        index=7,
        fields={"act": "retention.destroy", "subject": "cus/machine", "ranges": [[0, 4], [6, 8]]},
    )
    other = Kept(index=8, fields={"act": "key.create", "subject": "cus/machine", "ranges": [[4, 5]]})
    gone = Gone.of([said, other])
    assert gone.spans == {"cus/machine": [(0, 4), (6, 8)]}
    assert "by" in Destroyed.__struct_fields__


@in_retention
async def test_rows_put_back_are_not_shown_and_are_named(world):
    await world.age(uses=4)
    shutil.copy(world.folder / "custodes.db", world.folder / "old.db")
    shutil.copy(world.folder / "custodes.db-wal", world.folder / "old.db-wal")
    await world.set()
    await world.destroy()
    with closing(sqlite3.connect(world.folder / "old.db")) as old:
        row = old.execute("SELECT * FROM opening WHERE log = ? AND idx = 2", (world.log,)).fetchone()
        page = old.execute("SELECT * FROM page WHERE id = ?", (row[8],)).fetchone()
    world.sql(f"INSERT INTO opening VALUES ({', '.join('?' * len(row))})", *row)
    world.sql(f"INSERT OR REPLACE INTO page VALUES ({', '.join('?' * len(page))})", *page)
    shown = await machine(world)
    assert shown.entries == ()
    assert [(one.first, one.end) for one in shown.destroyed] == [(0, 4)]
    assert ("destroyed-record-back", f"{world.log}:2") in found(world)


@in_retention
async def test_a_hold_placed_while_it_is_destroyed_is_in_time_or_too_late_never_half(world):
    await world.age(uses=6)
    await world.set()
    gate, real, placed = world.o.gate, world.o.gate.commit, []

    async def commit(act):
        if not placed and any(write.verb == "retention.destroy" for write in act.writes):
            placed.append(await world.hold())
        return await real(act)

    gate.commit = commit
    try:
        assert await world.destroy() == 0
    finally:
        gate.commit = real
    assert len(placed) == 1
    assert world.openings() == list(range(6))
    assert len((await machine(world)).entries) == 6


@in_retention
async def test_a_clock_that_jumps_ahead_destroys_nothing(world):
    world.old = [await world.use() for _ in range(4)]
    await world.logkeeper.round()
    await world.set()
    world.clock.jump(days=400)
    assert (await world.look()).terms[0].held_by == ("clock",)
    assert await world.destroy() == 0
    assert world.openings() == [0, 1, 2, 3]
    await world.again()  # nor when the house was stopped meanwhile
    assert await world.destroy() == 0
    assert world.openings() == [0, 1, 2, 3]


@in_retention
async def test_a_customer_who_is_killed_is_left_alone(world):
    await world.age(uses=3)
    await world.set()
    world.o.decisions.killed, real = (lambda _id: "kil-x"), world.o.decisions.killed
    assert await Destroying(world.o).round() == (0, False)
    world.o.decisions.killed = real
    assert await world.destroy() == 3


@pytest.mark.parametrize("moment", ["before", "after"])
def test_sigkill_at_the_commit_leaves_all_or_nothing(tmp_path, moment):
    """The key, the rows and the entry that says so are one transaction: it happened or it did not."""
    tests = Path(__file__).resolve().parents[1]
    paths = os.pathsep.join((str(tests), str(tests.parent / "src")))
    done = subprocess.run(
        [sys.executable, "-m", "fakes.retention", str(tmp_path), moment],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr

    async def look():
        world = Reopened(tmp_path, days=130)
        await world.open()
        try:
            (customer,) = (id_ for (id_,) in world.sql("SELECT id FROM standing WHERE noun = 'retention'"))
            log = f"{customer}/machine"
            there = world.openings(log)
            said = world.sql("SELECT count(*) FROM opening WHERE code = 'retention.destroy'")
            marks = world.sql('SELECT first, "end" FROM destroyed')
            assert (len(there), said, len(marks)) == (
                (4, [(0,)], 0) if moment == "before" else (0, [(1,)], 1)
            )
            assert found(world) == set()
            assert await world.destroy() == len(there)
            assert world.openings(log) == []
            assert found(world) == set()
        finally:
            await world.close()
            world.engine.dispose()

    asyncio.run(look())
