"""Which versions an order names: found in the index, by name, beginning of a name or version id.

Scope is fixed at the instant at which the order was approved: what was written later is not in it.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import partial

from custodes.acts.opened import Opened
from custodes.acts.writing.object_rows import VersionRow
from custodes.acts.writing.ports import Reads
from custodes.desks.preserving import Order

PAGE_ROWS = 64
VERSIONS_MAX = 10_000  # of one case
_NEWEST = 2**62


async def in_scope(o: Opened, order: Order, until: datetime) -> AsyncIterator[Sequence[VersionRow]]:
    """Versions in scope that are there now and were at `until`, in pages; delete markers hold nothing."""
    seen: set[str] = set()

    def wanted(rows: Sequence[VersionRow]) -> list[VersionRow]:
        found = [
            row
            for row in rows
            if row.bucket == order.bucket
            and not row.is_marker
            and row.at <= until
            and row.version not in seen
            and order.covers(row.name, row.version)
        ]
        seen.update(row.version for row in found)
        return found

    for at in range(0, len(order.versions), PAGE_ROWS):
        ids = order.versions[at : at + PAGE_ROWS]
        yield wanted(await o.read(partial(_by_id, ids)))
    starts: Sequence[str] = (*order.names, *order.prefixes)
    if not starts and not order.versions:
        starts = ("",)
    for start in starts:
        is_name = start in order.names and start not in order.prefixes
        place: tuple[str, int] | None = (start, _NEWEST) if start else None
        while True:
            rows = await o.read(partial(_page, order.bucket, place))
            fits = [row for row in rows if (row.name == start if is_name else row.name.startswith(start))]
            yield wanted(fits)
            if len(rows) < PAGE_ROWS or len(fits) < len(rows):
                break
            place = (rows[-1].name, rows[-1].seq)


def _by_id(ids: Sequence[str], reads: Reads) -> list[VersionRow]:
    return [row for row in (reads.objects.by_id(id_) for id_ in ids) if row is not None]


def _page(bucket: str, place: tuple[str, int] | None, reads: Reads) -> Sequence[VersionRow]:
    return reads.objects.whole(bucket, place, PAGE_ROWS)
