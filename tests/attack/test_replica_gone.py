"""One of two places of a bucket goes away under load, in real processes: nobody who reads or writes notices.

A folder renamed, one that is empty instead, one that is full or read-only; a store in a cloud that is
stopped, refuses, gives half a body, other bytes or too few, or hangs. Reads go on from the other place,
writes are missed there; doctor names it; when it is back, what it lacks is made, and log and index agree.
"""

import contextlib
import os
import shutil
import subprocess

import pytest

from custodes.acts.asks import Local
from custodes.acts.asks.buckets.care import LookCare, PlaceBucket
from custodes.acts.asks.running.findings import LookFindings
from custodes.acts.streams import caring, probing, reading, targets  # noqa: F401 - what is attacked
from custodes.adapters.stores import patience  # noqa: F401
from fakes.cared import CaredHouse
from fakes.failing_cloud import failing_cloud
from fakes.loaded import Load

BUCKET = "records"
AWAY = ("500", "503", "half", "other", "flip", "short", "hang", "stopped")
FAST = {"put": 4, "get": 4, "delete": 1}


@contextlib.contextmanager
def running(house, places):
    with house.running("keyroom", "logkeeper", "s3"):
        house.boto3().create_bucket(Bucket=BUCKET)
        house.insist(PlaceBucket(house.olga.token, BUCKET, places, copies_min=1))
        yield


def is_made_good(house):
    view = house.ask(LookCare(house.olga.token, BUCKET))
    return view.running is None and not view.lacking


def made_good(house):
    """What a place lacked is there again; a plane that starts looks at once."""
    house.stop("s3")
    house.start("s3")
    house.until(lambda: is_made_good(house), "copies are still missing")


def nobody_noticed(load):
    assert [str(one) for one in load.refused] == []


def is_named(house, why):
    found = house.insist(LookFindings(Local(house.settings.local_token.read_text()))).findings
    return any(one.name == "stores" and one.why == why for one in found)


@pytest.mark.slow
def test_a_folder_that_goes_away_is_not_missed_and_made_good(tmp_path):
    house = CaredHouse(tmp_path).found()
    with running(house, ("bonn", "berlin")), Load(house, BUCKET, 3, mix=FAST, writers=2) as load:
        load.goes_on("no load", more=8)
        away = house.second.with_name("away")
        house.second.rename(away)
        load.goes_on("without a folder", more=8)
        house.second.mkdir()  # as a mount that went away leaves it
        load.goes_on("with an empty folder", more=8)
        house.second.rmdir()
        away.rename(house.second)
        load.goes_on("back", more=4)
        load.over.set()
        nobody_noticed(load)
        made_good(house)
        load.look(house.boto3())
        house.store.rename(house.store.with_name("lost"))  # the other alone holds everything now
        load.look(house.boto3())
        house.store.with_name("lost").rename(house.store)
    assert house.findings() == ()


@pytest.mark.conformance
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", [True, False])
def test_a_store_in_a_cloud_that_goes_wrong_is_not_missed_and_made_good(tmp_path, monkeypatch, first):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    house = CaredHouse(tmp_path).found()
    with failing_cloud() as cloud:
        house.also_at("cloud", f"s3://bucket/prefix?region=eu&endpoint=http://127.0.0.1:{cloud.port}")
        places = ("cloud", "berlin") if first else ("berlin", "cloud")
        with running(house, places), Load(house, BUCKET, 4, mix=FAST) as load:
            for fault in AWAY:
                load.goes_on("no load")
                cloud.released.clear()
                cloud.fault, cloud.left = fault, 10**9
                load.goes_on(fault, more=60)
                if fault in ("500", "hang", "stopped"):
                    house.until(lambda: is_named(house, "store-away"), f"nobody names it: {fault}")
                cloud.left = 0
                cloud.released.set()
                nobody_noticed(load)
                house.until(lambda: not is_named(house, "store-away"), f"it is back: {fault}")
            load.over.set()
            made_good(house)
            load.look(house.boto3())
            shutil.rmtree(house.store)
            load.look(house.boto3())


@pytest.mark.conformance
@pytest.mark.timeout(600)
@pytest.mark.parametrize("how", ["full", "read-only"])
def test_a_disk_that_takes_nothing_is_not_missed_and_made_good(tmp_path, how):
    house = CaredHouse(tmp_path).found()
    house.second.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(house.second)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        if os.environ.get("CI"):
            pytest.fail("nothing can be mounted here")
        pytest.skip("nothing can be mounted here")
    again = ["mount", "-o", "remount,size=64m,rw", str(house.second)]
    try:
        with running(house, ("bonn", "berlin")), Load(house, BUCKET, 5, mix=FAST) as load:
            load.goes_on("no load")
            if how == "full":
                with (house.second / "filler").open("wb", buffering=0) as file, contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(65_536))
            else:
                read_only = ["mount", "-o", "remount,ro", str(house.second)]
                load.until(
                    lambda: not subprocess.run(read_only, check=False, capture_output=True).returncode, "busy"
                )
            load.goes_on(how, more=60)
            house.until(lambda: is_named(house, "store-full"), "nobody names it")
            load.over.set()
            nobody_noticed(load)
            subprocess.run(again, check=True)
            (house.second / "filler").unlink(missing_ok=True)
            subprocess.run([*again[:2], "remount,size=256m", again[3]], check=True)
            made_good(house)
            load.look(house.boto3())
            house.store.rename(house.store.with_name("lost"))
            load.look(house.boto3())
            house.store.with_name("lost").rename(house.store)
    finally:
        subprocess.run(["umount", "-l", str(house.second)], check=False, capture_output=True)
