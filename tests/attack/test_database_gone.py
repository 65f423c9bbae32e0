"""The running keyroom's database: locked by another process, moved away, replaced, on a disk that is full.

No use without its entry, no acknowledgement of what is not durable; and it goes on by itself, without a
restart, when the fault is over. `test_books_gone.py` and `test_disk_full.py` look at the same in process.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import time

import pytest
from botocore.exceptions import ClientError

from custodes.store import books, reserve  # noqa: F401 - what is attacked
from custodes.wiring import auditing
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
LOCK = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def house(tmp_path):
    founded = House(tmp_path).found()
    with founded.running("keyroom", "s3"):
        founded.boto3().create_bucket(Bucket="base")
        yield founded


def put(house, name):
    house.boto3(read_timeout=30).put_object(Bucket="base", Key=name, Body=name.encode())


def refused(house, *names):
    """Each of these writes gets 503 in S3's words."""
    for name in names:
        with pytest.raises(ClientError) as caught:
            put(house, name)
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503, caught.value.response


def until(holds, what):
    for _ in range(200):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError(what)


def works(house, name):
    try:
        put(house, name)
    except ClientError:
        return False
    return True


def look_after(house, acknowledged):
    client = house.boto3()
    for name in acknowledged:
        assert client.get_object(Bucket="base", Key=name)["Body"].read() == name.encode()
    listed = {one["Key"] for one in client.list_objects_v2(Bucket="base")["Contents"]}
    assert listed == set(acknowledged), "something refused was done"
    assert auditing.audit(house.settings, b"", lambda *_: None).findings == ()


def test_locked_by_another_process(house):
    put(house, "before")
    command = [sys.executable, "-c", LOCK, str(house.settings.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as thief:
        assert thief.stdout.readline() == b"held\n"
        refused(house, "locked-1", "locked-2")
        with pytest.raises(ClientError):
            house.boto3(read_timeout=30).get_object(Bucket="base", Key="before")
        thief.stdin.close()
        thief.wait(10)
    until(lambda: works(house, "after"), "the lock is gone and nothing works")
    look_after(house, ["before", "after"])


def test_moved_away_and_back(house):
    put(house, "before")
    database = house.settings.database
    away = database.with_name("away.db")
    database.rename(away)
    refused(house, "gone-1", "gone-2")
    assert not database.exists() or database.stat().st_size == 0
    away.rename(database)
    until(lambda: works(house, "after"), "the file is back and nothing works")
    look_after(house, ["before", "after"])


def test_replaced_by_a_copy_while_it_runs(house):
    put(house, "before")
    database = house.settings.database
    copy, away = database.with_name("copy.db"), database.with_name("away.db")
    source, target = sqlite3.connect(database), sqlite3.connect(copy)
    source.backup(target)
    source.close()
    target.close()
    database.rename(away)
    copy.rename(database)
    refused(house, "into-a-copy-1", "into-a-copy-2")
    away.rename(database)
    until(lambda: works(house, "after"), "the file is back and nothing works")
    look_after(house, ["before", "after"])


@pytest.fixture
def small(tmp_path):
    """A house whose keyroom lies on a tmpfs of 176 MiB: the database, its log and the reserve."""
    founded = House(tmp_path).found()
    keyroom, aside = founded.settings.keyroom, tmp_path / "aside"
    shutil.copytree(keyroom, aside)
    mount = ["mount", "-t", "tmpfs", "-o", "size=176m,mode=0700", "tmpfs", str(keyroom)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        if os.environ.get("CI"):
            pytest.fail("no tmpfs can be mounted here")
        pytest.skip("no tmpfs can be mounted here")
    try:
        shutil.copytree(aside, keyroom, dirs_exist_ok=True)
        with founded.running("keyroom", "s3"):
            founded.boto3().create_bucket(Bucket="base")
            yield founded
    finally:
        subprocess.run(["umount", "-l", str(keyroom)], check=True)


def test_a_full_disk_below_the_running_keyroom(small):
    put(small, "before")
    done, filler = ["before"], small.settings.keyroom / "filler"
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
    room = os.fstatvfs(handle)
    os.posix_fallocate(handle, 0, room.f_bavail * room.f_frsize)
    os.close(handle)
    count = 0
    while count < 3000 and (name := f"filling-{count}"):
        count += 1
        if not works(small, name):
            break
        done.append(name)
    assert count < 3000, "the disk never ran full"
    refused(small, "full-1", "full-2")
    filler.unlink()
    until(lambda: works(small, "after"), "there is room and nothing works")
    look_after(small, [*done, "after"])
