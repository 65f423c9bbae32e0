"""Asks about buckets and objects. What is asked must be what the evidence signed; the keyroom checks it.

A body longer than 1 MiB is a long use: `OpenPut` commits an admission, `ClosePut` the outcome with index
row and wrap. A shorter one is decided at `OpenPut` and committed, entry and all, at `ClosePut`. A *ticket*
stands for one opened use: it is good once, for 15 minutes from its last `StillOpen`, for the evidence it
was opened with, and dies with the keyroom's run (`ticket-unknown`, conflict: begin again).

Where evidence is a signature and an ask repeats what a signed *body* says, `body` is that body as sent:
the keyroom reads it itself and compares (`other-than-signed`, unauthenticated).
"""

from datetime import datetime

import msgspec

from custodes.objects.conditions import NONE, Conditions

from .doors import Ask, Evidence

CLOSED_MAX = 256


class Store(msgspec.Struct, frozen=True):
    """Where a blob lies or is to lie: location id and the store's URI there."""

    location: str
    uri: str


class Piece(msgspec.Struct, frozen=True):
    """One part to read: plain bytes `first` to `last` of it, both inclusive (`envelope.segment_range`).

    `header` is the stream's, so that a range needs no second read; `associated` is what the stream is bound
    to. Read from the first store that answers.
    """

    blob: str
    number: int
    plain_bytes: int  # of the whole part, padding included
    cipher_bytes: int
    header: bytes
    associated: bytes
    first: int
    last: int
    stores: tuple[Store, ...]


class Content(msgspec.Struct, frozen=True):
    """What a client says about a body: all of it sealed into the manifest. Names in lower case."""

    content_type: str = "binary/octet-stream"
    headers: tuple[tuple[str, str], ...] = ()  # cache-control, content-encoding, ...
    metadata: tuple[tuple[str, str], ...] = ()  # without x-amz-meta-


class OpenPut(Ask["PutOpened"], frozen=True, tag="open-put"):
    """-> `PutOpened`. `size_bytes` is the declared plain size, or None.

    Refusals: `bucket-absent` (absent), `outside-boundary` (denied, with reasons), `precondition-failed`
    (conflict), `key-suspended` ... (locked), what policy refuses.
    """

    evidence: Evidence
    bucket: str
    name: str
    size_bytes: int | None
    conditions: Conditions = NONE
    purpose: str = "operation"


class PutOpened(msgspec.Struct, frozen=True, tag="put-opened"):
    """One data key for one object version, and what its one part is bound to.

    Store the stream as `blob` in every one of `stores`, durably, before `ClosePut` (or `ClosePart`). At least
    `copies_min` of them must take it; those that could not are told in `Stored.missed`. `check_key` is for
    `Stored.check` and opens nothing.
    """

    ticket: str
    customer: str
    bucket: str
    version: str
    data_key: bytes
    blob: str
    number: int
    associated: bytes
    stores: tuple[Store, ...]
    checksum_algorithm: str = ""  # what a part must bring a checksum of; empty: nothing in particular
    padding: str = ""  # steps of `objects.padding` the stream is padded by
    check_key: bytes = b""
    copies_min: int = 0  # 0: every one


class Stored(msgspec.Struct, frozen=True):
    """What a plane stored: `header` is the stream's; `checksums` of the plain bytes, (CRC32, base64) ...

    `check` is the GMAC of the cipher bytes under the opening's `check_key` (`streams.checking`); `missed` are
    locations that did not take the blob.
    """

    blob: str
    plain_bytes: int
    cipher_bytes: int
    header: bytes
    checksums: tuple[tuple[str, str], ...] = ()
    padding_bytes: int = 0
    check: bytes = b""
    missed: tuple[str, ...] = ()


class ClosePut(Ask["PutClosed"], frozen=True, tag="close-put"):
    """-> `PutClosed`. `outcome`: `complete`, `cut` or `failed`; the last two drop the version and its blob.

    Refusals: `ticket-unknown`, `precondition-failed`, `conditional-conflict` (conflict), `body-incomplete`
    (malformed: not the size announced), `chunks-unchecked` (malformed), and everything `OpenPut` refuses: it
    is decided again. Whatever is refused, the blob is the keyroom's to have removed.
    """

    evidence: Evidence
    ticket: str
    outcome: str
    stored: Stored | None = None
    content: Content = Content()


class PutClosed(msgspec.Struct, frozen=True, tag="put-closed"):
    """The version that stands now; `version_shown` is None in a bucket that never had versioning.

    After an outcome other than `complete`, `version` and `etag` are empty.
    """

    version: str
    version_shown: str | None
    etag: str
    at: datetime
    log: str
    index: int
    checksums: tuple[tuple[str, str], ...] = ()
    checksum_type: str = ""
    sse: str = ""
    sse_key: str = ""


class PartFact(msgspec.Struct, frozen=True):
    """One part of a version that was uploaded in parts; `number` is its place, from 1."""

    number: int
    size: int
    checksums: tuple[tuple[str, str], ...] = ()


class Marks(msgspec.Struct, frozen=True):
    """What a version was told beside its content, as far as an answer shows it.

    `hold` is ON, OFF or empty; `sse` empty, `aws:kms` with the key's id, or `customer` with his key's MD5.
    """

    tags_count: int = 0
    lock_mode: str = ""
    lock_until: str = ""
    hold: str = ""
    sse: str = ""
    sse_key: str = ""


class OpenGet(Ask["GetOpened"], frozen=True, tag="open-get"):
    """-> `GetOpened`. `range_header` as sent; `head` releases no key and costs no use of a grant. With
    `shows_parts` a head also names the parts of what was uploaded in parts.

    Refusals: `bucket-absent`, `key-absent`, `version-absent` (absent; fact `marker` with the marker's shown
    id), `version-is-marker` (malformed), `not-modified` and `precondition-failed` (conflict; facts `etag`,
    `at`, `version`), `range-not-satisfiable` (malformed; fact `size_bytes`), `part-absent` (malformed), and
    a denial with fact `ask`: the reference under which to ask for access.
    """

    evidence: Evidence
    bucket: str
    name: str
    version: str | None = None
    range_header: str | None = None
    part_number: int | None = None
    head: bool = False
    conditions: Conditions = NONE
    purpose: str = "operation"
    shows_parts: bool = False


class GetOpened(msgspec.Struct, frozen=True, tag="get-opened"):
    """What to send: plain bytes `first` to `last` of `size`, both inclusive, out of `pieces`.

    `last` is `first` - 1 where there is nothing to send. `ticket`, `data_key` and `pieces`: none for HEAD.
    `version_shown` is None in a bucket that never had versioning.
    """

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
    at: datetime
    content: Content
    checksums: tuple[tuple[str, str], ...]
    checksum_type: str
    data_key: bytes
    commitment: bytes
    pieces: tuple[Piece, ...]
    parts_count: int  # 0: it was not uploaded in parts
    log: str
    index: int
    marks: Marks = Marks()
    parts: tuple[PartFact, ...] = ()


class CloseGet(Ask["Closed"], frozen=True, tag="close-get"):
    """-> `Closed`. How a long use ended (`complete`, `cut`, `failed`); grouped into outcome entries.

    Not for HEAD and not where nothing was to be sent: those have no ticket. An unknown ticket is no fault.
    """

    ticket: str
    outcome: str
    sent_bytes: int


class CloseGets(Ask["Closed"], frozen=True, tag="close-gets"):
    """-> `Closed`. How short reads ended, up to `CLOSED_MAX` together (`too-many-endings`, malformed)."""

    closed: tuple[CloseGet, ...]


class StillOpen(Ask["GoesOn"], frozen=True, tag="still-open"):
    """-> `GoesOn`, or the refusal that stops the stream: each MiB of a GET or a PUT.

    Refusals: `ticket-unknown` (conflict), `house-killed` ..., `customer-sealed`, `key-suspended` (locked),
    `grant-ended` (denied).
    """

    ticket: str
    sent_bytes: int


class GoesOn(msgspec.Struct, frozen=True, tag="goes-on"):
    """For `good_ms` from the ask on it need not be asked again, unless the keyroom says `Changed` meanwhile.

    0 under a grant and in a session of the console, whose ends are a matter of time; never longer than the
    keyroom's own lease.
    """

    good_ms: int = 0


class Closed(msgspec.Struct, frozen=True, tag="closed"):
    """Taken."""


class DeleteObject(Ask["Deleted"], frozen=True, tag="delete-object"):
    """-> `Deleted`, also where there was nothing to delete. `precondition-failed` (conflict)."""

    evidence: Evidence
    bucket: str
    name: str
    version: str | None = None
    conditions: Conditions = NONE


class Deleted(msgspec.Struct, frozen=True, tag="deleted"):
    """`marker` when a delete marker was made or removed."""

    version_shown: str | None
    marker: bool


class Doomed(msgspec.Struct, frozen=True):
    """One name of a bulk delete."""

    name: str
    version: str | None = None
    conditions: Conditions = NONE


class DeleteObjects(Ask["DeletedMany"], frozen=True, tag="delete-objects"):
    """-> `DeletedMany`; up to 1,000 names."""

    evidence: Evidence
    bucket: str
    doomed: tuple[Doomed, ...]
    body: bytes = b""


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
    """-> `Listed`. `kind`: `v1`, `v2` or `versions`.

    `after` is v1's marker, v2's start-after or the key marker of versions; `after_version` the version id
    marker; `token` v2's continuation token (`token-invalid`, malformed). At most 1,000 at a time.
    """

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
    """One line of a listing: `version` as shown (`null` for a null version), plain size, our ETag."""

    name: str
    version: str
    size: int
    etag: str
    at: str
    latest: bool = True
    marker: bool = False


class Listed(msgspec.Struct, frozen=True, tag="listed"):
    """A page of a listing; `owner` is the application whose bucket it is, or else the customer."""

    objects: tuple[ListedObject, ...]
    prefixes: tuple[str, ...]
    truncated: bool
    next_token: str = ""
    next_name: str = ""
    next_version: str = ""
    owner: str = ""
    owner_name: str = ""


class CreateBucket(Ask["BucketView"], frozen=True, tag="create-bucket"):
    """-> `BucketView`. Placed in `locations` (ids or names; none: the first one inside the boundary).

    `key` is one of the customer's keys (none: his key `objects`, made if he has none). `owners` are the
    applications that may use it: an application owns what it creates. `customer` is needed from persons.
    Refusals: `bucket-name-invalid`, `location-invalid` (malformed), `bucket-is-yours`, `bucket-name-taken`
    (conflict), `outside-boundary` (denied; fact `reasons`), `no-such-key` (absent).
    """

    evidence: Evidence
    name: str
    locations: tuple[str, ...] = ()
    data_class: str = ""
    key: str = ""
    customer: str = ""
    owners: tuple[str, ...] = ()
    body: bytes = b""


class MoveBucket(Ask["BucketView"], frozen=True, tag="move-bucket"):
    """-> `BucketView`. `verb`: `delete`, `versioning-on`, `versioning-off` (that is: suspended).

    `bucket-not-empty` (conflict): a version or a delete marker is left. Open uploads are aborted with it.
    """

    evidence: Evidence
    bucket: str
    verb: str
    body: bytes = b""


class LookBucket(Ask["BucketView"], frozen=True, tag="look-bucket"):
    """-> `BucketView` (S3 HeadBucket, GetBucketLocation, GetBucketVersioning)."""

    evidence: Evidence
    bucket: str


class LookBuckets(Ask["Buckets"], frozen=True, tag="look-buckets"):
    """-> `Buckets`."""

    evidence: Evidence
    customer: str = ""


class BucketView(msgspec.Struct, frozen=True, tag="bucket"):
    """A bucket as shown. `owners` are the applications that may use it. `public` is what all the world may
    do there without a signature (`list`, `read`, `write`, `delete`), `public_by` the rules that let it.
    """

    id: str
    name: str
    customer: str
    key: str
    versioning: str
    data_class: str
    locations: tuple[str, ...]
    created_at: str
    owners: tuple[str, ...] = ()
    public: tuple[str, ...] = ()
    public_by: tuple[str, ...] = ()


class Buckets(msgspec.Struct, frozen=True, tag="buckets"):
    """Buckets of the asker."""

    buckets: tuple[BucketView, ...]
    owner: str
    owner_name: str = ""


class LookObject(Ask["ObjectView"], frozen=True, tag="look-object"):
    """-> `ObjectView`: where each part lies, versions, who read it (console)."""

    evidence: Evidence
    bucket: str
    name: str


class BlobView(msgspec.Struct, frozen=True):
    """One stored blob of a version (its parts in order) and the stores it lies in."""

    version: str
    blob: str
    stores: tuple[Store, ...]


class ObjectView(msgspec.Struct, frozen=True, tag="object"):
    """Versions of one name, newest first, with blobs and stores; reads are entries with their ids as subject.

    `versions`, `ids` and `marks` run side by side: what is shown of a version, its id in the log, and what it
    was told.
    """

    bucket: str
    name: str
    versions: tuple[ListedObject, ...]
    ids: tuple[str, ...]
    blobs: tuple[BlobView, ...]
    marks: tuple[Marks, ...] = ()


class CopyObject(Ask["CopyOpened"], frozen=True, tag="copy-object"):
    """-> `CopyOpened`. The plane streams from source to target under two data keys, then `CloseGet` of the
    source and `ClosePut` of the target (`ClosePart` where `upload` is given: UploadPartCopy).
    """

    evidence: Evidence
    bucket: str
    name: str
    source_bucket: str
    source_name: str
    source_version: str | None = None
    conditions: Conditions = NONE
    source_conditions: Conditions = NONE
    source_range: str | None = None
    upload: str | None = None
    part_number: int | None = None


class CopyOpened(msgspec.Struct, frozen=True, tag="copy-opened"):
    """A read and a write opened by one signature."""

    source: GetOpened
    target: PutOpened


class CheckChunks(Ask["Closed"], frozen=True, tag="check-chunks"):
    """-> `Closed`. Chunk signatures of a signed streaming body, in order: (SHA-256 hex, signature).

    One ask per MiB, the last one with the empty last chunk and, where there is one, the trailer (SHA-256 hex
    of its canonical lines, signature). `ClosePut` is refused until the last chunk was checked. Refusals:
    `ticket-unknown` (conflict), `chunk-signature-differs`, `trailer-signature-differs` (unauthenticated).
    """

    ticket: str
    chunks: tuple[tuple[str, str], ...]
    trailer: tuple[str, str] | None = None


class LookFates(Ask["Fates"], frozen=True, tag="look-fates"):
    """-> `Fates`: blobs nothing refers to any more. Whoever can reach the stores removes them there and says
    `FateDone`; until then they are named again. What they hold cannot be read: their wraps are gone.
    """

    limit: int = 500


class Fate(msgspec.Struct, frozen=True):
    """One blob to be removed from one store."""

    blob: str
    store: Store


class Fates(msgspec.Struct, frozen=True, tag="fates"):
    """What is due now."""

    fates: tuple[Fate, ...]


class FateDone(Ask["Closed"], frozen=True, tag="fate-done"):
    """-> `Closed`. These are gone from their stores (also where they never were): (blob, location)."""

    done: tuple[tuple[str, str], ...]


class SweepUses(Ask["Closed"], frozen=True, tag="sweep-uses"):
    """-> `Closed`. Write what is due: grouped outcomes, and outcomes of admissions nobody closed."""
