"""Multipart uploads: which parts may become an object, and how.

Source: Amazon S3 User Guide, "Multipart upload limits". Parts are numbered 1 to 10,000; every part but the
last listed is at least 5 MiB; the list ascends; each listed part is the one last uploaded under its
number, named by its ETag. Complete may be sent again (clients retry on a lost answer): the same list for
the same upload gets the same object, another list is refused.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec

from custodes.kernel.refusal import malformed

from .checksums import DEFAULT, Algorithm, Checksum, Coverage, combine
from .etags import PARTS_MAX, bare
from .ranges import Span
from .version import Part

PART_BYTES_MIN = 5 * 1_024**2
PART_BYTES_MAX = 5 * 1_024**3
OBJECT_BYTES_MAX = 5 * 1_024**4


class Listed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part as the caller lists it when completing; a checksum only if he sends one."""

    number: int
    etag: str
    checksum: str | None = None


class Upload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An upload in progress. `algorithm` and `coverage` are those its object's checksum will have."""

    id: str
    bucket: str
    key: str
    opened_at: datetime
    algorithm: Algorithm = DEFAULT
    coverage: Coverage = Coverage.FULL_OBJECT


class Assembled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What completing makes: the parts in order, their bytes together, one checksum."""

    parts: tuple[Part, ...]
    size_bytes: int
    checksum: Checksum | None = None


def check_part_number(number: int) -> int:
    """A part's number, 1 to 10,000 (`part-number-invalid`)."""
    if not 1 <= number <= PARTS_MAX:
        raise malformed("part-number-invalid")
    return number


def assemble(
    uploaded: Mapping[int, Part],
    listed: Sequence[Listed],
    algorithm: Algorithm | None = None,
    coverage: Coverage | None = None,
) -> Assembled:
    """Make one object of the listed parts; parts not listed are dropped.

    Refuses `xml-malformed` (no parts), `part-order-invalid`, `part-number-invalid`, `part-invalid`,
    `part-too-small`, `object-too-large`.
    """
    if not listed or len(listed) > PARTS_MAX:
        raise malformed("xml-malformed")
    numbers = [check_part_number(one.number) for one in listed]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise malformed("part-order-invalid")
    parts = tuple(_matching(uploaded, one) for one in listed)
    for part in parts[:-1]:
        if part.size_bytes < PART_BYTES_MIN:
            raise malformed("part-too-small", number=part.number, bytes_min=PART_BYTES_MIN)
    size_bytes = sum(part.size_bytes for part in parts)
    if size_bytes > OBJECT_BYTES_MAX:
        raise malformed("object-too-large", bytes_max=OBJECT_BYTES_MAX)
    return Assembled(parts=parts, size_bytes=size_bytes, checksum=_together(parts, algorithm, coverage))


def span_of_part(sizes_bytes: Sequence[int], number: int) -> Span:
    """The bytes of the n-th part of an object, for a read with partNumber (`part-absent`).

    Counts the parts the object was made of, from 1, whatever numbers they were uploaded under, as S3 does.
    """
    if not 1 <= number <= len(sizes_bytes):
        raise malformed("part-absent", parts=len(sizes_bytes))
    first = sum(sizes_bytes[: number - 1])
    return Span(first=first, end=first + sizes_bytes[number - 1])


def completion_mark(listed: Sequence[Listed]) -> str:
    """What to keep beside a completed upload, so that the same list again is known (`repeats`)."""
    digest = hashlib.sha256(b"custodes completion v1\0")
    for one in listed:
        etag = bare(one.etag).encode("utf-8")
        digest.update(one.number.to_bytes(4, "big") + len(etag).to_bytes(2, "big") + etag)
    return digest.hexdigest()


def repeats(kept_mark: str, listed: Sequence[Listed]) -> bool:
    """Whether this list is the one the upload was completed with."""
    return completion_mark(listed) == kept_mark


def _matching(uploaded: Mapping[int, Part], listed: Listed) -> Part:
    part = uploaded.get(listed.number)
    if part is None or part.etag != bare(listed.etag):
        raise malformed("part-invalid", number=listed.number)
    if listed.checksum is not None and (part.checksum is None or part.checksum.value != listed.checksum):
        raise malformed("part-invalid", number=listed.number)
    return part


def _together(
    parts: tuple[Part, ...], algorithm: Algorithm | None, coverage: Coverage | None
) -> Checksum | None:
    if algorithm is None or coverage is None:
        return None
    values: list[tuple[str, int]] = []
    for part in parts:
        if part.checksum is None or part.checksum.algorithm is not algorithm:
            raise malformed("part-invalid", number=part.number)
        values.append((part.checksum.value, part.size_bytes))
    return combine(algorithm, coverage, values)
