"""The log's years at the command line: which is open, until when, and that an open one is not pruned."""

from custodes.cli.logs.years import prune, years


def test_the_open_year_says_when_it_closes(house):
    karl = house.world.karl
    shown = house.json("log", "years", who=karl)
    assert [(one["state"], one["origin"]) for one in shown["shards"]] == [("open", house.world.body.origin)]
    plain = house.run("log", "years", who=karl).stdout
    assert f"closes in {shown['days_left']} days" in plain
    assert years.name == "years"


def test_only_a_closed_year_is_pruned(house):
    for number in ("1", "2"):
        done = house.run("log", prune.name, number, "--confirm", "x", who=house.world.karl)
        assert done.exit_code != 0
        assert "no-such-shard" in done.stderr
