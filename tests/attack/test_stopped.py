"""SIGSTOP, the real signal: a process that stands still and goes on must not act on what it believed before.

The keyroom is stopped by strace right behind the fdatasync of a use's commit: durable, not answered. It goes
on after more than the second an answer is good for. Nothing in the product knows of this test.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from custodes.acts import gate  # noqa: F401 - what is attacked
from custodes.acts.asks import Local
from custodes.acts.asks.house import Seal
from custodes.acts.socket import Client
from custodes.acts.writing import sequencer  # noqa: F401
from custodes.kernel.limits import ANSWER_WITHIN_MS
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
COVERED = "SELECT max(size) FROM epoch_head WHERE log = ?"
TOO_LONG_S = ANSWER_WITHIN_MS / 1000 + 0.5
BODY = b"content of the object " * 1000
LONG = os.urandom(24 * 1_048_576)  # noqa: TID251 - bytes that no socket buffer holds


@pytest.fixture
def house(tmp_path):
    if shutil.which("strace") is None:
        pytest.fail("strace is missing: make deps")
    founded = House(tmp_path).found()
    with founded.running("keyroom", "s3"):
        founded.boto3().create_bucket(Bucket="stopped")
        founded.boto3().put_object(Bucket="stopped", Key="object", Body=BODY)
        yield founded


def entries(house, code):
    with contextlib.closing(sqlite3.connect(house.settings.database)) as connection:
        asked = "SELECT count(*) FROM opening WHERE code = ? AND subject LIKE 'ver-%'"
        return connection.execute(asked, (code,)).fetchone()[0]


def refusals(house, since):
    """Codes that the plane refused with, and how many bytes each answer had."""
    lines = house.said["s3"].read_text().splitlines()[since:]
    read = [json.loads(line) for line in lines if line.startswith("{")]
    return [(one["refusal"], one["bytes"]) for one in read if one["log"] == "access"]


def until(holds, what):
    for _ in range(500):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError(what)


def state(pid):
    """`T` or `t` is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


@contextlib.contextmanager
def stopped_behind_the_next_commit(pid):
    """The next fdatasync of this process succeeds, and then the process stands still."""
    inject = ["-e", "trace=fdatasync", "-e", "inject=fdatasync:signal=SIGSTOP:when=1"]
    command = ["strace", "-f", "-q", *inject, "-o", "/dev/null", "-p", str(pid)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        status = Path(f"/proc/{pid}/status")
        until(lambda: "TracerPid:\t0\n" not in status.read_text(), "strace did not attach")
        yield
    finally:
        tracer.terminate()
        tracer.communicate(timeout=10)
        os.kill(pid, signal.SIGCONT)


def asked_while_stopped(house, ask):
    """Carry out `ask` in a thread, stop the keyroom behind its commit, go on too late; what the ask got."""
    pid = house.processes["keyroom"].pid
    got = []

    def work():
        try:
            got.append(ask())
        except (ClientError, BotoCoreError) as error:
            got.append(error)

    with stopped_behind_the_next_commit(pid):
        thread = threading.Thread(target=work)
        thread.start()
        until(lambda: state(pid) in "Tt", "the keyroom does not stand still")
        time.sleep(TOO_LONG_S)
        assert not got, "answered by a keyroom that stood still"
        os.kill(pid, signal.SIGCONT)
        thread.join(30)
    return got[0]


def test_a_use_whose_commit_lies_too_far_back_is_not_answered(house):
    client, dropped = house.boto3(read_timeout=30), 0
    for _ in range(5):
        before, lines = entries(house, "object.get"), len(house.said["s3"].read_text().splitlines())
        got = asked_while_stopped(house, lambda: client.get_object(Bucket="stopped", Key="object"))
        if entries(house, "object.get") == before:
            continue  # another act's commit came first: the use was decided afterwards, and is good
        if isinstance(got, ClientError):
            assert got.response["ResponseMetadata"]["HTTPStatusCode"] == 503
            assert [code for code, _ in refusals(house, lines)] == ["answer-too-late"]
            assert entries(house, "object.get") == before + 1, "dropped, and in the log"
            dropped += 1
            break
    assert dropped, "never stopped behind the commit of a use"
    assert client.get_object(Bucket="stopped", Key="object")["Body"].read() == BODY
    assert entries(house, "object.get") >= before + 2


def test_a_write_whose_commit_was_slow_to_answer_is_durable_all_the_same(house):
    client = house.boto3(read_timeout=30)
    got = asked_while_stopped(
        house, lambda: client.put_object(Bucket="stopped", Key="written", Body=b"durable")
    )
    kept = client.list_objects_v2(Bucket="stopped", Prefix="written").get("Contents", [])
    if not isinstance(got, Exception):
        assert [one["Key"] for one in kept] == ["written"]
    client.put_object(Bucket="stopped", Key="written", Body=b"durable")
    assert client.get_object(Bucket="stopped", Key="written")["Body"].read() == b"durable"


def test_a_plane_that_stood_still_goes_on_where_it_was(house):
    client = house.boto3(read_timeout=30)
    client.put_object(Bucket="stopped", Key="long", Body=LONG)
    body = client.get_object(Bucket="stopped", Key="long")["Body"]
    first = body.read(100_000)
    pid = house.processes["s3"].pid
    os.kill(pid, signal.SIGSTOP)
    time.sleep(TOO_LONG_S)
    os.kill(pid, signal.SIGCONT)
    assert first + body.read() == LONG


def test_a_plane_that_stood_still_while_the_house_was_sealed_sends_no_more(house):
    client = house.boto3(read_timeout=30)
    client.put_object(Bucket="stopped", Key="long", Body=LONG)
    body = client.get_object(Bucket="stopped", Key="long")["Body"]
    got = [body.read(100_000)]
    pid = house.processes["s3"].pid
    os.kill(pid, signal.SIGSTOP)

    async def seal():
        doors = Client(house.settings.socket)
        await doors.ask(Seal(Local(house.settings.local_token.read_text()), "test"))
        await doors.close()

    asyncio.run(seal())
    os.kill(pid, signal.SIGCONT)
    with pytest.raises((BotoCoreError, HTTPError)):
        got.extend(iter(lambda: body.read(1_048_576), b""))
    assert len(b"".join(got)) < len(LONG), "a sealed house let a whole object go"
    assert LONG.startswith(b"".join(got))


def test_a_logkeeper_that_stood_still_catches_up(house):
    house.start("logkeeper")
    try:
        checkpoint = house.settings.public_log / "checkpoint"
        until(checkpoint.exists, "no checkpoint")
        pid = house.processes["logkeeper"].pid
        os.kill(pid, signal.SIGSTOP)
        before = checkpoint.read_bytes()
        client = house.boto3()
        for number in range(10):
            client.put_object(Bucket="stopped", Key=f"meanwhile-{number}", Body=b"x")
            assert client.get_object(Bucket="stopped", Key=f"meanwhile-{number}")["Body"].read() == b"x"
        assert checkpoint.read_bytes() == before
        assert covered(house) < written(house)
        os.kill(pid, signal.SIGCONT)
        until(lambda: checkpoint.read_bytes().split(b"\n")[1] > before.split(b"\n")[1], "no new checkpoint")
        until(lambda: covered(house) == written(house), "entries that no epoch holds")
    finally:
        house.stop("logkeeper")


def covered(house):
    """How many entries of the town's machine log lie under an epoch."""
    with contextlib.closing(sqlite3.connect(house.settings.database)) as connection:
        return connection.execute(COVERED, (house.customer.log("machine"),)).fetchone()[0] or 0


def written(house):
    """How many there are."""
    with contextlib.closing(sqlite3.connect(house.settings.database)) as connection:
        asked = "SELECT count(*) FROM opening WHERE log = ?"
        return connection.execute(asked, (house.customer.log("machine"),)).fetchone()[0]
