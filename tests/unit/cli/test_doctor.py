import pytest

from custodes.cli import doctor as module
from custodes.cli.doctor import BAD, GOOD, POOR, installation, machine, sync_ms
from custodes.store import house as house_row


@pytest.fixture
def founded(house):
    house.call(save(house.world))
    house.settings.logkeeper.mkdir()
    for place in (house.settings.keyroom, house.settings.logkeeper, house.settings.local_token):
        place.chmod(0o700)
    return house


async def save(world):
    house_row.save(world.engine, world.body)


def by_name(lines):
    return {one["name"]: one for one in lines}


def test_the_machine_alone(house, monkeypatch):
    monkeypatch.delenv("CUSTODES_FOLDER", raising=False)
    lines = {line.name: line for line in machine()}
    assert lines["Python"].state == lines["ML-DSA"].state == GOOD
    assert {"Landlock", "swap", "locked memory", "tracing", "clock"} <= set(lines)
    for line in lines.values():
        assert (line.state == GOOD) is (line.costs == "")


def test_a_living_installation(founded):
    lines = by_name(founded.json("doctor"))
    assert lines["keyroom"]["state"] in {GOOD}
    assert lines["last entry"]["state"] == GOOD
    assert lines["disk"]["found"].startswith("fdatasync median ")
    assert lines["s3"]["state"] in {GOOD, POOR}
    assert lines["holder"] == {
        "name": "holder", "state": POOR, "found": "keyfile", "costs": "whoever reads the file has the root",
    }  # fmt: skip
    shown = founded.run("doctor")
    assert "not for real data" in shown.stderr
    assert list(founded.settings.keyroom.glob(".doctor")) == []


def test_what_is_sealed_or_silent(founded):
    founded.json("seal", "--reason", "drill")
    assert by_name(founded.json("doctor"))["keyroom"]["found"] == "sealed"
    founded.call(founded.server.stop())
    done = founded.run("doctor")
    assert done.exit_code == 1
    assert "custodes serve" in done.stdout


def test_a_file_open_to_others_is_bad(founded):
    founded.settings.keyroom.chmod(0o755)
    done = founded.run("doctor")
    assert done.exit_code == 1
    assert "others on this machine can read keys" in done.stdout


def test_a_clock_behind_the_log(founded, monkeypatch):
    monkeypatch.setattr(module.time, "clock_gettime", lambda _clock: 1.0)
    lines = {line.name: line for line in installation(founded.settings, founded.world.body)}
    assert lines["last entry"].state == BAD


def test_no_database(house):
    house.settings.logkeeper.mkdir()
    done = house.run("doctor")
    assert done.exit_code == 1
    assert "cannot be opened" in done.stdout


def test_the_disk_is_measured(tmp_path):
    median, worst = sync_ms(tmp_path)
    assert 0 <= median <= worst
    assert list(tmp_path.iterdir()) == []
