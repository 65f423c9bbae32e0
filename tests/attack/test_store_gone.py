"""The store goes away under load: a mount that is pulled, a disk that turns read-only, a disk that is full.

Real mounts, real clients, running processes. A client gets S3's own error or sees his connection cut; what
was acknowledged reads when the store is back; index, store and log agree, as `custodes audit` sees it.
"""

import contextlib
import os
import subprocess
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from custodes.adapters.stores import folder, mark  # noqa: F401 - what is attacked
from custodes.wiring import auditing
from custodes.wiring.planes import s3  # noqa: F401
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
LONG = os.urandom(20 * 1_048_576)  # noqa: TID251 - bytes that no socket buffer holds
PROPER = {"ServiceUnavailable", "SlowDown", "InternalError"}


def mounted(*command):
    done = subprocess.run(["mount", *command], check=False, capture_output=True, text=True)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"nothing can be mounted here: {done.stderr}")
        pytest.skip("nothing can be mounted here")


@pytest.fixture
def house(tmp_path):
    """Its store is a tmpfs of 64 MiB that is bound to the store's folder."""
    founded = House(tmp_path).found()
    disk = tmp_path / "disk"
    disk.mkdir()
    founded.store.mkdir(parents=True)
    mounted("-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk))
    founded.disk = disk
    try:
        mounted("--bind", str(disk), str(founded.store))
        with founded.running("keyroom", "s3"):
            founded.boto3().create_bucket(Bucket="gone")
            yield founded
    finally:
        for place in (founded.store, disk):
            subprocess.run(["umount", "-l", str(place)], check=False, capture_output=True)


class Load:
    """Clients that put and get until told; what was acknowledged to them, and what they were refused."""

    def __init__(self, house):
        self.house = house
        self.acknowledged, self.refused, self.other = {}, [], []
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(3)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def _work(self, number):
        client, count = self.house.boto3(read_timeout=20), 0
        while not self.over.is_set():
            name, body = f"w{number}/{count}", b"%d " % count * (200 if count % 10 else 400_000)
            count += 1
            try:
                client.put_object(Bucket="gone", Key=name, Body=body)
                self.acknowledged[name] = body
                if client.get_object(Bucket="gone", Key=name)["Body"].read() != body:
                    self.other.append(("another body", name))
            except ClientError as error:
                self.refused.append(error)
            except (BotoCoreError, HTTPError, OSError) as error:
                self.refused.append(error)
            except Exception as error:
                self.other.append(error)

    def until(self, holds, what):
        for _ in range(600):
            if holds():
                return
            time.sleep(0.02)
        raise AssertionError(what)

    def while_gone(self, away, back):
        """Let work go well, take the store away, let work be refused, put it back, let work go well again."""
        self.until(lambda: len(self.acknowledged) > 20, "no load")
        away()
        self.until(lambda: len(self.refused) > 20, "nobody is refused without a store")
        back()
        count = len(self.acknowledged)
        self.until(lambda: len(self.acknowledged) > count + 20, "the store is back and nothing works")


def look_after(house, load):
    """What must hold afterwards, whatever happened to the store."""
    assert load.other == []
    answered = [one for one in load.refused if isinstance(one, ClientError)]
    assert answered, "nobody got S3's own error"
    for one in answered:
        assert one.response["Error"]["Code"] in PROPER, one.response
        assert one.response["ResponseMetadata"]["HTTPStatusCode"] in {500, 503}
    client = house.boto3()
    for name, body in load.acknowledged.items():
        assert client.get_object(Bucket="gone", Key=name)["Body"].read() == body, name
    report = auditing.audit(house.settings, b"", _Silent())
    assert report.findings == (), report.findings


class _Silent:
    def __call__(self, *_):
        return None


def test_a_mount_that_is_pulled_away_loses_nothing_and_nothing_lands_below_it(house):
    with Load(house) as load:
        load.while_gone(
            lambda: subprocess.run(["umount", "-l", str(house.store)], check=True),
            lambda: mounted("--bind", str(house.disk), str(house.store)),
        )
    look_after(house, load)
    subprocess.run(["umount", "-l", str(house.store)], check=True)
    assert [path for path in house.store.rglob("blb-*") if path.is_file()] == []
    mounted("--bind", str(house.disk), str(house.store))


def test_a_plane_that_comes_up_without_its_mount_does_not_take_the_empty_folder_for_its_store(house):
    client = house.boto3()
    client.put_object(Bucket="gone", Key="before", Body=b"before")
    house.stop("s3")
    subprocess.run(["umount", "-l", str(house.store)], check=True)
    house.start("s3")
    for work in (
        lambda: client.put_object(Bucket="gone", Key="meanwhile", Body=b"x"),
        lambda: client.get_object(Bucket="gone", Key="before"),
    ):
        with pytest.raises(ClientError) as caught:
            work()
        assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert client.list_objects_v2(Bucket="gone")["KeyCount"] == 1
    mounted("--bind", str(house.disk), str(house.store))
    assert client.get_object(Bucket="gone", Key="before")["Body"].read() == b"before"
    client.put_object(Bucket="gone", Key="meanwhile", Body=b"x")


def test_a_body_already_begun_is_finished_or_cut_never_ended_early(house):
    client = house.boto3()
    client.put_object(Bucket="gone", Key="long", Body=LONG)
    body = client.get_object(Bucket="gone", Key="long")["Body"]
    got = [body.read(100_000)]
    subprocess.run(["umount", "-l", str(house.store)], check=True)
    with contextlib.suppress(BotoCoreError, HTTPError):
        got.extend(iter(lambda: body.read(1_048_576), b""))
        assert b"".join(got) == LONG, "ended as if it were whole"
    assert LONG.startswith(b"".join(got))
    mounted("--bind", str(house.disk), str(house.store))
    assert client.get_object(Bucket="gone", Key="long")["Body"].read() == LONG


def test_a_disk_that_turns_read_only_refuses_writes_and_serves_reads(house):
    house.boto3().put_object(Bucket="gone", Key="stays", Body=b"stays")
    with Load(house) as load:
        load.until(lambda: len(load.acknowledged) > 20, "no load")
        read_only = ["mount", "-o", "remount,ro", str(house.disk)]
        load.until(lambda: not subprocess.run(read_only, check=False, capture_output=True).returncode, "busy")
        load.until(lambda: len(load.refused) > 20, "nobody is refused on a read-only disk")
        assert house.boto3().get_object(Bucket="gone", Key="stays")["Body"].read() == b"stays"
        subprocess.run(["mount", "-o", "remount,rw", str(house.disk)], check=True)
        count = len(load.acknowledged)
        load.until(lambda: len(load.acknowledged) > count + 20, "writable again and nothing works")
    look_after(house, load)


def test_a_full_disk_refuses_writes_and_serves_reads(house):
    house.boto3().put_object(Bucket="gone", Key="stays", Body=b"stays")
    filler = house.disk / "filler"
    with Load(house) as load:
        load.until(lambda: len(load.acknowledged) > 20, "no load")
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65_536))
        load.until(lambda: len(load.refused) > 20, "nobody is refused on a full disk")
        assert house.boto3().get_object(Bucket="gone", Key="stays")["Body"].read() == b"stays"
        filler.unlink()
        count = len(load.acknowledged)
        load.until(lambda: len(load.acknowledged) > count + 20, "room again and nothing works")
    look_after(house, load)
