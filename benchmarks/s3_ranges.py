"""The first byte of a range in the middle of a large object of many parts, from the local store.

The object is put in parts of 8 MiB, as its clients do (`RANGES_GIB`, 640 parts for 5 GiB), each sealed as any
part is. Ranges begin at places all over its middle half; each is asked for over one connection kept open.
Shown is the time from the signed request to the first byte of content: with what is read in the page cache,
and with blobs and the keyroom's database dropped from it, so that the disk is asked; after each of these the
same 64 KiB from a blob by `preadv` alone, dropped again before, so that both meet the same disk.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import s3, s3_load
from .figures import machine, percentile
from .s3_load import Connection, Target

if TYPE_CHECKING:
    from fakes.houses import House

OBJECT_BYTES = int(float(os.environ.get("RANGES_GIB", "5")) * 1_073_741_824)
PART_BYTES = 8 * 1_048_576
ROUNDS = int(os.environ.get("RANGES_ROUNDS", "200"))
RANGE_BYTES = 65_536


def main() -> None:
    """Put the object, ask, print."""
    with tempfile.TemporaryDirectory(prefix="r", dir=os.environ.get("RANGES_FOLDER")) as folder:
        sys.stdout.write(machine(Path(folder)) + "\n")
        with s3.founded(Path(folder)) as house:
            at = s3.target(house)
            s3_load.put_parts(at, "large", OBJECT_BYTES, PART_BYTES)
            measure(at, "large", OBJECT_BYTES)
            measure(at, "large", OBJECT_BYTES, house)


def measure(at: Target, name: str, size: int, cold: "House | None" = None) -> None:
    """Print how long the first byte takes; with a house, its blobs are not in the page cache."""
    closed, open_ended, alone = [], [], []
    with Connection(at) as connection:
        for n in range(ROUNDS + 1):
            first = _place(n, size)
            if cold is not None:
                drop(cold)
            took = connection.first_byte_s(name, f"bytes={first}-{first + RANGE_BYTES - 1}")
            closed += [took * 1e3] if n else []
            if cold is not None:
                drop(cold)
                alone.append(_alone_s(cold, n) * 1e3)
    for n in range(min(ROUNDS, 20)):
        if cold is not None:
            drop(cold)
        with Connection(at) as connection:
            first = _place(n, size)
            open_ended.append(connection.first_byte_s(name, f"bytes={first}-", is_left=True) * 1e3)
    how = "from the disk" if cold else "cached"
    shown = ((f"{RANGE_BYTES >> 10} KiB", closed), ("to the end", open_ended), ("by preadv alone", alone))
    for what, times in shown:
        if times:
            sys.stdout.write(
                f"{at.name}: first byte within {size / 2**30:.3g} GiB, {what}, {how}: "
                f"{statistics.median(times):.1f} ms, p90 {percentile(times, 0.9):.1f}, "
                f"p99 {percentile(times, 0.99):.1f} ms\n"
            )


def drop(house: "House") -> None:
    """Put what lies in the store, and the keyroom's database, out of the page cache (it is on the disk)."""
    for path in (*house.blobs(), *(house.folder / "house").glob("*.db*")):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(handle)


def _alone_s(house: "House", n: int) -> float:
    """Seconds that opening a blob and reading so much of its middle takes, without a house around it."""
    blobs = house.blobs()
    began = time.perf_counter()
    handle = os.open(blobs[n * 7 % len(blobs)], os.O_RDONLY)
    try:
        os.preadv(handle, [bytearray(RANGE_BYTES)], PART_BYTES // 2)
        return time.perf_counter() - began
    finally:
        os.close(handle)


def _place(n: int, size: int) -> int:
    """The n-th of many places spread over the middle half, no two near each other."""
    return size // 4 + n * 1_640_531_527 % (size // 2)


if __name__ == "__main__":
    main()
