"""Following a log: everything once, in order, on from where it stopped; what nobody took is not lost."""

import json

from custodes.acts.asks.keys import UseKey
from custodes.cli.logs import follow as module
from custodes.cli.logs.follow import follow


def followed(house, *more):
    line = ("log", "follow", "--customer", house.world.customer_row.id, "--once", *more)
    return house.run(*line, who=house.world.olga)


def lines(done):
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def numbers(events, kind):
    return [one["metadata"]["sequence"] for one in events if one["metadata"]["log_name"] == kind]


async def use(world):
    await world.keyroom.ask(
        UseKey(
            evidence=world.token,
            key=world.key,
            verb="wrap",
            message=b"m",
            context=b"",
            purpose="operation",
            reason="test",
        )
    )


def test_every_entry_once_and_in_order(house, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)
    for _ in range(4):
        house.call(use(house.world))
    events = lines(followed(house))
    for kind in ("machine", "exceptional"):
        assert numbers(events, kind) == list(range(len(numbers(events, kind))))
    assert len(numbers(events, "machine")) >= 4
    assert numbers(events, "exceptional")
    assert follow.name == "follow"


def test_it_goes_on_where_it_stopped(house):
    place = house.folder / "place"
    first = lines(followed(house, "--place", str(place)))
    assert lines(followed(house, "--place", str(place))) == []
    house.call(use(house.world))
    (new,) = lines(followed(house, "--place", str(place)))
    assert new["metadata"]["sequence"] == len(numbers(first, "machine"))
    assert new["api"]["operation"] == "key.wrap"
    assert [path.name for path in house.folder.iterdir() if "new" in path.name] == []


def test_a_page_nobody_took_is_not_kept_as_read(house):
    place = house.folder / "place"
    done = followed(house, "--place", str(place), "--to", "syslog+tcp://127.0.0.1:9")
    assert (done.exit_code, "collector-gone" in done.stderr) == (3, True)
    assert not place.exists()
    assert lines(followed(house, "--place", str(place)))


def test_a_place_that_is_none(house):
    place = house.folder / "place"
    place.write_text("everything\n")
    done = followed(house, "--place", str(place))
    assert (done.exit_code, "bad-place" in done.stderr) == (1, True)


def test_persons_only_when_they_are_asked_for(house):
    without, along = followed(house), followed(house, "--persons")
    assert [one for one in lines(without) if "person" in one["unmapped"]] == []
    assert [one for one in lines(along) if "person" in one["unmapped"]]


def test_one_sub_log_as_syslog(house):
    done = followed(house, "--kind", "machine", "--as", "syslog")
    assert done.exit_code == 0
    assert all("/machine:" in line for line in done.stdout.splitlines())
