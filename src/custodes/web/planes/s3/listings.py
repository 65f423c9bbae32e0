"""ListObjects, ListObjectsV2 and ListObjectVersions."""

from custodes.acts.asks.objects import Listed, ListObjects
from custodes.objects.listing import Page, VersionsPage
from custodes.protocols.s3 import answers, documents, lists
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.documents import Owner

from .exchange import Exchange
from .shown import listed


async def list_objects(x: Exchange) -> Answer:
    """ListObjects, the first version of it."""
    return await _keys(x, is_v2=False)


async def list_objects_v2(x: Exchange) -> Answer:
    """ListObjectsV2."""
    return await _keys(x, is_v2=True)


async def list_object_versions(x: Exchange) -> Answer:
    """ListObjectVersions."""
    asked = lists.versions_listing(x.head)
    found = await x.doors.ask(
        ListObjects(
            evidence=x.evidence,
            bucket=x.bucket,
            kind="versions",
            prefix=asked.prefix,
            delimiter=asked.delimiter,
            after=asked.key_marker,
            after_version=asked.version_marker or "",
            limit=asked.most,
        )
    )
    page = VersionsPage(
        versions=tuple((listed(x.bucket, row), row.latest) for row in found.objects),
        common_prefixes=found.prefixes,
        next_key=found.next_name if found.truncated else None,
        next_version=found.next_version or None,
    )
    return answers.of_document(documents.versions(x.bucket, asked, page, _owner(found)))


async def _keys(x: Exchange, *, is_v2: bool) -> Answer:
    asked = lists.keys_listing(x.head, is_v2=is_v2)
    found = await x.doors.ask(
        ListObjects(
            evidence=x.evidence,
            bucket=x.bucket,
            kind="v2" if is_v2 else "v1",
            prefix=asked.prefix,
            delimiter=asked.delimiter,
            after=(asked.start_after or "") if is_v2 else asked.marker,
            token=asked.token or "",
            limit=asked.most,
        )
    )
    page = Page(
        versions=tuple(listed(x.bucket, row) for row in found.objects),
        common_prefixes=found.prefixes,
        next_name=found.next_name if found.truncated else None,
    )
    return answers.of_document(documents.keys(x.bucket, asked, page, _owner(found)))


def _owner(found: Listed) -> Owner:
    return Owner(id=found.owner, name=found.owner_name)
