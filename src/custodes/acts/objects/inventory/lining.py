"""A page of a report: rows of the index as lines, under the same names and states a listing shows."""

import asyncio

from custodes.acts.asks.buckets.inventory import Lines
from custodes.acts.objects.ground import shown_id
from custodes.acts.objects.rules.listing_access import owner_of
from custodes.acts.objects.rules.states import opened_state
from custodes.acts.opened import Opened
from custodes.acts.writing.object_rows import VersionRow
from custodes.kernel.clock import from_text
from custodes.objects.bucket import Bucket
from custodes.objects.rules.inventory import Inventory, Line
from custodes.protocols.s3.dates import to_document_date

PAGE_LINES = 500
AT_ONCE = 100  # rows between two turns of the loop: others come first


async def page_of(o: Opened, bucket: Bucket, rule: Inventory, place: tuple[str, int]) -> Lines:
    """The lines behind a place (name and sequence; no name: from the first on)."""
    after = place if place[0] else None
    rows = await o.read(lambda r: r.objects.lines(bucket.id, rule.prefix, after, PAGE_LINES))
    inside = [row for row in rows if row.name.startswith(rule.prefix)]
    is_end = len(inside) < PAGE_LINES
    owner = owner_of(o, bucket)[0]
    found: list[Line] = []
    name = place[0]
    for start in range(0, len(inside), AT_ONCE):
        for row in inside[start : start + AT_ONCE]:
            is_latest, name = row.name != name, row.name
            if rule.has_all_versions or (is_latest and not row.is_marker):
                found.append(_line(o, bucket, row, owner, is_latest=is_latest))
        await asyncio.sleep(0)
    last = (inside[-1].name, inside[-1].seq) if inside else place
    return Lines(lines=tuple(found), name=last[0], seq=last[1], is_end=is_end)


def _line(o: Opened, bucket: Bucket, row: VersionRow, owner: str, *, is_latest: bool) -> Line:
    state = opened_state(o, bucket, row)
    kept = state.retention
    return Line(
        name=row.name,
        version=shown_id(bucket.versioning, row.version, row.is_null) or "",
        is_latest=is_latest,
        is_marker=row.is_marker,
        size=row.size,
        at=to_document_date(row.at),
        etag=row.etag,
        by_parts=state.by_parts,
        sse=state.sse,
        retained_until=to_document_date(from_text(kept.until)) if kept is not None else "",
        lock_mode=kept.mode.value if kept is not None else "",
        hold=("ON" if state.is_held else "OFF") if state.was_held else "",
        owner=owner,
    )
