"""Parts and their blobs at real processes: bent in a folder and in a cloud, raced, and sent too fast.

A blob of an earlier attempt of the same part lies under the same key, and one of another version or bucket is
as long: neither is given out in the place of what was written, nor is a segment of it.
"""

import contextlib
import json
import random  # noqa: TID251 - the same bodies each time
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from custodes.acts.asks.objects import CreateBucket
from custodes.acts.objects.bounds import pace  # noqa: F401 - what is attacked
from custodes.acts.objects.rules import ending  # noqa: F401
from custodes.acts.objects.uploads import completing, going, opening, parts  # noqa: F401
from custodes.acts.streams import reading  # noqa: F401
from fakes.cared import CaredHouse
from fakes.failing_cloud import failing_cloud
from fakes.s3_wire import Wire

pytestmark = pytest.mark.whole
PART, LAST, SEGMENT = 5 * 1_048_576, 150_000, 65_536
SPAN = (3 * SEGMENT, 3 * SEGMENT + 9)
DAYS_US = 3 * 86_400 * 1_000_000
KINDS = ("folder", "cloud")
PATIENT = {"retries": {"max_attempts": 8}}  # on a loaded machine an answer may be late, and is not given
REFUSED = {500: "InternalError", 503: "ServiceUnavailable"}  # 503: a cloud refuses a span beyond the end


class Bent(CaredHouse):
    """A town with a place in a cloud, whose blobs are looked at and changed."""

    def raw(self, blob):
        path = self._path(blob)
        return self.cloud.kept[path] if isinstance(path, str) else path.read_bytes()

    def bend(self, blob, raw):
        path = self._path(blob)
        if isinstance(path, str):
            self.cloud.kept[path] = raw
        else:
            path.write_bytes(raw)

    def _path(self, blob):
        found = next(iter(self.store.rglob(blob)), None)
        return found or next(path for path in self.cloud.kept if path.endswith(blob))

    def blobs_of(self, version):
        (raw,) = self.rows("SELECT blobs FROM object_version WHERE version = ?", version)[0]
        return [blob for blob, _ in json.loads(raw)]

    def part_of(self, upload):
        (raw,) = self.rows("SELECT blobs FROM upload_part WHERE upload = ? AND n = 1", upload)[0]
        return json.loads(raw)[0][0]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch, failing_cloud() as cloud:
        patch.setenv("AWS_ACCESS_KEY_ID", "id")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        made = Bent(tmp_path_factory.mktemp("parts")).found()
        made.cloud = cloud
        made.also_at("cloud", f"s3://bucket/prefix?region=eu&endpoint=http://127.0.0.1:{cloud.port}")
        with made.running("keyroom", "s3"):
            yield made


def film(house, bucket, body):
    """An object of two parts, the first of them sent twice; its version, and the first attempt's blob."""
    client = house.boto3(**PATIENT)
    at = {"Bucket": bucket, "Key": "film"}
    at["UploadId"] = client.create_multipart_upload(**at)["UploadId"]
    client.upload_part(**at, PartNumber=1, Body=body[:PART][::-1])
    attempt = house.part_of(at["UploadId"])
    listed = []
    for number, piece in enumerate((body[:PART], body[PART:]), 1):
        tag = client.upload_part(**at, PartNumber=number, Body=piece)["ETag"]
        listed.append({"PartNumber": number, "ETag": tag})
    done = client.complete_multipart_upload(**at, MultipartUpload={"Parts": listed})
    return done["VersionId"], attempt


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_older_or_belongs_elsewhere_is_never_given_out(house, kind):
    dice, client = random.Random(kind), house.boto3(**PATIENT)
    bodies = [dice.randbytes(PART + LAST) for _ in range(3)]
    buckets = (f"one-{kind}", f"two-{kind}")
    for bucket in buckets:
        place = ("berlin" if kind == "folder" else "cloud",)
        owners = (house.application.id,)
        asked = CreateBucket(house.olga.token, bucket, place, customer=house.customer.id, owners=owners)
        house.insist(asked)
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    other, _ = film(house, buckets[1], bodies[0])
    older, _ = film(house, buckets[0], bodies[1])
    newest, attempt = film(house, buckets[0], bodies[2])
    first, last = house.blobs_of(newest)
    good = {blob: house.raw(blob) for blob in (first, last)}
    before = house.raw(attempt)
    assert len(before) == len(good[first])
    for what, bent in {
        "a segment of an earlier attempt": replaced(good[first], before, 3),
        "an earlier attempt": before,
        "another version's part": house.raw(house.blobs_of(older)[0]),
        "another bucket's part": house.raw(house.blobs_of(other)[0]),
        "two segments in each other's place": exchanged(good[first], 2, 3),
        "a segment twice": replaced(good[first], good[first][SEGMENT:], 3),
        "an end": good[first][: 3 * SEGMENT],
        "nothing": b"",
    }.items():
        house.bend(first, bent)
        refused(house, buckets[0], bodies[2], what)
    house.bend(first, good[last])
    house.bend(last, good[first])
    refused(house, buckets[0], bodies[2], "parts in each other's place")
    for blob, raw in good.items():
        house.bend(blob, raw)
    for version, body in ((older, bodies[1]), (newest, bodies[2])):
        found = client.get_object(Bucket=buckets[0], Key="film", VersionId=version)
        assert found["Body"].read() == body


def replaced(raw, by, number):
    span = slice(number * SEGMENT, (number + 1) * SEGMENT)
    return raw[: span.start] + by[span] + raw[span.stop :]


def exchanged(raw, one, other):
    once = replaced(raw, bytes(SEGMENT * one) + raw[other * SEGMENT :], one)
    return replaced(once, bytes(SEGMENT * other) + raw[one * SEGMENT :], other)


def get(house, bucket, **headers):
    wire = Wire(house.settings.s3_port, house.key.access_key, house.key.secret)
    return wire.request("GET", f"/{bucket}/film", headers=headers)


def refused(house, bucket, body, what):
    """Whole, and the part of it that is another: refused, or cut before the first wrong byte."""
    whole = get(house, bucket)
    if whole.status == 200:
        assert len(whole.body) < len(body) == int(whole.headers["content-length"]), what
        assert body.startswith(whole.body), what
    else:
        assert (whole.status, whole.code) in REFUSED.items(), what
    part = get(house, bucket, Range=f"bytes={SPAN[0]}-{SPAN[1]}")
    assert part.status in REFUSED or part.body == b"", what


def test_an_upload_completed_while_it_is_aborted_and_ended_is_one_or_the_other(house):
    client = house.boto3(**PATIENT)
    client.create_bucket(Bucket="raced")
    uploads = {}
    for number in range(30):
        at = {"Bucket": "raced", "Key": f"n{number}"}
        at["UploadId"] = client.create_multipart_upload(**at)["UploadId"]
        tag = client.upload_part(**at, PartNumber=1, Body=b"%d" % number)["ETag"]
        uploads[number] = (at, {"Parts": [{"PartNumber": 1, "ETag": tag}]})
    with contextlib.closing(sqlite3.connect(house.settings.database, timeout=20)) as connection:
        connection.execute("UPDATE upload SET at = at - ? WHERE state = 'open'", (DAYS_US,))
        connection.commit()
    done = {}

    def complete(number):
        at, listed = uploads[number]
        with contextlib.suppress(ClientError):
            client.complete_multipart_upload(**at, MultipartUpload=listed)
            done[number] = True

    def abort(number):
        with contextlib.suppress(ClientError):
            client.abort_multipart_upload(**uploads[number][0])

    complete(0)
    rule = {"ID": "stale", "Status": "Enabled", "Filter": {"Prefix": ""}}
    rule["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": 1}
    with house.kept_up(), ThreadPoolExecutor(8) as threads:
        racing = [threads.submit(abort, number) for number in range(1, 15)]
        racing += [threads.submit(complete, number) for number in range(1, 27)]
        client.put_bucket_lifecycle_configuration(Bucket="raced", LifecycleConfiguration={"Rules": [rule]})
        for one in racing:
            one.result()
        house.until(lambda: "Uploads" not in client.list_multipart_uploads(Bucket="raced"), "some stay open")
    there = {one["Key"] for one in client.list_objects_v2(Bucket="raced").get("Contents", ())}
    assert there == {f"n{number}" for number in done}
    assert {"n0"} <= there
    assert not there & {f"n{number}" for number in range(27, 30)}
    for number in done:
        assert client.get_object(Bucket="raced", Key=f"n{number}")["Body"].read() == b"%d" % number
    assert house.rows("SELECT count(*) FROM upload_part") == [(0,)]
    assert house.rows("SELECT sum(bytes) FROM bucket_upload") == [(0,)]
    counted = "SELECT state, count(*) FROM upload WHERE CAST(name AS TEXT) LIKE 'n%' GROUP BY state"
    states = dict(house.rows(counted))
    assert states["completed"] == len(done)
    assert states["completed"] + states["aborted"] == 30


def test_who_is_too_fast_gets_through_in_the_end(house):
    client = house.boto3(retries={"mode": "standard", "max_attempts": 10})
    client.create_bucket(Bucket="paced")
    wire = Wire(house.settings.s3_port, house.key.access_key, house.key.secret)
    house.pace(4, 2)
    waited = threading.Event()

    def put(number):
        found = client.put_object(Bucket="paced", Key=f"n{number}", Body=b"x")
        if found["ResponseMetadata"]["RetryAttempts"]:
            waited.set()
        return found["ETag"]

    try:
        said = None
        while said is None or said.code != "SlowDown":
            said = wire.request("GET", "/paced?location")
        assert said.status == 503
        assert int(said.headers["retry-after"]) >= 1
        with ThreadPoolExecutor(8) as threads:
            assert all(threads.map(put, range(12)))
        assert waited.is_set()
    finally:
        house.pace()
    names = [one["Key"] for one in client.list_objects_v2(Bucket="paced")["Contents"]]
    assert sorted(names) == sorted(f"n{number}" for number in range(12))
