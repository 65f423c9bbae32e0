"""Listing a bucket, and looking at one object: where it lies, and which versions it has."""

import msgspec

from custodes.acts.asks.objects import BlobView, Listed, ListedObject, ListObjects, LookObject, ObjectView
from custodes.acts.footing.identities import Identified
from custodes.acts.writing.object_rows import VersionRow
from custodes.acts.writing.ports import Reads
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import absent, malformed
from custodes.objects import listing
from custodes.objects.listing import ABOVE_ALL, ENTRIES_MAX, Page, Seek, VersionsPage
from custodes.objects.names import KEY_BYTES_MAX
from custodes.objects.version import Version, check_version_text

from .anyone import is_anyone
from .ground import Ground, Stand, bucket_asked, checked
from .reads.gets import marks_of
from .reads.listing import Covered, GrantedLists, shown
from .rules.listing_access import owner_of
from .rules.states import opened_state
from .signed import Wanted

OPERATIONS = {"v1": ("ListObjects",), "v2": ("ListObjectsV2",), "versions": ("ListObjectVersions",)}
VERSIONS_SHOWN_MAX = 200


class Listings:
    """Answers `ListObjects` and `LookObject`."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._granted = GrantedLists(ground)

    async def page(self, ask: ListObjects) -> Listed:
        """See `ListObjects`."""
        g, o = self._g, self._g.o
        operations = OPERATIONS.get(ask.kind)
        if operations is None:
            raise malformed("unknown-kind")
        check_texts(ask.prefix, ask.delimiter, ask.after)
        who = g.who(ask.evidence, Wanted(operations=operations, bucket=ask.bucket))
        stand = g.stand(ask.bucket)
        covered = await self._demand(who, stand, ask.prefix)
        most = max(0, min(ask.limit, ENTRIES_MAX))
        owner = owner_of(o, stand.bucket) if not is_anyone(who) else ("", "")  # no names of applications
        if ask.kind == "versions":
            found = await o.read(lambda r: _versions_page(r, stand.bucket.id, ask, (most, covered)))
            return _versions(found, owner)
        after = ask.after
        if ask.token:
            after = listing.position_of(ask.token, ask.prefix, ask.delimiter)
        page: Page = await o.read(
            lambda r: listing.list_keys(
                _seek(r, stand.bucket.id, covered),
                prefix=ask.prefix,
                delimiter=ask.delimiter,
                after=after,
                most=most,
            )
        )
        return Listed(
            objects=tuple(_listed(version, is_latest=True) for version in page.versions),
            prefixes=page.common_prefixes,
            truncated=page.is_truncated,
            next_token=listing.token_for(page.next_name, ask.prefix, ask.delimiter) if page.next_name else "",
            next_name=page.next_name or "",
            owner=owner[0],
            owner_name=owner[1],
        )

    async def look(self, ask: LookObject) -> ObjectView:
        """See `LookObject`: asks for no content, so it is a listing of one name."""
        g, o = self._g, self._g.o
        checked(ask.name)
        who = g.who(ask.evidence, Wanted(operations=()))
        stand = g.stand(ask.bucket)
        covered = await self._demand(who, stand, ask.name)
        found = await o.read(lambda r: r.objects.versions(stand.bucket.id, ask.name, VERSIONS_SHOWN_MAX))
        rows = [row for row in found if covered is None or row.version in covered.versions]
        if not rows:
            raise absent("key-absent")
        newest = found[0].version
        return ObjectView(
            bucket=stand.bucket.id,
            name=ask.name,
            versions=tuple(_of_row(row, is_latest=row.version == newest) for row in rows),
            ids=tuple(row.version for row in rows),
            blobs=tuple(view for row in rows for view in self._blobs(row)),
            marks=tuple(marks_of(opened_state(o, stand.bucket, row)) for row in rows),
        )

    async def _demand(self, who: Identified, stand: Stand, prefix: str) -> Covered | None:
        """Whether he may list: the whole (None), or else what a grant of his covers."""
        g, asked = self._g, bucket_asked("object:list", stand)
        covered = self._granted.find(who, stand)
        if covered is not None:
            plain = g.o.decisions.decide(who, g.policed.asked(who, stand.bucket, asked))
            covered = None if plain.decision.allowed else covered
        if covered is None:
            await g.demand(who, stand, asked, subject=stand.bucket.id)
            return None
        decided = await g.demand(who, stand, self._granted.asked(asked, covered), subject=stand.bucket.id)
        await self._granted.admit(who, stand, covered, decided, prefix)
        return covered

    def _blobs(self, row: VersionRow) -> list[BlobView]:
        lies: dict[str, list[str]] = {}
        for blob, location in row.blobs:
            lies.setdefault(blob, []).append(location)
        places = self._g.places
        return [BlobView(row.version, blob, places.stores(at)) for blob, at in lies.items()]


def check_texts(*texts: str) -> None:
    """A prefix, delimiter or marker is at most as long as a name (`key-too-long`)."""
    for text in texts:
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > KEY_BYTES_MAX:
            raise malformed("key-too-long", bytes=size, bytes_max=KEY_BYTES_MAX)


def _seek(reads: Reads, bucket: str, covered: Covered | None) -> Seek:
    return reads.objects.seek(bucket) if covered is None else shown(reads, bucket, covered.versions).seek()


def _versions_page(
    reads: Reads, bucket: str, ask: ListObjects, how: tuple[int, Covered | None]
) -> VersionsPage:
    """A page of at most so many versions, of all or of what is covered."""
    (most, covered), after = how, None
    within = shown(reads, bucket, covered.versions) if covered is not None else None
    if ask.after_version:
        check_version_text(ask.after_version)
        row = reads.objects.version(bucket, ask.after, ask.after_version)
        after = row.seq if row is not None else ABOVE_ALL
    page = listing.list_versions(
        reads.objects.seek_versions(bucket) if within is None else within.seek_versions(),
        prefix=ask.prefix,
        delimiter=ask.delimiter,
        after_key=ask.after,
        after_sequence=after,
        most=most,
    )
    if within is None:
        return page
    seen = tuple((version, version.id in within.newest) for version, _ in page.versions)
    return msgspec.structs.replace(page, versions=seen)


def _versions(page: VersionsPage, owner: tuple[str, str]) -> Listed:
    return Listed(
        objects=tuple(_listed(version, is_latest=latest) for version, latest in page.versions),
        prefixes=page.common_prefixes,
        truncated=page.is_truncated,
        next_name=page.next_key or "",
        next_version=page.next_version or "",
        owner=owner[0],
        owner_name=owner[1],
    )


def _listed(version: Version, *, is_latest: bool) -> ListedObject:
    return ListedObject(
        name=version.key,
        version=version.shown_id,
        size=version.size_bytes,
        etag=version.etag,
        at=to_text(version.last_modified),
        latest=is_latest,
        marker=version.is_delete_marker,
    )


def _of_row(row: VersionRow, *, is_latest: bool) -> ListedObject:
    return ListedObject(
        name=row.name,
        version="null" if row.is_null else row.version,
        size=row.size,
        etag=row.etag,
        at=to_text(row.at),
        latest=is_latest,
        marker=row.is_marker,
    )
