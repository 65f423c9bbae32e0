"""The clock as an officer sees it, and how two of them end a jump."""

import json

from custodes.acts.asks.cases import RunClock
from custodes.cli.clock import clock
from fakes.keyrooms import LOCAL


def test_nothing_waits(house):
    karl = house.world.karl
    assert house.json("clock", "show", who=karl)["jumped_to"] == ""
    shown = house.run("clock", "show", who=karl)
    assert "none vouched" in shown.stdout
    done = house.run("clock", "confirm", "--document", str(house.folder / "x"), who=karl)
    assert (done.exit_code, "no-clock-jump" in done.stderr) == (1, True)
    assert set(clock.commands) == {"show", "confirm"}


def test_what_is_to_be_signed_is_written(house):
    world = house.world
    world.clock.jump(days=3)
    house.call(world.keyroom.ask(RunClock(LOCAL)))
    shown = house.json("clock", "show", who=world.karl)
    assert shown["jumped_to"] > shown["jumped_from"]
    file = house.folder / "document"
    house.json("clock", "confirm", "--document", str(file), who=world.karl)
    assert json.loads(file.read_bytes())["to_at"] == shown["jumped_to"]
    done = house.run("clock", "confirm", "--confirm", "something else", who=world.karl)
    assert done.exit_code != 0
