"""SIGKILL between storing and closing: after upkeep the store holds exactly what the index names.

Keyroom and plane die in turn under a load of small writes, which have no admission. What they left is found
by the names that were written ahead. Upkeep waits for fifteen minutes: the house comes up again with a demo's
clock that is further on.
"""

import contextlib
import json
import sqlite3
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from custodes.acts.objects import ahead, outcomes  # noqa: F401 - what is attacked
from custodes.acts.streams import sweeping  # noqa: F401
from custodes.adapters.stores import folder  # noqa: F401
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LATER_S = 16 * 60 + 40
KILLS_MAX = 16


def rows(house, statement):
    with contextlib.closing(sqlite3.connect(house.settings.database)) as connection:
        return connection.execute(statement).fetchall()


def named(house):
    """Every blob the index names: versions, and parts of open uploads."""
    raw = rows(house, "SELECT blobs FROM object_version UNION ALL SELECT blobs FROM upload_part")
    return {blob for (one,) in raw for blob, _ in json.loads(one)}


def stored(house):
    return {path.name for path in house.blobs()}


@contextlib.contextmanager
def writing(house, acknowledged):
    over = threading.Event()

    def work(number):
        client, count = house.boto3(connect_timeout=2, read_timeout=5), 0
        while not over.is_set():
            name, count = (
                f"w{number}/{count % 50}",
                count + 1,
            )  # names are written again: versions are replaced
            try:
                body = b"%d " % count * 200
                client.put_object(Bucket="orphans", Key=name, Body=body)
                acknowledged[name] = body
            except (ClientError, BotoCoreError, OSError):
                acknowledged.pop(name, None)  # this version or the one before: both are right
                time.sleep(0.02)

    threads = [threading.Thread(target=work, args=(n,), daemon=True) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(30)


def test_after_upkeep_the_store_holds_exactly_what_the_index_names(tmp_path):
    house = House(tmp_path).found()
    acknowledged, kills = {}, 0
    with house.running("keyroom", "s3"):
        house.boto3().create_bucket(Bucket="orphans")
        with writing(house, acknowledged):
            while kills < 4 or (kills < KILLS_MAX and not left_behind(house)):
                time.sleep(0.7)
                victim = ("keyroom", "s3")[kills % 2]
                house.kill(victim)
                house.start(victim)
                kills += 1
            time.sleep(0.5)
        client = house.boto3()
        for name, body in acknowledged.items():
            assert client.get_object(Bucket="orphans", Key=name)["Body"].read() == body, name
    assert left_behind(house), "no kill came between storing and closing: nothing was tested"
    turn_clock(house, LATER_S)
    with house.running("keyroom", "s3"):
        until = time.monotonic() + 60
        while stored(house) != named(house) and time.monotonic() < until:
            time.sleep(0.2)
        assert stored(house) == named(house)
        assert rows(house, "SELECT count(*) FROM opening WHERE code = 'blob.collect'") > [(0,)]
    assert len(acknowledged) > 10
    assert named(house), "the index is not empty"


def left_behind(house):
    """Finished blobs that nothing refers to, and that did not belong to a version that was replaced."""
    soon = "SELECT blob FROM blob_fate WHERE at <= (SELECT max(at) FROM opening) + 15 * 60 * 1000000"
    going = {blob for (blob,) in rows(house, soon)}
    return {name for name in stored(house) if name.startswith("blb-")} - named(house) - going


def turn_clock(house, ahead_s):
    text = house.settings_file.read_text()
    assert "demo_clock_offset_s = 0\n" in text
    house.settings_file.write_text(
        text.replace("demo_clock_offset_s = 0\n", f"demo_clock_offset_s = {ahead_s}\n")
    )
