"""Clients that work until told, while something is done to a house; and what must hold of their work after.

with Load(house, "records", seed) as load:
    load.until(lambda: load.done > 20, "no load")
    ...
load.look(client)
"""

import random  # noqa: TID251 - one number plays a whole run again
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

GONE = object()
PART = 5 * 1_048_576
MIXED = {"put": 6, "delete": 1, "get": 5, "upload": 0.4}
PLAIN = {"put": 1, "get": 1}
LONG_BYTES = 1_200_000


class Load:
    """Writers of names of their own, who remember what each must hold: one body, or any of those that an
    error left open. `refused` are errors they met, `wrong` is what may never be.
    """

    def __init__(self, house, bucket, seed, *, writers=3, mix=MIXED, long_bytes=LONG_BYTES):
        self.house, self.bucket, self.seed, self.mix = house, bucket, seed, mix
        self.long_bytes = long_bytes
        self.may, self.wrong, self.refused, self.done = {}, [], [], 0
        self.over = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(n,), daemon=True) for n in range(writers)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive()

    def until(self, holds, what, within_s=180):
        """Wait for a state, not for a time."""
        ends = time.monotonic() + within_s
        while not holds():
            assert time.monotonic() < ends, what
            time.sleep(0.02)

    def goes_on(self, what="nothing works", more=20):
        """Some more work is done."""
        count = self.done + more
        self.until(lambda: self.done >= count, what)

    def is_refused(self, what="nobody is refused", more=20):
        """Some more work is refused."""
        count = len(self.refused) + more
        self.until(lambda: len(self.refused) >= count, what)

    def look(self, client):
        """Nothing was wrong, and every name reads as it may."""
        assert self.wrong == []
        for name, may in self.may.items():
            assert read(client, self.bucket, name) in may, name

    def _run(self, number):
        dice = random.Random(self.seed * 31 + number)
        client = self.house.boto3(connect_timeout=2, read_timeout=60)
        while not self.over.is_set():
            name = f"w{number}/{dice.randrange(40)}"
            body = dice.choice((dice.randbytes(dice.randrange(4_000)), dice.randbytes(self.long_bytes)))
            doing = dice.choices(list(self.mix), self.mix.values())[0]
            try:
                self._do(client, doing, name, body if doing != "upload" else dice.randbytes(PART + 77))
                self.done += 1
            except (ClientError, BotoCoreError, HTTPError, OSError) as error:
                self.refused.append(error)
                time.sleep(0.02)
            except Exception as error:
                self.wrong.append(error)

    def _do(self, client, doing, name, body):
        before = self.may.get(name, {GONE})
        if doing == "get":
            if read(client, self.bucket, name) not in before:
                self.wrong.append((name, "another body"))
            return
        after = GONE if doing == "delete" else body
        self.may[name] = before | {after}
        if doing == "delete":
            client.delete_object(Bucket=self.bucket, Key=name)
        elif doing == "put":
            client.put_object(Bucket=self.bucket, Key=name, Body=body)
        else:
            upload(client, self.bucket, name, body)
        self.may[name] = {after}


def read(client, bucket, name):
    """The body, or `GONE`."""
    try:
        return client.get_object(Bucket=bucket, Key=name)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return GONE


def upload(client, bucket, name, body):
    """By two parts."""
    made = client.create_multipart_upload(Bucket=bucket, Key=name)["UploadId"]
    said = {"Bucket": bucket, "Key": name, "UploadId": made}
    parts = []
    for number, at in enumerate((0, PART), 1):
        tag = client.upload_part(**said, PartNumber=number, Body=body[at : at + PART])["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    client.complete_multipart_upload(**said, MultipartUpload={"Parts": parts})
