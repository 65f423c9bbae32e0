"""Multipart uploads but for their bytes: open, complete, abort, list."""

from custodes.acts.asks.uploads import (
    AbortUpload,
    CompletePart,
    CompleteUpload,
    ListParts,
    ListUploads,
    OpenUpload,
    Parts,
    PartView,
    Uploads,
)
from custodes.kernel.clock import from_text
from custodes.objects.checksums import Algorithm, Coverage
from custodes.objects.listing import UploadsPage
from custodes.objects.multipart import Upload
from custodes.objects.version import Part
from custodes.protocols.s3 import answers, documents, lists, requests
from custodes.protocols.s3.answers import Answer
from custodes.protocols.s3.documents import Owner

from .exchange import Exchange
from .intake import whole
from .shown import checksum_of, content_of, written


async def create_upload(x: Exchange) -> Answer:
    """CreateMultipartUpload."""
    asked = requests.writing(x.head)
    opened = await x.doors.ask(
        OpenUpload(
            evidence=x.evidence,
            bucket=x.bucket,
            name=x.key,
            content=content_of(asked.kept),
            checksum_algorithm=asked.algorithm.value if asked.algorithm else "",
            checksum_type=asked.coverage.value if asked.coverage else "",
        )
    )
    headers: list[tuple[bytes, bytes]] = []
    if opened.checksum_algorithm:
        headers.append((b"x-amz-checksum-algorithm", opened.checksum_algorithm.encode("ascii")))
        headers.append((b"x-amz-checksum-type", opened.checksum_type.encode("ascii")))
    headers += answers.encrypted(opened.sse, opened.sse_key)
    return answers.of_document(documents.upload_opened(x.bucket, x.key, opened.upload), headers)


async def complete_upload(x: Exchange) -> Answer:
    """CompleteMultipartUpload; the same list again gives the same answer."""
    body = await whole(x)
    asked = requests.completing(x.head, body)
    closed = await x.doors.ask(
        CompleteUpload(
            evidence=x.evidence,
            bucket=x.bucket,
            name=x.key,
            upload=x.call.upload or "",
            parts=tuple(
                CompletePart(number=one.number, etag=one.etag, checksum=one.checksum) for one in asked.listed
            ),
            checksum=asked.checksum,
            size_bytes=asked.size_bytes,
            conditions=asked.conditions,
            body=body,
            checksum_type=asked.coverage.value if asked.coverage else "",
        )
    )
    version, state = written(x.key, closed)
    document = documents.upload_completed(x.address(x.key), x.bucket, version)
    sse = answers.encrypted(closed.sse, closed.sse_key)
    return answers.of_document(document, (*answers.version_header(version, state), *sse))


async def abort_upload(x: Exchange) -> Answer:
    """AbortMultipartUpload."""
    await x.doors.ask(
        AbortUpload(evidence=x.evidence, bucket=x.bucket, name=x.key, upload=x.call.upload or "")
    )
    return answers.gone()


async def list_uploads(x: Exchange) -> Answer:
    """ListMultipartUploads."""
    asked = lists.uploads_listing(x.head)
    found = await x.doors.ask(
        ListUploads(
            evidence=x.evidence,
            bucket=x.bucket,
            prefix=asked.prefix,
            delimiter=asked.delimiter,
            key_marker=asked.key_marker,
            upload_marker=asked.upload_marker or "",
            limit=asked.most,
        )
    )
    page = UploadsPage(
        uploads=tuple(
            Upload(
                id=one.upload,
                bucket=x.bucket,
                key=one.name,
                opened_at=from_text(one.at),
                algorithm=Algorithm.CRC64NVME,
                coverage=Coverage.FULL_OBJECT,
            )
            for one in found.uploads
        ),
        common_prefixes=found.prefixes,
        next_key=found.next_key if found.truncated else None,
        next_upload=found.next_upload or None,
    )
    return answers.of_document(documents.uploads(x.bucket, asked, page, _owner(found)))


async def list_parts(x: Exchange) -> Answer:
    """ListParts."""
    asked = lists.parts_listing(x.head)
    found = await x.doors.ask(
        ListParts(
            evidence=x.evidence,
            bucket=x.bucket,
            name=x.key,
            upload=x.call.upload or "",
            after=asked.after_number,
            limit=asked.most,
        )
    )
    document = documents.parts(
        x.bucket,
        x.key,
        x.call.upload or "",
        listing=asked,
        found=[(_part(one), from_text(one.at)) for one in found.parts],
        is_truncated=found.truncated,
        owner=_owner(found),
    )
    return answers.of_document(document)


def _part(one: PartView) -> Part:
    return Part(
        number=one.number,
        blob="",
        size_bytes=one.size,
        etag=one.etag,
        checksum=checksum_of(one.checksums, ""),
    )


def _owner(found: Uploads | Parts) -> Owner:
    return Owner(id=found.owner, name=found.owner_name)
