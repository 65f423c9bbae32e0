"""Requests in our words: what headers and bodies ask for, with limits.

An `x-amz-` header that the table does not know for an operation is refused (`header-not-served`): a header
may ask for something a caller relies on (a lock, a tag, another key), and silence would be a promise.
"""

import re
from datetime import datetime
from types import MappingProxyType

import msgspec

from custodes.kernel.refusal import malformed
from custodes.objects.checksums import Algorithm, Checksum, Coverage, coverage_for, is_value
from custodes.objects.conditions import NONE, Conditions, Tags, parse_tags
from custodes.objects.multipart import Listed
from custodes.objects.names import check_key
from custodes.objects.ranges import Asked
from custodes.objects.ranges import parse as parse_range
from custodes.objects.rules.bucket_rules import OWNERSHIPS
from custodes.objects.version import check_version_text

from . import xml
from .body import CHECKSUM_HEADERS
from .canonical import canonical_value, parse_query
from .dates import from_http_date
from .messages import Head
from .operations import Call
from .wishes import CUSTOMERS, ENCRYPTING, LOCKS, SOURCE_CUSTOMERS

METADATA_BYTES_MAX = 2_048
DELETE_KEYS_MAX = 1_000
CONTENT_HEADERS = (
    "content-type",
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "expires",
)
STORAGE_CLASSES = frozenset(
    {"STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "REDUCED_REDUNDANCY"}
)
LOCATION = "x-amz-website-redirect-location"  # kept and told; nobody here is led anywhere by it
OVERRIDES = MappingProxyType({f"response-{name}": name for name in CONTENT_HEADERS})

_VALUES = MappingProxyType(  # of headers that have a closed set of them
    {
        "x-amz-bucket-object-lock-enabled": ("false", "False", "true", "True"),
        "x-amz-object-ownership": OWNERSHIPS,
        "x-amz-tagging-directive": ("COPY", "REPLACE"),
    }
)

# x-amz- headers that every operation takes; each is either evidence or asks for nothing.
_ALWAYS = frozenset(
    {
        *CHECKSUM_HEADERS,
        "x-amz-expected-bucket-owner",
        "x-amz-source-expected-bucket-owner",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-decoded-content-length",
        "x-amz-request-payer",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-te",
        "x-amz-trailer",
        "x-amz-user-agent",
    }
)
_CHECKSUMS = frozenset(CHECKSUM_HEADERS)
_GRANTS = frozenset(
    f"x-amz-grant-{name}" for name in ("full-control", "read", "read-acp", "write", "write-acp")
)
_STORING = ENCRYPTING | LOCKS | _GRANTS | {"x-amz-acl", "x-amz-storage-class", "x-amz-tagging", LOCATION}
_SOURCE = frozenset(
    {
        "x-amz-copy-source",
        "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-modified-since",
        "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-unmodified-since",
    }
    | SOURCE_CUSTOMERS
)
_MATCHING = frozenset({"x-amz-if-match-last-modified-time", "x-amz-if-match-size"})
_BYPASS = "x-amz-bypass-governance-retention"
_KNOWN = MappingProxyType(
    {
        "CreateBucket": frozenset(
            {"x-amz-acl", "x-amz-bucket-object-lock-enabled", "x-amz-object-ownership", *_GRANTS}
        ),
        "PutBucketAcl": frozenset({"x-amz-acl", *_GRANTS}),
        "PutObjectAcl": frozenset({"x-amz-acl", *_GRANTS}),
        "PutBucketPolicy": frozenset({"x-amz-confirm-remove-self-bucket-access"}),
        "PutObjectRetention": frozenset({_BYPASS}),
        "GetObjectAttributes": CUSTOMERS
        | {"x-amz-object-attributes", "x-amz-max-parts", "x-amz-part-number-marker"},
        "PutBucketVersioning": _CHECKSUMS,
        "ListObjects": frozenset({"x-amz-optional-object-attributes"}),
        "ListObjectsV2": frozenset({"x-amz-optional-object-attributes"}),
        "ListObjectVersions": frozenset({"x-amz-optional-object-attributes"}),
        "DeleteObject": _MATCHING | {_BYPASS},
        "DeleteObjects": _CHECKSUMS | {_BYPASS},
        "PutObject": _STORING | _CHECKSUMS,
        "CopyObject": _STORING
        | _SOURCE
        | {"x-amz-metadata-directive", "x-amz-tagging-directive", "x-amz-checksum-algorithm"},
        "GetObject": CUSTOMERS | {"x-amz-checksum-mode"},
        "HeadObject": CUSTOMERS | {"x-amz-checksum-mode"},
        "CreateMultipartUpload": _STORING | {"x-amz-checksum-algorithm", "x-amz-checksum-type"},
        "UploadPart": _CHECKSUMS | ENCRYPTING,
        "UploadPartCopy": _SOURCE | CUSTOMERS | {"x-amz-copy-source-range"},
        "CompleteMultipartUpload": _CHECKSUMS | ENCRYPTING | {"x-amz-checksum-type", "x-amz-mp-object-size"},
    }
)
_META = "x-amz-meta-"
_TAKES_METADATA = frozenset({"PutObject", "CopyObject", "CreateMultipartUpload"})
_SIZE = re.compile(r"\d{1,16}", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,16}", re.ASCII)


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept beside the content and given back with it: content headers and user metadata.

    Names are in lower case, metadata without `x-amz-meta-`; both in order of name.
    """

    content: tuple[tuple[str, str], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """GetObject, HeadObject. `overrides` replace content headers in the answer."""

    conditions: Conditions
    asked: Asked | None = None
    part_number: int | None = None
    shows_checksum: bool = False
    overrides: tuple[tuple[str, str], ...] = ()


class Writing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """PutObject, CreateMultipartUpload, CopyObject. `algorithm` is None unless named in a header."""

    kept: Kept
    conditions: Conditions
    algorithm: Algorithm | None = None
    coverage: Coverage | None = None


class Copying(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CopyObject, UploadPartCopy: the conditions on the source; `replaces_kept` for a REPLACE directive."""

    source_conditions: Conditions
    replaces_kept: bool = False
    replaces_tags: bool = False


class Doomed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One entry of DeleteObjects."""

    key: str
    version: str | None = None
    conditions: Conditions = Conditions()


class Deleting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """DeleteObjects. `is_quiet`: answer only what failed."""

    doomed: tuple[Doomed, ...]
    is_quiet: bool = False


class Completing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CompleteMultipartUpload: the listed parts and what the caller says the object is."""

    listed: tuple[Listed, ...]
    conditions: Conditions
    checksum: Checksum | None = None
    coverage: Coverage | None = None
    size_bytes: int | None = None


def check_headers(head: Head, operation_name: str) -> None:
    """Refuse what a header asks for and nobody here does (`header-not-served`, `storage-class-invalid`)."""
    known = _KNOWN.get(operation_name, frozenset())
    for raw, _ in head.headers:
        if not raw.startswith(b"x-amz-"):
            continue
        name = raw.decode("ascii")
        if name in _ALWAYS or name in known:
            continue
        if name.startswith(_META) and operation_name in _TAKES_METADATA:
            continue
        raise malformed("sse-invalid" if name in ENCRYPTING else "header-not-served", header=name)
    for name, allowed in _VALUES.items():
        value = head.text(name)
        if value is not None and value not in allowed:
            raise malformed("argument-invalid", argument=name)
    storage_class = head.text("x-amz-storage-class")
    if storage_class is not None and storage_class not in STORAGE_CLASSES:
        raise malformed("storage-class-invalid")


def reading(head: Head, call: Call) -> Reading:
    """GetObject and HeadObject (`etag-malformed`, `range-and-part`)."""
    range_text = head.text("range")
    if range_text is not None and call.part_number is not None:
        raise malformed("range-and-part")
    return Reading(
        conditions=conditions(head),
        asked=parse_range(range_text),
        part_number=call.part_number,
        shows_checksum=(head.text("x-amz-checksum-mode") or "").upper() == "ENABLED",
        overrides=_overrides(head),
    )


def writing(head: Head) -> Writing:
    """What PutObject, CreateMultipartUpload and CopyObject keep beside the content.

    Refuses `metadata-too-large`, `header-malformed`, `checksum-algorithm-unsupported`,
    `checksum-type-unsupported`, `etag-malformed`, `redirect-location-invalid`.
    """
    algorithm = _algorithm(head.text("x-amz-checksum-algorithm"))
    coverage_text = head.text("x-amz-checksum-type")
    if coverage_text is not None and algorithm is None:
        raise malformed("checksum-type-unsupported")
    return Writing(
        kept=Kept(content=_content(head), metadata=_metadata(head)),
        conditions=conditions(head),
        algorithm=algorithm,
        coverage=coverage_for(algorithm, coverage_text) if algorithm is not None else None,
    )


def copying(head: Head) -> Copying:
    """The source side of a copy (`argument-invalid`, `etag-malformed`, `copy-source-invalid`).

    A source with a run of spaces that is not percent-encoded is refused: its signature covers another key,
    for the canonical request makes one space of a run.
    """
    raw = head.value(b"x-amz-copy-source") or b""
    if raw != canonical_value(raw):
        raise malformed("copy-source-invalid")
    directive = head.text("x-amz-metadata-directive") or "COPY"
    if directive not in ("COPY", "REPLACE"):
        raise malformed("argument-invalid", argument="x-amz-metadata-directive")
    return Copying(
        source_conditions=conditions(head, "x-amz-copy-source-"),
        replaces_kept=directive == "REPLACE",
        replaces_tags=(head.text("x-amz-tagging-directive") or "COPY") == "REPLACE",
    )


def deleting(body: bytes) -> Deleting:
    """The body of DeleteObjects (`xml-malformed`, `too-many-keys`, those of `check_key`)."""
    root = xml.parse(body, "Delete")
    doomed = []
    for child in root.children:
        if child.name == "Object":
            doomed.append(_doomed(child))
        elif child.name != "Quiet":
            raise malformed("xml-malformed")
    if len(doomed) > DELETE_KEYS_MAX:
        raise malformed("too-many-keys")
    quiet = (root.value("Quiet") or "false").strip().lower()
    if not doomed or quiet not in ("true", "false"):
        raise malformed("xml-malformed")
    return Deleting(doomed=tuple(doomed), is_quiet=quiet == "true")


def completing(head: Head, body: bytes) -> Completing:
    """The body and headers of CompleteMultipartUpload (`xml-malformed`, `checksum-twice`,
    `checksum-type-unsupported`).
    """
    root = xml.parse(body, "CompleteMultipartUpload")
    if any(child.name != "Part" for child in root.children) or not root.children:
        raise malformed("xml-malformed")
    size = head.text("x-amz-mp-object-size")
    if size is not None and _SIZE.fullmatch(size) is None:
        raise malformed("object-size-invalid")
    return Completing(
        listed=tuple(_listed(child) for child in root.children),
        conditions=conditions(head),
        checksum=_object_checksum(head),
        coverage=_coverage(head.text("x-amz-checksum-type")),
        size_bytes=None if size is None else int(size),
    )


def location(body: bytes) -> str | None:
    """The location constraint of CreateBucket, None when there is none (`xml-malformed`)."""
    if not body.strip():
        return None
    root = xml.parse(body, "CreateBucketConfiguration")
    for child in root.children:
        if child.name not in ("LocationConstraint",):
            raise malformed("xml-malformed")
    return root.value("LocationConstraint") or None


def versioning_status(body: bytes) -> str:
    """The Status of PutBucketVersioning; MFA delete is not served (`xml-malformed`, `header-not-served`)."""
    root = xml.parse(body, "VersioningConfiguration")
    if (root.value("MfaDelete") or "Disabled") != "Disabled":
        raise malformed("operation-not-served")
    return root.value("Status") or ""


CONDITIONAL = (
    "if-match",
    "if-range",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "x-amz-if-match-last-modified-time",
    "x-amz-if-match-size",
)


_CONDITIONAL = tuple(name.encode("ascii") for name in CONDITIONAL)


def conditions(head: Head, before: str = "") -> Conditions:
    """The conditional headers; a date that is none is ignored (RFC 9110 sections 13.1.3, 13.1.4)."""
    if not before and not head.has_any(_CONDITIONAL):
        return NONE
    if_range = None if before else head.text("if-range")
    if_range_at = _date(if_range)
    return Conditions(
        if_match=_tags(head.text(f"{before}if-match")),
        if_none_match=_tags(head.text(f"{before}if-none-match")),
        if_modified_since=_date(head.text(f"{before}if-modified-since")),
        if_unmodified_since=_date(head.text(f"{before}if-unmodified-since")),
        if_modified_at=None if before else _date(head.text("x-amz-if-match-last-modified-time")),
        if_size=None if before else _number(head.text("x-amz-if-match-size")),
        if_range=_tags(if_range) if if_range_at is None else None,
        if_range_at=if_range_at,
    )


def _content(head: Head) -> tuple[tuple[str, str], ...]:
    kept = []
    for name in sorted(CONTENT_HEADERS):
        value = head.text(name)
        if name == "content-encoding" and value is not None:
            codings = [coding.strip() for coding in value.split(",")]
            if any(coding.lower() == "aws-chunked" for coding in codings):
                value = ", ".join(coding for coding in codings if coding.lower() not in ("aws-chunked", ""))
        if value:
            kept.append((name, value))
    location = head.text(LOCATION)
    if location and not location.startswith(("/", "http://", "https://")):
        raise malformed("redirect-location-invalid")
    return (*kept, (LOCATION, location)) if location else tuple(kept)


def _metadata(head: Head) -> tuple[tuple[str, str], ...]:
    names = sorted({name for name, _ in head.headers if name.startswith(_META.encode("ascii"))})
    pairs = []
    for raw in names:
        name = raw.decode("ascii")
        pairs.append((name.removeprefix(_META), head.text(name) or ""))
    size_bytes = sum(len(name) + len(value.encode("utf-8")) for name, value in pairs)
    if size_bytes > METADATA_BYTES_MAX:
        raise malformed("metadata-too-large", bytes=size_bytes, bytes_max=METADATA_BYTES_MAX)
    return tuple(pairs)


def _overrides(head: Head) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for raw, value in parse_query(head.query) if head.query else ():
        name = OVERRIDES.get(raw.decode("latin-1"))
        if name is None:
            continue
        try:
            written = value.decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            raise malformed("argument-invalid", argument=f"response-{name}") from error
        if not written.isprintable() or name in found:
            raise malformed("argument-invalid", argument=f"response-{name}")
        found[name] = written
    return tuple(sorted(found.items()))


def _algorithm(name: str | None) -> Algorithm | None:
    if name is None:
        return None
    try:
        return Algorithm(name.upper())
    except ValueError as error:
        raise malformed("checksum-algorithm-unsupported") from error


def _coverage(name: str | None) -> Coverage | None:
    if name is None:
        return None
    try:
        return Coverage(name)
    except ValueError as error:
        raise malformed("checksum-type-unsupported") from error


def _object_checksum(head: Head) -> Checksum | None:
    given = [(name, value) for name in CHECKSUM_HEADERS if (value := head.text(name)) is not None]
    if len(given) > 1:
        raise malformed("checksum-twice")
    for name, value in given:
        algorithm = CHECKSUM_HEADERS[name]
        bare, dash, _ = value.partition("-")
        if not is_value(algorithm, bare):
            raise malformed("checksum-differs", algorithm=algorithm.value)
        coverage = Coverage.COMPOSITE if dash else Coverage.FULL_OBJECT
        return Checksum(algorithm=algorithm, value=value, coverage=coverage)
    return None


def _doomed(child: xml.Element) -> Doomed:
    key = child.value("Key")
    if key is None:
        raise malformed("xml-malformed")
    version = child.value("VersionId") or None
    etag = child.value("ETag") or None
    for other in child.children:
        if other.name not in ("Key", "VersionId", "ETag", "LastModifiedTime", "Size"):
            raise malformed("xml-malformed")
    return Doomed(
        key=check_key(key.encode("utf-8")),
        version=None if version is None else check_version_text(version),
        conditions=Conditions(
            if_match=_tags(etag),
            if_modified_at=_date(child.value("LastModifiedTime")),
            if_size=_number(child.value("Size")),
        ),
    )


def _listed(child: xml.Element) -> Listed:
    number, etag = child.value("PartNumber"), child.value("ETag")
    if number is None or etag is None or _WHOLE.fullmatch(number.strip()) is None:
        raise malformed("xml-malformed")
    values = [value for each in Algorithm if (value := child.value(f"Checksum{each.value}")) is not None]
    if len(values) > 1:
        raise malformed("checksum-twice")
    return Listed(number=int(number), etag=etag, checksum=values[0] if values else None)


def _tags(value: str | None) -> Tags | None:
    return None if value is None else parse_tags(value)


def _number(value: str | None) -> int | None:
    if value is None:
        return None
    if _SIZE.fullmatch(value.strip()) is None:
        raise malformed("argument-invalid", argument="size")
    return int(value)


def _date(value: str | None) -> datetime | None:
    return None if value is None else from_http_date(value)
