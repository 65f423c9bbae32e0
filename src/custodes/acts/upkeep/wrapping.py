"""Pages re-wrapped and re-keyed in memory: what an act then writes. Runs in a thread; opens no data.

What does not open is carried over as it is and counted: a damaged row must not hold up an erasure, and
nothing that might be mended from a backup is thrown away.
"""

from collections.abc import Sequence, Set

import msgspec

from custodes.acts.writing.readers import OpeningRow, Resealed, Subject
from custodes.custody import hierarchy, wrap
from custodes.custody.hierarchy import Page, PageKek, SubjectKey
from custodes.custody.wrap import Purpose
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Refusal


class Rekeyed(msgspec.Struct, frozen=True, kw_only=True):
    """A record page under a fresh key, with every opening in it. `damaged` did not open before either."""

    old: Page
    new: Page
    rows: tuple[Resealed, ...]
    damaged: int = 0


def records(
    keks: tuple[PageKek, PageKek],
    page: Page,
    rows: Sequence[OpeningRow],
    erased: Set[tuple[str, int]],
    dice: Dice,
) -> Rekeyed:
    """A fresh key for a record page; the person parts of `erased` (log, index) are left behind."""
    new, _ = hierarchy.rekey_page(keks[0], keks[1], page, (), dice)
    before, after = hierarchy.open_page(keks[0], page), hierarchy.open_page(keks[1], new)
    damaged = 0
    resealed = []
    for row in rows:
        subject = f"{row.act}/{row.ordinal}"
        person = None if (row.log, row.index) in erased else row.person_sealed
        parts: list[bytes | None] = []
        for purpose, sealed in ((Purpose.RECORD, row.sealed), (Purpose.RECORD_PERSON, person)):
            if sealed is not None:
                try:
                    plain = wrap.unwrap(before, hierarchy.subject_context(page, subject, purpose), sealed)
                    context = hierarchy.subject_context(new, subject, purpose)
                    parts.append(wrap.wrap(after, context, plain, dice))
                    continue
                except Refusal:
                    damaged += 1
            parts.append(sealed)
        resealed.append(
            Resealed(log=row.log, index=row.index, sealed=parts[0] or b"", person_sealed=parts[1])
        )
    return Rekeyed(old=page, new=new, rows=tuple(resealed), damaged=damaged)


def subjects(
    keks: tuple[PageKek, PageKek], page: Page, rows: Sequence[Subject], dice: Dice
) -> tuple[Page, tuple[Subject, ...]]:
    """A fresh key for a page of objects; `wrap-mismatch` (broken) when one of them does not open."""
    keys = [SubjectKey(subject=row.version, purpose=Purpose.OBJECT, wrapped=row.wrapped) for row in rows]
    new, kept = hierarchy.rekey_page(keks[0], keks[1], page, keys, dice)
    return new, tuple(
        msgspec.structs.replace(row, wrapped=key.wrapped) for row, key in zip(rows, kept, strict=True)
    )
