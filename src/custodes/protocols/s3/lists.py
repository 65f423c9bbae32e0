"""The arguments of the five listings.

`after` is where the page starts (see `objects.listing`). With ListObjectsV2 a continuation token, which is
checked against prefix and delimiter, goes before start-after.
"""

import msgspec

from custodes.kernel.refusal import malformed
from custodes.objects.listing import ENTRIES_MAX, position_of

from .canonical import parse_query
from .messages import Head

BUCKETS_MAX = 10_000
_TEXT_BYTES_MAX = 1_024


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ListObjects (v1) and ListObjectsV2. `most` is capped, as S3 answers it."""

    prefix: str = ""
    delimiter: str = ""
    most: int = ENTRIES_MAX
    after: str = ""
    is_encoded: bool = False
    is_v2: bool = False
    marker: str = ""  # v1
    start_after: str | None = None  # v2
    token: str | None = None  # v2
    shows_owner: bool = True


class BucketsListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ListBuckets; `after` is the last name of the page before."""

    prefix: str = ""
    after: str = ""
    most: int = BUCKETS_MAX


class VersionsListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ListObjectVersions."""

    prefix: str = ""
    delimiter: str = ""
    most: int = ENTRIES_MAX
    is_encoded: bool = False
    key_marker: str = ""
    version_marker: str | None = None


class UploadsListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ListMultipartUploads."""

    prefix: str = ""
    delimiter: str = ""
    most: int = ENTRIES_MAX
    is_encoded: bool = False
    key_marker: str = ""
    upload_marker: str | None = None


class PartsListing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ListParts."""

    most: int = ENTRIES_MAX
    after_number: int = 0


def keys_listing(head: Head, *, is_v2: bool) -> Listing:
    """Arguments of ListObjects or ListObjectsV2.

    Refuses `max-keys-invalid`, `encoding-type-invalid`, `argument-invalid`, `argument-repeated`,
    `token-invalid`.
    """
    given = _arguments(head)
    prefix, delimiter = _text(given, "prefix"), _text(given, "delimiter")
    most, is_encoded = _most(given, "max-keys"), _is_encoded(given)
    if delimiter and given.get("allow-unordered", b"").lower() == b"true":  # some clients ask for it
        raise malformed("argument-invalid", argument="allow-unordered")
    if not is_v2:
        marker = _text(given, "marker")
        return Listing(
            prefix=prefix, delimiter=delimiter, most=most, after=marker, is_encoded=is_encoded, marker=marker
        )
    if given["list-type"] != b"2":
        raise malformed("argument-invalid", argument="list-type")
    start_after = _text(given, "start-after") if "start-after" in given else None
    token = _text(given, "continuation-token", 2_048) if "continuation-token" in given else None
    after = position_of(token, prefix, delimiter) if token else start_after or ""
    return Listing(
        prefix=prefix,
        delimiter=delimiter,
        most=most,
        after=after,
        is_encoded=is_encoded,
        is_v2=True,
        start_after=start_after,
        token=token,
        shows_owner=given.get("fetch-owner", b"").lower() == b"true",
    )


def buckets_listing(head: Head) -> BucketsListing:
    """Arguments of ListBuckets (`max-keys-invalid`, `argument-invalid`, `argument-repeated`)."""
    given = _arguments(head)
    most = _most(given, "max-buckets", BUCKETS_MAX)
    if most == 0:
        raise malformed("max-keys-invalid")
    return BucketsListing(prefix=_text(given, "prefix"), after=_text(given, "continuation-token"), most=most)


def versions_listing(head: Head) -> VersionsListing:
    """Arguments of ListObjectVersions; a version-id-marker needs a key-marker (`argument-invalid`)."""
    given = _arguments(head)
    key_marker, version_marker = _text(given, "key-marker"), _text(given, "version-id-marker") or None
    if version_marker is not None and not key_marker:
        raise malformed("argument-invalid", argument="version-id-marker")
    return VersionsListing(
        prefix=_text(given, "prefix"),
        delimiter=_text(given, "delimiter"),
        most=_most(given, "max-keys"),
        is_encoded=_is_encoded(given),
        key_marker=key_marker,
        version_marker=version_marker,
    )


def uploads_listing(head: Head) -> UploadsListing:
    """Arguments of ListMultipartUploads; an upload-id-marker without key-marker is ignored, as S3 does."""
    given = _arguments(head)
    key_marker = _text(given, "key-marker")
    return UploadsListing(
        prefix=_text(given, "prefix"),
        delimiter=_text(given, "delimiter"),
        most=_most(given, "max-uploads"),
        is_encoded=_is_encoded(given),
        key_marker=key_marker,
        upload_marker=(_text(given, "upload-id-marker") or None) if key_marker else None,
    )


def parts_listing(head: Head) -> PartsListing:
    """Arguments of ListParts."""
    given = _arguments(head)
    after = _text(given, "part-number-marker") or "0"
    if not after.isascii() or not after.isdigit() or len(after) > 10:
        raise malformed("argument-invalid", argument="part-number-marker")
    return PartsListing(most=_most(given, "max-parts"), after_number=int(after))


def _arguments(head: Head) -> dict[str, bytes]:
    pairs = [(name.decode("latin-1"), value) for name, value in parse_query(head.query)]
    found = dict(pairs)
    if len(found) != len(pairs):
        raise malformed("argument-repeated")
    return found


def _text(given: dict[str, bytes], name: str, bytes_max: int = _TEXT_BYTES_MAX) -> str:
    raw = given.get(name, b"")
    try:
        text = raw.decode("utf-8", "strict")
    except UnicodeDecodeError as error:
        raise malformed("argument-invalid", argument=name) from error
    if len(raw) > bytes_max or "\0" in text:
        raise malformed("argument-invalid", argument=name)
    return text


def _most(given: dict[str, bytes], name: str, most: int = ENTRIES_MAX) -> int:
    raw = given.get(name)
    if raw is None or (not raw and name == "max-keys"):
        return most
    if not raw.isdigit() or len(raw) > 10 or int(raw) > 2**31 - 1:
        raise malformed("max-keys-invalid")
    return min(int(raw), most)


def _is_encoded(given: dict[str, bytes]) -> bool:
    raw = given.get("encoding-type")
    if raw is not None and raw.lower() != b"url":
        raise malformed("encoding-type-invalid")
    return raw is not None
