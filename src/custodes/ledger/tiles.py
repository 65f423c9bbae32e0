"""Tiles and entry bundles of c2sp.org/tlog-tiles: paths, growth, reading.

A tile at level L and number n holds up to 256 hashes; hash i is the root of the complete subtree over
the leaves `(256 n + i) * 256**L` and the `256**L - 1` that follow. Only the last tile of a level may be
*partial* (1 to 255 hashes); the bytes of a narrower partial tile are a prefix of a wider one's.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

import msgspec

from custodes.kernel.limits import LEAF_BYTES_MAX
from custodes.kernel.refusal import malformed

from .merkle import HASH_BYTES, SIZE_MAX, node_hash

TILE_WIDTH = 256
LEVEL_MAX = 63
BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + LEAF_BYTES_MAX)

TileFetch: TypeAlias = Callable[[int, int, int], bytes]

_TILE = re.compile(r"tile/(0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_ENTRIES = re.compile(r"tile/entries/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


class TilePut(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tile as it is after an append: store it over its narrower self. `hashes` is 32 x width bytes."""

    level: int
    n: int
    width: int
    hashes: bytes


class TileReader:
    """Turns a tile fetch into a `merkle.Reader` for a tree of `size` leaves.

    `fetch(level, n, width)` returns at least 32 x width bytes (a wider tile will do). Tiles are kept for the
    life of the reader. Codes: `tile-truncated`.
    """

    def __init__(self, fetch: TileFetch, size: int) -> None:
        self._fetch = fetch
        self._size = size
        self._kept: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of node (level, index); ValueError outside the tree."""
        if index < 0 or (index + 1) << level > self._size:
            raise ValueError("node outside the tree")
        tile_level, height = divmod(level, 8)
        first = index << height
        n = first // TILE_WIDTH
        at = (first % TILE_WIDTH) * HASH_BYTES
        raw = self._tile(tile_level, n)[at : at + (HASH_BYTES << height)]
        row = [raw[i : i + HASH_BYTES] for i in range(0, len(raw), HASH_BYTES)]
        return _fold(row)

    def _tile(self, level: int, n: int) -> bytes:
        kept = self._kept.get((level, n))
        if kept is None:
            width = width_at(self._size, level, n)
            kept = self._fetch(level, n, width)
            if len(kept) < width * HASH_BYTES:
                raise malformed("tile-truncated", level=level, n=n)
            self._kept[level, n] = kept
        return kept


def width_at(size: int, level: int, n: int) -> int:
    """How many hashes tile (level, n) has in a tree of `size` leaves: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> (8 * level)) - n * TILE_WIDTH))


def all_tiles(size: int, since: int = 0) -> list[tuple[int, int, int]]:
    """Every (level, n, width) of a tree, level by level; only what a tree of `since` leaves has not."""
    found = []
    level = 0
    while count := size >> (8 * level):
        had = since >> (8 * level)
        if count > had:
            first = had // TILE_WIDTH
            found += [(level, n, width_at(size, level, n)) for n in range(first, -(-count // TILE_WIDTH))]
        level += 1
    return found


def touched(size_before: int, count: int) -> list[tuple[int, int]]:
    """Which partial tiles (level, n) `extend` will need when `count` leaves are added."""
    found = []
    level = 0
    while after := (size_before + count) >> (8 * level):
        before = size_before >> (8 * level)
        if after > before and before % TILE_WIDTH:
            found.append((level, before // TILE_WIDTH))
        level += 1
    return found


def extend(
    size_before: int, leaves: Sequence[bytes], partials: Mapping[tuple[int, int], bytes]
) -> list[TilePut]:
    """The tiles that change when the leaf hashes `leaves` are appended, each once and at its new width.

    `partials` holds the present bytes of every tile that `touched` names. Codes: `tile-truncated` when one is
    missing or narrower than the tree says; wider bytes are cut, so a torn earlier write cannot enter.
    """
    if not 0 <= size_before <= SIZE_MAX - len(leaves):
        raise ValueError("size outside the tree")
    puts: list[TilePut] = []
    row = list(leaves)
    level = 0
    while row:
        before = size_before >> (8 * level)
        n, held = divmod(before, TILE_WIDTH)
        raw = partials.get((level, n), b"")[: held * HASH_BYTES] if held else b""
        if len(raw) != held * HASH_BYTES:
            raise malformed("tile-truncated", level=level, n=n)
        row = [raw[i : i + HASH_BYTES] for i in range(0, len(raw), HASH_BYTES)] + row
        above: list[bytes] = []
        for at in range(0, len(row), TILE_WIDTH):
            part = row[at : at + TILE_WIDTH]
            puts.append(TilePut(level=level, n=n, width=len(part), hashes=b"".join(part)))
            n += 1
            if len(part) == TILE_WIDTH:
                above.append(_fold(part))
        row = above
        level += 1
    return puts


def tile_path(level: int, n: int, width: int = TILE_WIDTH) -> str:
    """`tile/<L>/<N>[.p/<W>]`: `tile_path(0, 1234067, 8)` is `tile/0/x001/x234/067.p/8`."""
    if not 0 <= level <= LEVEL_MAX:
        raise ValueError("level")
    return f"tile/{level}/{_number(n)}{_partial(width)}"


def numbered(n: int) -> str:
    """A number as tlog-tiles spells it in paths: `x001/x234/067`."""
    return _number(n)


def entries_path(n: int, width: int = TILE_WIDTH) -> str:
    """`tile/entries/<N>[.p/<W>]`."""
    return f"tile/entries/{_number(n)}{_partial(width)}"


def parse_tile_path(path: str) -> tuple[int, int, int]:
    """Strict inverse of `tile_path`: (level, n, width). Codes: `bad-tile-path`."""
    found = _TILE.fullmatch(path)
    if found is None or int(found[1]) > LEVEL_MAX:
        raise malformed("bad-tile-path")
    n, width = _numbers(found[2], found[3])
    if tile_path(int(found[1]), n, width) != path:
        raise malformed("bad-tile-path")
    return int(found[1]), n, width


def parse_entries_path(path: str) -> tuple[int, int]:
    """Strict inverse of `entries_path`: (n, width). Codes: `bad-tile-path`."""
    found = _ENTRIES.fullmatch(path)
    if found is None:
        raise malformed("bad-tile-path")
    n, width = _numbers(found[1], found[2])
    if entries_path(n, width) != path:
        raise malformed("bad-tile-path")
    return n, width


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries, each after its length as a big-endian uint16. Codes: `entry-too-long`, `bundle-too-wide`."""
    if len(entries) > TILE_WIDTH:
        raise malformed("bundle-too-wide")
    if any(len(entry) > LEAF_BYTES_MAX for entry in entries):
        raise malformed("entry-too-long")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(raw: bytes, width: int) -> list[bytes]:
    """Exactly `width` entries and no byte more. Codes: `bad-bundle`."""
    if not 0 <= width <= TILE_WIDTH or len(raw) > BUNDLE_BYTES_MAX:
        raise malformed("bad-bundle")
    entries = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        if start > len(raw) or at > len(raw):
            raise malformed("bad-bundle")
        entries.append(raw[start:at])
    if at != len(raw):
        raise malformed("bad-bundle")
    return entries


def _fold(row: list[bytes]) -> bytes:
    """The root over 2**k hashes."""
    while len(row) > 2:
        row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
    return row[0] if len(row) == 1 else node_hash(row[0], row[1])


def _number(n: int) -> str:
    if n < 0:
        raise ValueError("number")
    text = f"{n % 1000:03}"
    while n := n // 1000:
        text = f"x{n % 1000:03}/{text}"
    return text


def _partial(width: int) -> str:
    if not 1 <= width <= TILE_WIDTH:
        raise ValueError("width")
    return "" if width == TILE_WIDTH else f".p/{width}"


def _numbers(number: str, width: str | None) -> tuple[int, int]:
    """Parsed but not yet checked for leading groups of zeros: the caller writes the path again."""
    n = int(number.replace("x", "").replace("/", ""))
    wide = TILE_WIDTH if width is None else int(width)
    if n * TILE_WIDTH > SIZE_MAX or not 1 <= wide <= TILE_WIDTH:
        raise malformed("bad-tile-path")
    return n, wide
