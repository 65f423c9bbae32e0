import sqlite3
from contextlib import closing

import pytest

from custodes.cli.audit import audit
from custodes.store import house as house_row


@pytest.fixture
def founded(house):
    house.call(save(house.world))
    return house


async def save(world):
    house_row.save(world.engine, world.body)


def test_a_living_house(founded):
    report = founded.json("audit")
    assert report["findings"] == []
    assert report["counted"]["openings"] > 0
    shown = founded.run("audit")
    assert shown.exit_code == 0
    assert "Everything is as it must be." in shown.stdout
    assert audit.name == "audit"


def test_with_the_holder_shut(founded):
    report = founded.json("audit", "--shut")
    assert report["findings"] == []
    assert "holder was not opened" in report["not_checked"][-1]


def test_a_finding_is_exit_code_1(founded):
    with closing(sqlite3.connect(founded.settings.database)) as connection, connection:
        connection.execute("UPDATE opening SET at = at - 60000000 WHERE idx = 0")
    connection.close()
    done = founded.run("audit")
    assert done.exit_code == 1
    assert "entry-misplaced" in done.stdout


def test_a_wrong_passphrase_is_said(founded):
    file = founded.folder / "passphrase"
    file.write_text("wrong horse battery staple\n")
    done = founded.run("audit", "--passphrase-file", str(file))
    assert (done.exit_code, "wrong-secret" in done.stderr) == (1, True)


def test_nothing_founded(house):
    done = house.run("audit")
    assert (done.exit_code, "not-founded" in done.stderr) == (3, True)
