"""Answers that are XML documents.

With encoding-type=url every key, prefix, delimiter and marker is percent-encoded (`/` stays), because XML 1.0
cannot say some characters a key may hold. Sizes are plaintext sizes and ETags ours, or sync tools would loop.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import Checksum
from custodes.objects.listing import Page, UploadsPage, VersionsPage, token_for
from custodes.objects.version import Part, Version, Versioning

from .canonical import percent_encode_path
from .dates import to_document_date
from .lists import Listing, PartsListing, UploadsListing, VersionsListing
from .refusals import said
from .xml import document, element, escape, wrap


class Owner(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose something is, as documents show it."""

    id: str
    name: str


class Bucket(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bucket as ListBuckets shows it."""

    name: str
    created_at: datetime


class Attributes(msgspec.Struct, frozen=True, kw_only=True):
    """What GetObjectAttributes shows; None for what was not asked for, or is not there."""

    etag: str | None = None
    checksum: Checksum | None = None
    parts: Sequence[Part] | None = None
    after: int = 0
    most: int = 1_000
    shows_class: bool = False
    size_bytes: int | None = None


class DeleteOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one entry of DeleteObjects: `refusal` None when it is gone."""

    key: str
    version: str | None = None
    marker: str | None = None  # id of a new, or of the removed, delete marker
    refusal: Refusal | None = None


def buckets(found: Sequence[Bucket], owner: Owner, next_name: str | None = None, prefix: str = "") -> bytes:
    """ListBuckets; `next_name` is the last one shown, where more follow."""
    rows = (
        wrap("Bucket", element("Name", one.name), element("CreationDate", to_document_date(one.created_at)))
        for one in found
    )
    more = [element("Prefix", prefix)] if prefix else []
    if next_name is not None:
        more.append(element("ContinuationToken", next_name))
    return document("ListAllMyBucketsResult", _owner(owner), wrap("Buckets", *rows), *more)


def attributes(facts: Attributes) -> bytes:
    """GetObjectAttributes; only what was asked for."""
    inner = [] if facts.etag is None else [element("ETag", facts.etag)]
    if facts.checksum is not None:
        inner.append(wrap("Checksum", *_checksum(facts.checksum, shows_type=True)))
    if facts.parts is not None:
        inner.append(wrap("ObjectParts", *_attribute_parts(facts)))
    if facts.shows_class:
        inner.append(element("StorageClass", "STANDARD"))
    if facts.size_bytes is not None:
        inner.append(element("ObjectSize", facts.size_bytes))
    return document("GetObjectAttributesResponse", *inner)


def _attribute_parts(facts: Attributes) -> list[str]:
    parts = facts.parts or ()
    shown = [part for part in parts if part.number > facts.after][: facts.most]
    last = shown[-1].number if shown else facts.after
    inner = [
        element("IsTruncated", bool(shown) and last < parts[-1].number),
        element("MaxParts", facts.most),
        element("NextPartNumberMarker", last),
        element("PartNumberMarker", facts.after),
        element("PartsCount", len(parts)),
    ]
    for part in shown:
        about = (element("PartNumber", part.number), element("Size", part.size_bytes))
        inner.append(wrap("Part", *about, *_checksum(part.checksum)))
    return inner


def location(region: str) -> bytes:
    """GetBucketLocation; us-east-1 is said by an empty element, as S3 does."""
    text = "" if region == "us-east-1" else region
    return document("LocationConstraint", escape(text))


def versioning(state: Versioning) -> bytes:
    """GetBucketVersioning; a bucket that never had versions says nothing."""
    words = {Versioning.ENABLED: "Enabled", Versioning.SUSPENDED: "Suspended"}
    word = words.get(state)
    return document("VersioningConfiguration", element("Status", word) if word else "")


def keys(bucket: str, listing: Listing, page: Page, owner: Owner) -> bytes:
    """ListObjects (v1) and ListObjectsV2."""
    say = _say(listing.is_encoded)
    prefix = say(listing.prefix) if listing.is_v2 else listing.prefix  # in v1 clients take it as it is
    inner = [element("Name", bucket), element("Prefix", prefix)]
    if listing.is_v2:
        count = len(page.versions) + len(page.common_prefixes)
        inner.append(element("KeyCount", count))
        if listing.token is not None:
            inner.append(element("ContinuationToken", listing.token))
        if listing.start_after is not None:
            inner.append(element("StartAfter", say(listing.start_after)))
        if page.next_name is not None:
            token = token_for(page.next_name, listing.prefix, listing.delimiter)
            inner.append(element("NextContinuationToken", token))
    else:
        inner.append(element("Marker", say(listing.marker)))
        if page.next_name is not None and listing.delimiter:
            inner.append(element("NextMarker", say(page.next_name)))
    inner += _common(listing.most, listing.delimiter, listing.is_encoded)
    inner.append(element("IsTruncated", page.is_truncated))
    for version in page.versions:
        shown = owner if listing.shows_owner else None
        inner.append(wrap("Contents", element("Key", say(version.key)), *_facts(version, shown)))
    inner += _prefixes(page.common_prefixes, say)
    return document("ListBucketResult", *inner)


def versions(bucket: str, listing: VersionsListing, page: VersionsPage, owner: Owner) -> bytes:
    """ListObjectVersions."""
    say = _say(listing.is_encoded)
    inner = [
        element("Name", bucket),
        element("Prefix", say(listing.prefix)),
        element("KeyMarker", say(listing.key_marker)),
        element("VersionIdMarker", listing.version_marker or ""),
    ]
    if page.next_key is not None:
        inner.append(element("NextKeyMarker", say(page.next_key)))
        if page.next_version is not None:
            inner.append(element("NextVersionIdMarker", page.next_version))
    inner += _common(listing.most, listing.delimiter, listing.is_encoded)
    inner.append(element("IsTruncated", page.is_truncated))
    for version, is_latest in page.versions:
        about = (
            element("Key", say(version.key)),
            element("VersionId", version.shown_id),
            element("IsLatest", is_latest),
        )
        if version.is_delete_marker:
            when = element("LastModified", to_document_date(version.last_modified))
            inner.append(wrap("DeleteMarker", *about, when, _owner(owner)))
        else:
            inner.append(wrap("Version", *about, *_facts(version, owner)))
    inner += _prefixes(page.common_prefixes, say)
    return document("ListVersionsResult", *inner)


def uploads(bucket: str, listing: UploadsListing, page: UploadsPage, owner: Owner) -> bytes:
    """ListMultipartUploads."""
    say = _say(listing.is_encoded)
    inner = [
        element("Bucket", bucket),
        element("KeyMarker", say(listing.key_marker)),
        element("UploadIdMarker", listing.upload_marker or ""),
        element("Prefix", say(listing.prefix)),
    ]
    if page.next_key is not None:
        inner.append(element("NextKeyMarker", say(page.next_key)))
        inner.append(element("NextUploadIdMarker", page.next_upload or ""))
    if listing.delimiter:
        inner.append(element("Delimiter", say(listing.delimiter)))
    inner.append(element("MaxUploads", listing.most))
    if listing.is_encoded:
        inner.append(element("EncodingType", "url"))
    inner.append(element("IsTruncated", page.next_key is not None))
    for one in page.uploads:
        inner.append(
            wrap(
                "Upload",
                element("Key", say(one.key)),
                element("UploadId", one.id),
                _owner(owner, "Initiator"),
                _owner(owner),
                element("StorageClass", "STANDARD"),
                element("Initiated", to_document_date(one.opened_at)),
            )
        )
    inner += _prefixes(page.common_prefixes, say)
    return document("ListMultipartUploadsResult", *inner)


def parts(
    bucket: str,
    key: str,
    upload: str,
    *,
    listing: PartsListing,
    found: Sequence[tuple[Part, datetime]],
    is_truncated: bool,
    owner: Owner,
) -> bytes:
    """ListParts: (part, when it was uploaded), in order."""
    inner = [
        element("Bucket", bucket),
        element("Key", key),
        element("UploadId", upload),
        _owner(owner, "Initiator"),
        _owner(owner),
        element("StorageClass", "STANDARD"),
        element("PartNumberMarker", listing.after_number),
        element("NextPartNumberMarker", found[-1][0].number if found else 0),
        element("MaxParts", listing.most),
        element("IsTruncated", is_truncated),
    ]
    for part, at in found:
        inner.append(
            wrap(
                "Part",
                element("PartNumber", part.number),
                element("LastModified", to_document_date(at)),
                element("ETag", f'"{part.etag}"'),
                element("Size", part.size_bytes),
                *_checksum(part.checksum),
            )
        )
    return document("ListPartsResult", *inner)


def upload_opened(bucket: str, key: str, upload: str) -> bytes:
    """CreateMultipartUpload."""
    return document(
        "InitiateMultipartUploadResult",
        element("Bucket", bucket),
        element("Key", key),
        element("UploadId", upload),
    )


def upload_completed(place: str, bucket: str, version: Version) -> bytes:
    """CompleteMultipartUpload; `place` is the URL of the object."""
    return document(
        "CompleteMultipartUploadResult",
        element("Location", place),
        element("Bucket", bucket),
        element("Key", version.key),
        element("ETag", f'"{version.etag}"'),
        *_checksum(version.checksum, shows_type=True),
    )


def posted(place: str, bucket: str, key: str, etag: str) -> bytes:
    """POST Object with success_action_status 201."""
    return document(
        "PostResponse",
        element("Location", place),
        element("Bucket", bucket),
        element("Key", key),
        element("ETag", f'"{etag}"'),
        namespace=None,
    )


def copied(etag: str, at: datetime, checksum: Checksum | None, *, is_part: bool = False) -> bytes:
    """CopyObject and UploadPartCopy."""
    return document(
        "CopyPartResult" if is_part else "CopyObjectResult",
        element("LastModified", to_document_date(at)),
        element("ETag", f'"{etag}"'),
        *_checksum(checksum, shows_type=not is_part),
    )


def deletions(outcomes: Sequence[DeleteOutcome], *, is_quiet: bool) -> bytes:
    """DeleteObjects: what is gone (unless quiet) and what was refused."""
    inner = []
    for one in outcomes:
        about = [element("Key", one.key)]
        if one.version is not None:
            about.append(element("VersionId", one.version))
        if one.refusal is not None:
            row = said(one.refusal)
            inner.append(wrap("Error", *about, element("Code", row.code), element("Message", row.message)))
        elif not is_quiet:
            if one.marker is not None:
                about += [element("DeleteMarker", True), element("DeleteMarkerVersionId", one.marker)]
            inner.append(wrap("Deleted", *about))
    return document("DeleteResult", *inner)


def _say(is_encoded: bool) -> Callable[[str], str]:
    if not is_encoded:
        return str
    return lambda text: percent_encode_path(text.encode("utf-8")).decode("ascii")


def _common(most: int, delimiter: str, is_encoded: bool) -> list[str]:
    inner = [element("MaxKeys", most)]
    if delimiter:
        inner.append(element("Delimiter", _say(is_encoded)(delimiter)))
    if is_encoded:
        inner.append(element("EncodingType", "url"))
    return inner


def _facts(version: Version, owner: Owner | None) -> list[str]:
    inner = [
        element("LastModified", to_document_date(version.last_modified)),
        element("ETag", f'"{version.etag}"'),
    ]
    if version.checksum is not None:
        inner.append(element("ChecksumAlgorithm", version.checksum.algorithm.value))
        inner.append(element("ChecksumType", version.checksum.coverage.value))
    inner.append(element("Size", version.size_bytes))
    if owner is not None:
        inner.append(_owner(owner))
    inner.append(element("StorageClass", "STANDARD"))
    return inner


def _prefixes(found: Sequence[str], say: Callable[[str], str]) -> list[str]:
    return [wrap("CommonPrefixes", element("Prefix", say(one))) for one in found]


def _checksum(checksum: Checksum | None, *, shows_type: bool = False) -> list[str]:
    if checksum is None:
        return []
    inner = [element(f"Checksum{checksum.algorithm.value}", checksum.value)]
    if shows_type:
        inner.append(element("ChecksumType", checksum.coverage.value))
    return inner


def _owner(owner: Owner, name: str = "Owner") -> str:
    return wrap(name, element("ID", owner.id), element("DisplayName", owner.name))
