"""From the keyroom's answers to the words of the protocol."""

from custodes.acts.asks.objects import BucketView, Content, GetOpened, ListedObject, Marks, PutClosed
from custodes.kernel.clock import from_text
from custodes.objects.checksums import Algorithm, Checksum, Coverage
from custodes.objects.ranges import Span
from custodes.objects.version import NULL, Version, Versioning
from custodes.protocols.s3 import answers
from custodes.protocols.s3.answers import CONTENT_TYPE_DEFAULT, Shown
from custodes.protocols.s3.messages import Pairs
from custodes.protocols.s3.requests import Kept

CONTENT_TYPE = "content-type"


def content_of(kept: Kept) -> Content:
    """What a client wants kept, as the keyroom seals it."""
    headers = dict(kept.content)
    return Content(
        content_type=headers.pop(CONTENT_TYPE, CONTENT_TYPE_DEFAULT),
        headers=tuple(sorted(headers.items())),
        metadata=kept.metadata,
    )


def kept_of(content: Content) -> Kept:
    """Inverse of `content_of`."""
    return Kept(
        content=tuple(sorted(((CONTENT_TYPE, content.content_type), *content.headers))),
        metadata=content.metadata,
    )


def shown(key: str, opened: GetOpened) -> Shown:
    """A version that can be read."""
    version = Version(
        id=opened.version,
        bucket=opened.bucket,
        key=key,
        sequence=0,
        last_modified=opened.at,
        size_bytes=opened.size,
        etag=opened.etag,
        is_null=opened.version_shown == NULL,
        parts_count=opened.parts_count,
        checksum=checksum_of(opened.checksums, opened.checksum_type),
    )
    return Shown(
        version=version,
        kept=kept_of(opened.content),
        versioning=versioning(opened.version_shown),
        marks=marks_of(opened.marks),
    )


def marks_of(marks: Marks) -> Pairs:
    """What a version was told, as headers."""
    until = from_text(marks.lock_until) if marks.lock_until else None
    headers = (
        *answers.encrypted(marks.sse, marks.sse_key),
        *answers.locked_until(marks.lock_mode, until, marks.hold),
    )
    if marks.tags_count:
        headers = (*headers, (b"x-amz-tagging-count", b"%d" % marks.tags_count))
    return headers


def span(opened: GetOpened) -> Span | None:
    """The bytes of a partial answer; None for the whole."""
    return Span(first=opened.first, end=opened.last + 1) if opened.partial else None


def written(key: str, closed: PutClosed) -> tuple[Version, Versioning]:
    """A version that was written."""
    version = Version(
        id=closed.version,
        bucket="",
        key=key,
        sequence=0,
        last_modified=closed.at,
        etag=closed.etag,
        is_null=closed.version_shown == NULL,
        checksum=checksum_of(closed.checksums, closed.checksum_type),
    )
    return version, versioning(closed.version_shown)


def versioning(version_shown: str | None) -> Versioning:
    """Whether answers name versions: not in a bucket that never had any."""
    return Versioning.OFF if version_shown is None else Versioning.ENABLED


def state_of(bucket: BucketView) -> Versioning:
    """The state of a bucket."""
    return Versioning(bucket.versioning)


def listed(bucket: str, row: ListedObject) -> Version:
    """A line of a listing."""
    return Version(
        id=row.version,
        bucket=bucket,
        key=row.name,
        sequence=0,
        last_modified=from_text(row.at),
        size_bytes=row.size,
        etag=row.etag,
        is_null=row.version == NULL,
        is_delete_marker=row.marker,
    )


def checksum_of(pairs: tuple[tuple[str, str], ...], coverage: str) -> Checksum | None:
    """The first checksum the keyroom tells of."""
    for name, value in pairs:
        whole = Coverage(coverage) if coverage else Coverage.FULL_OBJECT
        return Checksum(algorithm=Algorithm(name), value=value, coverage=whole)
    return None
