from datetime import UTC, datetime

import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import Algorithm, Checksum, Coverage
from custodes.objects.conditions import Tags, parse_tags
from custodes.objects.ranges import Asked
from custodes.protocols.s3 import requests
from custodes.protocols.s3.messages import Head
from custodes.protocols.s3.operations import BY_NAME, OPERATIONS, Call


def head(query: bytes = b"", **headers: str) -> Head:
    pairs = tuple((name.replace("_", "-").encode(), value.encode()) for name, value in headers.items())
    return Head(method="PUT", raw_path=b"/b/k", query=query, headers=pairs)


def code_of(call, *given, **named) -> str:
    with pytest.raises(Refusal) as caught:
        call(*given, **named)
    return caught.value.code


def test_known_headers_pass():
    common = {"x_amz_date": "d", "x_amz_content_sha256": "s", "host": "h", "x_custom": "1"}
    for operation in OPERATIONS:
        requests.check_headers(head(**common), operation.name)
    requests.check_headers(
        head(x_amz_acl="private", x_amz_storage_class="STANDARD_IA", x_amz_meta_a="1"), "PutObject"
    )
    requests.check_headers(head(x_amz_server_side_encryption="AES256"), "CreateMultipartUpload")
    requests.check_headers(head(x_amz_bucket_object_lock_enabled="false"), "CreateBucket")


@pytest.mark.parametrize(
    ("operation", "headers", "code"),
    [
        ("GetObject", {"x_amz_tagging": "a=b"}, "header-not-served"),
        ("GetObject", {"x_amz_server_side_encryption": "AES256"}, "sse-invalid"),
        ("UploadPartCopy", {"x_amz_object_lock_mode": "GOVERNANCE"}, "header-not-served"),
        ("GetObject", {"x_amz_acl": "public-read"}, "header-not-served"),
        ("PutObject", {"x_amz_write_offset_bytes": "1"}, "header-not-served"),
        ("PutObject", {"x_amz_copy_source_range": "bytes=0-1"}, "header-not-served"),
        ("PutObject", {"x_amz_storage_class": "ATTIC"}, "storage-class-invalid"),
        ("GetObject", {"x_amz_meta_a": "1"}, "header-not-served"),
        ("GetObject", {"x_amz_unheard_of": "1"}, "header-not-served"),
        ("CreateBucket", {"x_amz_bucket_object_lock_enabled": "perhaps"}, "argument-invalid"),
        ("CopyObject", {"x_amz_tagging_directive": "MERGE"}, "argument-invalid"),
        ("DeleteObject", {"x_amz_mfa": "1 2"}, "header-not-served"),
    ],
)
def test_what_nobody_does_here_is_not_passed_over(operation, headers, code):
    assert code_of(requests.check_headers, head(**headers), operation) == code


def test_writing_keeps_content_headers_and_metadata():
    made = requests.writing(
        head(
            content_type="text/plain",
            content_encoding="aws-chunked,deflate,gzip",
            cache_control="no-store",
            content_length="5",
            x_amz_meta_b="2",
            x_amz_meta_a="ä",
            if_none_match="*",
        )
    )
    assert made.kept.content == (
        ("cache-control", "no-store"),
        ("content-encoding", "deflate, gzip"),
        ("content-type", "text/plain"),
    )
    assert made.kept.metadata == (("a", "ä"), ("b", "2"))
    assert made.conditions.if_none_match == Tags(is_any=True)
    assert requests.writing(head(content_encoding="aws-chunked")).kept.content == ()
    kept = requests.writing(head(content_encoding="deflate,gzip")).kept.content
    assert kept == (("content-encoding", "deflate,gzip"),)
    led = requests.writing(head(expires="0", x_amz_website_redirect_location="/elsewhere")).kept.content
    assert led == (("expires", "0"), (requests.LOCATION, "/elsewhere"))
    assert (made.algorithm, made.coverage) == (None, None)
    multipart = requests.writing(head(x_amz_checksum_algorithm="crc32c", x_amz_checksum_type="FULL_OBJECT"))
    assert (multipart.algorithm, multipart.coverage) == (Algorithm.CRC32C, Coverage.FULL_OBJECT)


def test_what_may_not_be_kept():
    assert code_of(requests.writing, head(x_amz_meta_a="x" * 2_048)) == "metadata-too-large"
    requests.writing(head(x_amz_meta_a="x" * 2_047))
    assert code_of(requests.writing, head(x_amz_checksum_algorithm="MD4")) == "checksum-algorithm-unsupported"
    wrong = head(x_amz_checksum_algorithm="SHA1", x_amz_checksum_type="FULL_OBJECT")
    assert code_of(requests.writing, wrong) == "checksum-type-unsupported"
    assert code_of(requests.writing, head(x_amz_checksum_type="FULL_OBJECT")) == "checksum-type-unsupported"
    assert (
        code_of(requests.writing, head(x_amz_website_redirect_location="ftp://x"))
        == "redirect-location-invalid"
    )
    raw = Head(method="PUT", raw_path=b"/b/k", headers=((b"x-amz-meta-a", b"\xff"),))
    assert code_of(requests.writing, raw) == "header-malformed"


GET = Call(operation=BY_NAME["GetObject"], bucket="b", key="k")


def test_reading():
    made = requests.reading(
        head(
            b"response-content-type=text%2Fhtml&x-id=GetObject",
            range="bytes=1-2",
            if_modified_since="Sun, 22 Nov 2026 08:00:00 GMT",
            x_amz_checksum_mode="ENABLED",
        ),
        GET,
    )
    assert made.asked == Asked(first=1, last=2)
    assert made.conditions.if_modified_since == datetime(2026, 11, 22, 8, tzinfo=UTC)
    assert made.shows_checksum
    assert made.overrides == (("content-type", "text/html"),)
    assert requests.reading(head(if_modified_since="yesterday"), GET).conditions.if_modified_since is None
    tag = requests.reading(head(range="bytes=0-1", if_range='"e"'), GET).conditions
    assert tag.if_range == parse_tags('"e"')
    assert tag.if_range_at is None
    date = requests.reading(head(if_range="Sun, 22 Nov 2026 08:00:00 GMT"), GET).conditions
    assert date.if_range is None
    assert date.if_range_at == datetime(2026, 11, 22, 8, tzinfo=UTC)
    with_part = Call(operation=BY_NAME["GetObject"], bucket="b", key="k", part_number=1)
    assert requests.reading(head(), with_part).part_number == 1
    assert code_of(requests.reading, head(range="bytes=0-1"), with_part) == "range-and-part"
    for query in (
        b"response-content-type=a%0D%0Ab:%20c",
        b"response-expires=%FF",
        b"response-expires=1&response-expires=2",
    ):
        assert code_of(requests.reading, head(query), GET) == "argument-invalid"


def test_copying():
    made = requests.copying(head(x_amz_copy_source_if_match='"e"', x_amz_metadata_directive="REPLACE"))
    assert made.replaces_kept
    assert made.source_conditions.if_match == Tags(values=(("e", False),))
    assert not requests.copying(head()).replaces_kept
    for source in ("b/a  b", "b/a\tb"):
        assert code_of(requests.copying, head(x_amz_copy_source=source)) == "copy-source-invalid"
    requests.copying(head(x_amz_copy_source="b/a b"))
    assert code_of(requests.copying, head(x_amz_metadata_directive="MERGE")) == "argument-invalid"


def test_deleting():
    raw = (
        "<Delete><Object><Key>a &amp; ä</Key><VersionId>null</VersionId></Object>"
        "<Object><Key>b</Key><ETag>&quot;e&quot;</ETag></Object><Quiet>true</Quiet></Delete>"
    )
    made = requests.deleting(raw.encode())
    assert made.is_quiet
    first, second = made.doomed
    assert (first.key, first.version) == ("a & ä", "null")
    assert second.conditions.if_match == Tags(values=(("e", False),))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("<Delete/>", "xml-malformed"),
        ("<Delete><Quiet>true</Quiet></Delete>", "xml-malformed"),
        ("<Delete><Quiet>maybe</Quiet><Object><Key>a</Key></Object></Delete>", "xml-malformed"),
        ("<Delete><Object/></Delete>", "xml-malformed"),
        ("<Delete><Thing/></Delete>", "xml-malformed"),
        ("<Delete><Object><Key>a</Key><Weight>1</Weight></Object></Delete>", "xml-malformed"),
        ("<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>", "xml-malformed"),
        ("<Remove><Object><Key>a</Key></Object></Remove>", "xml-malformed"),
        ("<Delete><Object><Key></Key></Object></Delete>", "key-empty"),
        ("<Delete><Object><Key>" + "k" * 1_025 + "</Key></Object></Delete>", "key-too-long"),
        ("<Delete>" + "<Object><Key>k</Key></Object>" * 1_001 + "</Delete>", "too-many-keys"),
    ],
)
def test_deletions_that_are_refused(raw, code):
    assert code_of(requests.deleting, raw.encode()) == code


PARTS = (
    "<CompleteMultipartUpload><Part><ETag>&quot;e1&quot;</ETag><PartNumber>1</PartNumber></Part>"
    "<Part><PartNumber>2</PartNumber><ETag>e2</ETag><ChecksumCRC32>AAAAAA==</ChecksumCRC32></Part>"
    "</CompleteMultipartUpload>"
)


def test_completing():
    given = head(if_match='"e"', x_amz_checksum_crc32="AAAAAA==-2", x_amz_mp_object_size="12")
    made = requests.completing(given, PARTS.encode())
    assert [(one.number, one.etag, one.checksum) for one in made.listed] == [
        (1, '"e1"', None),
        (2, "e2", "AAAAAA=="),
    ]
    assert made.size_bytes == 12
    assert made.checksum == Checksum(
        algorithm=Algorithm.CRC32, value="AAAAAA==-2", coverage=Coverage.COMPOSITE
    )
    assert requests.completing(head(), PARTS.encode()).checksum is None
    typed = requests.completing(head(x_amz_checksum_type="COMPOSITE"), PARTS.encode())
    assert typed.coverage is Coverage.COMPOSITE
    half = head(x_amz_checksum_type="HALF")
    assert code_of(requests.completing, half, PARTS.encode()) == "checksum-type-unsupported"


def test_completions_that_are_refused():
    root = "<CompleteMultipartUpload>{}</CompleteMultipartUpload>"
    for inner in (
        "",
        "<Thing/>",
        "<Part/>",
        "<Part><PartNumber>1</PartNumber></Part>",
        "<Part><PartNumber>one</PartNumber><ETag>e</ETag></Part>",
    ):
        assert code_of(requests.completing, head(), root.format(inner).encode()) == "xml-malformed"
    twice = head(x_amz_checksum_crc32="AAAAAA==", x_amz_checksum_crc32c="AAAAAA==")
    assert code_of(requests.completing, twice, PARTS.encode()) == "checksum-twice"
    assert code_of(requests.completing, head(x_amz_checksum_crc32="x"), PARTS.encode()) == "checksum-differs"
    assert (
        code_of(requests.completing, head(x_amz_mp_object_size="-1"), PARTS.encode()) == "object-size-invalid"
    )


def test_small_documents():
    place = (
        "<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint></CreateBucketConfiguration>"
    )
    assert requests.location(place.encode()) == "eu"
    assert requests.location(b"") is None
    assert requests.location(b"<CreateBucketConfiguration/>") is None
    unknown = b"<CreateBucketConfiguration><Bucket/></CreateBucketConfiguration>"
    assert code_of(requests.location, unknown) == "xml-malformed"
    status = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    assert requests.versioning_status(status.encode()) == "Enabled"
    mfa = b"<VersioningConfiguration><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
    assert code_of(requests.versioning_status, mfa) == "operation-not-served"
