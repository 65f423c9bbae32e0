"""The one table of operations: what a request is, from its method, place and marks.

A *mark* is a query parameter or a header that turns one operation into another. A known mark that no served
row bears is answered `operation-not-served`; query parameters that are neither mark nor known argument are
ignored, as S3 does (clients add `x-id`). The same table runs in front of the network and, over the signed
bytes only, in the keyroom.
"""

import re
from typing import Literal, TypeAlias

import msgspec

from custodes.kernel.refusal import Refusal, malformed
from custodes.objects.names import check_key
from custodes.objects.version import check_version_text

from .canonical import Signed, percent_decode
from .configs.kinds import KINDS, Kind
from .messages import Head

Level: TypeAlias = Literal["service", "bucket", "object"]
Body: TypeAlias = Literal["none", "bounded", "stream"]

BUCKET_TEXT = re.compile(r"[A-Za-z0-9._-]{1,255}")
COPY = "x-amz-copy-source"


class Operation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row. `action` is the policy's word; a copy also needs `object:read` on its source."""

    name: str
    method: str
    level: Level
    marks: tuple[str, ...] = ()
    action: str
    body: Body = "none"
    body_bytes_max: int = 0
    reads_source: bool = False
    checksum_is_of_object: bool = False  # x-amz-checksum-* speaks of the object made, not of this body


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a copy reads; `span` is the text of x-amz-copy-source-range."""

    bucket: str
    key: str
    version: str | None = None
    span: str | None = None


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's operation and what it is about. `span` is the text of a Range header."""

    operation: Operation
    bucket: str | None = None
    key: str | None = None
    version: str | None = None
    source: Source | None = None
    span: str | None = None
    upload: str | None = None
    part_number: int | None = None
    config: str | None = None  # which of a bucket's configurations, where it may have several


OBJECT_BYTES_MAX = 5 * 1_024**4
UPLOAD_BYTES_MAX = 5 * 1_024**3  # one PUT or one part
XML_BYTES_MAX = 65_536
RULES_XML_BYTES_MAX = 524_288  # a thousand lifecycle rules
KEYS_XML_BYTES_MAX = 4 * 1_048_576
PARTS_XML_BYTES_MAX = 4 * 1_048_576
CONFIG_CHARACTERS_MAX = 64


def _row(name: str, place: str, action: str, *marks: str, body: Body = "none", most: int = 0) -> Operation:
    method, _, level = place.partition(" ")
    return Operation(
        name=name,
        method=method,
        level=level,  # type: ignore[arg-type]
        marks=marks,
        action=action,
        body=body,
        body_bytes_max=most,
        reads_source=COPY in marks,
        checksum_is_of_object=name == "CompleteMultipartUpload",
    )


def _told(mark: str, kind: Kind) -> tuple[Operation, ...]:
    """The operations of one sub-resource of a bucket."""
    rows = [_row(kind.get, "GET bucket", "bucket:read", mark)]
    if kind.put:
        most = RULES_XML_BYTES_MAX if mark == "lifecycle" else XML_BYTES_MAX
        rows.append(_row(kind.put, "PUT bucket", "bucket:configure", mark, body="bounded", most=most))
    if kind.delete:
        rows.append(_row(kind.delete, "DELETE bucket", "bucket:configure", mark))
    return tuple(rows)


OPERATIONS: tuple[Operation, ...] = (
    _row("ListBuckets", "GET service", "bucket:read"),
    _row("CreateBucket", "PUT bucket", "bucket:create", body="bounded", most=XML_BYTES_MAX),
    _row("HeadBucket", "HEAD bucket", "object:list"),
    _row("DeleteBucket", "DELETE bucket", "bucket:delete"),
    _row("GetBucketLocation", "GET bucket", "bucket:read", "location"),
    _row("GetBucketVersioning", "GET bucket", "bucket:read", "versioning"),
    _row(
        "PutBucketVersioning",
        "PUT bucket",
        "bucket:configure",
        "versioning",
        body="bounded",
        most=XML_BYTES_MAX,
    ),
    _row("ListObjects", "GET bucket", "object:list"),
    _row("ListObjectsV2", "GET bucket", "object:list", "list-type"),
    _row("ListObjectVersions", "GET bucket", "object:list", "versions"),
    _row("ListMultipartUploads", "GET bucket", "object:list", "uploads"),
    _row("DeleteObjects", "POST bucket", "object:delete", "delete", body="bounded", most=KEYS_XML_BYTES_MAX),
    _row("PutObject", "PUT object", "object:write", body="stream", most=UPLOAD_BYTES_MAX),
    _row("CopyObject", "PUT object", "object:write", COPY),
    _row("GetObject", "GET object", "object:read"),
    _row("HeadObject", "HEAD object", "object:read"),
    _row("DeleteObject", "DELETE object", "object:delete"),
    _row("CreateMultipartUpload", "POST object", "object:write", "uploads"),
    _row(
        "UploadPart",
        "PUT object",
        "object:write",
        "partNumber",
        "uploadId",
        body="stream",
        most=UPLOAD_BYTES_MAX,
    ),
    _row("UploadPartCopy", "PUT object", "object:write", "partNumber", "uploadId", COPY),
    _row(
        "CompleteMultipartUpload",
        "POST object",
        "object:write",
        "uploadId",
        body="bounded",
        most=PARTS_XML_BYTES_MAX,
    ),
    _row("AbortMultipartUpload", "DELETE object", "object:write", "uploadId"),
    _row("ListParts", "GET object", "object:write", "uploadId"),
    *(row for mark, kind in KINDS.items() for row in _told(mark, kind)),
    _row("GetBucketInventoryConfiguration", "GET bucket", "bucket:read", "inventory", "id"),
    _row(
        "PutBucketInventoryConfiguration",
        "PUT bucket",
        "bucket:configure",
        "inventory",
        "id",
        body="bounded",
        most=XML_BYTES_MAX,
    ),
    _row("DeleteBucketInventoryConfiguration", "DELETE bucket", "bucket:configure", "inventory", "id"),
    _row("ListBucketInventoryConfigurations", "GET bucket", "bucket:read", "inventory"),
    _row("GetObjectAcl", "GET object", "object:list", "acl"),
    _row("PutObjectAcl", "PUT object", "object:write", "acl", body="bounded", most=XML_BYTES_MAX),
    _row("GetObjectTagging", "GET object", "object:list", "tagging"),
    _row("PutObjectTagging", "PUT object", "object:write", "tagging", body="bounded", most=XML_BYTES_MAX),
    _row("DeleteObjectTagging", "DELETE object", "object:write", "tagging"),
    _row("GetObjectRetention", "GET object", "object:list", "retention"),
    _row(
        "PutObjectRetention", "PUT object", "object:retain", "retention", body="bounded", most=XML_BYTES_MAX
    ),
    _row("GetObjectLegalHold", "GET object", "object:list", "legal-hold"),
    _row(
        "PutObjectLegalHold", "PUT object", "object:retain", "legal-hold", body="bounded", most=XML_BYTES_MAX
    ),
    _row("GetObjectAttributes", "GET object", "object:read", "attributes"),
)
BY_NAME = {row.name: row for row in OPERATIONS}
_FULLEST_FIRST = sorted(OPERATIONS, key=lambda row: -len(row.marks))  # the first whose marks are there is it
_BY_PLACE = {
    place: tuple(row for row in _FULLEST_FIRST if (row.method, row.level) == place)
    for place in {(row.method, row.level) for row in OPERATIONS}
}

# Marks that are arguments of other operations too; alone they do not choose one.
_ARGUMENT_MARKS = frozenset({"partNumber", "uploadId", "list-type"})

# Sub-resources S3 knows and this endpoint does not serve; a request that names one is refused, never
# answered as if the mark were not there.
NOT_SERVED = frozenset(
    {
        "abac",
        "accelerate",
        "analytics",
        "annotation",
        "annotations",
        "append",
        "intelligent-tiering",
        "logging",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "metrics",
        "renameObject",
        "replication",
        "replicationPermission",
        "requestPayment",
        "restore",
        "select",
        "select-type",
        "session",
        "storageClass",
        "torrent",
        "website",
    }
)
_SERVED_MARKS = frozenset(mark for row in OPERATIONS for mark in row.marks)
_MARKS = _SERVED_MARKS | NOT_SERVED
_SEVERAL = frozenset({"inventory"})  # a bucket may have several: `id` is a mark beside these alone
_METHODS = frozenset({"GET", "HEAD", "PUT", "POST", "DELETE"})


def call_of(signed: Signed, base_domains: tuple[str, ...] = ()) -> Call:
    """The operation of a request and its arguments, from the parts a signer signs.

    Refuses `operation-not-served`, `marks-conflict`, `method-not-allowed`, `bucket-name-invalid`,
    `copy-source-invalid`, `part-number-invalid`, `upload-invalid`, `version-id-invalid`,
    `argument-repeated`, `inventory-invalid` and those of `check_key`.
    """
    bucket, raw_key = _place(signed, base_domains)
    level: Level = "service" if bucket is None else "object" if raw_key else "bucket"
    operation = _operation(signed, level)
    return Call(
        operation=operation,
        bucket=bucket,
        key=check_key(raw_key) if raw_key else None,
        version=_version(signed, level),
        source=_source(signed) if operation.reads_source else None,
        span=_text(signed.header("range")) if operation.name in ("GetObject", "HeadObject") else None,
        upload=_upload(signed) if "uploadId" in operation.marks else None,
        part_number=_part_number(signed) if operation.level == "object" else None,
        config=_config(signed) if "id" in operation.marks else None,
    )


def bucket_of(head: Head, base_domains: tuple[str, ...] = ()) -> str | None:
    """The bucket a request is addressed to, signed or not; None for the service (`bucket-name-invalid`)."""
    bare = Signed(
        method=head.method,
        path=percent_decode(head.raw_path),
        query=(),
        headers=(("host", head.value(b"host") or b""),),
        payload="",
    )
    return _place(bare, base_domains)[0]


def split_source(raw: bytes, span: bytes | None = None) -> Source:
    """x-amz-copy-source: `[/]bucket/key[?versionId=id]`, percent-encoded (`copy-source-invalid`)."""
    path, question, query = raw.removeprefix(b"/").partition(b"?")
    decoded = _source_text(path)
    if b"/" not in decoded and raw.lower().startswith(b"arn"):
        raise malformed("copy-source-invalid")
    bucket, _, key = decoded.partition(b"/")
    name = bucket.decode("latin-1")
    if BUCKET_TEXT.fullmatch(name) is None or not key:
        raise malformed("copy-source-invalid")
    version = None
    if question:
        argument, _, value = query.partition(b"=")
        if argument != b"versionId":
            raise malformed("copy-source-invalid")
        version = check_version_text(_source_text(value).decode("latin-1"))
    return Source(bucket=name, key=check_key(key), version=version, span=_text(span))


def _source_text(raw: bytes) -> bytes:
    try:
        return percent_decode(raw)
    except Refusal as error:
        raise malformed("copy-source-invalid") from error


def _place(signed: Signed, base_domains: tuple[str, ...]) -> tuple[str | None, bytes]:
    """Bucket and raw key: virtual-host style below one of the base domains, path style otherwise."""
    host = (signed.header("host") or b"").decode("latin-1").lower()
    host = host.rsplit(":", 1)[0] if host.rsplit(":", 1)[-1].isdigit() else host
    path = signed.path[1:]
    for domain in base_domains:
        if host.endswith("." + domain.lower()):
            name = host[: -len(domain) - 1]
            return _bucket(name), path
    raw_bucket, _, key = path.partition(b"/")
    if not raw_bucket:
        if key:
            raise malformed("bucket-name-invalid")
        return None, b""
    return _bucket(raw_bucket.decode("latin-1")), key


def _bucket(name: str) -> str:
    if BUCKET_TEXT.fullmatch(name) is None:
        raise malformed("bucket-name-invalid")
    return name


def _operation(signed: Signed, level: Level) -> Operation:
    names = [name.decode("latin-1") for name, _ in signed.query]
    marks = {name for name in names if name in _MARKS}
    if not marks & _SEVERAL:
        marks.discard("id")
    if any(names.count(mark) > 1 for mark in marks):
        raise malformed("argument-repeated")
    if signed.header(COPY) is not None:
        marks.add(COPY)
    if signed.method not in _METHODS:
        raise malformed("method-not-allowed")
    if marks & NOT_SERVED:
        raise malformed("operation-not-served")
    for row in _BY_PLACE.get((signed.method, level), ()):
        if marks.issuperset(row.marks):
            break
    else:
        raise malformed("method-not-allowed" if not marks else "operation-not-served")
    left = marks.difference(row.marks)
    if left and not (signed.method in ("GET", "HEAD") and left <= _ARGUMENT_MARKS):
        raise malformed("marks-conflict")
    return row


def _version(signed: Signed, level: Level) -> str | None:
    given = [value for name, value in signed.query if name == b"versionId"]
    if len(given) > 1:
        raise malformed("argument-repeated")
    if not given or level != "object":
        return None
    return check_version_text(given[0].decode("latin-1"))


def _source(signed: Signed) -> Source:
    return split_source(signed.header(COPY) or b"", signed.header("x-amz-copy-source-range"))


def _upload(signed: Signed) -> str:
    text = (signed.parameter(b"uploadId") or b"").decode("latin-1")
    if not text or len(text) > 128 or not text.isascii() or not text.isprintable():
        raise malformed("upload-invalid")
    return text


def _config(signed: Signed) -> str:
    text = (signed.parameter(b"id") or b"").decode("latin-1")
    if not text or len(text) > CONFIG_CHARACTERS_MAX or not text.isascii() or not text.isprintable():
        raise malformed("inventory-invalid")
    return text


def _part_number(signed: Signed) -> int | None:
    raw = signed.parameter(b"partNumber")
    if raw is None:
        return None
    text = raw.decode("latin-1")
    if not text.isascii() or not text.isdigit() or len(text) > 5 or not 1 <= int(text) <= 10_000:
        raise malformed("part-number-invalid")
    return int(text)


def _text(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("latin-1")
