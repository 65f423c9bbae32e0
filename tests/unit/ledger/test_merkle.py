import hashlib

import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger import merkle

# The eight leaves and the roots of the reference tree that certificate-transparency implementations share.
LEAVES = [
    bytes.fromhex(text)
    for text in [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def hashes(count):
    return [merkle.leaf_hash(i.to_bytes(4, "big")) for i in range(count)]


def naive(leaves):
    """RFC 6962 section 2.1, as written."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive(leaves[:k]) + naive(leaves[k:])).digest()


@pytest.mark.parametrize("size", range(9))
def test_the_reference_roots(size):
    leaves = [merkle.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert merkle.root_of(leaves).hex() == ROOTS[size]
    assert merkle.CompactRange().extend(leaves).root().hex() == ROOTS[size]


@pytest.mark.parametrize("size", range(70))
def test_append_and_extend_and_the_definition_agree(size):
    leaves = hashes(size)
    one = merkle.CompactRange()
    for leaf in leaves:
        one = one.append(leaf)
    assert one == merkle.CompactRange().extend(leaves)
    assert one.root() == merkle.root_of(leaves) == naive(leaves)
    assert merkle.CompactRange.decode(size, one.encode()) == one


@pytest.mark.parametrize(("size", "length"), [(1, 0), (3, 32), (4, 64), (-1, 0), (2**63, 32), (1, 31)])
def test_a_stack_that_does_not_fit_its_size_is_refused(size, length):
    with pytest.raises(Refusal) as caught:
        merkle.CompactRange.decode(size, b"\0" * length)
    assert caught.value.code == "bad-compact-range"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 33])
def test_every_inclusion_proof_and_every_flipped_bit(size):
    leaves = hashes(size)
    reader, root = merkle.reader_of(leaves), merkle.root_of(leaves)
    for index, leaf in enumerate(leaves):
        path = merkle.inclusion_proof(reader, index, size)
        assert merkle.verify_inclusion(leaf, index, size, path, root)
        assert not merkle.verify_inclusion(leaf, index, size, path, flip(root))
        assert not merkle.verify_inclusion(flip(leaf), index, size, path, root)
        assert not merkle.verify_inclusion(leaf, index, size, [*path, root], root)
        for at, step in enumerate(path):
            assert not merkle.verify_inclusion(leaf, index, size, replaced(path, at, flip(step)), root)
            assert not merkle.verify_inclusion(leaf, index, size, path[:at] + path[at + 1 :], root)
        for other in range(size):
            if other != index:
                assert not merkle.verify_inclusion(leaf, other, size, path, root)


@pytest.mark.parametrize("index", [-1, 5, 2**63])
def test_an_index_outside_the_tree_is_never_included(index):
    leaves = hashes(5)
    path = merkle.inclusion_proof(merkle.reader_of(leaves), 4, 5)
    assert not merkle.verify_inclusion(leaves[4], index, 5, path, merkle.root_of(leaves))
    with pytest.raises(ValueError, match="index"):
        merkle.inclusion_proof(merkle.reader_of(leaves), index, 5)


def test_every_consistency_proof_up_to_34_and_every_flipped_bit():
    leaves = hashes(34)
    reader = merkle.reader_of(leaves)
    roots = [merkle.root_of(leaves[:size]) for size in range(35)]
    for new in range(35):
        for old in range(new + 1):
            path = merkle.consistency_proof(reader, old, new)
            assert merkle.verify_consistency(old, new, path, roots[old], roots[new])
            assert not merkle.verify_consistency(old, new, path, roots[old], flip(roots[new])) or old == 0
            assert not merkle.verify_consistency(old, new, path, flip(roots[old]), roots[new])
            assert not merkle.verify_consistency(old, new, [*path, roots[0]], roots[old], roots[new])
            for at, step in enumerate(path):
                bad = replaced(path, at, flip(step))
                assert not merkle.verify_consistency(old, new, bad, roots[old], roots[new])
                assert not merkle.verify_consistency(old, new, path[:at], roots[old], roots[new])


def test_a_fork_at_equal_size_is_not_consistent():
    one, two = hashes(6), [*hashes(5), merkle.leaf_hash(b"other")]
    assert not merkle.verify_consistency(6, 6, [], merkle.root_of(one), merkle.root_of(two))
    assert not merkle.verify_consistency(0, 0, [], merkle.root_of(one), merkle.root_of(one))
    with pytest.raises(ValueError, match="order"):
        merkle.consistency_proof(merkle.reader_of(one), 7, 6)


def test_short_hashes_never_pass():
    leaves = hashes(4)
    assert not merkle.verify_inclusion(leaves[0], 0, 2, [b""], leaves[0])
    assert not merkle.verify_consistency(2, 4, [b""], leaves[0], leaves[0])
    assert not merkle.verify_consistency(3, 4, [], leaves[0], leaves[0])


def flip(raw):
    return bytes([raw[0] ^ 1]) + raw[1:]


def replaced(path, at, step):
    return [*path[:at], step, *path[at + 1 :]]
