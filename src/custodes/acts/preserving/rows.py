"""Rows of what is preserved: the n-th of a case, found by a tag, sealed; and the blobs they need.

Rows of a case are numbered from 0 without a gap, so one that somebody took away is missed.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from custodes.acts.opened import Opened
from custodes.acts.writing.object_rows import LyingRow, PreservedRow
from custodes.desks.preservation import PreservationCase
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal

from . import kept

PAGE_ROWS = 64
Pair = tuple[str, str]


class Preserved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version under one case. `wrapped` is the second wrap (base64), `checks` are as the index had them;
    `needs_brought`: the data key needs a half that the customer's application brings with each request.
    """

    case: str
    n: int
    bucket: str
    name: str
    version: str
    size: int
    wrapped: str
    manifest: str
    blobs: tuple[Pair, ...]
    checks: tuple[tuple[str, int, str], ...]
    needs_brought: bool = False


class Lying(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A blob in one place, kept for what is preserved alone."""

    blob: str
    location: str


def row_of(o: Opened, one: Preserved) -> PreservedRow:
    """The row as it is stored."""
    tag = row_tag(o, one.case, one.n)
    plain: Any = msgspec.to_builtins(one)
    names = dict.fromkeys(blob for blob, _ in one.blobs)
    return PreservedRow(
        tag=tag,
        sealed=kept.sealed(o, f"row/{tag}", plain),
        blobs=tuple(blob_tag(o, blob) for blob in names),
    )


def opened(o: Opened, row: PreservedRow) -> Preserved:
    """What a stored row says; `wrap-mismatch` (broken)."""
    return msgspec.convert(kept.unsealed(o, f"row/{row.tag}", row.sealed), Preserved, strict=True)


async def page(o: Opened, case: PreservationCase, first: int) -> tuple[list[Preserved], int]:
    """Rows of a case from the `first` on, and how many of that page are not there or not what was written.

    A page ends at the case's count once that is known, else at the first number that has no row.
    """
    end = min(first + PAGE_ROWS, case.body.count) if is_counted(case) else first + PAGE_ROWS
    tags = [row_tag(o, case.id, n) for n in range(first, end)]
    found = {row.tag: row for row in await o.read(lambda r: r.objects.preserved(tags))}
    rows: list[Preserved] = []
    lost = 0
    for n, tag in enumerate(tags, first):
        row = found.get(tag)
        if row is None and not is_counted(case):
            break
        one = None if row is None else _sound(o, row, (case.id, n))
        if one is None:
            lost += 1
        else:
            rows.append(one)
    return rows, lost


async def every(o: Opened, case: PreservationCase) -> tuple[list[Preserved], int]:
    """All rows of a case, and how many of them are lost."""
    rows: list[Preserved] = []
    lost = first = 0
    while True:
        more, gone = await page(o, case, first)
        rows += more
        lost += gone
        first += PAGE_ROWS
        if (is_counted(case) and first >= case.body.count) or (
            not is_counted(case) and len(more) < PAGE_ROWS
        ):
            return rows, lost


async def lost_pins(o: Opened, rows: Sequence[Preserved]) -> int:
    """How many of these rows have lost a note that they need a blob: it could be collected."""
    needed = {(blob_tag(o, blob), row_tag(o, one.case, one.n)) for one in rows for blob, _ in one.blobs}
    tags = sorted({blob for blob, _ in needed})
    found = set(await o.read(lambda r: list(r.objects.preserving(tags))))
    return len({row for _, row in needed - found})


def is_counted(case: PreservationCase) -> bool:
    """Whether it stands how many rows the case has."""
    return bool(case.body.digest)


def row_tag(o: Opened, case: str, n: int) -> str:
    """By what the n-th row of a case is found."""
    return kept.tag(o, "row", case, str(n))


def blob_tag(o: Opened, blob: str) -> str:
    """By what it is found that something needs a blob."""
    return kept.tag(o, "blob", blob)


def lying_row(o: Opened, blob: str, location: str) -> LyingRow:
    """The note that a blob lies in a place for what is preserved alone."""
    tag = kept.tag(o, "lying", blob, location)
    sealed = kept.sealed(o, f"lying/{tag}", {"blob": blob, "location": location})
    return LyingRow(tag=tag, blob=blob_tag(o, blob), sealed=sealed)


def opened_lying(o: Opened, row: LyingRow) -> Pair:
    """(blob, location) of a stored note; `wrap-mismatch` (broken)."""
    one = msgspec.convert(kept.unsealed(o, f"lying/{row.tag}", row.sealed), Lying, strict=True)
    return one.blob, one.location


def b64(raw: bytes) -> str:
    """Bytes as they stand in a row."""
    return canonical.b64(raw)


def _sound(o: Opened, row: PreservedRow, place: tuple[str, int]) -> Preserved | None:
    try:
        one = opened(o, row)
    except Refusal:
        return None
    return one if (one.case, one.n) == place else None
