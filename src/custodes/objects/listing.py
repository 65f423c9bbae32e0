"""Listing a bucket: prefix, delimiter, markers, common prefixes; flat at a million keys.

Pure over a *seek*: the store is asked for a few rows from a place in key order, and a listing with a
delimiter asks again behind each common prefix instead of reading through it. So a page costs at most one
seek per entry, never the size of a prefix. Order is by the UTF-8 bytes of the key, which is code point order.

A page resumes strictly after its marker. A common prefix counts as the name it is: it is listed only if it
sorts after the marker, so no page repeats one.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, Protocol, TypeAlias, TypeVar

import msgspec

from custodes.kernel.canonical import INT_MAX
from custodes.kernel.refusal import malformed

from .multipart import Upload
from .names import after_prefix
from .version import Version

ENTRIES_MAX = 1_000
ABOVE_ALL = INT_MAX  # no version has so high a sequence
TOKEN_CHARS_MAX = 2_048

_CHECK_BYTES = 8
_ROWS_FIRST = 2
_ROWS_MAX = ENTRIES_MAX + 1

Seek: TypeAlias = "Callable[[str, bool, int], Sequence[Version]]"
"""`seek(key, is_inclusive, rows_max)`: current versions that are not delete markers, in key order, from
`key` on (or behind it), at most `rows_max`; fewer only at the end of the bucket."""

VersionSeek: TypeAlias = "Callable[[str, int | None, int], Sequence[Version]]"
"""`seek(key, sequence, rows_max)`: all versions ordered by key, then newest first, from the place after
(key, sequence); with `sequence` None from the newest version of `key` on."""


UploadSeek: TypeAlias = "Callable[[str, str | None, int], Sequence[Upload]]"
"""`seek(key, upload, rows_max)`: uploads in progress ordered by key, then id, from the place after
(key, upload); with `upload` None from the first upload of `key` on."""


class _Keyed(Protocol):
    @property
    def key(self) -> str: ...


_Row = TypeVar("_Row", bound=_Keyed)
_Rank = TypeVar("_Rank")


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing. `next_name` is the last key or common prefix when there is more."""

    versions: tuple[Version, ...] = ()
    common_prefixes: tuple[str, ...] = ()
    next_name: str | None = None

    @property
    def is_truncated(self) -> bool:
        """Whether there is more."""
        return self.next_name is not None


class VersionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing of versions: (version, is the latest of its key)."""

    versions: tuple[tuple[Version, bool], ...] = ()
    common_prefixes: tuple[str, ...] = ()
    next_key: str | None = None
    next_version: str | None = None  # None with next_key: a common prefix was last

    @property
    def is_truncated(self) -> bool:
        """Whether there is more."""
        return self.next_key is not None


class UploadsPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a listing of uploads in progress."""

    uploads: tuple[Upload, ...] = ()
    common_prefixes: tuple[str, ...] = ()
    next_key: str | None = None
    next_upload: str | None = None

    @property
    def is_truncated(self) -> bool:
        """Whether there is more."""
        return self.next_key is not None


def list_keys(seek: Seek, *, prefix: str = "", delimiter: str = "", after: str = "", most: int) -> Page:
    """List current versions: at most `most` keys and common prefixes together that sort after `after`."""
    if most <= 0:
        return Page()
    versions: list[Version] = []
    prefixes: list[str] = []
    last = ""
    for version, common in _entries(seek, (prefix, delimiter), after, most):
        if len(versions) + len(prefixes) == most:
            return Page(versions=tuple(versions), common_prefixes=tuple(prefixes), next_name=last)
        if common is None:
            versions.append(version)
            last = version.key
        else:
            prefixes.append(common)
            last = common
    return Page(versions=tuple(versions), common_prefixes=tuple(prefixes))


def list_versions(
    seek: VersionSeek,
    *,
    prefix: str = "",
    delimiter: str = "",
    after_key: str = "",
    after_sequence: int | None = None,
    most: int,
) -> VersionsPage:
    """List all versions. With `after_sequence` the page goes on within `after_key`, otherwise behind it.

    A caller's version-id-marker becomes `after_sequence` by a look-up; if that version is gone meanwhile,
    pass `ABOVE_ALL`, which goes on from the newest version of the key: a page may then repeat rows but never
    skips one.
    """
    if most <= 0:
        return VersionsPage()
    found: list[tuple[Version, bool]] = []
    prefixes: list[str] = []
    next_key, next_version = "", None
    walk = _Walk(seek, lambda version: version.sequence, -1, (prefix, delimiter))
    previous = after_key if after_sequence not in (None, ABOVE_ALL) else None
    for version, common in walk.entries(after_key, after_sequence, most):
        if len(found) + len(prefixes) == most:
            return VersionsPage(
                versions=tuple(found),
                common_prefixes=tuple(prefixes),
                next_key=next_key,
                next_version=next_version,
            )
        if common is None:
            found.append((version, version.key != previous))
            next_key, next_version = version.key, version.shown_id
            previous = version.key
        else:
            prefixes.append(common)
            next_key, next_version = common, None
    return VersionsPage(versions=tuple(found), common_prefixes=tuple(prefixes))


def list_uploads(
    seek: UploadSeek,
    *,
    prefix: str = "",
    delimiter: str = "",
    after_key: str = "",
    after_upload: str | None = None,
    most: int,
) -> UploadsPage:
    """List uploads in progress; with `after_upload` the page goes on within `after_key`."""
    if most <= 0:
        return UploadsPage()
    found: list[Upload] = []
    prefixes: list[str] = []
    next_key, next_upload = "", None
    walk = _Walk(seek, lambda upload: upload.id, "~", (prefix, delimiter))
    for upload, common in walk.entries(after_key, after_upload, most):
        if len(found) + len(prefixes) == most:
            return UploadsPage(
                uploads=tuple(found),
                common_prefixes=tuple(prefixes),
                next_key=next_key,
                next_upload=next_upload,
            )
        if common is None:
            found.append(upload)
            next_key, next_upload = upload.key, upload.id
        else:
            prefixes.append(common)
            next_key, next_upload = common, None
    return UploadsPage(uploads=tuple(found), common_prefixes=tuple(prefixes))


def token_for(position: str, prefix: str, delimiter: str) -> str:
    """An opaque continuation token: a place in this listing and no other. It grants nothing."""
    raw = position.encode("utf-8")
    return urlsafe_b64encode(_check(raw, prefix, delimiter) + raw).decode("ascii").rstrip("=")


def position_of(token: str, prefix: str, delimiter: str) -> str:
    """The place a token names (`token-invalid` for any text that is not a token of this listing)."""
    try:
        if not token or len(token) > TOKEN_CHARS_MAX:
            raise ValueError("length")
        packed = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        raw = packed[_CHECK_BYTES:]
        position = raw.decode("utf-8", "strict")
        is_good = token_for(position, prefix, delimiter) == token
    except ValueError as error:
        raise malformed("token-invalid") from error
    if not is_good:
        raise malformed("token-invalid")
    return position


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """The common prefix a key is rolled into: up to the first delimiter behind the prefix."""
    if not delimiter:
        return None
    at = key.find(delimiter, len(prefix))
    return None if at < 0 else key[: at + len(delimiter)]


def _check(raw: bytes, prefix: str, delimiter: str) -> bytes:
    digest = hashlib.sha256(b"custodes listing v1\0")
    for piece in (prefix.encode("utf-8"), delimiter.encode("utf-8"), raw):
        digest.update(len(piece).to_bytes(4, "big") + piece)
    return digest.digest()[:_CHECK_BYTES]


def _start(prefix: str, delimiter: str, after: str) -> tuple[str, bool] | None:
    """Where to seek first: (key, is inclusive); None when nothing can be listed."""
    if after < prefix or not after:
        return prefix, True
    if not after.startswith(prefix):
        return None
    common = common_prefix(after, prefix, delimiter)
    if common is None:
        return after, False
    beyond = after_prefix(common)
    return None if beyond is None else (beyond, True)


def _entries(
    seek: Seek, sieve: tuple[str, str], after: str, most: int
) -> Iterator[tuple[Version, str | None]]:
    """Keys and common prefixes in order; asks for twice as many rows as long as no prefix is skipped."""
    prefix, delimiter = sieve
    place = _start(prefix, delimiter, after)
    rows_max = _rows(delimiter, most)
    while place is not None:
        rows = seek(place[0], place[1], rows_max)
        is_end = len(rows) < rows_max
        skipped: str | None = None
        for version in rows:
            if not version.key.startswith(prefix):
                return
            if skipped is not None and version.key.startswith(skipped):
                continue
            skipped = common_prefix(version.key, prefix, delimiter)
            yield version, skipped
        if is_end:
            return
        if skipped is None:
            place = rows[-1].key, False
            rows_max = min(2 * rows_max, _ROWS_MAX)
        else:
            beyond = after_prefix(skipped)
            place = None if beyond is None else (beyond, True)
            rows_max = _ROWS_FIRST


def _rows(delimiter: str, most: int) -> int:
    """How many rows to ask for first: all of a page and the one that shows that there is more, or few where
    the first may already be a prefix to skip.
    """
    return _ROWS_FIRST if delimiter else min(most + 1, _ROWS_MAX)


class _Walk(Generic[_Row, _Rank]):
    """Rows ordered by key and rank, with common prefixes, in order.

    `rank_last` is behind every rank a row can have, so (key, rank_last) is the place behind a whole key.
    """

    def __init__(
        self,
        seek: "Callable[[str, _Rank | None, int], Sequence[_Row]]",
        rank: "Callable[[_Row], _Rank]",
        rank_last: _Rank,
        sieve: tuple[str, str],
    ) -> None:
        self._seek = seek
        self._rank = rank
        self._rank_last = rank_last
        self._prefix, self._delimiter = sieve

    def entries(
        self, after_key: str, after_rank: "_Rank | None", most: int
    ) -> "Iterator[tuple[_Row, str | None]]":
        place = self._first(after_key, after_rank)
        rows_max = _rows(self._delimiter, most)
        while place is not None:
            rows = self._seek(place[0], place[1], rows_max)
            skipped: str | None = None
            for row in rows:
                if not row.key.startswith(self._prefix):
                    return
                if skipped is not None and row.key.startswith(skipped):
                    continue
                skipped = common_prefix(row.key, self._prefix, self._delimiter)
                yield row, skipped
            if len(rows) < rows_max:
                return
            if skipped is None:
                place = rows[-1].key, self._rank(rows[-1])
                rows_max = min(2 * rows_max, _ROWS_MAX)
            else:
                beyond = after_prefix(skipped)
                place = None if beyond is None else (beyond, None)
                rows_max = _ROWS_FIRST

    def _first(self, after_key: str, after_rank: "_Rank | None") -> "tuple[str, _Rank | None] | None":
        if after_rank is not None and after_key >= self._prefix:
            return after_key, after_rank
        start = _start(self._prefix, self._delimiter, after_key)
        if start is None:
            return None
        key, is_inclusive = start
        return key, None if is_inclusive else self._rank_last
