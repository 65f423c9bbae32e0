import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import merkle, tiles


def hashes(count):
    return [merkle.leaf_hash(i.to_bytes(4, "big")) for i in range(count)]


class Shelf:
    """Tiles as a store keeps them: one row per tile, the widest wins."""

    def __init__(self):
        self.rows = {}
        self.size = 0

    def add(self, leaves):
        partials = {at: self.rows[at] for at in tiles.touched(self.size, len(leaves))}
        for put in tiles.extend(self.size, leaves, partials):
            assert len(put.hashes) == put.width * 32
            self.rows[put.level, put.n] = put.hashes
        self.size += len(leaves)

    def fetch(self, level, n, width):
        return self.rows[level, n][: width * 32]


@pytest.mark.parametrize("steps", [(1, 254, 1, 1), (256,), (300, 300), (65_535, 1, 1), (70_000,), (0, 5)])
def test_grown_tiles_hold_what_the_tree_holds(steps):
    leaves = hashes(sum(steps))
    shelf, done = Shelf(), 0
    for step in steps:
        shelf.add(leaves[done : done + step])
        done += step
    rows = merkle.reader_of(leaves)
    assert {(level, n) for level, n, _ in tiles.all_tiles(done)} == set(shelf.rows)
    for level, n, width in tiles.all_tiles(done):
        first = n * 256
        wanted = b"".join(rows(8 * level, first + i) for i in range(width))
        assert shelf.rows[level, n] == wanted
    reader = tiles.TileReader(shelf.fetch, done)
    root = merkle.root_of(leaves)
    for index in {0, done // 2, done - 1}:
        path = merkle.inclusion_proof(reader, index, done)
        assert merkle.verify_inclusion(leaves[index], index, done, path, root)
    old = done // 3 + 1
    path = merkle.consistency_proof(reader, old, done)
    assert merkle.verify_consistency(old, done, path, merkle.root_of(leaves[:old]), root)


def test_the_example_of_the_specification():
    # 70,000: level 0 has 273 full tiles and one of 112, level 1 a full one and one of 17, level 2 one of 1
    found = tiles.all_tiles(70_000)
    assert [t for t in found if t[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert sum(1 for t in found if t[0] == 0) == 274
    assert tiles.all_tiles(0) == []


def test_a_truncated_or_missing_partial_tile_is_refused():
    leaves = hashes(12)
    ok = b"".join(leaves[:10])
    wide = tiles.extend(10, leaves[10:], {(0, 0): ok + b"torn"})
    assert wide == tiles.extend(10, leaves[10:], {(0, 0): ok})
    for partials in ({}, {(0, 0): ok[:-1]}, {(0, 0): ok[:-32]}):
        with pytest.raises(Refusal) as caught:
            tiles.extend(10, leaves[10:], partials)
        assert caught.value.code == "tile-truncated"
    with pytest.raises(Refusal):
        tiles.TileReader(lambda level, n, width: ok[:-1], 10)(0, 3)
    with pytest.raises(ValueError, match="outside"):
        tiles.TileReader(lambda level, n, width: ok, 10)(1, 5)


@pytest.mark.parametrize(
    ("level", "n", "width", "path"),
    [
        (0, 1_234_067, 256, "tile/0/x001/x234/067"),
        (0, 0, 256, "tile/0/000"),
        (63, 999, 1, "tile/63/999.p/1"),
        (1, 1000, 255, "tile/1/x001/000.p/255"),
    ],
)
def test_tile_paths_both_ways(level, n, width, path):
    assert tiles.tile_path(level, n, width) == path
    assert tiles.parse_tile_path(path) == (level, n, width)
    entries = path.replace(f"tile/{level}/", "tile/entries/")
    assert tiles.entries_path(n, width) == entries
    assert tiles.parse_entries_path(entries) == (n, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/0",
        "tile/0/x000/000",
        "tile/0/x000/001",
        "tile/0/1000",
        "tile/0/001/002",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/../000",
        "tile/0/000\n",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/" + "x001/" * 3000 + "000",
        "tile/data/000",
    ],
)
def test_another_path_is_refused(path):
    with pytest.raises(Refusal):
        tiles.parse_tile_path(path)
    with pytest.raises(Refusal):
        tiles.parse_entries_path(path.replace("tile/0/", "tile/entries/"))


@pytest.mark.parametrize(("level", "n", "width"), [(64, 0, 256), (0, -1, 256), (0, 0, 0), (0, 0, 257)])
def test_no_path_for_what_is_not_a_tile(level, n, width):
    with pytest.raises(ValueError, match=r"level|number|width"):
        tiles.tile_path(level, n, width)


def test_bundles_both_ways_and_their_limits():
    entries = [b"", b"a", b"x" * 65_535]
    raw = tiles.encode_bundle(entries)
    assert raw[:5] == b"\0\0\0\1a"
    assert tiles.decode_bundle(raw, 3) == entries
    for bad, width in [
        (raw, 2),
        (raw, 4),
        (raw[:-1], 3),
        (raw + b"\0", 3),
        (b"\0", 1),
        (raw, 257),
        (b"", -1),
    ]:
        with pytest.raises(Refusal):
            tiles.decode_bundle(bad, width)
    with pytest.raises(Refusal):
        tiles.encode_bundle([b"x" * 65_536])
    with pytest.raises(Refusal):
        tiles.encode_bundle([b""] * 257)


def test_no_growth_beyond_the_largest_size():
    with pytest.raises(ValueError, match="size"):
        tiles.extend(merkle.SIZE_MAX, hashes(1), {})
