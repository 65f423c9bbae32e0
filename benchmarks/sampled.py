"""A log of a billion entries of which only what is touched exists: appended to and proven for real.

Every hash that nothing looks into is drawn from a seed; a tile that is looked into is drawn whole, and its
root stands in the tile above. So each path, the right edge and the head fit together exactly as in a log
whose every leaf was written, and the writer cannot tell it from one.
"""

import hashlib
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from custodes.acts.writing import house_head
from custodes.acts.writing.sequencer import Sequencer
from custodes.ledger import tiles
from custodes.ledger.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    CompactRange,
    inclusion_proof,
    range_of,
    root_from_inclusion,
    verify_inclusion,
)
from custodes.ledger.tiles import TILE_WIDTH, TileReader
from custodes.store.books import SqlBooks
from custodes.store.schema import head as head_table
from custodes.store.schema import tile as tile_table
from custodes.store.verbs import CHECKS, VERBS

from .figures import machine
from .ledger import Bench, Ed25519PrivateKey

SIZES = (10**4, 10**6, 10**8, 10**9)
APPENDS, GROUP = 6_400, 64
PROOFS = 200


class Sampled:
    """The tiles of a log of `size` entries that paths to `indexes` and its right edge touch."""

    def __init__(self, size: int, indexes: Iterable[int], seed: bytes = b"") -> None:
        self.size = size
        self._seed = seed
        self._looked_into = {
            (level, n)
            for index in (*indexes, size - 1)
            for level in range(tiles.LEVEL_MAX)
            if (n := (index >> (8 * level)) // TILE_WIDTH) * TILE_WIDTH < size >> (8 * level)
        }
        self._looked_into |= {
            (level, (size >> (8 * level)) // TILE_WIDTH)
            for level in range(tiles.LEVEL_MAX)
            if (size >> (8 * level)) % TILE_WIDTH
        }
        self.tiles: dict[tuple[int, int], bytes] = {}
        for at in sorted(self._looked_into):  # from the leaves upwards
            self.tiles[at] = self._made(*at)

    def range(self) -> CompactRange:
        """What a writer keeps of the log."""
        return range_of(TileReader(lambda level, n, _width: self.tiles[level, n], self.size), self.size)

    def _made(self, level: int, n: int) -> bytes:
        width = tiles.width_at(self.size, level, n)
        return b"".join(self._hash(level, n * TILE_WIDTH + i) for i in range(width))

    def _hash(self, level: int, index: int) -> bytes:
        below = self.tiles.get((level - 1, index))
        if below is None:
            return hashlib.sha256(b"%s/%d/%d" % (self._seed, level, index)).digest()
        hashes = [below[at : at + HASH_BYTES] for at in range(0, len(below), HASH_BYTES)]
        return CompactRange().extend(hashes).root()


def appended(folder: Path, sampled: Sampled) -> float:
    """Processor microseconds for each append behind a sampled log, the one writer's whole way."""
    bench = Bench(folder)
    bench.sequencer.stop()
    acts = bench.acts(APPENDS)
    log, range_ = acts[0].entries[0].log, sampled.range()
    with bench.engine.connect() as connection:
        connection.execute(head_table.insert(), {"log": log, "size": range_.size, "stack": range_.encode()})
        rows = [{"log": log, "level": at[0], "n": at[1], "hashes": raw} for at, raw in sampled.tiles.items()]
        connection.execute(tile_table.insert(), rows)
    sign = house_head.signer("hse-bench", Ed25519PrivateKey.generate())
    first = sign(range_.size, 0, EMPTY_ROOT, bench.clock.now())
    bench.sequencer = Sequencer(SqlBooks(bench.engine, VERBS, CHECKS), bench.clock, first, sign, bench.settle)
    bench.sequencer.start()
    began = time.process_time()
    bench.run(acts, GROUP)
    spent = (time.process_time() - began) / len(acts) * 1e6
    bench.sequencer.stop()
    bench.engine.dispose()
    return spent


def proven(sampled: Sampled, indexes: Iterable[int]) -> tuple[float, float]:
    """Processor microseconds of a proof with its check, and the tiles it reads."""
    root, read, count = sampled.range().root(), 0, 0
    began = time.process_time()
    for index in indexes:
        seen = set()

        def fetch(level: int, n: int, _width: int, seen: set[tuple[int, int]] = seen) -> bytes:
            seen.add((level, n))
            return sampled.tiles[level, n]

        path = inclusion_proof(TileReader(fetch, sampled.size), index, sampled.size)
        leaf = sampled.tiles[0, index // TILE_WIDTH][index % TILE_WIDTH * HASH_BYTES :][:HASH_BYTES]
        if not verify_inclusion(leaf, index, sampled.size, path, root):
            raise RuntimeError("a proof does not hold")
        if root_from_inclusion(leaf, index ^ 1, sampled.size, path) == root:
            raise RuntimeError("a proof holds for another entry")
        read, count = read + len(seen), count + 1
    return (time.process_time() - began) / count * 1e6, read / count


def main() -> None:
    """Print what an append and a proof cost by the size of the log."""
    out = sys.stdout.write
    for size in SIZES:
        indexes = [(n * 7_919_191_919 + 17) % size for n in range(PROOFS)]
        sampled = Sampled(size, indexes)
        with tempfile.TemporaryDirectory() as place:
            spent = appended(Path(place), sampled)
            if size == SIZES[0]:
                out(f"machine: {machine(Path(place))}\n")
        proof_us, read = proven(sampled, indexes)
        out(
            f"sampled log of {size:>13,}: append {spent:,.0f} cpu us, proof {proof_us:,.0f} cpu us "
            f"out of {read:.1f} tiles\n"
        )


if __name__ == "__main__":
    main()
