"""The store goes away under load: a mount that is pulled, a disk that turns read-only, a disk that is full.

Real mounts, real clients, running processes. A client gets S3's own error or sees his connection cut; what
was acknowledged reads when the store is back; index, store and log agree, as `custodes audit` sees it.
"""

import contextlib
import hashlib
import os
import subprocess

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from custodes.adapters.stores import folder, mark  # noqa: F401 - what is attacked
from custodes.wiring import auditing
from custodes.wiring.planes import s3  # noqa: F401
from fakes.houses import House
from fakes.loaded import PLAIN, Load

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
LONG = os.urandom(20 * 1_048_576)  # noqa: TID251 - bytes that no socket buffer holds
PROPER = {"ServiceUnavailable", "SlowDown", "InternalError"}


def mounted(*command):
    done = subprocess.run(["mount", *command], check=False, capture_output=True, text=True)
    if done.returncode:
        if os.environ.get("CI"):
            pytest.fail(f"nothing can be mounted here: {done.stderr}")
        pytest.skip("nothing can be mounted here")


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    """Its store is a tmpfs of 128 MiB that is bound to the store's folder."""
    place = tmp_path_factory.mktemp("house")
    founded = House(place).found()
    founded.disk = place / "disk"
    founded.disk.mkdir()
    founded.store.mkdir(parents=True)
    mounted("-t", "tmpfs", "-o", "size=128m", "tmpfs", str(founded.disk))
    try:
        mounted("--bind", str(founded.disk), str(founded.store))
        with founded.running("keyroom", "s3"):
            yield founded
    finally:
        for mount in (founded.store, founded.disk):
            subprocess.run(["umount", "-l", str(mount)], check=False, capture_output=True)


@pytest.fixture
def house(founded, request):
    """With a bucket of its own for each test."""
    founded.bucket = "gone-" + hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    founded.boto3().create_bucket(Bucket=founded.bucket)
    yield founded
    client = founded.boto3()
    for one in client.list_objects_v2(Bucket=founded.bucket).get("Contents", ()):
        client.delete_object(Bucket=founded.bucket, Key=one["Key"])
    for path in founded.disk.rglob("blb-*"):  # what nobody reads any more goes later: the disk is small
        path.unlink()


def while_gone(load, away, back):
    """Let work go well, take the store away, let work be refused, put it back, let work go well again."""
    load.goes_on("no load")
    away()
    load.is_refused("nobody is refused without a store")
    back()
    load.goes_on("the store is back and nothing works")


def look_after(house, load):
    """What must hold afterwards, whatever happened to the store."""
    answered = [one for one in load.refused if isinstance(one, ClientError)]
    assert answered, "nobody got S3's own error"
    for one in answered:
        assert one.response["Error"]["Code"] in PROPER, one.response
        assert one.response["ResponseMetadata"]["HTTPStatusCode"] in {500, 503}
    load.look(house.boto3())
    report = auditing.audit(house.settings, b"", _Silent())
    assert report.findings == (), report.findings


class _Silent:
    def __call__(self, *_):
        return None


def test_a_mount_that_is_pulled_away_loses_nothing_and_nothing_lands_below_it(house):
    with Load(house, house.bucket, 1, mix=PLAIN, long_bytes=150_000) as load:
        while_gone(
            load,
            lambda: subprocess.run(["umount", "-l", str(house.store)], check=True),
            lambda: mounted("--bind", str(house.disk), str(house.store)),
        )
    look_after(house, load)
    subprocess.run(["umount", "-l", str(house.store)], check=True)
    assert [path for path in house.store.rglob("blb-*") if path.is_file()] == []
    mounted("--bind", str(house.disk), str(house.store))


def test_a_plane_that_comes_up_without_its_mount_does_not_take_the_empty_folder_for_its_store(house):
    client = house.boto3()
    client.put_object(Bucket=house.bucket, Key="before", Body=b"before")
    house.stop("s3")
    subprocess.run(["umount", "-l", str(house.store)], check=True)
    house.start("s3")
    for work in (
        lambda: client.put_object(Bucket=house.bucket, Key="meanwhile", Body=b"x"),
        lambda: client.get_object(Bucket=house.bucket, Key="before"),
    ):
        with pytest.raises(ClientError) as caught:
            work()
        assert caught.value.response["Error"]["Code"] == "ServiceUnavailable"
    assert client.list_objects_v2(Bucket=house.bucket)["KeyCount"] == 1
    mounted("--bind", str(house.disk), str(house.store))
    assert client.get_object(Bucket=house.bucket, Key="before")["Body"].read() == b"before"
    client.put_object(Bucket=house.bucket, Key="meanwhile", Body=b"x")


def test_a_body_already_begun_is_finished_or_cut_never_ended_early(house):
    client = house.boto3()
    client.put_object(Bucket=house.bucket, Key="long", Body=LONG)
    body = client.get_object(Bucket=house.bucket, Key="long")["Body"]
    got = [body.read(100_000)]
    subprocess.run(["umount", "-l", str(house.store)], check=True)
    with contextlib.suppress(BotoCoreError, HTTPError):
        got.extend(iter(lambda: body.read(1_048_576), b""))
        assert b"".join(got) == LONG, "ended as if it were whole"
    assert LONG.startswith(b"".join(got))
    mounted("--bind", str(house.disk), str(house.store))
    assert client.get_object(Bucket=house.bucket, Key="long")["Body"].read() == LONG


def test_a_disk_that_turns_read_only_refuses_writes_and_serves_reads(house):
    house.boto3().put_object(Bucket=house.bucket, Key="stays", Body=b"stays")
    with Load(house, house.bucket, 1, mix=PLAIN, long_bytes=150_000) as load:
        load.goes_on("no load")
        read_only = ["mount", "-o", "remount,ro", str(house.disk)]
        load.until(lambda: not subprocess.run(read_only, check=False, capture_output=True).returncode, "busy")
        load.is_refused("nobody is refused on a read-only disk")
        assert house.boto3().get_object(Bucket=house.bucket, Key="stays")["Body"].read() == b"stays"
        subprocess.run(["mount", "-o", "remount,rw", str(house.disk)], check=True)
        load.goes_on("writable again and nothing works")
    look_after(house, load)


def test_a_full_disk_refuses_writes_and_serves_reads(house):
    house.boto3().put_object(Bucket=house.bucket, Key="stays", Body=b"stays")
    filler = house.disk / "filler"
    with Load(house, house.bucket, 1, mix=PLAIN, long_bytes=150_000) as load:
        load.goes_on("no load")
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65_536))
        load.is_refused("nobody is refused on a full disk")
        assert house.boto3().get_object(Bucket=house.bucket, Key="stays")["Body"].read() == b"stays"
        filler.unlink()
        load.goes_on("room again and nothing works")
    look_after(house, load)
