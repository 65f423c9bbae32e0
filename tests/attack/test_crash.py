"""SIGKILL of each process under load: every acknowledged write is readable, every released key has its entry.

Promises 1 and 11 on real processes. SIGKILL does not lose the page cache; that the bytes were on the disk
before they were acknowledged is shown by `test_durable.py` under strace. Three rounds here; in
`make conformance` fifty (`CUSTODES_CRASHES`).
"""

import contextlib
import hashlib
import os
import sqlite3
import threading
import time

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from custodes.acts.objects.puts import closing, opening  # noqa: F401 - what is killed in the middle
from custodes.wiring.planes import s3  # noqa: F401
from fakes.houses import House

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
ROUNDS = int(os.environ.get("CUSTODES_CRASHES", "3"))
VICTIMS = ("keyroom", "s3", "logkeeper")
WRITERS = 4


class Load:
    """Writers and readers that remember what was acknowledged to them."""

    def __init__(self, house):
        self.house = house
        self.written = {}
        self.read = 0
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(n,), daemon=True) for n in range(WRITERS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()

    def _write(self, number):
        client = self.house.boto3(connect_timeout=2, read_timeout=5)
        count = 0
        while not self.is_over.is_set():
            count += 1
            name = f"writer-{number}/object-{count}"
            body = hashlib.sha256(name.encode()).digest() * (64 + count % 7)
            try:
                client.put_object(Bucket="crash", Key=name, Body=body)
                self.written[name] = hashlib.sha256(body).hexdigest()
                client.get_object(Bucket="crash", Key=name)["Body"].read()
                self.read += 1
            except (ClientError, BotoCoreError, OSError):
                time.sleep(0.05)


def entries(house, code):
    """Entries of an act about one object version; outcomes that uses share are about the customer."""
    with contextlib.closing(sqlite3.connect(house.settings.database)) as connection:
        asked = "SELECT count(*) FROM opening WHERE code = ? AND subject LIKE 'ver-%'"
        return connection.execute(asked, (code,)).fetchone()[0]


def test_nothing_acknowledged_is_lost_and_nothing_released_is_unlogged(tmp_path):
    house = House(tmp_path).found()
    with house.running("keyroom", "logkeeper", "s3"):
        house.boto3().create_bucket(Bucket="crash")
        with Load(house) as load:
            for victim in VICTIMS * ROUNDS:
                before = len(load.written)
                until = time.monotonic() + 20
                while len(load.written) < before + 8 and time.monotonic() < until:
                    time.sleep(0.02)
                house.kill(victim)
                house.start(victim)
        client = house.boto3(retries={"max_attempts": 3})
        for name, digest in load.written.items():
            body = client.get_object(Bucket="crash", Key=name)["Body"].read()
            assert hashlib.sha256(body).hexdigest() == digest, name
        listed = set()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket="crash"):
            listed |= {one["Key"] for one in page.get("Contents", ())}
        assert set(load.written) <= listed
    assert len(load.written) >= ROUNDS * len(VICTIMS) * 8
    assert entries(house, "object.put") >= len(load.written)
    assert entries(house, "object.get") >= load.read
