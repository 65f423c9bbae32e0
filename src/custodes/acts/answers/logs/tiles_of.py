"""Tiles and entry bundles of a log as tlog-tiles serves them, and a reader for proofs, out of the store."""

from custodes.acts.writing.ports import Reads
from custodes.kernel.refusal import absent
from custodes.ledger import tiles
from custodes.ledger.merkle import HASH_BYTES
from custodes.ledger.tiles import TILE_WIDTH, TileReader


def tile_of(reads: Reads, log: str, path: str, size: int) -> bytes:
    """The bytes at a tlog-tiles path for a log of `size` entries; `no-such-tile` (absent)."""
    if path.startswith("tile/entries/"):
        n, width = tiles.parse_entries_path(path)
        start, end = n * TILE_WIDTH, n * TILE_WIDTH + width
        if end > size:
            raise absent("no-such-tile")
        return tiles.encode_bundle(list(reads.leaves(log, start, end)))
    level, n, width = tiles.parse_tile_path(path)
    if tiles.width_at(size, level, n) < width:
        raise absent("no-such-tile")
    return _hashes(reads, log, (level, n), width)


def reader_of(reads: Reads, log: str, size: int) -> TileReader:
    """A reader of node hashes of a log's first `size` entries."""
    return TileReader(lambda level, n, width: _hashes(reads, log, (level, n), width), size)


def _hashes(reads: Reads, log: str, at: tuple[int, int], width: int) -> bytes:
    raw = reads.tile(log, *at)
    if raw is None or len(raw) < width * HASH_BYTES:
        raise absent("no-such-tile")
    return raw[: width * HASH_BYTES]
