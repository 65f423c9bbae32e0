"""Which blobs are known: a sorted array of 64-bit digests, eight bytes for each, made page by page.

It may say of an unknown blob that it is known (once in 2^64 / n), never the other way round. It is good for a
day: whatever was begun since it was made is younger than what is judged by it. Parts are read before versions
and versions before what is to go, because that is the way a blob goes: none slips through between two pages.
What is preserved was among the versions.
"""

import asyncio
import hashlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from functools import partial

from custodes.acts.opened import Opened
from custodes.acts.preserving.sparing import blobs_of_page
from custodes.acts.writing.object_rows import BlobsRow
from custodes.acts.writing.ports import Reads

PAGE_ROWS = 1_000
SHELVES = 256
TABLES = ("parts", "versions", "fates")


class Known:
    """Every blob the index named, from `at_ms` since boot on. Shelves by the first byte, so that none takes
    long to sort.
    """

    def __init__(self, at_ms: int) -> None:
        self._shelves = [array("Q") for _ in range(SHELVES)]
        self.at_ms = at_ms

    def add(self, blobs: Iterable[str]) -> None:
        """Take these in; `sort` before asking."""
        for blob in blobs:
            one = digest(blob)
            self._shelves[one >> 56].append(one)

    async def sort(self) -> None:
        """Make it ready to be asked; others are served meanwhile."""
        for number, shelf in enumerate(self._shelves):
            self._shelves[number] = array("Q", sorted(shelf))
            await asyncio.sleep(0)

    def has(self, blob: str) -> bool:
        """Whether something may know it; False is certain."""
        wanted = digest(blob)
        shelf = self._shelves[wanted >> 56]
        place = bisect_left(shelf, wanted)
        return place < len(shelf) and shelf[place] == wanted

    def __len__(self) -> int:
        return sum(map(len, self._shelves))


async def known_now(o: Opened) -> Known:
    """All that is known now, read in pages between which others are served."""
    found = Known(o.clock.boot_ms())
    for table in TABLES:
        after: tuple[str, str] = ("", "")
        while True:
            rows = await o.read(partial(_page, table, after))
            found.add(blob for row in rows for blob in row.blobs)
            if len(rows) < PAGE_ROWS:
                break
            after = rows[-1].place
    place, is_last = "", False
    while not is_last:
        blobs, place, is_last = await blobs_of_page(o, place, PAGE_ROWS)
        found.add(blobs)
    await found.sort()
    return found


def digest(blob: str) -> int:
    """64 bits of a blob's id."""
    return int.from_bytes(hashlib.blake2b(blob.encode("ascii"), digest_size=8).digest(), "big")


def _page(table: str, after: tuple[str, str], reads: Reads) -> list[BlobsRow]:
    return list(reads.objects.blobs_known(table, after, PAGE_ROWS))
