"""The tree, its tiles and proofs, for sizes and batches nobody chose."""

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from custodes.ledger import merkle, tiles

hashes = st.integers(0, 3000).map(
    lambda count: [hashlib.sha256(bytes([i % 251])).digest() for i in range(count)]
)


@given(st.lists(st.integers(0, 700), max_size=6))
def test_batches_of_any_width_grow_the_same_tree_and_tiles(steps):
    leaves = [merkle.leaf_hash(i.to_bytes(4, "big")) for i in range(sum(steps))]
    rows, grown, size = {}, merkle.CompactRange(), 0
    for step in steps:
        part = leaves[size : size + step]
        partials = {at: rows[at] for at in tiles.touched(size, step)}
        for put in tiles.extend(size, part, partials):
            rows[put.level, put.n] = put.hashes
            assert put.width == tiles.width_at(size + step, put.level, put.n)
        grown = grown.extend(part)
        size += step
    assert grown.root() == merkle.root_of(leaves)
    assert set(rows) == {(level, n) for level, n, _ in tiles.all_tiles(size)}
    assert all(len(rows[level, n]) == 32 * width for level, n, width in tiles.all_tiles(size))
    assert [row for at, row in rows.items() if at == (0, 0)] == ([b"".join(leaves[:256])] if leaves else [])


@settings(max_examples=40)
@given(st.data())
def test_every_proof_from_tiles_holds(data):
    size = data.draw(st.integers(1, 70_000))
    leaves = [hashlib.sha256(i.to_bytes(4, "big")).digest() for i in range(size)]
    rows = {(put.level, put.n): put.hashes for put in tiles.extend(0, leaves, {})}
    reader = tiles.TileReader(lambda level, n, width: rows[level, n][: 32 * width], size)
    root = merkle.CompactRange().extend(leaves).root()
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_proof(reader, index, size)
    assert merkle.verify_inclusion(leaves[index], index, size, path, root)
    old = data.draw(st.integers(0, size))
    path = merkle.consistency_proof(reader, old, size)
    old_root = merkle.CompactRange().extend(leaves[:old]).root()
    assert merkle.verify_consistency(old, size, path, old_root, root)
    assert not merkle.verify_consistency(old, size, path, hashlib.sha256(b"x").digest(), root)


@given(
    st.integers(0, 2**63 - 1),
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=70),
    st.binary(min_size=32, max_size=32),
)
def test_no_made_up_path_is_believed(index, size, path, root):
    assert not merkle.verify_inclusion(root, index, size, path, root) or (
        size == 1 and index == 0 and not path
    )
    assert not merkle.verify_consistency(index, size, path, b"a" * 32, b"b" * 32)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundles_both_ways(entries):
    assert tiles.decode_bundle(tiles.encode_bundle(entries), len(entries)) == entries
