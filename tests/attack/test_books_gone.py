"""The database locked by somebody else, or on a disk that became read-only: no answer, nothing half done."""

import asyncio
import os
import sqlite3
import subprocess
from contextlib import closing

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.kernel.refusal import Kind, Refusal
from custodes.store.engine import open_sqlite
from custodes.store.migrate import migrate
from custodes.store.reads import reading
from fakes.keyrooms import World

pytestmark = pytest.mark.slow


async def lived_in(folder):
    world = World(folder)
    await world.open()
    await world.settle_in()
    _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    world.key = (await world.keyroom.ask(CreateKey(owner, world.customer_row.id, "registry"))).id
    return world


def use(world):
    return world.keyroom.ask(UseKey(world.token, world.key, "wrap", b"m", b"", "operation", "test"))


def test_a_database_locked_by_another_is_unavailable_and_comes_back(tmp_path):
    async def run():
        world = await lived_in(tmp_path)
        before = await use(world)
        with world.engine.connect() as thief:
            thief.exec_driver_sql("BEGIN IMMEDIATE")
            with pytest.raises(Refusal) as caught:
                await use(world)
            assert caught.value.kind is Kind.UNAVAILABLE
            thief.exec_driver_sql("ROLLBACK")
        assert (await use(world)).index == before.index + 1
        await world.close()
        world.engine.dispose()

    asyncio.run(run())


@pytest.fixture
def disk(tmp_path):
    """A small file system of its own, which can be made read-only while it is in use."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], check=False, capture_output=True
    )
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail("no tmpfs can be mounted here")
        pytest.skip("no tmpfs can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_read_of_a_database_that_is_gone_is_unavailable_and_a_wrong_statement_is_a_bug(tmp_path):
    engine = open_sqlite(tmp_path / "house.db")
    migrate(engine)

    def locked(_reads):
        file = tmp_path / "other.db"
        with closing(sqlite3.connect(file)) as one, closing(sqlite3.connect(file, timeout=0)) as other:
            one.execute("BEGIN EXCLUSIVE")
            other.execute("SELECT * FROM sqlite_master")

    def lost(_reads):
        psycopg.connect(f"postgresql:///x?host={tmp_path}")

    def wrong(reads):
        reads._connection.exec_driver_sql("SELECT no_such_column FROM standing")

    for work in (locked, lost):
        with pytest.raises(Refusal) as caught:
            reading(engine, work)
        assert (caught.value.code, caught.value.kind) == ("books-unavailable", Kind.UNAVAILABLE)
    with pytest.raises(OperationalError):
        reading(engine, wrong)
    assert reading(engine, lambda reads: reads.house_heads()) == []
    engine.dispose()


def remount(disk, mode):
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True)


async def open_and_use(world):
    await world.open()
    return await use(world)


def test_a_disk_that_became_read_only_stops_uses_and_loses_nothing(disk):
    async def run():
        world = await lived_in(disk)
        done = [await use(world) for _ in range(5)]
        await world.close()
        world.engine.dispose()
        remount(disk, "ro")
        with pytest.raises((Refusal, OperationalError)):
            await open_and_use(world)
        await world.close()
        world.engine.dispose()
        remount(disk, "rw")
        await world.open()
        assert (await use(world)).index == done[-1].index + 1
        await world.close()
        world.engine.dispose()

    asyncio.run(run())
