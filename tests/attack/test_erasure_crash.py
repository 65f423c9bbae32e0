"""SIGKILL of a real keyroom in its upkeep: what lives stays readable, and the next round goes on."""

import asyncio
import contextlib
import sqlite3
import threading
import time

import pytest

from custodes.acts.asks import Local
from custodes.acts.asks.house import LookHouse
from custodes.acts.asks.upkeep import RunUpkeep
from custodes.acts.socket import Client
from custodes.acts.upkeep import rounds  # noqa: F401 - what is killed in the middle
from custodes.kernel.refusal import Refusal
from custodes.wiring import keyroom  # noqa: F401
from fakes import SeededDice
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
KILLS = 5
DUE = "INSERT OR REPLACE INTO upkeep_due SELECT 'shred', customer, 0 FROM page WHERE kind = 'object'"


def sql(house, statement, *args):
    with contextlib.closing(sqlite3.connect(house.settings.database, timeout=5)) as connection, connection:
        return connection.execute(statement, args).fetchall()


def up(house):
    """Start the keyroom and wait until it is unsealed."""
    house.start("keyroom")

    async def look():
        client = Client(house.settings.socket)
        try:
            return await client.ask(LookHouse())
        finally:
            await client.close()

    while asyncio.run(look()).sealed:
        time.sleep(0.02)


def ask_for_rounds(house, count):
    """What the last of some rounds did; nothing when the keyroom goes away meanwhile."""
    token = house.settings.local_token.read_text()

    async def run():
        client = Client(house.settings.socket, timeout_s=10.0)
        done = None
        try:
            for _ in range(count):
                done = await client.ask(RunUpkeep(Local(token)))
        finally:
            await client.close()
        return done

    try:
        return asyncio.run(run())
    except Refusal:
        return None


def test_a_keyroom_killed_in_its_upkeep_loses_nothing(tmp_path):
    house = House(tmp_path).found()
    house.start("s3")
    objects = {}
    try:
        for start in range(4):  # each start opens a page of its own
            up(house)
            client = house.boto3()
            if start == 0:
                client.create_bucket(Bucket="crash")
            for n in range(8):
                name = f"object-{start}-{n}"
                client.put_object(Bucket="crash", Key=name, Body=name.encode() * 50)
                objects[name] = name.encode() * 50
            house.kill("keyroom")
        dice = SeededDice(7)
        for _ in range(KILLS):
            up(house)
            client = house.boto3()
            gone = objects.popitem()[0]
            client.delete_object(Bucket="crash", Key=gone)
            sql(house, DUE)
            asking = threading.Thread(target=ask_for_rounds, args=(house, 5))
            asking.start()
            time.sleep(dice.draw(1)[0] / 4_000)
            house.kill("keyroom")
            asking.join(20)
            assert not asking.is_alive()
        up(house)
        client = house.boto3()
        for name, body in objects.items():
            assert client.get_object(Bucket="crash", Key=name)["Body"].read() == body
        done = ask_for_rounds(house, 12)
        assert (done.rekeyed, done.rewrapped, done.turned, done.dropped) == (0, 0, 0, 0)
        assert not done.more
        assert len(sql(house, "SELECT DISTINCT shred FROM page WHERE kind = 'object'")) == 1
        assert sql(house, "SELECT * FROM upkeep_due WHERE kind IN ('rekey', 'shred', 'scrub')") == []
        for name, body in objects.items():
            assert client.get_object(Bucket="crash", Key=name)["Body"].read() == body
        assert "alarm" not in house.said["keyroom"].read_text()
    finally:
        house.stop("keyroom", "s3")
