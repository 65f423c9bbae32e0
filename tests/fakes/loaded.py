"""Clients of one bucket of a running house that put, get, delete and upload in parts, and remember.

with Load(house, "records", seed) as load:
    house.until(lambda: load.done > 30, "there is no load")
assert load.wrong == []
for name, may in load.may.items():
    assert read(client, "records", name) in may
"""

import random  # noqa: TID251 - one number plays a whole run again
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

PART = 5 * 1_048_576
GONE = object()


class Load:
    """Writers that remember what each name must hold: the one body, or any of those left open by an error."""

    def __init__(self, house, bucket, seed, writers=3):
        self.house, self.bucket, self.seed = house, bucket, seed
        self.may = {}
        self.wrong = []
        self.done = 0
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

    def _run(self, number):
        dice, bucket = random.Random(self.seed * 31 + number), self.bucket
        client = self.house.boto3(connect_timeout=2, read_timeout=20)
        count = 0
        while not self.over.is_set():
            count += 1
            name = f"w{number}/{dice.randrange(40)}"
            body = dice.choice((dice.randbytes(dice.randrange(4_000)), dice.randbytes(1_200_000)))
            doing = dice.choices(("put", "delete", "get", "upload"), (6, 1, 5, 0.4))[0]
            before = self.may.get(name, {GONE})
            try:
                if doing == "get":
                    self._get(client, name, before)
                elif doing == "delete":
                    self._changing(
                        name, before, GONE, lambda n=name: client.delete_object(Bucket=bucket, Key=n)
                    )
                elif doing == "put":
                    self._changing(
                        name,
                        before,
                        body,
                        lambda n=name, b=body: client.put_object(Bucket=bucket, Key=n, Body=b),
                    )
                else:
                    body = dice.randbytes(PART + 77)
                    self._changing(name, before, body, lambda n=name, b=body: upload(client, bucket, n, b))
                self.done += 1
            except (ClientError, BotoCoreError, HTTPError, OSError):
                time.sleep(0.02)
            except Exception as error:
                self.wrong.append(error)

    def _changing(self, name, before, after, doing):
        self.may[name] = before | {after}
        doing()
        self.may[name] = {after}

    def _get(self, client, name, may):
        try:
            body = client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            body = GONE
        if body not in may:
            self.wrong.append((name, "another body"))


def upload(client, bucket, name, body):
    made = client.create_multipart_upload(Bucket=bucket, Key=name)["UploadId"]
    said = {"Bucket": bucket, "Key": name, "UploadId": made}
    parts = []
    for number, at in enumerate((0, PART), 1):
        tag = client.upload_part(**said, PartNumber=number, Body=body[at : at + PART])["ETag"]
        parts.append({"PartNumber": number, "ETag": tag})
    client.complete_multipart_upload(**said, MultipartUpload={"Parts": parts})


def read(client, bucket, name):
    try:
        return client.get_object(Bucket=bucket, Key=name)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return GONE
