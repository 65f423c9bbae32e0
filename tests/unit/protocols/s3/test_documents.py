"""Every document is read back by botocore, with the model it has of the answer."""

from datetime import UTC, datetime

import botocore.session
import pytest
from botocore.parsers import create_parser

from custodes.kernel.refusal import absent
from custodes.objects.checksums import Algorithm, Coverage, checksum_of, combine
from custodes.objects.listing import Page, UploadsPage, VersionsPage
from custodes.objects.multipart import Upload
from custodes.objects.version import Part, Version, Versioning
from custodes.protocols.s3 import documents
from custodes.protocols.s3.documents import Bucket, DeleteOutcome, Owner
from custodes.protocols.s3.lists import Listing, PartsListing, UploadsListing, VersionsListing

AT = datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
OWNER = Owner(id="org-1", name="town & country")
MODEL = botocore.session.get_session().get_service_model("s3")
ODD = "a <b> & 'ä'\x01/\U0001d11e"


def parsed(operation: str, body: bytes) -> dict:
    shape = MODEL.operation_model(operation).output_shape
    raw = {"body": body, "headers": {}, "status_code": 200}
    return create_parser("rest-xml").parse(raw, shape)


def version(key: str, sequence: int = 1, **more: object) -> Version:
    return Version(
        id=f"ver-{sequence}",
        bucket="bkt",
        key=key,
        sequence=sequence,
        last_modified=AT,
        size_bytes=7,
        etag="e-1",
        checksum=checksum_of(Algorithm.CRC32, b"x"),
        **more,  # type: ignore[arg-type]
    )


def test_buckets_location_versioning():
    made = parsed("ListBuckets", documents.buckets([Bucket(name="town", created_at=AT)], OWNER))
    assert made["Buckets"] == [{"Name": "town", "CreationDate": AT}]
    assert made["Owner"] == {"ID": "org-1", "DisplayName": "town & country"}
    assert b">eu-west-1<" in documents.location("eu-west-1")
    assert documents.location("us-east-1").endswith(b"></LocationConstraint>")
    assert parsed("GetBucketVersioning", documents.versioning(Versioning.ENABLED))["Status"] == "Enabled"
    assert parsed("GetBucketVersioning", documents.versioning(Versioning.SUSPENDED))["Status"] == "Suspended"
    assert "Status" not in parsed("GetBucketVersioning", documents.versioning(Versioning.OFF))


def test_v2():
    page = Page(versions=(version("a"),), common_prefixes=("b/",), next_name="b/")
    asked = Listing(is_v2=True, delimiter="/", most=2, shows_owner=False, start_after="")
    made = parsed("ListObjectsV2", documents.keys("town", asked, page, OWNER))
    assert (made["Name"], made["KeyCount"], made["MaxKeys"], made["IsTruncated"]) == ("town", 2, 2, True)
    (row,) = made["Contents"]
    assert (row["Key"], row["Size"], row["ETag"], row["LastModified"]) == ("a", 7, '"e-1"', AT)
    assert "Owner" not in row
    assert made["CommonPrefixes"] == [{"Prefix": "b/"}]
    assert made["NextContinuationToken"]


def test_v1_and_encoding():
    page = Page(versions=(version(ODD),), common_prefixes=("b/",), next_name="b/")
    asked = Listing(prefix="\n", delimiter="/", most=2, marker="", is_encoded=True)
    body = documents.keys("town", asked, page, OWNER)
    made = parsed("ListObjects", body)
    assert made["Contents"][0]["Key"] == "a%20%3Cb%3E%20%26%20%27%C3%A4%27%01/%F0%9D%84%9E"
    assert (made["NextMarker"], made["EncodingType"], made["Prefix"]) == ("b/", "url", "\n")
    assert made["Contents"][0]["Owner"]["ID"] == "org-1"
    plain = documents.keys("town", Listing(), Page(versions=(version("a"),), next_name="a"), OWNER)
    assert b"NextMarker" not in plain
    assert parsed("ListObjects", plain)["IsTruncated"] is True


def test_versions():
    page = VersionsPage(
        versions=((version("k", 2, is_delete_marker=True), True), (version("k", 1, is_null=True), False)),
        next_key="k",
        next_version="null",
    )
    made = parsed("ListObjectVersions", documents.versions("town", VersionsListing(), page, OWNER))
    (marker,), (kept,) = made["DeleteMarkers"], made["Versions"]
    assert (marker["VersionId"], marker["IsLatest"]) == ("ver-2", True)
    assert (kept["VersionId"], kept["IsLatest"], kept["Size"]) == ("null", False, 7)
    assert (made["NextKeyMarker"], made["NextVersionIdMarker"]) == ("k", "null")


def test_uploads_and_parts():
    upload = Upload(id="upl-1", bucket="b", key="k", opened_at=AT)
    page = UploadsPage(uploads=(upload,), next_key="k", next_upload="upl-1")
    made = parsed("ListMultipartUploads", documents.uploads("town", UploadsListing(), page, OWNER))
    assert made["Uploads"][0]["UploadId"] == "upl-1"
    assert (made["NextKeyMarker"], made["NextUploadIdMarker"], made["IsTruncated"]) == ("k", "upl-1", True)
    part = Part(number=3, blob="blb", size_bytes=5, etag="p-1", checksum=checksum_of(Algorithm.SHA1, b""))
    body = documents.parts(
        "town", "k", "upl-1", listing=PartsListing(), found=[(part, AT)], is_truncated=False, owner=OWNER
    )
    made = parsed("ListParts", body)
    assert (made["Parts"][0]["PartNumber"], made["Parts"][0]["Size"]) == (3, 5)
    assert made["Parts"][0]["ChecksumSHA1"]
    assert made["NextPartNumberMarker"] == 3
    opened = parsed("CreateMultipartUpload", documents.upload_opened("town", ODD[:5], "upl-1"))
    assert (opened["UploadId"], opened["Key"]) == ("upl-1", ODD[:5])


def test_completion_and_copies():
    parts = [(checksum_of(Algorithm.CRC32, b"x").value, 1)] * 2
    whole = version("k", is_null=True)
    whole = Version(
        **{name: getattr(whole, name) for name in whole.__struct_fields__ if name != "checksum"},
        checksum=combine(Algorithm.CRC32, Coverage.COMPOSITE, parts),
    )
    made = parsed("CompleteMultipartUpload", documents.upload_completed("http://h/b/k", "b", whole))
    assert (made["ETag"], made["Location"], made["ChecksumType"]) == ('"e-1"', "http://h/b/k", "COMPOSITE")
    assert made["ChecksumCRC32"].endswith("-2")
    copied = parsed("CopyObject", documents.copied("e-1", AT, None))["CopyObjectResult"]
    assert copied == {"ETag": '"e-1"', "LastModified": AT}
    part = parsed("UploadPartCopy", documents.copied("e-1", AT, None, is_part=True))["CopyPartResult"]
    assert part["ETag"] == '"e-1"'


@pytest.mark.parametrize("is_quiet", [True, False])
def test_deletions(is_quiet):
    outcomes = [
        DeleteOutcome(key="a", version="null"),
        DeleteOutcome(key="b", marker="ver-9"),
        DeleteOutcome(key="c", refusal=absent("bucket-absent")),
    ]
    made = parsed("DeleteObjects", documents.deletions(outcomes, is_quiet=is_quiet))
    assert [row["Code"] for row in made["Errors"]] == ["NoSuchBucket"]
    if is_quiet:
        assert "Deleted" not in made
    else:
        assert made["Deleted"] == [
            {"Key": "a", "VersionId": "null"},
            {"Key": "b", "DeleteMarker": True, "DeleteMarkerVersionId": "ver-9"},
        ]
