"""Fulfils `acts.writing.object_rows.ObjectReads` over one connection."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from custodes.acts.asks.buckets.adopting import AdoptedItem
from custodes.acts.writing.object_rows import (
    AdmissionRow,
    BlobsRow,
    CareRow,
    CopyRow,
    EventRow,
    FateRow,
    InventoryRow,
    ListingRow,
    LyingRow,
    PartRow,
    PreservedRow,
    StrayRow,
    UploadRow,
    UsageRow,
    VersionRow,
)
from custodes.custody.hierarchy import Page
from custodes.objects.listing import Seek, UploadSeek, VersionSeek

from . import adopting, blobs, copies, events, inventories, preserved, strays, uploads, versions


class SqlObjectReads:
    """Reads of the object index; see `acts.writing.object_rows.ObjectReads`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def version(self, bucket: str, name: str, shown: str | None) -> VersionRow | None:
        """One row of a name."""
        return versions.find(self._connection, bucket, name, shown)

    def seen(
        self, house: str, bucket: str, name: str, shown: str | None
    ) -> tuple[VersionRow | None, Page | None]:
        """One row of a name, and the page its key lies in."""
        return versions.seen(self._connection, house, bucket, name, shown)

    def versions(self, bucket: str, name: str, limit: int) -> Sequence[VersionRow]:
        """Rows of one name, newest first."""
        return versions.find_all(self._connection, bucket, name, limit)

    def is_version(self, version: str) -> bool:
        """Whether a row with this version id is there."""
        return versions.is_there(self._connection, version)

    def usage(self, buckets: Sequence[str]) -> UsageRow:
        """What lies there."""
        return versions.usage(self._connection, buckets)

    def seek(self, bucket: str) -> Seek:
        """Live names."""
        return versions.seek(self._connection, bucket)

    def seek_versions(self, bucket: str) -> VersionSeek:
        """All rows."""
        return versions.seek_versions(self._connection, bucket)

    def whole(self, bucket: str, after: tuple[str, int] | None, limit: int) -> Sequence[VersionRow]:
        """Whole rows in order."""
        return versions.whole(self._connection, bucket, after, limit)

    def by_id(self, version: str) -> VersionRow | None:
        """One row by its version id."""
        return versions.by_id(self._connection, version)

    def copies_due(self, now: datetime, limit: int) -> Sequence[CopyRow]:
        """Copies to be made now."""
        return copies.due_now(self._connection, now, limit)

    def copies_of(self, bucket: str, limit: int) -> Sequence[CopyRow]:
        """Copies a bucket lacks."""
        return copies.of_bucket(self._connection, bucket, limit)

    def copies_wanting(self, bucket: str) -> Sequence[tuple[str, str, int]]:
        """How many copies a bucket lacks."""
        return copies.wanting(self._connection, bucket)

    def copies_counted(self) -> Sequence[tuple[str, int]]:
        """How many copies the house lacks."""
        return copies.counted(self._connection)

    def care(self, bucket: str) -> CareRow | None:
        """How far a bucket's care is."""
        return copies.care(self._connection, bucket)

    def care_due(self, now: datetime, limit: int) -> Sequence[CareRow]:
        """Buckets whose care is due."""
        return copies.care_due(self._connection, now, limit)

    def inventories(self, bucket: str) -> Sequence[InventoryRow]:
        """Of one bucket."""
        return inventories.of_bucket(self._connection, bucket)

    def inventories_due(self, now: datetime, limit: int) -> Sequence[InventoryRow]:
        """Longest due first."""
        return inventories.due_now(self._connection, now, limit)

    def lines(
        self, bucket: str, prefix: str, after: tuple[str, int] | None, limit: int
    ) -> Sequence[VersionRow]:
        """Rows without their content."""
        return inventories.lines(self._connection, bucket, prefix, after, limit)

    def listing(self, location: str) -> ListingRow | None:
        """One location's."""
        return strays.listing(self._connection, location)

    def strays_counted(self) -> tuple[int, int]:
        """How many, and their bytes."""
        return strays.counted(self._connection)

    def blobs_known(self, table: str, after: tuple[str, str], limit: int) -> Sequence[BlobsRow]:
        """A page of what is known."""
        return strays.known(self._connection, table, after, limit)

    def strays(self, location: str, after: str, limit: int) -> Sequence[StrayRow]:
        """A page of what belongs to nothing."""
        return strays.page(self._connection, location, after, limit)

    def strays_old(self, location: str, before: datetime, limit: int) -> Sequence[StrayRow]:
        """What may go."""
        return strays.old(self._connection, location, before, limit)

    def strays_doomed(self, limit: int) -> Sequence[StrayRow]:
        """What is to go."""
        return strays.doomed(self._connection, limit)

    def strays_by_place(self) -> Sequence[tuple[str, int, int]]:
        """Where something lies."""
        return strays.places(self._connection)

    def events(self, webhook: str, limit: int) -> Sequence[EventRow]:
        """Oldest first."""
        return events.waiting(self._connection, webhook, limit)

    def events_waiting(self, webhook: str) -> tuple[int, datetime | None]:
        """How many, and since when."""
        return events.backlog(self._connection, webhook)

    def adopted(self, adoption: str, after: str, state: str, limit: int) -> Sequence[AdoptedItem]:
        """A page of what is adopted."""
        return adopting.page(self._connection, adoption, after, state, limit)

    def adopted_item(self, adoption: str, name: str) -> AdoptedItem | None:
        """One object that is adopted."""
        return adopting.one(self._connection, adoption, name)

    def adopted_before(self, adoption: str, name: str, limit: int) -> Sequence[AdoptedItem]:
        """Older versions of what is restored."""
        return adopting.before(self._connection, adoption, name, limit)

    def adopted_sheet(self, adoption: str, number: int) -> bytes | None:
        """A sheet that was handed over."""
        return adopting.sheet(self._connection, adoption, number)

    def adopted_last(self, adoption: str) -> str:
        """The last name that was found."""
        return adopting.last(self._connection, adoption)

    def adopted_counts(self, adoption: str) -> Sequence[tuple[str, int, int]]:
        """How many are in which state."""
        return adopting.counts(self._connection, adoption)

    def seek_uploads(self, bucket: str) -> UploadSeek:
        """Open uploads."""
        return uploads.seek(self._connection, bucket)

    def upload(self, upload: str) -> UploadRow | None:
        """One upload."""
        return uploads.find(self._connection, upload)

    def part_bytes(self, upload: str, but: int) -> int:
        """See `ObjectReads.part_bytes`."""
        return uploads.together(self._connection, upload, but)

    def parts(self, upload: str, after: int, limit: int) -> Sequence[PartRow]:
        """Parts in order."""
        return uploads.parts(self._connection, upload, after, limit)

    def preserved(self, tags: Sequence[str]) -> Sequence[PreservedRow]:
        """Rows with these tags."""
        return preserved.find(self._connection, tags)

    def preserved_all(self, after: str, limit: int) -> Sequence[PreservedRow]:
        """A page of rows."""
        return preserved.page(self._connection, after, limit)

    def preserving(self, blobs: Sequence[str]) -> Sequence[tuple[str, str]]:
        """Which rows need these blobs."""
        return preserved.needing(self._connection, blobs)

    def needed_by(self, rows: Sequence[str]) -> Sequence[str]:
        """What these rows need."""
        return preserved.needed_by(self._connection, rows)

    def lying(self, blobs: Sequence[str]) -> Sequence[LyingRow]:
        """What lies only for what is preserved."""
        return preserved.lying(self._connection, blobs)

    def fates(self, now: datetime, limit: int) -> Sequence[FateRow]:
        """Blobs that are due."""
        return blobs.due(self._connection, now, limit)

    def scheduled(self, after: datetime, until: datetime, limit: int) -> Sequence[FateRow]:
        """Blobs that are to go within a time."""
        return blobs.scheduled(self._connection, after, until, limit)

    def admissions(self, before: datetime, limit: int) -> Sequence[AdmissionRow]:
        """Admissions nobody closed."""
        return blobs.unclosed(self._connection, before, limit)
