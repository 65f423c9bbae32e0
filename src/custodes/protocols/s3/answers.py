"""Answers that are headers: reads, writes, deletions, refusals.

Bodies of reads are streamed by the plane; everything else is whole. No Server, Date or Content-Length of a
document: those belong to whoever sends.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from custodes.kernel.refusal import Refusal, absent, conflict, malformed
from custodes.objects.checksums import Algorithm, Checksum, Coverage
from custodes.objects.conditions import Verdict
from custodes.objects.ranges import Span
from custodes.objects.version import Version, Versioning

from .dates import to_document_date, to_http_date
from .messages import Pairs
from .refusals import error_document, said
from .requests import Kept, Reading

XML = (b"content-type", b"application/xml")
CONTENT_TYPE_DEFAULT = "binary/octet-stream"  # what S3 answers for an object stored without one
RETRY_AFTER_S = 1


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole answer, or the head of a streamed one."""

    status: int
    headers: Pairs = ()
    body: bytes = b""


class Shown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A version with what its manifest keeps, and the state of its bucket."""

    version: Version
    kept: Kept
    versioning: Versioning
    marks: Pairs = ()  # headers of what it was told


def read_answer(shown: Shown, reading: Reading, span: Span | None) -> Answer:
    """The head of a GetObject or HeadObject answer: 206 for every range, also of the whole (see `ranges`).

    `span` is None for the whole; for a part number it is the part's bytes.
    """
    version = shown.version
    size_bytes = version.size_bytes if span is None else span.size_bytes
    headers = [
        *_validators(version),
        (b"accept-ranges", b"bytes"),
        (b"content-length", b"%d" % size_bytes),
        *_version(shown.versioning, version),
        *_kept(shown.kept, reading),
        *shown.marks,
    ]
    if span is not None and not span.size_bytes:  # the only part of an empty object: no range can say it
        span = None
    if span is not None:
        headers.append((b"content-range", span.content_range(version.size_bytes).encode("ascii")))
    if reading.part_number is not None and version.parts_count:
        headers.append((b"x-amz-mp-parts-count", b"%d" % version.parts_count))
    is_whole = span is None or reading.part_number is not None  # of a part its own is told
    if reading.shows_checksum and is_whole and version.checksum is not None:
        headers += _checksum(version.checksum)
    return Answer(status=200 if span is None else 206, headers=tuple(headers))


def not_modified(shown: Shown) -> Answer:
    """304: the validators and nothing else (RFC 9110 section 15.4.5)."""
    headers = (*_validators(shown.version), *_version(shown.versioning, shown.version))
    return Answer(status=304, headers=headers)


def encrypted(sse: str, sse_key: str) -> Pairs:
    """How it is encrypted, in S3's words: always, and with which key where one was named."""
    if sse == "customer":
        md5 = (b"x-amz-server-side-encryption-customer-key-md5", sse_key.encode("ascii", "replace"))
        return ((b"x-amz-server-side-encryption-customer-algorithm", b"AES256"), md5)
    if sse == "aws:kms":
        key = (b"x-amz-server-side-encryption-aws-kms-key-id", sse_key.encode("ascii", "replace"))
        return ((b"x-amz-server-side-encryption", b"aws:kms"), key)
    return ((b"x-amz-server-side-encryption", b"AES256"),)


def locked_until(mode: str, until: datetime | None, hold: str) -> Pairs:
    """What retains a version; empty texts for nothing."""
    headers: list[tuple[bytes, bytes]] = []
    if mode and until is not None:
        headers.append((b"x-amz-object-lock-mode", mode.encode("ascii")))
        shown = to_document_date(until).encode("ascii")
        headers.append((b"x-amz-object-lock-retain-until-date", shown))
    if hold:
        headers.append((b"x-amz-object-lock-legal-hold", hold.encode("ascii")))
    return tuple(headers)


def written(version: Version, versioning: Versioning, more: Pairs = ()) -> Answer:
    """PutObject is done."""
    headers = [(b"etag", _quoted(version.etag)), *_version(versioning, version), *more]
    if version.checksum is not None:
        headers += _checksum(version.checksum)
    return Answer(status=200, headers=tuple(headers))


def part_written(etag: str, checksum: Checksum | None, more: Pairs = ()) -> Answer:
    """UploadPart is done."""
    headers = [(b"etag", _quoted(etag)), *more]
    if checksum is not None:
        headers += _checksum(checksum)[:1]
    return Answer(status=200, headers=tuple(headers))


def deleted(removed: Version | None, marker: Version | None, versioning: Versioning) -> Answer:
    """DeleteObject is done: `removed` for a named version, `marker` for a new delete marker."""
    headers: list[tuple[bytes, bytes]] = []
    about = marker or removed
    if about is not None and versioning is not Versioning.OFF:
        headers.append((b"x-amz-version-id", about.shown_id.encode("ascii")))
        if about.is_delete_marker:
            headers.append((b"x-amz-delete-marker", b"true"))
    return Answer(status=204, headers=tuple(headers))


def created_bucket(bucket: str) -> Answer:
    """CreateBucket is done."""
    return Answer(status=200, headers=((b"location", f"/{bucket}".encode("ascii")),))


def bucket_head(region: str) -> Answer:
    """HeadBucket: it is there and may be used."""
    return Answer(status=200, headers=((b"x-amz-bucket-region", region.encode("ascii")),))


def done() -> Answer:
    """200 with nothing to say: PutBucketVersioning."""
    return Answer(status=200)


def gone() -> Answer:
    """204: DeleteBucket, AbortMultipartUpload."""
    return Answer(status=204)


def of_document(body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    """200 with an XML document."""
    return Answer(status=200, headers=(XML, *headers), body=body)


def upload_header(algorithm: Algorithm, coverage: Coverage) -> Pairs:
    """What CreateMultipartUpload says of the checksum the object will have."""
    return (
        (b"x-amz-checksum-algorithm", algorithm.value.encode("ascii")),
        (b"x-amz-checksum-type", coverage.value.encode("ascii")),
    )


def version_header(version: Version, versioning: Versioning) -> Pairs:
    """x-amz-version-id, once versioning was ever enabled."""
    return tuple(_version(versioning, version))


def refused(refusal: Refusal, *, resource: str, request_id: str, is_head: bool = False) -> Answer:
    """A refusal as S3's error answer; a HEAD answer and a 304 have no document."""
    row = said(refusal)
    headers: list[tuple[bytes, bytes]] = [(b"x-amz-request-id", request_id.encode("ascii"))]
    if row.status == 416 and isinstance(refusal.facts.get("size_bytes"), int):
        headers.append((b"content-range", f"bytes */{refusal.facts['size_bytes']}".encode("ascii")))
    if refusal.code == "version-is-marker":
        headers += [(b"x-amz-delete-marker", b"true"), (b"allow", b"DELETE")]
    elif refusal.facts.get("is_delete_marker") is True:
        headers.append((b"x-amz-delete-marker", b"true"))
    if row.status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_AFTER_S))
    if is_head or row.status == 304:
        return Answer(status=row.status, headers=tuple(headers))
    return Answer(
        status=row.status,
        headers=(*headers, XML),
        body=error_document(refusal, resource, request_id),
    )


def check_verdict(verdict: Verdict) -> None:
    """Raise what a verdict other than *go on* means: `precondition-failed`, `not-modified`, `key-absent`."""
    if verdict is Verdict.FAILED:
        raise conflict("precondition-failed")
    if verdict is Verdict.NOT_MODIFIED:
        raise conflict("not-modified")
    if verdict is Verdict.ABSENT:
        raise absent("key-absent")


def check_readable(version: Version | None, *, is_named: bool) -> Version:
    """A version that can be read.

    Refuses `key-absent` (also for a delete marker that is the current version), `version-absent`,
    `version-is-marker` for a named one.
    """
    if version is None:
        raise absent("version-absent" if is_named else "key-absent")
    if version.is_delete_marker:
        if is_named:
            raise malformed("version-is-marker")
        raise absent("key-absent", is_delete_marker=True)
    return version


def _validators(version: Version) -> tuple[tuple[bytes, bytes], ...]:
    return (
        (b"etag", _quoted(version.etag)),
        (b"last-modified", to_http_date(version.last_modified).encode("ascii")),
    )


def _version(versioning: Versioning, version: Version) -> list[tuple[bytes, bytes]]:
    if versioning is Versioning.OFF:
        return []
    return [(b"x-amz-version-id", version.shown_id.encode("ascii"))]


def _kept(kept: Kept, reading: Reading) -> list[tuple[bytes, bytes]]:
    content = {"content-type": CONTENT_TYPE_DEFAULT, **dict(kept.content), **dict(reading.overrides)}
    headers = [(name.encode("ascii"), value.encode("utf-8")) for name, value in sorted(content.items())]
    for name, value in kept.metadata:
        headers.append((f"x-amz-meta-{name}".encode("ascii"), value.encode("utf-8")))
    return headers


def _checksum(checksum: Checksum) -> list[tuple[bytes, bytes]]:
    name = f"x-amz-checksum-{checksum.algorithm.value.lower()}"
    coverage = Coverage(checksum.coverage).value
    return [
        (name.encode("ascii"), checksum.value.encode("ascii")),
        (b"x-amz-checksum-type", coverage.encode("ascii")),
    ]


def _quoted(etag: str) -> bytes:
    return f'"{etag}"'.encode("ascii")
