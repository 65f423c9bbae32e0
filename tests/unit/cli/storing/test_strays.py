"""`custodes store strays`: nothing there to begin with; a plan is shown, saved, and signed by two."""

from datetime import timedelta

from custodes.acts.writing.act import Act, Write
from custodes.acts.writing.object_rows import StrayRow
from custodes.cli.storing.strays import stores, strays
from custodes.kernel.ids import new_id
from unit.cli.storing.test_copies import located

WORDS = (stores.name, strays.name)


def found(house, place, count, days):
    """So many blobs were found in a place so long ago."""
    world, o = house.world, house.world.keyroom.opened
    rows = tuple(StrayRow(location=place, blob=new_id("blb", world.dice), size=7) for _ in range(count))
    at = o.clock.now() - timedelta(days=days)
    write = Write("stray.listed", (place, ("", "zz"), rows, (at, None)))
    house.call(o.gate.commit(Act(id=new_id("act", world.dice), writes=(write,))))


def test_what_lies_there_is_listed_planned_and_removed_by_two(house):
    world = house.world
    place = located(house, "cellar")
    found(house, place, 3, 40)
    (told,) = house.json(*WORDS, "list", who=world.karl)["places"]
    assert (told["name"], told["count"], told["size_bytes"]) == ("cellar", 3, 21)
    assert len(house.json(*WORDS, "list", "cellar", who=world.karl)) == 3
    planned = house.run(*WORDS, "plan", "cellar", who=world.karl)
    assert "3 blobs, 21 bytes" in planned.stdout
    paper, second = house.folder / "strays.json", house.folder / "second.sig"
    before = house.json(*WORDS, "plan", "cellar", who=world.karl)["before"]
    house.run(*WORDS, "plan", "cellar", "--before", before, "--document", str(paper), who=world.karl)
    second.write_bytes(world.kim.sign(paper.read_bytes()))
    line = (*WORDS, "remove", "cellar", "--before", before, "--confirm", place)
    alone = house.run(*line, who=world.karl)
    assert (alone.exit_code, "signatures-too-few" in alone.stderr) == (1, True)
    unsure = house.run(*line[:-1], "yes", "--approval", str(second), who=world.karl)
    assert unsure.exit_code == 2
    done = house.json(*line, "--approval", str(second), who=world.karl)
    assert done == {"location": place, "blobs": 3, "bytes": 21}
    assert all(one["doomed_at"] for one in house.json(*WORDS, "list", "cellar", who=world.karl))


def test_nobody_else_sees_it_and_nowhere_is_nowhere(house):
    world = house.world
    assert house.run(*WORDS, "list", who=world.erik).exit_code == 1
    for command in ("list", "plan"):
        assert "no-such-location" in house.run(*WORDS, command, "nowhere", who=world.karl).stderr
