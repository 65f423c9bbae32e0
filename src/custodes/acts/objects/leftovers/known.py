"""Which blobs are known: a sorted array of 64-bit digests, eight bytes for each, made page by page.

It may say of an unknown blob that it is known (once in 2^64 / n), never the other way round. It is good for a
day: whatever was begun since it was made is younger than what is judged by it. Parts are read before versions
and versions before what is to go, because that is the way a blob goes: none slips through between two pages.
"""

import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import partial

from custodes.acts.opened import Opened
from custodes.acts.writing.object_rows import BlobsRow
from custodes.acts.writing.ports import Reads

PAGE_ROWS = 1_000
TABLES = ("parts", "versions", "fates")


class Known:
    """Every blob the index named, from `at_ms` since boot on."""

    def __init__(self, digests: Iterable[int], at_ms: int) -> None:
        self._digests = array("Q", sorted(digests))
        self.at_ms = at_ms

    def has(self, blob: str) -> bool:
        """Whether something may know it; False is certain."""
        wanted = digest(blob)
        place = bisect_left(self._digests, wanted)
        return place < len(self._digests) and self._digests[place] == wanted

    def __len__(self) -> int:
        return len(self._digests)


async def known_now(o: Opened) -> Known:
    """All that is known now, read in pages between which others are served."""
    at_ms, blobs = o.clock.boot_ms(), array("Q")
    for table in TABLES:
        after: tuple[str, str] = ("", "")
        while True:
            rows = await o.read(partial(_page, table, after))
            blobs.extend(digest(blob) for row in rows for blob in row.blobs)
            if len(rows) < PAGE_ROWS:
                break
            after = rows[-1].place
    return Known(blobs, at_ms)


def digest(blob: str) -> int:
    """64 bits of a blob's id."""
    return int.from_bytes(hashlib.blake2b(blob.encode("ascii"), digest_size=8).digest(), "big")


def _page(table: str, after: tuple[str, str], reads: Reads) -> list[BlobsRow]:
    return list(reads.objects.blobs_known(table, after, PAGE_ROWS))
