"""The stream of leaves: for each epoch the leaves by which every sub-log grew, so that the tree can go on.

A leaf says nothing but a commitment, yet how many a customer has in an hour is his affair: the stream is
sealed before it leaves the machine (`acts.logkeeper.streaming`) and padded, so its size says little of how
much was done. Format: docs/formats/leaf-stream.md.
"""

from collections.abc import Sequence

import msgspec

from custodes.kernel.refusal import malformed
from custodes.ledger import tiles

LEAF_BYTES = 33
PAD_BYTES = 4_096
FILE_LEAVES_MAX = 200_000
FILES_MAX = 255
NAME_BYTES_MAX = 255


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run of one sub-log: its id, the index of the first leaf, the leaves."""

    log: str
    first: int
    leaves: tuple[bytes, ...]


def file_path(epoch: int, n: int = 0) -> str:
    """Where file `n` of an epoch's stream lies beside the root log's tiles; the first has no number."""
    path = f"leaves/{tiles.numbered(epoch)}"
    return path if n == 0 else f"{path}.p/{n}"


def encode(parts: Sequence[Part]) -> bytes:
    """One file's plain bytes; `bad-leaf-stream` (malformed) for what has no form."""
    pieces = [len(parts).to_bytes(4, "big")]
    for part in parts:
        name = part.log.encode()
        if not 0 < len(name) <= NAME_BYTES_MAX or any(len(leaf) != LEAF_BYTES for leaf in part.leaves):
            raise malformed("bad-leaf-stream")
        pieces += [len(name).to_bytes(1, "big"), name, part.first.to_bytes(8, "big")]
        pieces += [len(part.leaves).to_bytes(4, "big"), *part.leaves]
    whole = b"".join(pieces)
    return whole.ljust(_padded(len(whole)), b"\0")


def parse(raw: bytes) -> tuple[Part, ...]:
    """Strict inverse of `encode` (`bad-leaf-stream`)."""
    try:
        parts, at = _parts(raw)
    except (IndexError, UnicodeDecodeError) as error:
        raise malformed("bad-leaf-stream") from error
    if len(raw) != _padded(at) or raw[at:].strip(b"\0"):
        raise malformed("bad-leaf-stream")
    return tuple(parts)


def files_of(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts cut into files; one file where there is little or nothing. `bad-leaf-stream` if too many."""
    files: list[list[Part]] = [[]]
    room = FILE_LEAVES_MAX
    for part in parts:
        first, leaves = part.first, part.leaves
        while leaves:
            if not room:
                files.append([])
                room = FILE_LEAVES_MAX
            some, leaves = leaves[:room], leaves[room:]
            files[-1].append(Part(log=part.log, first=first, leaves=some))
            first, room = first + len(some), room - len(some)
    if len(files) > FILES_MAX:
        raise malformed("bad-leaf-stream")
    return files


def _padded(size: int) -> int:
    """The next power of two from 4,096 bytes on; from 1 MiB on the next whole MiB."""
    if size > 2**20:
        return -(-size // 2**20) * 2**20
    return max(PAD_BYTES, 1 << (size - 1).bit_length())


def _parts(raw: bytes) -> tuple[list[Part], int]:
    count, at = _number(raw, 0, 4), 4
    parts = []
    for _ in range(count):
        length = _number(raw, at, 1)
        log = _bytes(raw, at + 1, length).decode("utf-8", "strict")
        at += 1 + length
        first, held = _number(raw, at, 8), _number(raw, at + 8, 4)
        at += 12
        body = _bytes(raw, at, held * LEAF_BYTES)
        at += len(body)
        leaves = tuple(body[i : i + LEAF_BYTES] for i in range(0, len(body), LEAF_BYTES))
        if not log or not leaves:
            raise IndexError
        parts.append(Part(log=log, first=first, leaves=leaves))
    return parts, at


def _number(raw: bytes, at: int, length: int) -> int:
    return int.from_bytes(_bytes(raw, at, length), "big")


def _bytes(raw: bytes, at: int, length: int) -> bytes:
    found = raw[at : at + length]
    if len(found) != length:
        raise IndexError
    return found
