"""SIGKILL between storing and closing: after upkeep the store holds exactly what the index names.

Keyroom and plane die in turn under a load of small writes, which have no admission, while a rule ends objects
and what lies in plain in the same folder is adopted in place. What they left is found by the names that were
written ahead. Upkeep waits for fifteen minutes: the house comes up again with a demo's clock that is further
on. The long play, of everything else that is done to stores, is `test_care_killed.py`.
"""

import contextlib
import random  # noqa: TID251 - bodies that repeat
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from custodes.acts.asks.buckets.adopting import BeginAdoption
from custodes.acts.objects import ahead, outcomes  # noqa: F401 - what is attacked
from custodes.acts.streams import sweeping  # noqa: F401
from custodes.adapters.stores import folder  # noqa: F401
from fakes.cared import CaredHouse, ending, lay_plain

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LATER_S = 16 * 60 + 40
KILLS_MAX = 16
ENDS, PLAIN = 120, 40


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
    house = CaredHouse(tmp_path).found()
    plain = lay_plain(house.store, PLAIN, random.Random(7))
    acknowledged, kills = {}, 0
    with house.running("keyroom", "s3"):
        client = house.boto3(retries={"max_attempts": 8})
        for bucket in ("orphans", "ending", "in-place"):
            client.create_bucket(Bucket=bucket)
        adopts(house)
        ending(client, "ending", ENDS)
        with writing(house, acknowledged), house.kept_up():
            while kills < 4 or (kills < KILLS_MAX and not left_behind(house)):
                time.sleep(0.7)
                victim = ("keyroom", "s3")[kills % 2]
                house.kill(victim)
                house.start(victim)
                kills += 1
            house.until(lambda: not house.left_to_end() and len(acknowledged) > 10, "it does not go on")
        client = house.boto3(retries={"max_attempts": 3})
        for name, body in acknowledged.items():
            assert client.get_object(Bucket="orphans", Key=name)["Body"].read() == body, name
        for name, body in plain.items():  # what is not taken in yet is, when it is read
            assert client.get_object(Bucket="in-place", Key=name)["Body"].read() == body, name
        assert [one["Key"] for one in client.list_objects_v2(Bucket="ending")["Contents"]] == ["stays"]
    gone = house.ended()
    assert len(gone) == len(set(gone)) == ENDS
    assert left_behind(house), "no kill came between storing and closing: nothing was tested"
    house.turn_clock(LATER_S)
    with house.running("keyroom", "s3"):
        house.until(lambda: house.stored() == house.named(), "the store holds something else")
        house.until(lambda: house.adoption("in-place").state == "done", "it is not taken in")
        assert house.rows("SELECT count(*) FROM opening WHERE code = 'blob.collect'") > [(0,)]
    assert {name: (house.store / name).read_bytes() for name in plain} == plain


def adopts(house):
    """What lies in plain beside the blobs is counted, and begins to be taken in."""
    house.insist(BeginAdoption(house.olga.token, "in-place", "berlin"))
    house.kill("s3")
    house.start("s3")  # a plane that begins looks at once
    house.until(lambda: house.adoption("in-place").state == "counted", "it was not counted")
    assert house.adoption("in-place").counts[0][:2] == ("found", PLAIN)
    house.step("in-place", "run")


def left_behind(house):
    """Finished blobs that nothing refers to, and that did not belong to a version that was replaced."""
    soon = "SELECT blob FROM blob_fate WHERE at <= (SELECT max(at) FROM opening) + 15 * 60 * 1000000"
    going = {blob for (blob,) in house.rows(soon)}
    named = {blob for blob, _ in house.named()}
    return {name for name, _ in house.stored() if name.startswith("blb-")} - named - going
