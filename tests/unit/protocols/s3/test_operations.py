from pathlib import Path

import pytest

from custodes.kernel.refusal import Refusal
from custodes.protocols.s3.canonical import Signed, parse_query
from custodes.protocols.s3.configs.kinds import KINDS
from custodes.protocols.s3.messages import Head
from custodes.protocols.s3.operations import BY_NAME, NOT_SERVED, OPERATIONS, bucket_of, call_of, split_source

ACTIONS = {
    "bucket:read",
    "bucket:create",
    "bucket:delete",
    "bucket:configure",
    "object:list",
    "object:read",
    "object:write",
    "object:delete",
    "object:retain",
}


def signed(line: str, host: str = "localhost:9000", **headers: str) -> Signed:
    method, target = line.split(" ")
    path, _, query = target.partition("?")
    pairs = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Signed(
        method=method,
        path=path.encode(),
        query=parse_query(query.encode()),
        headers=tuple((name, value.encode()) for name, value in pairs.items()),
        payload="UNSIGNED-PAYLOAD",
    )


def code_of(given: Signed) -> str:
    with pytest.raises(Refusal) as caught:
        call_of(given)
    return caught.value.code


SOURCE = {"x_amz_copy_source": "/from/key"}
ROUTES = [
    ("GET /", {}, "ListBuckets"),
    ("GET /?x-id=ListBuckets", {}, "ListBuckets"),
    ("PUT /b1c", {}, "CreateBucket"),
    ("PUT /b1c/", {}, "CreateBucket"),
    ("HEAD /b1c", {}, "HeadBucket"),
    ("DELETE /b1c", {}, "DeleteBucket"),
    ("GET /b1c?location", {}, "GetBucketLocation"),
    ("GET /b1c?location=", {}, "GetBucketLocation"),
    ("GET /b1c?versioning", {}, "GetBucketVersioning"),
    ("PUT /b1c?versioning", {}, "PutBucketVersioning"),
    ("GET /b1c", {}, "ListObjects"),
    ("GET /b1c?prefix=a&delimiter=/&encoding-type=url", {}, "ListObjects"),
    ("GET /b1c?list-type=2&fetch-owner=true", {}, "ListObjectsV2"),
    ("GET /b1c?versions&max-keys=1", {}, "ListObjectVersions"),
    ("GET /b1c?uploads", {}, "ListMultipartUploads"),
    ("POST /b1c?delete", {}, "DeleteObjects"),
    ("PUT /b1c/k", {}, "PutObject"),
    ("PUT /b1c/k", SOURCE, "CopyObject"),
    ("GET /b1c/k", {}, "GetObject"),
    ("GET /b1c/k?partNumber=2", {}, "GetObject"),
    ("GET /b1c/k?response-content-type=text/plain", {}, "GetObject"),
    ("HEAD /b1c/k", {}, "HeadObject"),
    ("DELETE /b1c/k?versionId=null", {}, "DeleteObject"),
    ("POST /b1c/k?uploads", {}, "CreateMultipartUpload"),
    ("PUT /b1c/k?partNumber=1&uploadId=u", {}, "UploadPart"),
    ("PUT /b1c/k?uploadId=u&partNumber=1", SOURCE, "UploadPartCopy"),
    ("POST /b1c/k?uploadId=u", {}, "CompleteMultipartUpload"),
    ("DELETE /b1c/k?uploadId=u", {}, "AbortMultipartUpload"),
    ("GET /b1c/k?uploadId=u&max-parts=2", {}, "ListParts"),
    ("GET /b1c/k?attributes", {}, "GetObjectAttributes"),
    ("DELETE /b1c/k?tagging", {}, "DeleteObjectTagging"),
    ("GET /b1c?inventory&id=a", {}, "GetBucketInventoryConfiguration"),
    ("GET /b1c?inventory&x-id=Else", {}, "ListBucketInventoryConfigurations"),
    ("PUT /b1c?id=a&inventory", {}, "PutBucketInventoryConfiguration"),
    ("DELETE /b1c?inventory=&id=a", {}, "DeleteBucketInventoryConfiguration"),
    *(
        (f"{method} /b1c/k?{mark}", {}, f"{method.capitalize()}Object{name}")
        for method in ("GET", "PUT")
        for mark, name in (
            ("acl", "Acl"),
            ("legal-hold", "LegalHold"),
            ("retention", "Retention"),
            ("tagging", "Tagging"),
        )
    ),
    *(
        (f"{method} /b1c?{mark}&id=1", {}, name)
        for mark, kind in KINDS.items()
        for method, name in (("GET", kind.get), ("PUT", kind.put), ("DELETE", kind.delete))
        if name
    ),
]


@pytest.mark.parametrize(("line", "headers", "name"), ROUTES)
def test_routes(line, headers, name):
    call = call_of(signed(line, **headers))
    assert call.operation.name == name
    assert (call.source is not None) == call.operation.reads_source


def test_a_bucket_is_known_before_anybody_signed():
    domains = ("s3.town.example",)
    bare = Head(method="OPTIONS", raw_path=b"/k", headers=((b"host", b"b1c.s3.town.example"),))
    assert bucket_of(bare, domains) == "b1c"
    assert bucket_of(Head(method="GET", raw_path=b"/b1c/k"), domains) == "b1c"
    assert bucket_of(Head(method="GET", raw_path=b"/"), domains) is None


def test_every_row_is_reached_and_has_a_known_action():
    assert {name for _, _, name in ROUTES} == set(BY_NAME) == {row.name for row in OPERATIONS}
    assert len(BY_NAME) == len(OPERATIONS)
    assert {row.action for row in OPERATIONS} == ACTIONS
    for row in OPERATIONS:
        assert (row.body == "none") == (row.body_bytes_max == 0)


@pytest.mark.parametrize("mark", sorted(NOT_SERVED))
@pytest.mark.parametrize(
    "line", ["GET /b1c?{}", "PUT /b1c/k?{}=x", "DELETE /b1c?{}", "POST /b1c/k?{}&uploads"]
)
def test_a_known_mark_that_is_not_served_is_never_overlooked(line, mark):
    assert code_of(signed(line.format(mark))) == "operation-not-served"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("POST /b1c", "method-not-allowed"),
        ("POST /", "method-not-allowed"),
        ("PATCH /b1c/k", "method-not-allowed"),
        ("POST /b1c/k", "method-not-allowed"),
        ("PUT /b1c/k?partNumber=1", "marks-conflict"),
        ("PUT /b1c/k?uploads", "marks-conflict"),
        ("GET /b1c?uploads&versions", "marks-conflict"),
        ("DELETE /b1c?delete", "marks-conflict"),
        ("GET /b1c?location&location", "argument-repeated"),
        ("GET /b1c/k?versionId=1&versionId=2", "argument-repeated"),
        ("GET /b1c/k?versionId=", "version-id-invalid"),
        ("PUT /b1c/k?partNumber=0&uploadId=u", "part-number-invalid"),
        ("PUT /b1c/k?partNumber=10001&uploadId=u", "part-number-invalid"),
        ("PUT /b1c/k?partNumber=x&uploadId=u", "part-number-invalid"),
        ("PUT /b1c/k?partNumber=1&uploadId=", "upload-invalid"),
        ("GET //k", "bucket-name-invalid"),
        ("GET /b!c/k", "bucket-name-invalid"),
        ("GET /b1c/" + "k" * 1025, "key-too-long"),
    ],
)
def test_what_is_refused(line, code):
    assert code_of(signed(line)) == code


def test_paths_are_text():
    for path, key in {
        "/b1c//k": "/k",
        "/b1c/../other/k": "../other/k",
        "/b1c/./k/": "./k/",
        "/b1c/a//b": "a//b",
    }.items():
        call = call_of(signed(f"GET {path}"))
        assert (call.bucket, call.key) == ("b1c", key)


def test_virtual_host_style():
    domains = ("s3.town.example",)
    call = call_of(signed("GET /a/b", host="b1c.s3.town.example:443"), domains)
    assert (call.bucket, call.key) == ("b1c", "a/b")
    assert call_of(signed("GET /", host="my.b1c.S3.town.example"), domains).bucket == "my.b1c"
    assert call_of(signed("GET /b1c/a", host="s3.town.example"), domains).bucket == "b1c"
    assert call_of(signed("GET /b1c/a", host="evils3.town.example"), domains).bucket == "b1c"
    with pytest.raises(Refusal, match="bucket-name-invalid"):
        call_of(signed("GET /", host="a%b.s3.town.example"), domains)


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"/from/a/b", ("from", "a/b", None)),
        (b"from/a%2Fb%3Fc", ("from", "a/b?c", None)),
        (b"from/k?versionId=ver-00000000000000000000000000", ("from", "k", "ver-00000000000000000000000000")),
        ("from/ä".encode(), ("from", "ä", None)),
    ],
)
def test_copy_sources(raw, found):
    source = split_source(raw)
    assert (source.bucket, source.key, source.version) == found


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"/",
        b"from",
        b"from/",
        b"/from/k?acl",
        b"a b/k",
        b"arn:aws:s3:::from/k",
        b"from/100%",
        b"from/%zz",
    ],
)
def test_bad_copy_sources(raw):
    with pytest.raises(Refusal, match="copy-source-invalid"):
        split_source(raw)


def test_the_page_has_the_table_of_the_code():
    page = (Path(__file__).parents[4] / "docs" / "protocols" / "s3.md").read_text("utf-8")
    rows = [
        line for line in page.splitlines() if line.startswith("| ") and " | bucket:" in line.replace("`", "")
    ]
    rows += [
        line for line in page.splitlines() if line.startswith("| ") and " | object:" in line.replace("`", "")
    ]
    said = {}
    for line in rows:
        name, method, level, marks, action, body = (cell.strip() for cell in line.strip("|").split("|"))
        said[name] = (method, level, marks.replace("`", ""), action.split(" + ")[0].strip("`"), body)
    assert said == {
        row.name: (
            row.method,
            row.level,
            ", ".join(row.marks) or "-",
            row.action,
            row.body if row.body == "none" else f"{row.body}, {row.body_bytes_max} bytes",
        )
        for row in OPERATIONS
    }
    for mark in NOT_SERVED:
        assert f"`{mark}`" in page
