"""Asks about uploads in parts: `OpenPart` gives a part its data key like `OpenPut`; `ClosePart` ends it."""

import msgspec

from custodes.objects.checksums import Checksum
from custodes.objects.conditions import NONE, Conditions

from .doors import Ask, Evidence
from .objects import Closed, Content, PutClosed, PutOpened, Stored


class OpenUpload(Ask["UploadOpened"], frozen=True, tag="open-upload"):
    """-> `UploadOpened`. `checksum_algorithm`, `checksum_type` as in S3; empty: CRC64NVME of the object."""

    evidence: Evidence
    bucket: str
    name: str
    content: Content = Content()
    checksum_algorithm: str = ""
    checksum_type: str = ""


class UploadOpened(msgspec.Struct, frozen=True, tag="upload-opened"):
    """The upload's id, and the checksum its object will have: each part must bring one of this algorithm."""

    upload: str
    bucket: str
    checksum_algorithm: str = ""
    checksum_type: str = ""
    sse: str = ""
    sse_key: str = ""


class OpenPart(Ask[PutOpened], frozen=True, tag="open-part"):
    """-> `PutOpened`, with the upload's data key and a fresh blob. `upload-absent` (absent)."""

    evidence: Evidence
    bucket: str
    name: str
    upload: str
    part_number: int
    size_bytes: int | None


class ClosePart(Ask["PartClosed"], frozen=True, tag="close-part"):
    """-> `PartClosed`; a part uploaded again replaces the one before. Refusals as `ClosePut`."""

    evidence: Evidence
    ticket: str
    outcome: str
    stored: Stored | None = None


class PartClosed(msgspec.Struct, frozen=True, tag="part-closed"):
    """The part's ETag (empty after an outcome other than `complete`)."""

    etag: str
    at: str
    checksums: tuple[tuple[str, str], ...] = ()
    sse: str = ""
    sse_key: str = ""


class CompletePart(msgspec.Struct, frozen=True):
    """One line of CompleteMultipartUpload; `checksum` (base64) only if the client sends one."""

    number: int
    etag: str
    checksum: str | None = None


class CompleteUpload(Ask[PutClosed], frozen=True, tag="complete-upload"):
    """-> `PutClosed`. Idempotent: the same list again gives the same answer.

    `checksum_type` only if the client says one.

    Refusals: `upload-absent` (absent), `part-invalid`, `part-order-invalid`, `part-too-small`,
    `checksum-differs`, `checksum-type-differs`, `object-size-differs` (malformed),
    `precondition-failed` (conflict).
    """

    evidence: Evidence
    bucket: str
    name: str
    upload: str
    parts: tuple[CompletePart, ...]
    checksum: Checksum | None = None
    size_bytes: int | None = None
    conditions: Conditions = NONE
    body: bytes = b""
    checksum_type: str = ""


class AbortUpload(Ask[Closed], frozen=True, tag="abort-upload"):
    """-> `Closed`. `upload-absent` (absent)."""

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
    owner: str = ""
    owner_name: str = ""


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
    checksum_algorithm: str = ""
    checksum_type: str = ""
    owner: str = ""
    owner_name: str = ""
