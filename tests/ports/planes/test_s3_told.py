"""What a real client tells buckets and versions: rules, tags, locks, its own keys, forms, other origins."""

import base64
import io
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from custodes.web.planes.s3.told import (  # noqa: F401 - this suite is their test
    attributes,
    configs,
    origins,
    posts,
)
from fakes.houses import House

pytestmark = pytest.mark.slow
NOW = datetime.now  # noqa: TID251 - real clients sign with the real time


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    founded = House(tmp_path_factory.mktemp("house")).found()
    with founded.running("keyroom", "s3"):
        yield founded


@pytest.fixture(scope="module")
def s3(house):
    client = house.boto3()
    client.create_bucket(Bucket="files")
    return client


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def asked(url, method="GET", data=None, **headers):
    request = urllib.request.Request(
        url, data, {k.replace("_", "-"): v for k, v in headers.items()}, method=method
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def test_tags_travel_with_a_copy(s3):
    s3.put_object(Bucket="files", Key="a", Body=b"1", Tagging="kind=bill&year=2026")
    assert (
        s3.head_object(Bucket="files", Key="a")["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"]
        == "2"
    )
    source = {"Bucket": "files", "Key": "a"}
    s3.copy_object(Bucket="files", Key="b", CopySource=source)
    s3.copy_object(Bucket="files", Key="c", CopySource=source, TaggingDirective="REPLACE", Tagging="new=1")
    tags = {key: s3.get_object_tagging(Bucket="files", Key=key)["TagSet"] for key in "bc"}
    assert tags["b"] == [{"Key": "kind", "Value": "bill"}, {"Key": "year", "Value": "2026"}]
    assert tags["c"] == [{"Key": "new", "Value": "1"}]


def test_a_lock_holds_until_its_date(s3):
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    until = (NOW(UTC) + timedelta(hours=1)).replace(microsecond=0)
    done = s3.put_object(
        Bucket="locked",
        Key="a",
        Body=b"1",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate=until,
        ObjectLockLegalHoldStatus="ON",
    )
    seen = s3.head_object(Bucket="locked", Key="a")
    assert (seen["ObjectLockMode"], seen["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", until)
    gone = {"Bucket": "locked", "Key": "a", "VersionId": done["VersionId"]}
    assert refused(s3.delete_object, **gone, BypassGovernanceRetention=True) == (403, "AccessDenied")
    earlier = {"Mode": "COMPLIANCE", "RetainUntilDate": until - timedelta(minutes=5)}
    assert refused(s3.put_object_retention, Bucket="locked", Key="a", Retention=earlier)[0] == 403
    assert refused(s3.put_object, Bucket="files", Key="l", ObjectLockLegalHoldStatus="ON")[0] == 400


def test_a_key_the_customer_brings(s3, house):
    body, own = bytes(range(256)) * 300, {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
    s3.put_object(Bucket="files", Key="own", Body=body, **own)
    assert s3.get_object(Bucket="files", Key="own", **own)["Body"].read() == body
    assert refused(s3.get_object, Bucket="files", Key="own") == (400, "InvalidRequest")
    other = {**own, "SSECustomerKey": b"o" * 32}
    assert refused(s3.get_object, Bucket="files", Key="own", **other) == (400, "InvalidRequest")
    upload = s3.create_multipart_upload(Bucket="files", Key="parts", **own)["UploadId"]
    at = {"Bucket": "files", "Key": "parts", "UploadId": upload}
    assert refused(s3.upload_part, **at, PartNumber=1, Body=body)[0] == 400
    part = s3.upload_part(**at, PartNumber=1, Body=body, **own)
    listed = {"Parts": [{"ETag": part["ETag"], "PartNumber": 1}]}
    s3.complete_multipart_upload(**at, MultipartUpload=listed)
    assert s3.get_object(Bucket="files", Key="parts", Range="bytes=5-9", **own)["Body"].read() == body[5:10]
    assert refused(s3.get_object, Bucket="files", Key="parts") == (400, "InvalidRequest")
    source = {"CopySourceSSECustomerAlgorithm": "AES256", "CopySourceSSECustomerKey": b"k" * 32}
    s3.copy_object(Bucket="files", Key="plain", CopySource="files/parts", **source)
    assert s3.get_object(Bucket="files", Key="plain")["Body"].read() == body


def test_attributes_name_the_parts(s3):
    upload = s3.create_multipart_upload(Bucket="files", Key="whole", ChecksumAlgorithm="SHA256")["UploadId"]
    at = {"Bucket": "files", "Key": "whole", "UploadId": upload}
    parts = []
    for number, piece in enumerate((b"a" * 5 * 1_048_576, b"b"), 1):
        done = s3.upload_part(**at, PartNumber=number, Body=piece, ChecksumAlgorithm="SHA256")
        parts.append({"ETag": done["ETag"], "PartNumber": number, "ChecksumSHA256": done["ChecksumSHA256"]})
    for wrong in (
        lambda: s3.upload_part(**at, PartNumber=2, Body=b"b", ChecksumAlgorithm="CRC32C"),
        lambda: s3.complete_multipart_upload(
            **at, MultipartUpload={"Parts": parts}, ChecksumType="FULL_OBJECT"
        ),
    ):
        with pytest.raises(ClientError, match="InvalidRequest"):
            wrong()
    s3.complete_multipart_upload(**at, MultipartUpload={"Parts": parts}, ChecksumType="COMPOSITE")
    wanted = ["ETag", "Checksum", "ObjectParts", "ObjectSize"]
    found = s3.get_object_attributes(Bucket="files", Key="whole", ObjectAttributes=wanted, MaxParts=1)
    assert found["ObjectSize"] == 5 * 1_048_576 + 1
    assert found["Checksum"]["ChecksumType"] == "COMPOSITE"
    assert [part["Size"] for part in found["ObjectParts"]["Parts"]] == [5 * 1_048_576]
    assert found["ObjectParts"]["IsTruncated"] is True
    second = s3.get_object(Bucket="files", Key="whole", PartNumber=2)
    assert second["ChecksumSHA256"] == parts[1]["ChecksumSHA256"]


def test_other_origins(s3, house):
    url = f"{house.endpoint}/files/shown"
    s3.put_object(Bucket="files", Key="shown", Body=b"1")
    preflight = {"Origin": "https://app", "Access_Control_Request_Method": "GET"}
    assert asked(url, "OPTIONS", **preflight)[0] == 403
    rules = [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://app"], "ExposeHeaders": ["ETag"]}]
    s3.put_bucket_cors(Bucket="files", CORSConfiguration={"CORSRules": rules})
    status, headers, _ = asked(url, "OPTIONS", **preflight)
    assert (status, headers["access-control-allow-origin"]) == (200, "https://app")
    assert asked(url, "OPTIONS", Origin="https://app")[0] == 400
    assert asked(url, "OPTIONS", **{**preflight, "Origin": "https://evil"})[0] == 403
    signed = s3.generate_presigned_url("get_object", {"Bucket": "files", "Key": "shown"})
    status, headers, body = asked(signed, Origin="https://app")
    assert (status, headers["access-control-allow-origin"], body) == (200, "https://app", b"1")
    assert "access-control-allow-origin" not in asked(signed, Origin="https://evil")[1]


def form(fields, content):
    out = io.BytesIO()
    for name, value in fields.items():
        out.write(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    out.write(
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        + content
        + b"\r\n--b--\r\n"
    )
    return out.getvalue()


def test_forms(s3, house):
    conditions = [["content-length-range", 2, 10], {"success_action_status": "201"}]
    made = s3.generate_presigned_post("files", "in/${filename}", {"success_action_status": "201"}, conditions)
    kind = {"Content_Type": "multipart/form-data; boundary=b"}
    status, _, body = asked(made["url"], "POST", form(made["fields"], b"hello"), **kind)
    assert status == 201
    assert b"<Key>in/a.txt</Key>" in body
    assert f"<Location>{house.endpoint}/files/in/a.txt</Location>".encode() in body
    assert s3.get_object(Bucket="files", Key="in/a.txt")["Body"].read() == b"hello"
    assert asked(made["url"], "POST", form(made["fields"], b"h"), **kind)[0] == 400
    assert asked(made["url"], "POST", form(made["fields"], b"h" * 11), **kind)[0] == 400
    assert (
        asked(made["url"], "POST", form({**made["fields"], "x-amz-meta-a": "1"}, b"hello"), **kind)[0] == 403
    )
    forged = base64.b64encode(json.dumps({"expiration": "2100-01-01T00:00:00Z", "conditions": [{}]}).encode())
    for changed in ({"policy": forged.decode()}, {"key": "elsewhere"}, {"x-amz-signature": "0" * 64}):
        assert asked(made["url"], "POST", form({**made["fields"], **changed}, b"hello"), **kind)[0] in (
            400,
            403,
        )
    old = {"key": "a", "AWSAccessKeyId": house.key.access_key, "policy": "e30=", "signature": "x"}
    status, _, body = asked(made["url"], "POST", form(old, b"hello"), **kind)
    assert status == 400
    assert b"AWS4-HMAC-SHA256" in body


def test_buckets_are_listed_in_pages_and_made_again(s3, house):
    s3.create_bucket(Bucket="another")
    first = s3.list_buckets(MaxBuckets=1)
    assert len(first["Buckets"]) == 1
    rest = s3.list_buckets(MaxBuckets=1_000, ContinuationToken=first["ContinuationToken"])
    names = [one["Name"] for one in first["Buckets"] + rest["Buckets"]]
    assert names == sorted(set(names))
    assert "files" in names
    assert refused(s3.create_bucket, Bucket="files") == (409, "BucketAlreadyOwnedByYou")


def test_what_is_deleted_under_conditions(s3):
    done = s3.put_object(Bucket="files", Key="once", Body=b"1")
    assert refused(s3.delete_object, Bucket="files", Key="once", IfMatch='"other"') == (
        412,
        "PreconditionFailed",
    )
    assert refused(s3.put_object, Bucket="files", Key="never", Body=b"1", IfMatch=done["ETag"]) == (
        404,
        "NoSuchKey",
    )
    s3.delete_object(Bucket="files", Key="once", IfMatch=done["ETag"])
    s3.delete_object(Bucket="files", Key="once", IfMatch=done["ETag"])


def test_wrong_owner(s3):
    assert refused(s3.list_objects_v2, Bucket="files", ExpectedBucketOwner="somebody")[0] == 403
