"""Rows of the object index as they cross between the keyroom and the store, and the port that reads them.

These rows do not stand: a database administrator can move a name to another version. What he cannot do is
move a wrap (its context names the version), and `objects.audit` finds the moved name from the log.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from custodes.acts.asks.buckets.adopting import AdoptedItem
from custodes.custody.hierarchy import Page
from custodes.objects.listing import Seek, UploadSeek, VersionSeek


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one name. A delete marker has no page, wrap or manifest.

    `blobs` says where each part lies: what is to be removed when the row goes. `checks` says of each blob how
    long its cipher bytes are and what they must check to. `seq` is given by the store when the row is added:
    the bucket's next number.
    """

    bucket: str
    name: str
    version: str
    at: datetime
    is_null: bool
    is_marker: bool = False
    seq: int = 0
    size: int = 0
    etag: str = ""
    page: str | None = None
    wrapped: bytes = b""
    manifest: bytes = b""
    blobs: tuple[tuple[str, str], ...] = ()  # (blob, location)
    state: bytes = b""  # what it was told to keep: see `acts.objects.rules.states`
    checks: tuple[tuple[str, int, bytes], ...] = ()  # (blob, cipher bytes, GMAC)


class UsageRow(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in some buckets: plain bytes of all versions, versions with delete markers, and plain bytes
    of the parts of uploads that are open.
    """

    bytes: int = 0
    versions: int = 0
    upload_bytes: int = 0


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a webhook is told; `body` is canonical, the acts' own. It is gone once it was told."""

    id: str
    webhook: str
    at: datetime
    body: bytes


class UploadRow(msgspec.Struct, frozen=True, kw_only=True):
    """One multipart upload. `state`: open, completed, aborted. `body` is canonical, the acts' own."""

    id: str
    bucket: str
    name: str
    version: str
    at: datetime
    state: str
    page: str
    wrapped: bytes
    sealed: bytes
    body: bytes


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last part uploaded under a number, `size` in plain bytes; `body` is canonical, the acts' own."""

    upload: str
    number: int
    size: int
    body: bytes
    blobs: tuple[tuple[str, str], ...]


class AdmissionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A long use without an outcome yet. `size` is what it counts as if none ever comes, in bytes; `log` and
    `index`, where its entry stands, are known once that is placed.
    """

    act: str
    ordinal: int
    customer: str
    code: str
    grant: str
    size: int
    at: datetime
    log: str = ""
    index: int = 0


class FateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A blob to be removed from the store of a location from `at` on."""

    blob: str
    location: str
    at: datetime


class CopyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A copy that is missing or bad: blob of a version that is to be brought to a location from `at` on.

    `why`: `behind` (never arrived), `absent`, `differs` (what lies there is not what was written), `lost` (no
    good copy was found anywhere, when last looked).
    """

    version: str
    blob: str
    location: str
    bucket: str
    at: datetime
    why: str


class CareRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where the care of a bucket has come to; due from `at` on. `body` is canonical, the acts' own."""

    bucket: str
    at: datetime
    body: bytes


class InventoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far a report of a bucket is, by the id of its configuration; due from `at` on. `body` is canonical,
    the acts' own.
    """

    bucket: str
    inventory: str
    at: datetime
    body: bytes


class StrayRow(msgspec.Struct, frozen=True, kw_only=True):
    """A blob in a location that belongs to nothing, and its length there; since when that is known, and when
    it was said that it is to go.
    """

    location: str
    blob: str
    size: int
    found_at: datetime | None = None
    doomed_at: datetime | None = None


class ListingRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far a location is listed: behind the name `after`; due from `at` on."""

    location: str
    at: datetime
    after: str


class BlobsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Blobs that one row names, and the place behind which the next rows are."""

    place: tuple[str, str]
    blobs: tuple[str, ...]


class PreservedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One preserved version: found by its tag, sealed; and the tags of the blobs it needs."""

    tag: str
    sealed: bytes
    blobs: tuple[str, ...] = ()


class LyingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One blob in one place that is kept for what is preserved alone: its own tag, its blob's, and sealed."""

    tag: str
    blob: str
    sealed: bytes


class ObjectReads(Protocol):
    """Reads of the object index."""

    def preserved(self, tags: Sequence[str]) -> Sequence[PreservedRow]:
        """Rows with these tags, without the tags of their blobs."""
        ...

    def preserved_all(self, after: str, limit: int) -> Sequence[PreservedRow]:
        """Rows in order of their tags, behind one."""
        ...

    def preserving(self, blobs: Sequence[str]) -> Sequence[tuple[str, str]]:
        """(tag of a blob, tag of a row that needs it) of these blobs."""
        ...

    def needed_by(self, rows: Sequence[str]) -> Sequence[str]:
        """Tags of the blobs that rows of these tags need."""
        ...

    def lying(self, blobs: Sequence[str]) -> Sequence[LyingRow]:
        """What lies only for what is preserved, of these blobs by their tags."""
        ...

    def seen(
        self, house: str, bucket: str, name: str, shown: str | None
    ) -> tuple[VersionRow | None, Page | None]:
        """The same as `version`, with the page its key lies in: one statement."""
        ...

    def version(self, bucket: str, name: str, shown: str | None) -> VersionRow | None:
        """The newest row of a name (`shown` None), its null version (`null`), or the one with that id."""
        ...

    def versions(self, bucket: str, name: str, limit: int) -> Sequence[VersionRow]:
        """Rows of one name, newest first."""
        ...

    def is_version(self, version: str) -> bool:
        """Whether a row with this version id is there."""
        ...

    def usage(self, buckets: Sequence[str]) -> UsageRow:
        """What lies in these buckets together."""
        ...

    def seek(self, bucket: str) -> Seek:
        """Current versions that are not delete markers, in order of name."""
        ...

    def seek_versions(self, bucket: str) -> VersionSeek:
        """All rows by name, then newest first."""
        ...

    def whole(self, bucket: str, after: tuple[str, int] | None, limit: int) -> Sequence[VersionRow]:
        """Whole rows by name, then newest first, behind the place (name, sequence); from the first on."""
        ...

    def by_id(self, version: str) -> VersionRow | None:
        """The row with this version id, whatever its name."""
        ...

    def copies_due(self, now: datetime, limit: int) -> Sequence[CopyRow]:
        """Missing or bad copies that are due, oldest first."""
        ...

    def copies_of(self, bucket: str, limit: int) -> Sequence[CopyRow]:
        """Missing or bad copies of a bucket."""
        ...

    def copies_wanting(self, bucket: str) -> Sequence[tuple[str, str, int]]:
        """(location, why, how many) over all missing or bad copies of a bucket."""
        ...

    def copies_counted(self) -> Sequence[tuple[str, int]]:
        """(why, how many) over all missing or bad copies of the house."""
        ...

    def care(self, bucket: str) -> CareRow | None:
        """How far the care of a bucket is."""
        ...

    def care_due(self, now: datetime, limit: int) -> Sequence[CareRow]:
        """Buckets whose care is due, longest due first."""

    def inventories(self, bucket: str) -> Sequence[InventoryRow]:
        """How far the reports of a bucket are."""
        ...

    def inventories_due(self, now: datetime, limit: int) -> Sequence[InventoryRow]:
        """Reports that are due, longest due first."""
        ...

    def lines(
        self, bucket: str, prefix: str, after: tuple[str, int] | None, limit: int
    ) -> Sequence[VersionRow]:
        """Rows by name, then newest first, behind the place (name, sequence), or from `prefix` on; without
        wraps, manifests and blobs.
        """
        ...

    def listing(self, location: str) -> ListingRow | None:
        """How far a location is listed."""
        ...

    def strays_counted(self) -> tuple[int, int]:
        """How many blobs belong to nothing, and their bytes."""
        ...

    def strays(self, location: str, after: str, limit: int) -> Sequence[StrayRow]:
        """What belongs to nothing in a location, by blob, behind `after`."""
        ...

    def strays_old(self, location: str, before: datetime, limit: int) -> Sequence[StrayRow]:
        """The first of what was found there by then and is not to go yet, by blob."""
        ...

    def strays_doomed(self, limit: int) -> Sequence[StrayRow]:
        """What is to go, longest decided first."""
        ...

    def strays_by_place(self) -> Sequence[tuple[str, int, int]]:
        """(location, how many, bytes) of each location in which something belongs to nothing."""
        ...

    def blobs_known(self, table: str, after: tuple[str, str], limit: int) -> Sequence[BlobsRow]:
        """What rows behind a place name: of `parts`, `versions` or `fates`."""
        ...

    def events(self, webhook: str, limit: int) -> Sequence[EventRow]:
        """What a webhook was not told yet, oldest first."""

    def events_waiting(self, webhook: str) -> tuple[int, datetime | None]:
        """How many wait, and since when the first does."""
        ...

    def adopted(self, adoption: str, after: str, state: str, limit: int) -> Sequence[AdoptedItem]:
        """Objects of an adoption by name, behind `after`; those in one state, if it is given."""
        ...

    def adopted_item(self, adoption: str, name: str) -> AdoptedItem | None:
        """One object of an adoption."""
        ...

    def adopted_before(self, adoption: str, name: str, limit: int) -> Sequence[AdoptedItem]:
        """Items of a restoration that are older versions of the same name, newest first."""
        ...

    def adopted_sheet(self, adoption: str, number: int) -> bytes | None:
        """A sheet of a restoration, sealed as it was handed over."""
        ...

    def adopted_last(self, adoption: str) -> str:
        """The greatest name of an adoption; empty where there is none."""
        ...

    def adopted_counts(self, adoption: str) -> Sequence[tuple[str, int, int]]:
        """(state, how many, plain bytes) over an adoption's objects."""
        ...

    def seek_uploads(self, bucket: str) -> UploadSeek:
        """Open uploads by name, then id."""
        ...

    def upload(self, upload: str) -> UploadRow | None:
        """One upload, whatever its state."""
        ...

    def part_bytes(self, upload: str, but: int) -> int:
        """Plain bytes of an upload's parts together, but for the one of this number."""
        ...

    def parts(self, upload: str, after: int, limit: int) -> Sequence[PartRow]:
        """Parts with a number above `after`, in order."""
        ...

    def fates(self, now: datetime, limit: int) -> Sequence[FateRow]:
        """Blobs that are due to be removed."""
        ...

    def scheduled(self, after: datetime, until: datetime, limit: int) -> Sequence[FateRow]:
        """Blobs that are to go after `after` and not after `until` unless somebody refers to them."""
        ...

    def admissions(self, before: datetime, limit: int) -> Sequence[AdmissionRow]:
        """Admissions older than that without an outcome, with the place of their entry."""
        ...
