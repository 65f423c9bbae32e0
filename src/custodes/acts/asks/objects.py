"""Asks about buckets and objects. What is asked must be what the evidence signed; the keyroom checks it.

A body longer than 1 MiB is a long use: `OpenPut` commits an admission, `ClosePut` the outcome with index
row and wrap. A shorter one is decided at `OpenPut` and committed, entry and all, at `ClosePut`.
"""

import msgspec

from .doors import Ask
from .evidence import Evidence


class Store(msgspec.Struct, frozen=True):
    """Where a blob lies or is to lie: location id and the store's URI there."""

    location: str
    uri: str


class BlobView(msgspec.Struct, frozen=True):
    """One stored part: blob id, its place in the object, plain and cipher size, and its stores."""

    blob: str
    part: str
    plain_bytes: int
    cipher_bytes: int
    stores: tuple[Store, ...]


class Conditions(msgspec.Struct, frozen=True):
    """Conditional headers as sent; `objects.conditions` reads them."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    if_unmodified_since: str | None = None


class Content(msgspec.Struct, frozen=True):
    """What a client says about a body: all of it sealed into the manifest."""

    content_type: str = "binary/octet-stream"
    headers: tuple[tuple[str, str], ...] = ()  # cache-control, content-encoding, ...
    metadata: tuple[tuple[str, str], ...] = ()


class OpenPut(Ask["PutOpened"], frozen=True, tag="open-put"):
    """-> `PutOpened`. `size_bytes` is the declared plain size, or None."""

    evidence: Evidence
    bucket: str
    name: str
    size_bytes: int | None
    conditions: Conditions = Conditions()
    purpose: str = "operation"


class PutOpened(msgspec.Struct, frozen=True, tag="put-opened"):
    """One data key for one object version, where its bytes go, and what binds them (`associated`)."""

    ticket: str
    bucket: str
    version: str
    data_key: bytes
    blob: str
    stores: tuple[Store, ...]
    customer: str


class Stored(msgspec.Struct, frozen=True):
    """What a plane stored for one part."""

    blob: str
    part: str
    plain_bytes: int
    cipher_bytes: int
    checksums: tuple[tuple[str, str], ...] = ()


class ClosePut(Ask["PutClosed"], frozen=True, tag="close-put"):
    """-> `PutClosed`. `outcome` other than `complete` drops the version and commits the outcome only."""

    evidence: Evidence
    ticket: str
    outcome: str
    stored: tuple[Stored, ...] = ()
    content: Content = Content()
    checksums: tuple[tuple[str, str], ...] = ()
    conditions: Conditions = Conditions()


class PutClosed(msgspec.Struct, frozen=True, tag="put-closed"):
    """The version that stands now."""

    version: str
    version_shown: str | None
    etag: str
    at: str
    log: str
    index: int


class OpenGet(Ask["GetOpened"], frozen=True, tag="open-get"):
    """-> `GetOpened`. `range_header` as sent; `head` releases no key."""

    evidence: Evidence
    bucket: str
    name: str
    version: str | None = None
    range_header: str | None = None
    part_number: int | None = None
    head: bool = False
    conditions: Conditions = Conditions()
    purpose: str = "operation"


class GetOpened(msgspec.Struct, frozen=True, tag="get-opened"):
    """What to send: [first, last] of `size` plain bytes out of `blobs`; no `data_key` for HEAD."""

    ticket: str
    customer: str
    bucket: str
    version: str
    version_shown: str | None
    size: int
    first: int
    last: int
    partial: bool
    etag: str
    at: str
    content: Content
    checksums: tuple[tuple[str, str], ...]
    data_key: bytes
    commitment: bytes
    blobs: tuple[BlobView, ...]
    parts_count: int
    log: str
    index: int


class CloseGet(Ask["Closed"], frozen=True, tag="close-get"):
    """-> `Closed`. How a long use ended; grouped into outcome entries."""

    ticket: str
    outcome: str
    sent_bytes: int


class StillOpen(Ask["Closed"], frozen=True, tag="still-open"):
    """-> `Closed`, or the refusal that stops the stream (`killed`, `grant-ended`): each MiB."""

    ticket: str
    sent_bytes: int


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """Taken."""


class DeleteObject(Ask["Deleted"], frozen=True, tag="delete-object"):
    """-> `Deleted`."""

    evidence: Evidence
    bucket: str
    name: str
    version: str | None = None
    conditions: Conditions = Conditions()


class Deleted(msgspec.Struct, frozen=True, tag="deleted"):
    """`marker` when a delete marker was made or removed."""

    version_shown: str | None
    marker: bool


class DeleteObjects(Ask["DeletedMany"], frozen=True, tag="delete-objects"):
    """-> `DeletedMany`; up to 1,000 (name, version or None)."""

    evidence: Evidence
    bucket: str
    names: tuple[tuple[str, str | None], ...]


class DeletedOne(msgspec.Struct, frozen=True):
    """One result; `refusal` is a refusal's code and kind when it was not deleted."""

    name: str
    version: str | None
    deleted: Deleted | None
    refusal: tuple[str, str] | None


class DeletedMany(msgspec.Struct, frozen=True, tag="deleted-many"):
    """Results in order."""

    results: tuple[DeletedOne, ...]


class ListObjects(Ask["Listed"], frozen=True, tag="list-objects"):
    """-> `Listed`. `kind`: `v1`, `v2` or `versions`."""

    evidence: Evidence
    bucket: str
    kind: str
    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    after_version: str = ""
    token: str = ""
    limit: int = 1000


class ListedObject(msgspec.Struct, frozen=True):
    """One line of a listing, plaintext size and our ETag."""

    name: str
    version: str
    size: int
    etag: str
    at: str
    latest: bool = True
    marker: bool = False


class Listed(msgspec.Struct, frozen=True, tag="listed"):
    """A page of a listing."""

    objects: tuple[ListedObject, ...]
    prefixes: tuple[str, ...]
    truncated: bool
    next_token: str = ""
    next_name: str = ""
    next_version: str = ""


class CreateBucket(Ask["BucketView"], frozen=True, tag="create-bucket"):
    """-> `BucketView`. Placed in `locations` (or the customer's default); refused outside the boundary."""

    evidence: Evidence
    name: str
    locations: tuple[str, ...] = ()
    data_class: str = ""
    key: str = ""
    customer: str = ""


class MoveBucket(Ask["BucketView"], frozen=True, tag="move-bucket"):
    """-> `BucketView`. `verb`: `delete`, `versioning-on`, `versioning-off`."""

    evidence: Evidence
    bucket: str
    verb: str


class LookBucket(Ask["BucketView"], frozen=True, tag="look-bucket"):
    """-> `BucketView` (S3 HeadBucket, GetBucketLocation, GetBucketVersioning)."""

    evidence: Evidence
    bucket: str


class LookBuckets(Ask["Buckets"], frozen=True, tag="look-buckets"):
    """-> `Buckets`."""

    evidence: Evidence
    customer: str = ""


class BucketView(msgspec.Struct, frozen=True, tag="bucket"):
    """A bucket as shown."""

    id: str
    name: str
    customer: str
    key: str
    versioning: str
    data_class: str
    locations: tuple[str, ...]
    created_at: str


class Buckets(msgspec.Struct, frozen=True, tag="buckets"):
    """Buckets of the asker."""

    buckets: tuple[BucketView, ...]
    owner: str


class LookObject(Ask["ObjectView"], frozen=True, tag="look-object"):
    """-> `ObjectView`: where each part lies, versions, who read it (console)."""

    evidence: Evidence
    bucket: str
    name: str


class ObjectView(msgspec.Struct, frozen=True, tag="object"):
    """Versions of one name with blobs and stores; reads are entries with this subject."""

    bucket: str
    name: str
    versions: tuple[ListedObject, ...]
    blobs: tuple[BlobView, ...]


class CopyObject(Ask["CopyOpened"], frozen=True, tag="copy-object"):
    """-> `CopyOpened`. The plane streams from source to target under two data keys, then `ClosePut`."""

    evidence: Evidence
    bucket: str
    name: str
    source_bucket: str
    source_name: str
    source_version: str | None = None
    source_conditions: Conditions = Conditions()
    source_range: str | None = None
    upload: str | None = None
    part_number: int | None = None


class CopyOpened(msgspec.Struct, frozen=True, tag="copy-opened"):
    """A read and a write opened by one signature."""

    source: GetOpened
    target: PutOpened


class OpenUpload(Ask["UploadOpened"], frozen=True, tag="open-upload"):
    """-> `UploadOpened`."""

    evidence: Evidence
    bucket: str
    name: str
    content: Content = Content()
    checksum_algorithm: str = ""
    checksum_type: str = ""


class UploadOpened(msgspec.Struct, frozen=True, tag="upload-opened"):
    """The upload's id."""

    upload: str
    bucket: str


class OpenPart(Ask["PutOpened"], frozen=True, tag="open-part"):
    """-> `PutOpened`."""

    evidence: Evidence
    bucket: str
    name: str
    upload: str
    part_number: int
    size_bytes: int | None


class ClosePart(Ask["PartClosed"], frozen=True, tag="close-part"):
    """-> `PartClosed`."""

    evidence: Evidence
    ticket: str
    outcome: str
    stored: tuple[Stored, ...] = ()
    checksums: tuple[tuple[str, str], ...] = ()


class PartClosed(msgspec.Struct, frozen=True, tag="part-closed"):
    """The part's ETag."""

    etag: str
    at: str


class CompletePart(msgspec.Struct, frozen=True):
    """One line of CompleteMultipartUpload."""

    number: int
    etag: str
    checksums: tuple[tuple[str, str], ...] = ()


class CompleteUpload(Ask["PutClosed"], frozen=True, tag="complete-upload"):
    """-> `PutClosed`. Idempotent: repeating it gives the same answer."""

    evidence: Evidence
    bucket: str
    name: str
    upload: str
    parts: tuple[CompletePart, ...]
    checksums: tuple[tuple[str, str], ...] = ()
    conditions: Conditions = Conditions()


class AbortUpload(Ask["Closed"], frozen=True, tag="abort-upload"):
    """-> `Closed`."""

    evidence: Evidence
    bucket: str
    name: str
    upload: str


class ListUploads(Ask["Uploads"], frozen=True, tag="list-uploads"):
    """-> `Uploads`."""

    evidence: Evidence
    bucket: str
    prefix: str = ""
    delimiter: str = ""
    key_marker: str = ""
    upload_marker: str = ""
    limit: int = 1000


class UploadView(msgspec.Struct, frozen=True):
    """One open upload."""

    upload: str
    name: str
    at: str


class Uploads(msgspec.Struct, frozen=True, tag="uploads"):
    """A page of open uploads."""

    uploads: tuple[UploadView, ...]
    prefixes: tuple[str, ...]
    truncated: bool
    next_key: str = ""
    next_upload: str = ""


class ListParts(Ask["Parts"], frozen=True, tag="list-parts"):
    """-> `Parts`."""

    evidence: Evidence
    bucket: str
    name: str
    upload: str
    after: int = 0
    limit: int = 1000


class PartView(msgspec.Struct, frozen=True):
    """One uploaded part."""

    number: int
    etag: str
    size: int
    at: str
    checksums: tuple[tuple[str, str], ...] = ()


class Parts(msgspec.Struct, frozen=True, tag="parts"):
    """A page of parts."""

    parts: tuple[PartView, ...]
    truncated: bool
    next_number: int = 0


class CheckChunks(Ask["Closed"], frozen=True, tag="check-chunks"):
    """-> `Closed`. Chunk signatures of a signed streaming body, one ask per MiB: (sha256 hex, signature)."""

    ticket: str
    chunks: tuple[tuple[str, str], ...]
    trailer: tuple[str, str] | None = None
