"""The slot tree: every sub-log's head in one public, witnessed leaf per epoch, telling outsiders nothing.

Each sub-log owns one slot for life. At every epoch all slot leaves change, because each is blinded anew and
contains its predecessor, so neighbours in a path say nothing about who was active, and a head shown to
somebody once cannot be taken back later.

    block  = HMAC-SHA-256(k, "custodes.slot-block/v1\\n" || u64 slot || u64 (epoch div 4096))
    blind  = HMAC-SHA-256(block, "custodes.slot-blind/v1\\n" || u64 epoch)
    entry  = "custodes.slot/v1\\n" || u64 slot || blind || u64 epoch || u64 size || root || previous leaf
    leaf   = SHA-256(0x00 || entry)      root: the sub-log's; previous leaf of the first epoch: 32 zero bytes
    dummy  = HMAC-SHA-256(seed, "custodes.slot-dummy/v1\\n" || u64 slot || u64 epoch)
    root   = SHA-256("custodes.slot-root/v1\\n" || u8 depth || root of the tree)   width: 2**depth
    epoch leaf in the root log = 0x02 || u64 epoch || root

Without the depth one tree could be read at two widths, and a slot would have a second place.
"""

import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest

import msgspec

from custodes.kernel.refusal import malformed

from . import tiles
from .merkle import HASH_BYTES, SIZE_MAX, inclusion_proof, leaf_hash, node_hash, root_from_inclusion

EPOCH_LEAF_VERSION = b"\x02"
REGISTRATION_LEAF_VERSION = b"\x04"
EPOCH_LEAF_BYTES = 41
FIRST_PREVIOUS = bytes(HASH_BYTES)
SLOTS_MIN = 16
SLOTS_MAX = 2**24
BLOCK_EPOCHS = 4096
BLOCK_LABEL = b"custodes.slot-block/v1\n"
BLIND_LABEL = b"custodes.slot-blind/v1\n"
SLOT_LABEL = b"custodes.slot/v1\n"
DUMMY_LABEL = b"custodes.slot-dummy/v1\n"
ROOT_LABEL = b"custodes.slot-root/v1\n"
REGISTRATION_LABEL = b"custodes.slot-registration/v1\n"


class SlotHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one slot says at one epoch."""

    slot: int
    epoch: int
    blind: bytes
    size: int
    root: bytes
    previous: bytes

    def leaf(self) -> bytes:
        """The 32 bytes that stand in the slot tree (`bad-slot-head`)."""
        numbers = (self.slot, self.epoch, self.size)
        if any(not 0 <= number <= SIZE_MAX for number in numbers) or any(
            len(part) != HASH_BYTES for part in (self.blind, self.root, self.previous)
        ):
            raise malformed("bad-slot-head")
        head = SLOT_LABEL + _u64(self.slot) + self.blind + _u64(self.epoch) + _u64(self.size)
        return leaf_hash(head + self.root + self.previous)


class SlotTree(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tree of one epoch, row by row; `rows[0]` are the leaves, a power of two."""

    epoch: int
    rows: tuple[tuple[bytes, ...], ...]

    @property
    def root(self) -> bytes:
        """The slot root, which goes into the epoch leaf."""
        return _bound(self.rows[-1][0], len(self.rows) - 1)

    def path(self, slot: int) -> list[bytes]:
        """From the slot's leaf to the root: log2(width) hashes."""
        return inclusion_proof(lambda level, index: self.rows[level][index], slot, len(self.rows[0]))


class SlotLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One epoch of a slot's chain; slot and predecessor follow from its place in the chain."""

    epoch: int
    blind: bytes
    size: int
    root: bytes


def block_key(key: bytes, slot: int, block: int) -> bytes:
    """The key of one slot's epochs `4096 * block` to `4096 * block + 4095`.

    Showing it opens these and no others: so a year can be shown in some hundred keys instead of millions.
    """
    return hmac.digest(key, BLOCK_LABEL + _u64(slot) + _u64(block), sha256)


def blind(key: bytes, slot: int, epoch: int) -> bytes:
    """The value that hides a slot's head at one epoch; showing it opens this epoch and no other."""
    block = block_key(key, slot, epoch // BLOCK_EPOCHS)
    return hmac.digest(block, BLIND_LABEL + _u64(epoch), sha256)


def build(epoch: int, leaves: Mapping[int, bytes], seed: bytes, width_min: int = SLOTS_MIN) -> SlotTree:
    """The tree over `leaves` by slot, empty slots filled with dummies from `seed` (`bad-slot`).

    The width is the smallest power of two that holds every slot and is at least `width_min`.
    """
    width = 1 << (max(width_min, max(leaves, default=0) + 1) - 1).bit_length()
    if width > SLOTS_MAX or min(leaves, default=0) < 0:
        raise malformed("bad-slot")
    row = [leaves[slot] if slot in leaves else _dummy(seed, slot, epoch) for slot in range(width)]
    rows = [tuple(row)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        rows.append(tuple(row))
    return SlotTree(epoch=epoch, rows=tuple(rows))


def row_path(epoch: int) -> str:
    """Where the leaves of an epoch's slot tree are published beside the root log's tiles."""
    return f"slots/{tiles.numbered(epoch)}"


def encode_row(tree: SlotTree) -> bytes:
    """The published row: the leaves one after the other, 32 bytes each."""
    return b"".join(tree.rows[0])


def decode_row(epoch: int, raw: bytes) -> SlotTree:
    """The tree over a published row (`bad-slot-row`)."""
    count = len(raw) // HASH_BYTES
    if len(raw) % HASH_BYTES or not SLOTS_MIN <= count <= SLOTS_MAX or count & (count - 1):
        raise malformed("bad-slot-row")
    row = [raw[i : i + HASH_BYTES] for i in range(0, len(raw), HASH_BYTES)]
    rows = [tuple(row)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
        rows.append(tuple(row))
    return SlotTree(epoch=epoch, rows=tuple(rows))


def root_from_path(leaf: bytes, slot: int, path: Sequence[bytes]) -> bytes | None:
    """The slot root a path leads to; its length is the depth, which the root binds, so the place is fixed."""
    if not SLOTS_MIN <= 1 << len(path) <= SLOTS_MAX:
        return None
    root = root_from_inclusion(leaf, slot, 1 << len(path), path)
    return None if root is None else _bound(root, len(path))


def epoch_leaf(epoch: int, slot_root: bytes) -> bytes:
    """The entry of the root log for one epoch, 41 bytes."""
    if len(slot_root) != HASH_BYTES:
        raise malformed("bad-slot-head")
    return EPOCH_LEAF_VERSION + _u64(epoch) + slot_root


def parse_epoch_leaf(entry: bytes) -> tuple[int, bytes] | None:
    """(epoch, slot root), or None when the root log's entry is of another kind."""
    if len(entry) != EPOCH_LEAF_BYTES or entry[:1] != EPOCH_LEAF_VERSION:
        return None
    return int.from_bytes(entry[1:9], "big"), entry[9:]


def registration_leaf(origin: str, slot: int, salt: bytes) -> bytes:
    """The entry of the root log that binds a sub-log's name to its slot, hidden by 32 random bytes."""
    if len(salt) != HASH_BYTES:
        raise malformed("bad-slot")
    name = origin.encode()
    packed = REGISTRATION_LABEL + salt + _u64(slot) + len(name).to_bytes(2, "big") + name
    return REGISTRATION_LEAF_VERSION + sha256(packed).digest()


def follow(slot: int, previous: bytes, links: Sequence[SlotLink]) -> list[bytes]:
    """The leaves of a chain of epochs, each computed from the one before.

    Comparing the last with a proven leaf proves all of them. Codes: `broken-chain` when an epoch is missing,
    a size shrinks, or a root changes while the size does not.
    """
    found: list[bytes] = []
    before: SlotLink | None = None
    for link in links:
        if before is not None and not _follows(before, link):
            raise malformed("broken-chain", epoch=link.epoch)
        head = SlotHead(
            slot=slot, epoch=link.epoch, blind=link.blind, size=link.size, root=link.root, previous=previous
        )
        previous = head.leaf()
        found.append(previous)
        before = link
    return found


def _follows(before: SlotLink, link: SlotLink) -> bool:
    if link.epoch != before.epoch + 1 or link.size < before.size:
        return False
    return link.size > before.size or compare_digest(link.root, before.root)


def _bound(root: bytes, depth: int) -> bytes:
    return sha256(ROOT_LABEL + bytes([depth]) + root).digest()


def _dummy(seed: bytes, slot: int, epoch: int) -> bytes:
    return hmac.digest(seed, DUMMY_LABEL + _u64(slot) + _u64(epoch), sha256)


def _u64(number: int) -> bytes:
    return number.to_bytes(8, "big")
