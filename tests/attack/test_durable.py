"""Under strace: between a PUT and its acknowledgement, part file and write-ahead log are on the disk.

What SIGKILL cannot show, because the page cache survives it.
"""

import re
import shutil
import subprocess
import time

import pytest

from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SYNC = re.compile(r"^\d+ +(\d+\.\d+) (?:fdatasync|fsync)\(\d+<([^>]*)>\) += 0")


def traced(pid, out):
    command = ["strace", "-f", "-ttt", "-y", "-e", "trace=fdatasync,fsync", "-o", str(out), "-p", str(pid)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert "attached" in process.stderr.readline()
    return process


def syncs(path):
    """(time, file) of each sync that succeeded; lines of strace -f -o begin with the thread's id."""
    found = []
    for line in path.read_text().splitlines():
        match = SYNC.match(line)
        if match:
            found.append((float(match[1]), match[2]))
    return found


def test_a_put_is_on_the_disk_before_it_is_acknowledged(tmp_path):
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: make deps")
    house = House(tmp_path).found()
    with house.running("keyroom", "s3"):
        client = house.boto3()
        client.create_bucket(Bucket="durable")
        client.put_object(Bucket="durable", Key="warm", Body=b"warm")
        keyroom = traced(house.processes["keyroom"].pid, tmp_path / "keyroom.strace")
        s3 = traced(house.processes["s3"].pid, tmp_path / "s3.strace")
        acknowledged = []
        try:
            for number, size in enumerate((10, 70_000, 3_000_000)):
                asked = time.time()  # noqa: TID251 - the clock strace shows
                client.put_object(Bucket="durable", Key=f"object-{number}", Body=bytes(size))
                acknowledged.append((asked, time.time()))  # noqa: TID251 - as above
                time.sleep(0.1)
        finally:
            for process in (keyroom, s3):
                process.terminate()
                process.communicate(timeout=10)
        logged, stored = syncs(tmp_path / "keyroom.strace"), syncs(tmp_path / "s3.strace")
        for asked, answered in acknowledged:
            assert [f for at, f in logged if asked <= at <= answered and f.endswith("custodes.db-wal")]
            in_store = [f for at, f in stored if asked <= at <= answered and str(house.store) in f]
            assert in_store, "no part file was synced"
            assert [f for f in in_store if f.rstrip("/") != str(house.store)], "only the folder was synced"
