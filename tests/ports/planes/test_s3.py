"""The S3 plane as a real client meets it: real keyroom process, real plane process, boto3."""

import http.client
import io
import urllib.error
import urllib.request

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from custodes.adapters.system import SystemDice
from custodes.web.planes.s3 import (  # noqa: F401 - this suite is their test
    buckets,
    copies,
    deletions,
    exchange,
    intake,
    leftover,
    listings,
    objects_in,
    objects_out,
    shown,
    uploads,
)
from custodes.web.planes.s3 import plane as s3_plane  # noqa: F401
from custodes.wiring.planes import log, serving  # noqa: F401
from custodes.wiring.planes import s3 as wired  # noqa: F401
from fakes.houses import House

pytestmark = pytest.mark.slow
BUCKET = "town-files"
MIB = 1_048_576
DICE = SystemDice()


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    founded = House(tmp_path_factory.mktemp("house")).found()
    with founded.running("keyroom", "s3"):
        founded.boto3().create_bucket(Bucket=BUCKET)
        yield founded


@pytest.fixture
def s3(house):
    return house.boto3()


@pytest.fixture
def bucket(s3, request):
    name = f"b-{abs(hash(request.node.name)) % 10**12}"
    s3.create_bucket(Bucket=name)
    return name


def code_of(caught):
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_only_an_expected_and_empty_body_ends_its_connection(s3, bucket):
    def closes(body):
        done = s3.put_object(Bucket=bucket, Key="k", Body=body)
        return done["ResponseMetadata"]["HTTPHeaders"].get("connection")

    assert [closes(io.BytesIO()), closes(io.BytesIO(b"x")), closes(b"x")] == ["close", None, None]


def keys(s3, bucket):
    return [row["Key"] for row in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


EDGES = [0, 1, 65_479, 65_480, 65_481, 65_536, MIB - 1, MIB, MIB + 1, 3 * MIB + 12_345]


@pytest.mark.parametrize("size", EDGES)
def test_what_was_put_is_got(s3, house, size):
    body = DICE.draw(size)
    put = s3.put_object(
        Bucket=BUCKET, Key=f"edge/{size}", Body=body, Metadata={"a": "b"}, ContentType="text/plain"
    )
    got = s3.get_object(Bucket=BUCKET, Key=f"edge/{size}")
    assert got["Body"].read() == body
    assert (got["ETag"], got["ContentLength"]) == (put["ETag"], size)
    assert (got["ContentType"], got["Metadata"]) == ("text/plain", {"a": "b"})
    assert put["ChecksumCRC32"] == got["ChecksumCRC32"]
    head = s3.head_object(Bucket=BUCKET, Key=f"edge/{size}")
    assert (head["ETag"], head["ContentLength"]) == (put["ETag"], size)


def test_the_store_holds_nothing_readable(s3, house):
    mark = b"a sentence that must not be readable in the store"
    s3.put_object(Bucket=BUCKET, Key="secret name", Body=mark * 1000)
    lying = [path.read_bytes() for path in house.blobs()]
    assert lying
    assert not any(mark in raw or b"secret name" in raw for raw in lying)
    assert all(path.name.startswith("blb-") for path in house.blobs())


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=65479-65480", 65_479, 65_480),
        ("bytes=100-", 100, 3_000_000),
        ("bytes=-1", 3_000_000, 3_000_000),
        ("bytes=1048570-2097160", 1_048_570, 2_097_160),
        ("bytes=0-99999999", 0, 3_000_000),
    ],
)
def test_ranges(s3, asked, first, last):
    body = bytes(range(256)) * 12_000
    body = body[:3_000_001]
    s3.put_object(Bucket=BUCKET, Key="range", Body=body)
    got = s3.get_object(Bucket=BUCKET, Key="range", Range=asked)
    assert got["Body"].read() == body[first : last + 1]
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert got["ContentRange"] == f"bytes {first}-{last}/3000001"


def test_a_range_beyond_the_end(s3):
    s3.put_object(Bucket=BUCKET, Key="short", Body=b"abc")
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=BUCKET, Key="short", Range="bytes=3-")
    assert code_of(caught) == ("InvalidRange", 416)


def test_conditions(s3):
    etag = s3.put_object(Bucket=BUCKET, Key="cond", Body=b"1")["ETag"]
    assert s3.get_object(Bucket=BUCKET, Key="cond", IfMatch=etag)["Body"].read() == b"1"
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=BUCKET, Key="cond", IfNoneMatch=etag)
    assert code_of(caught)[1] == 304
    assert caught.value.response["ResponseMetadata"]["HTTPHeaders"]["etag"] == etag
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=BUCKET, Key="cond", Body=b"2", IfNoneMatch="*")
    assert code_of(caught) == ("PreconditionFailed", 412)
    s3.put_object(Bucket=BUCKET, Key="cond", Body=b"3", IfMatch=etag)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=BUCKET, Key="cond", Body=b"4", IfMatch=etag)
    assert code_of(caught) == ("PreconditionFailed", 412)
    assert s3.get_object(Bucket=BUCKET, Key="cond")["Body"].read() == b"3"


def test_what_is_not_there(s3):
    for deed, code in [
        (lambda: s3.get_object(Bucket=BUCKET, Key="nothing"), ("NoSuchKey", 404)),
        (lambda: s3.head_object(Bucket=BUCKET, Key="nothing"), ("404", 404)),
        (lambda: s3.get_object(Bucket="no-such-bucket", Key="x"), ("NoSuchBucket", 404)),
        (lambda: s3.list_objects_v2(Bucket="no-such-bucket"), ("NoSuchBucket", 404)),
        (lambda: s3.head_bucket(Bucket="no-such-bucket"), ("404", 404)),
    ]:
        with pytest.raises(ClientError) as caught:
            deed()
        assert code_of(caught) == code


def test_names_are_text_and_never_paths(s3, bucket, house):
    names = [
        "../up",
        "a//b",
        "/lead",
        "a/./b",
        "ümläut €",
        "a b+c&d=e?f#g%h",
        "trail/",
        "x" * 1024,
        "tab\there",
        "\x7f",
        "\u00e9",
        "e\u0301",  # the same to the eye, another name
        "\ufeffbom",
        "\u202egpj.exe",
        "\u2028line",
        "\U0001f469\u200d\U0001f4bb",
        "\uffff",
        "\U0010ffff",
        "\x01\x1f",
    ]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    assert sorted(keys(s3, bucket)) == sorted(names)
    for name in names:
        assert s3.get_object(Bucket=bucket, Key=name)["Body"].read() == name.encode()
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key="y" * 1025, Body=b"")
    assert code_of(caught) == ("KeyTooLongError", 400)


def test_listing_in_pages(s3, bucket):
    names = [f"{folder}/{n:02}" for folder in "abc" for n in range(7)] + ["top"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=name.encode())
    found, token = [], {}
    while True:
        page = s3.list_objects_v2(Bucket=bucket, MaxKeys=4, **token)
        found += [row["Key"] for row in page["Contents"]]
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert found == sorted(names)
    page = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [row["Prefix"] for row in page["CommonPrefixes"]] == ["a/", "b/", "c/"]
    assert [row["Key"] for row in page["Contents"]] == ["top"]
    old = s3.list_objects(Bucket=bucket, Prefix="b/", Marker="b/03")
    assert [row["Key"] for row in old["Contents"]] == ["b/04", "b/05", "b/06"]
    row = old["Contents"][0]
    assert (row["Size"], row["ETag"]) == (4, s3.head_object(Bucket=bucket, Key=row["Key"])["ETag"])
    assert row["Owner"]["ID"] == s3.list_buckets()["Owner"]["ID"] != ""


def test_deleting(s3, bucket):
    for name in "abcde":
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_object(Bucket=bucket, Key="a")
    done = s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "b"}, {"Key": "c"}, {"Key": "never there"}]}
    )
    assert sorted(one["Key"] for one in done["Deleted"]) == ["b", "c", "never there"]
    assert keys(s3, bucket) == ["d", "e"]
    with pytest.raises(ClientError) as caught:
        s3.delete_bucket(Bucket=bucket)
    assert code_of(caught) == ("BucketNotEmpty", 409)
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "d"}, {"Key": "e"}], "Quiet": True})
    s3.delete_bucket(Bucket=bucket)
    with pytest.raises(ClientError):
        s3.head_bucket(Bucket=bucket)


def test_versions(s3, bucket):
    s3.put_object(Bucket=bucket, Key="v", Body=b"null")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    first = s3.put_object(Bucket=bucket, Key="v", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="v", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="v")
    assert marker["DeleteMarker"]
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="v")
    assert code_of(caught) == ("NoSuchKey", 404)
    headers = caught.value.response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amz-delete-marker"] == "true"
    assert headers["x-amz-version-id"] == marker["VersionId"]
    for version, body in [("null", b"null"), (first, b"1"), (second, b"2")]:
        got = s3.get_object(Bucket=bucket, Key="v", VersionId=version)
        assert (got["Body"].read(), got["VersionId"]) == (body, version)
    listed = s3.list_object_versions(Bucket=bucket)
    assert [row["VersionId"] for row in listed["Versions"]] == [second, first, "null"]
    assert [row["VersionId"] for row in listed["DeleteMarkers"]] == [marker["VersionId"]]
    with pytest.raises(ClientError) as caught:
        s3.get_object(Bucket=bucket, Key="v", VersionId=marker["VersionId"])
    assert code_of(caught) == ("MethodNotAllowed", 405)
    s3.delete_object(Bucket=bucket, Key="v", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=bucket, Key="v")["Body"].read() == b"2"


def test_buckets(s3, house):
    names = [row["Name"] for row in s3.list_buckets()["Buckets"]]
    assert BUCKET in names
    with pytest.raises(ClientError) as caught:
        s3.create_bucket(Bucket=BUCKET)
    assert code_of(caught) == ("BucketAlreadyOwnedByYou", 409)
    with pytest.raises(ClientError) as caught:
        s3.create_bucket(
            Bucket="elsewhere", CreateBucketConfiguration={"LocationConstraint": "us-gov-west-1"}
        )
    assert code_of(caught) == ("InvalidLocationConstraint", 400)
    s3.create_bucket(Bucket="of-region", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    made = "placed-by-name"
    s3.create_bucket(Bucket=made, CreateBucketConfiguration={"LocationConstraint": "berlin"})
    assert s3.get_bucket_location(Bucket=made)["LocationConstraint"] == "eu-central-1"
    assert s3.head_bucket(Bucket=made)["BucketRegion"] == "eu-central-1"


def test_presigned(s3, house):
    s3.put_object(Bucket=BUCKET, Key="signed/url", Body=b"by url")
    url = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "signed/url"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"by url"
    url = s3.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": "signed/put"})
    with urllib.request.urlopen(urllib.request.Request(url, data=b"put by url", method="PUT")) as answer:
        assert answer.status == 200
    assert s3.get_object(Bucket=BUCKET, Key="signed/put")["Body"].read() == b"put by url"


def test_the_rest_of_another_version_is_not_given(s3, house):
    """Who goes on with a download that broke off says of which version; a signed range cannot be widened."""
    old = s3.put_object(Bucket=BUCKET, Key="resumed", Body=b"an old one")["ETag"]
    new = s3.put_object(Bucket=BUCKET, Key="resumed", Body=b"another one")["ETag"]
    url = s3.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "resumed"})

    def read(tag):
        headers = {"If-Range": tag, "Range": "bytes=3-"}
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as got:
            return got.status, got.read()

    assert read(new) == (206, b"ther one")
    assert read(old) == read(f"W/{new}") == read("Sun, 22 Nov 2020 08:00:00 GMT") == (200, b"another one")
    request = AWSRequest("GET", f"{house.endpoint}/{BUCKET}/resumed", headers={"Range": "bytes=3-"})
    S3SigV4Auth(Credentials(house.key.access_key, house.key.secret), "s3", "eu-central-1").add_auth(request)
    signed = urllib.request.Request(request.url, headers={**dict(request.headers.items()), "If-Range": old})
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(signed)
    with caught.value as refused:
        assert refused.code == 403


def test_virtual_host_style(house, s3):
    s3.put_object(Bucket=BUCKET, Key="virtual", Body=b"v")
    port = house.settings.s3_port
    request = AWSRequest("GET", f"http://{BUCKET}.localhost:{port}/virtual")
    credentials = Credentials(house.key.access_key, house.key.secret)
    S3SigV4Auth(credentials, "s3", "eu-central-1").add_auth(request)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {**dict(request.headers.items()), "Host": f"{BUCKET}.localhost:{port}"}
    connection.request("GET", "/virtual", headers=headers)
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"v")
    connection.close()


def test_copies(s3, bucket):
    body = DICE.draw(2 * MIB + 5)
    told = {"Metadata": {"k": "v"}, "ContentType": "text/x", "ChecksumAlgorithm": "SHA1"}
    put = s3.put_object(Bucket=BUCKET, Key="from here", Body=body, WebsiteRedirectLocation="/there", **told)
    assert s3.head_object(Bucket=BUCKET, Key="from here")["WebsiteRedirectLocation"] == "/there"
    copied = s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": BUCKET, "Key": "from here"})
    assert copied["CopyObjectResult"]["ChecksumSHA1"] == put["ChecksumSHA1"]
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["Metadata"], got["ContentType"]) == (body, {"k": "v"}, "text/x")
    assert "WebsiteRedirectLocation" not in got
    s3.copy_object(
        Bucket=bucket,
        Key="to",
        CopySource={"Bucket": bucket, "Key": "to"},
        MetadataDirective="REPLACE",
        Metadata={"n": "m"},
    )
    got = s3.get_object(Bucket=bucket, Key="to")
    assert (got["Body"].read(), got["Metadata"]) == (body, {"n": "m"})
    with pytest.raises(ClientError) as caught:
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "to"})
    assert code_of(caught) == ("InvalidRequest", 400)
    with pytest.raises(ClientError) as caught:
        s3.copy_object(Bucket=bucket, Key="to", CopySource={"Bucket": bucket, "Key": "nowhere"})
    assert code_of(caught) == ("NoSuchKey", 404)


def test_multipart(s3, bucket):
    body = DICE.draw(17 * MIB + 11)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "many", Config=config, ExtraArgs={"Metadata": {"a": "b"}})
    out = io.BytesIO()
    s3.download_fileobj(bucket, "many", out, Config=config)
    assert out.getvalue() == body
    head = s3.head_object(Bucket=bucket, Key="many")
    assert (head["ContentLength"], head["Metadata"]) == (len(body), {"a": "b"})
    assert head["ETag"].endswith('-4"')
    second = s3.get_object(Bucket=bucket, Key="many", PartNumber=2)
    assert (second["PartsCount"], second["Body"].read()) == (4, body[5 * MIB : 10 * MIB])
    across = s3.get_object(Bucket=bucket, Key="many", Range=f"bytes={5 * MIB - 3}-{10 * MIB + 3}")
    assert across["Body"].read() == body[5 * MIB - 3 : 10 * MIB + 4]
    assert s3.list_multipart_uploads(Bucket=bucket).get("Uploads", []) == []


def test_multipart_by_hand(s3, bucket):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="by hand")["UploadId"]
    at = {"Bucket": bucket, "Key": "by hand", "UploadId": upload}
    first = s3.upload_part(**at, PartNumber=1, Body=b"a" * 5 * MIB)["ETag"]
    s3.upload_part(**at, PartNumber=2, Body=b"wrong")
    second = s3.upload_part(**at, PartNumber=2, Body=b"right")["ETag"]
    parts = s3.list_parts(**at)["Parts"]
    assert [(part["PartNumber"], part["Size"]) for part in parts] == [(1, 5 * MIB), (2, 5)]
    listed = s3.list_multipart_uploads(Bucket=bucket)["Uploads"]
    assert [(row["Key"], row["UploadId"]) for row in listed] == [("by hand", upload)]
    with pytest.raises(ClientError) as caught:
        s3.complete_multipart_upload(
            **at,
            MultipartUpload={"Parts": [{"PartNumber": 2, "ETag": first}, {"PartNumber": 3, "ETag": second}]},
        )
    assert code_of(caught)[0] == "InvalidPart"
    done = {"Parts": [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": second}]}
    made = s3.complete_multipart_upload(**at, MultipartUpload=done)
    assert s3.complete_multipart_upload(**at, MultipartUpload=done)["ETag"] == made["ETag"]
    assert made["Location"] == f"{s3.meta.endpoint_url}/{bucket}/by%20hand"
    assert s3.get_object(Bucket=bucket, Key="by hand")["Body"].read() == b"a" * 5 * MIB + b"right"


def test_an_upload_can_be_aborted_and_copied_into(s3, bucket):
    body = DICE.draw(6 * MIB)
    s3.put_object(Bucket=bucket, Key="source", Body=body)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="t")["UploadId"]
    at = {"Bucket": bucket, "Key": "t", "UploadId": upload}
    source = {"Bucket": bucket, "Key": "source"}
    one = s3.upload_part_copy(**at, PartNumber=1, CopySource=source, CopySourceRange=f"bytes=0-{5 * MIB - 1}")
    two = s3.upload_part_copy(
        **at, PartNumber=2, CopySource=source, CopySourceRange=f"bytes={5 * MIB}-{6 * MIB - 1}"
    )
    done = [
        {"PartNumber": 1, "ETag": one["CopyPartResult"]["ETag"]},
        {"PartNumber": 2, "ETag": two["CopyPartResult"]["ETag"]},
    ]
    s3.complete_multipart_upload(**at, MultipartUpload={"Parts": done})
    assert s3.get_object(Bucket=bucket, Key="t")["Body"].read() == body
    upload = s3.create_multipart_upload(Bucket=bucket, Key="u", ChecksumAlgorithm="CRC32C")["UploadId"]
    at = {"Bucket": bucket, "Key": "u", "UploadId": upload, "PartNumber": 1}
    url = s3.generate_presigned_url("upload_part", at)
    put = urllib.request.Request(url, b"123456789", method="PUT")
    with urllib.request.urlopen(put) as answer:
        assert answer.headers["x-amz-checksum-crc32c"] == "4waSgw=="
    s3.abort_multipart_upload(Bucket=bucket, Key="u", UploadId=upload)
    with pytest.raises(ClientError) as caught:
        s3.list_parts(Bucket=bucket, Key="u", UploadId=upload)
    assert code_of(caught) == ("NoSuchUpload", 404)


def test_what_is_not_served_says_so(s3):
    for deed in (
        lambda: s3.get_bucket_website(Bucket=BUCKET),
        lambda: s3.list_bucket_analytics_configurations(Bucket=BUCKET),
        lambda: s3.restore_object(Bucket=BUCKET, Key="x", RestoreRequest={"Days": 1}),
    ):
        with pytest.raises(ClientError) as caught:
            deed()
        assert code_of(caught) == ("NotImplemented", 501)
