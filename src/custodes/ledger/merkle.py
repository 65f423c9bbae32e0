"""The Merkle tree of RFC 6962 section 2.1 (the same as RFC 9162 section 2.1), SHA-256 only.

A *node* is named by (level, index): the root of the complete subtree over leaves
`index * 2**level` to `(index + 1) * 2**level`. A `Reader` returns the 32 bytes of such a node; all proofs
are made from complete subtrees, so a reader can stand on tiles, a table or a list.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from hmac import compare_digest
from typing import TypeAlias

import msgspec

from custodes.kernel.refusal import malformed

Reader: TypeAlias = Callable[[int, int], bytes]

HASH_BYTES = 32
SIZE_MAX = 2**63 - 1  # tlog-checkpoint: what every verifier can hold
EMPTY_ROOT = sha256(b"").digest()


class CompactRange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All one needs to know of a tree to append to it: the roots of its complete subtrees, largest first.

    `stack` has as many hashes as `size` has one bits.
    """

    size: int = 0
    stack: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> "CompactRange":
        """Add one leaf hash."""
        stack = list(self.stack)
        size = self.size
        node = leaf
        while size & 1:
            node = sha256(b"\x01" + stack.pop() + node).digest()
            size >>= 1
        stack.append(node)
        return CompactRange(size=self.size + 1, stack=tuple(stack))

    def extend(self, leaves: Sequence[bytes]) -> "CompactRange":
        """Add many leaf hashes, row by row: the fast path for a group of acts."""
        grown: list[bytes] = []  # smallest subtree first
        old = list(self.stack)  # popped from its end, smallest first
        row = list(leaves)
        start = self.size
        while row:
            if start & 1:
                row.insert(0, old.pop())
            if len(row) & 1:
                grown.append(row.pop())
            row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
            start >>= 1
        return CompactRange(size=self.size + len(leaves), stack=(*old, *reversed(grown)))

    def root(self) -> bytes:
        """The root of the tree; `EMPTY_ROOT` for size 0."""
        if not self.stack:
            return EMPTY_ROOT
        node = self.stack[-1]
        for left in reversed(self.stack[:-1]):
            node = sha256(b"\x01" + left + node).digest()
        return node

    def encode(self) -> bytes:
        """The stack as 32 x n bytes; the size is stored beside it."""
        return b"".join(self.stack)

    @classmethod
    def decode(cls, size: int, raw: bytes) -> "CompactRange":
        """Inverse of `encode` (`bad-compact-range` when size and length do not agree)."""
        if not 0 <= size <= SIZE_MAX or len(raw) != HASH_BYTES * size.bit_count():
            raise malformed("bad-compact-range")
        return cls(size=size, stack=tuple(raw[i : i + HASH_BYTES] for i in range(0, len(raw), HASH_BYTES)))


def leaf_hash(entry: bytes) -> bytes:
    """H(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """H(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over a list of leaf hashes."""
    if not leaves:
        return EMPTY_ROOT
    row = list(leaves)
    while len(row) > 1:
        odd = [row.pop()] if len(row) & 1 else []
        row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)] + odd
    return row[0]


def reader_of(leaves: Sequence[bytes]) -> Reader:
    """A `Reader` over a plain list of leaf hashes (all rows are computed once)."""
    rows = [list(leaves)]
    while len(rows[-1]) > 1:
        row = rows[-1]
        rows.append([node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)])
    return lambda level, index: rows[level][index]


def inclusion_proof(reader: Reader, index: int, size: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves, leaf to root (RFC 9162 2.1.3.1)."""
    if not 0 <= index < size <= SIZE_MAX:
        raise ValueError("index outside the tree")
    low, high = 0, size
    path: list[bytes] = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(reader, middle, high))
            high = middle
        else:
            path.append(_range_root(reader, low, middle))
            low = middle
    path.reverse()
    return path


def consistency_proof(reader: Reader, old_size: int, new_size: int) -> list[bytes]:
    """That the tree of `old_size` is a prefix of the tree of `new_size` (RFC 9162 2.1.4.1).

    Empty when the sizes are equal or the old size is 0.
    """
    if not 0 <= old_size <= new_size <= SIZE_MAX:
        raise ValueError("sizes out of order")
    if old_size in (0, new_size):
        return []
    low, high = 0, new_size
    path: list[bytes] = []
    while old_size != high:
        middle = low + _split(high - low)
        if old_size <= middle:
            path.append(_range_root(reader, middle, high))
            high = middle
        else:
            path.append(_range_root(reader, low, middle))
            low = middle
    if low:  # the old tree is not itself a complete subtree: its last one starts the path
        path.append(_range_root(reader, low, high))
    path.reverse()
    return path


def range_of(reader: Reader, size: int) -> CompactRange:
    """The compact range over the first `size` leaves of a tree that has at least as many."""
    stack, low = [], 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            stack.append(reader(level, low >> level))
            low += 1 << level
    return CompactRange(size=size, stack=tuple(stack))


def prefix_root(reader: Reader, size: int) -> bytes:
    """The root over the first `size` leaves of a tree that has at least as many."""
    return _range_root(reader, 0, size) if size else EMPTY_ROOT


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that `path` leads to (RFC 9162 2.1.3.2), or None when the path has the wrong length."""
    if not 0 <= index < size <= SIZE_MAX:
        return None
    node, left, last = leaf, index, size - 1
    for step in path:
        if len(step) != HASH_BYTES or last == 0:
            return None
        if left & 1 or left == last:
            node = node_hash(step, node)
            while not left & 1 and left:
                left >>= 1
                last >>= 1
        else:
            node = node_hash(node, step)
        left >>= 1
        last >>= 1
    return node if last == 0 else None


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether leaf hash `leaf` is at `index` of the tree with this size and root."""
    found = root_from_inclusion(leaf, index, size, path)
    return found is not None and compare_digest(found, root)


def verify_consistency(
    old_size: int, new_size: int, path: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Whether the old tree is a prefix of the new one (RFC 9162 2.1.4.2; size 0 is a prefix of all)."""
    if not 0 <= old_size <= new_size <= SIZE_MAX or any(len(step) != HASH_BYTES for step in path):
        return False
    if old_size == new_size:
        return not path and compare_digest(old_root, new_root) and (old_size > 0 or old_root == EMPTY_ROOT)
    if old_size == 0:
        return not path and compare_digest(old_root, EMPTY_ROOT)
    steps = list(path)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    roots = _consistent_roots(old_size - 1, new_size - 1, steps)
    return roots is not None and compare_digest(roots[0], old_root) and compare_digest(roots[1], new_root)


def _consistent_roots(left: int, last: int, steps: list[bytes]) -> tuple[bytes, bytes] | None:
    """Walk RFC 9162 2.1.4.2 steps 4 to 6; return (old root, new root), None for a wrong length."""
    if not steps:
        return None
    while left & 1:
        left >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if left & 1 or left == last:
            old = node_hash(step, old)
            new = node_hash(step, new)
            while not left & 1 and left:
                left >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        left >>= 1
        last >>= 1
    return (old, new) if last == 0 else None


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << ((width - 1).bit_length() - 1)


def _range_root(reader: Reader, low: int, high: int) -> bytes:
    """The root over leaves low to high, where low is a multiple of the power of two that covers them."""
    peaks: list[bytes] = []
    while low < high:
        level = (high - low).bit_length() - 1
        peaks.append(reader(level, low >> level))
        low += 1 << level
    node = peaks.pop()
    while peaks:
        node = node_hash(peaks.pop(), node)
    return node
