"""docs/runbooks/restore.md is followed to the letter: its own commands, in its own order, in a shell."""

import asyncio
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from custodes.acts.asks.house import LookHouse
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills
from custodes.ledger.loss import gap
from custodes.settings import FILE_NAME, Settings, load, to_toml
from custodes.store import house
from custodes.wiring import keyroom
from custodes.wiring.backups import making, restoring  # noqa: F401 - what the commands do
from fakes.keyrooms import ORIGIN
from fakes.lost import LostHouse
from fakes.office import OfficeWorld
from fakes.served import ServedHouse
from house.tree import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
RUNBOOK = (ROOT / "docs/runbooks/restore.md").read_text(encoding="utf-8")
MAIN = "from custodes.cli import main; main()"
STEPS = re.findall(r"^```sh\n(.*?)^```$", RUNBOOK, re.MULTILINE | re.DOTALL)


async def lived(folder):
    world = OfficeWorld(folder / "keyroom")
    await world.open()
    await world.settle_in()
    house.save(world.engine, world.body)
    await world.close()
    world.engine.dispose()
    return world


@pytest.fixture
def places(tmp_path):
    """The environment a reader has: names of the runbook, and `custodes` in the path."""
    names = {name: tmp_path / name.lower() for name in ("HOUSE", "BACKUPS", "ELSEWHERE", "NEW")}
    (names["HOUSE"] / "keyroom").mkdir(parents=True)
    for name in ("BACKUPS", "ELSEWHERE"):
        names[name].mkdir()
    world = asyncio.run(lived(names["HOUSE"]))
    for name in ("HOUSE", "ELSEWHERE"):
        (names[name] / FILE_NAME).write_text(to_toml(Settings(demo=True)))
    program = tmp_path / "bin" / "custodes"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c "{MAIN}" "$@"\n')
    program.chmod(0o700)
    env = {**os.environ, **{name: str(path) for name, path in names.items()}}
    env |= {"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT / "src")}
    for name, who in (("FIRST", world.karl), ("SECOND", world.kim)):
        env[f"{name}_KEY"] = str(ServedHouse.key_file(type("At", (), {"folder": tmp_path}), who))
        env[f"{name}_ID"] = who.credential.id
    return env


def follow(step, env, types=""):
    shell = ["bash", "-euo", "pipefail", "-c", step]
    done = subprocess.run(
        shell, env=env, capture_output=True, text=True, check=False, timeout=120, input=types
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def standing_kills(folder):
    async def look():
        async with keyroom.assembled(load(folder), "token") as here:
            await here.unseal(b"")
            row = here.opened.standing.get("kills", KILLS_OF_HOUSE, Kills) or Kills()
            assert not (await here.ask(LookHouse())).sealed
            return [one.by for one in row.kills if one.lifted_at is None]

    return asyncio.run(look())


def test_a_lost_machine_is_restored_by_following_the_runbook(places):
    assert len(STEPS) == 9
    backup, drill, restored, signed, lifted = STEPS[:5]
    follow(backup, places)
    assert "none" in follow(drill, places)
    assert "Everything is as it must be" in follow(restored, places)
    file = Path(places["NEW"]) / FILE_NAME
    assert standing_kills(file) == ["restore"]
    for line in signed.splitlines():  # each officer on his own machine, who reads it and types `sign`
        follow(line, places, "sign\n")
    one = Path(places["NEW"]) / "second.sig"
    kept = one.read_bytes()
    one.write_bytes((Path(places["NEW"]) / "first.sig").read_bytes())
    with pytest.raises(AssertionError, match="signature"):
        follow(lifted, places)
    one.write_bytes(kept)
    follow(lifted, places)
    assert standing_kills(file) == []


@pytest.fixture
def behind(places):
    """A house whose witnesses saw more than the backup; its log's keys, a mirror, a checkpoint."""
    folder = Path(places["HOUSE"]).parent
    lost = LostHouse(folder / "lost")

    async def run():
        await lost.live()
        await lost.go_on()
        await lost.lose()

    asyncio.run(run())
    mirror = lost.mirrored()
    elsewhere = Path(places["ELSEWHERE"])
    shutil.copy(lost.old.keyroom / "backup.keys", elsewhere)
    for name in ("holder.key", "keys.json"):
        shutil.copy(lost.new.logkeeper / name, elsewhere)
    (elsewhere / FILE_NAME).write_text(to_toml(Settings(demo=True)))
    shutil.copy(mirror / "checkpoint", folder / "checkpoint")
    places |= {"BACKUPS": str(lost.backups), "MIRROR": str(mirror), "CHECKPOINT": str(folder / "checkpoint")}
    places |= {"NEXT_ORIGIN": "log.example/test/2"}
    for name, who in (("FIRST", lost.world.karl), ("SECOND", lost.world.kim)):
        places[f"{name}_KEY"] = str(ServedHouse.key_file(type("At", (), {"folder": folder}), who))
        places[f"{name}_ID"] = who.credential.id
    return lost, places


def test_behind_its_witnesses_a_house_goes_on_out_of_a_mirror(behind):
    _, places = behind
    caught_up = STEPS[5]
    said = follow(caught_up, places)
    assert "3 to 5" in said
    assert "Everything is as it must be" in follow('custodes audit --folder "$NEW"', places)
    assert standing_kills(Path(places["NEW"]) / FILE_NAME) == ["restore"]


def test_or_its_log_is_closed_in_under_fifteen_minutes(behind):
    _, places = behind
    began = time.monotonic()
    restored, signed, lifted = STEPS[2], STEPS[3], STEPS[4]
    document, signed_gap, closed = STEPS[6:]
    follow(restored, places)
    follow(document, places)
    for line in signed_gap.splitlines():
        follow(line, places, "sign\n")
    new = Path(places["NEW"])
    assert "3 to 5" in follow(closed, places)
    made = gap.parse((new / "log/gap.json").read_bytes())
    assert (made.document.closes, made.document.opens) == (ORIGIN, "log.example/test/2")
    for line in signed.splitlines():
        follow(line, places, "sign\n")
    follow(lifted, places)
    assert standing_kills(new / FILE_NAME) == []
    assert time.monotonic() - began < 900
