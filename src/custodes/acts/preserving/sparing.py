"""What keeps the blobs of deleted versions from going while they are preserved; and that they are known.

To the customer, and to everything that counts for him, such a version is gone: the index says so, and so do
listings, usage and quota. Only the last step is not taken. The list of what is to go loses the blob as if it
had been removed, and a sealed note remembers where it lies.
"""

from collections.abc import Sequence
from functools import partial

from custodes.acts.opened import Opened
from custodes.acts.writing.act import Act, Failed, Write
from custodes.acts.writing.object_rows import FateRow, LyingRow, PreservedRow, VersionRow
from custodes.acts.writing.ports import Reads
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal

from . import rows
from .rows import Pair


async def not_spared(o: Opened, due: Sequence[FateRow]) -> Sequence[FateRow]:
    """Of what is due to go, what may: nothing that is preserved needs it there. The rest is noted and spared.

    A blob of a version that is still there, and lies elsewhere too, may go from this place: a move or a
    repair lets it go, and the preservation has lost nothing.
    """
    if not due:
        return due
    tags = {row.blob: rows.blob_tag(o, row.blob) for row in due}
    needing = await o.read(partial(_needing, tuple(dict.fromkeys(tags.values()))))
    if not needing:
        return due
    needed: dict[str, list[str]] = {}
    for blob, row in needing:
        needed.setdefault(blob, []).append(row)
    spared: list[FateRow] = []
    for fate in due:
        tag = tags[fate.blob]
        if tag in needed and not await _lies_elsewhere(o, fate, needed[tag]):
            spared.append(fate)
    if spared:
        await o.gate.until_committed(partial(_spare, o, spared))
    return [fate for fate in due if fate not in spared]


async def _spare(o: Opened, spared: Sequence[FateRow]) -> bool | Failed:
    tags = sorted({rows.blob_tag(o, fate.blob) for fate in spared})
    still = {blob for blob, _ in await o.read(partial(_needing, tags))}  # an end may have come between
    found: tuple[tuple[LyingRow, Pair], ...] = tuple(
        (rows.lying_row(o, fate.blob, fate.location), (fate.blob, fate.location))
        for fate in spared
        if rows.blob_tag(o, fate.blob) in still
    )
    write = Write("preserved.spare", (found, o.clock.now()))
    outcome = await o.gate.commit(Act(id=new_id("act", o.dice), writes=(write,)))
    return outcome if isinstance(outcome, Failed) else True


async def _lies_elsewhere(o: Opened, fate: FateRow, needing: Sequence[str]) -> bool:
    stored = await o.read(lambda r: list(r.objects.preserved(needing)))
    if len(stored) < len(needing):
        return False  # a row was taken away: nothing goes until somebody has looked at it
    for row in stored:
        try:
            version = rows.opened(o, row).version
        except Refusal:
            return False
        found: VersionRow | None = await o.read(partial(_version, version))
        if found is None or not any(
            blob == fate.blob and location != fate.location for blob, location in found.blobs
        ):
            return False
    return True


async def blobs_of_page(o: Opened, after: str, limit: int) -> tuple[list[str], str, bool]:
    """Blobs of preserved versions page by page: known, though the index may name them no more. Gives the
    place to go on from, and whether that was the last page.
    """
    stored: list[PreservedRow] = await o.read(lambda r: list(r.objects.preserved_all(after, limit)))
    found: list[str] = []
    for row in stored:
        try:
            found += [blob for blob, _ in rows.opened(o, row).blobs]
        except Refusal:
            continue  # not what was written: the case says that a row is lost
    return found, stored[-1].tag if stored else after, len(stored) < limit


def _needing(tags: Sequence[str], reads: Reads) -> list[tuple[str, str]]:
    return list(reads.objects.preserving(tags))


def _version(version: str, reads: Reads) -> VersionRow | None:
    return reads.objects.by_id(version)
