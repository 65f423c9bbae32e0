"""What an audit of a folder opens and leaves alone; what it finds is in tests/unit/acts/audit."""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.store import house
from custodes.wiring import auditing
from fakes.keyrooms import World


def no_bar(_done, _total):
    return None


@pytest.fixture
def settings(tmp_path):
    found = Settings(house=tmp_path)
    found.keyroom.mkdir()

    async def run():
        world = World(found.keyroom)
        house.save(world.engine, world.body)
        await world.open()
        await world.settle_in()
        await world.close()
        world.engine.dispose()

    asyncio.run(run())
    return found


def test_what_is_forged_comes_first_and_is_named_once(settings):
    with closing(sqlite3.connect(settings.database)) as connection, connection:
        connection.execute("UPDATE standing SET mac = zeroblob(32) WHERE noun = 'application'")
    connection.close()
    report = auditing.audit(settings, b"", no_bar)
    first, *rest = report.findings
    assert first.code == "standing-forged"
    assert first.where.startswith("application per-")
    assert {one.code for one in rest} == {"standing-rolled-back"}
    assert report.not_checked


def test_a_database_that_is_read_only_is_enough(settings):
    settings.database.chmod(0o400)
    before = settings.database.read_bytes()
    assert auditing.audit(settings, None, no_bar).findings == ()
    assert settings.database.read_bytes() == before


def test_no_database(tmp_path):
    with pytest.raises(Refusal, match="not-founded"):
        auditing.audit(Settings(house=tmp_path), None, no_bar)
