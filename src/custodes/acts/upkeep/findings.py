"""What is wrong with what was erased: rows that came back. Nothing of them is shown; somebody is told."""

import msgspec

from custodes.acts.opened import Opened
from custodes.acts.writing.ports import Reads


class Finding(msgspec.Struct, frozen=True, order=True):
    """`code`: `erased-record-back` (an entry), `page-rolled-back`, `page-lost` (a page); `where` names it."""

    code: str
    where: str


async def look(o: Opened) -> tuple[Finding, ...]:
    """Every entry with a tombstone that has a person part again, every page older than an erasure in it."""
    erased = o.records.erased()

    def read(reads: Reads) -> tuple[Finding, ...]:
        found = set()
        for log, index in erased.entries:
            row = reads.opening(log, index)
            if row is not None and row.person_sealed is not None:
                found.add(Finding("erased-record-back", f"{log}/{index}"))
        for id_, least in erased.pages.items():
            page = reads.page(o.house, id_)
            if page is None:
                found.add(Finding("page-lost", id_))
            elif page.generation < least:
                found.add(Finding("page-rolled-back", id_))
        return tuple(sorted(found))

    return await o.read(read)
