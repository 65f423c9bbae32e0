"""Evidence that a log told two stories: two checkpoints it signed that no single tree can have.

Of one size with two roots they speak for themselves. Of two sizes, a third root is needed: the one that the
larger tree really has at the smaller size, proven by a consistency proof; it differs from what was signed.
Format: docs/formats/fork.md.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal

import msgspec

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal, malformed
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.merkle import verify_consistency
from custodes.ledger.note import Vkey

from .witnessing import opened, origin_of

FORMAT: Final = "custodes.fork/v1"
FORK_BYTES_MAX = 1_048_576


class Proof(StrEnum):
    """What a fork document shows to somebody who holds the log's keys."""

    PROVEN = "proven"  # the log signed two trees that exclude each other
    SIGNED = "signed"  # the log signed both; that they exclude each other is said and not shown
    NOTHING = "nothing"  # a signature does not hold, or both can be one tree


class Fork(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two signed checkpoints of one log, verbatim, the smaller one first.

    `root_at_first` is the root of the second's tree at the first's size, `path` the consistency proof from
    there; both empty where the sizes are equal or the tiles could not be had. `seen_at` and `said_by` are
    whoever kept it saying so.
    """

    format: Literal["custodes.fork/v1"] = FORMAT
    origin: str
    first: str
    second: str
    root_at_first: bytes = b""
    path: tuple[bytes, ...] = ()
    seen_at: str
    said_by: str = ""

    def encode(self) -> bytes:
        """The file's bytes."""
        return canonical.encode(msgspec.to_builtins(self))


def make(
    notes: tuple[bytes, bytes],
    shown: tuple[bytes, Sequence[bytes]] = (b"", ()),
    *,
    seen_at: str,
    said_by: str = "",
) -> Fork:
    """A document of two notes, in order of their sizes; `shown` is (root at the smaller size, path)."""
    first, second = sorted(notes, key=lambda note: int(note.split(b"\n", 2)[1]))
    return Fork(
        origin=origin_of(first),
        first=first.decode(),
        second=second.decode(),
        root_at_first=shown[0],
        path=tuple(shown[1]),
        seen_at=seen_at,
        said_by=said_by,
    )


def parse(raw: bytes) -> Fork:
    """Strict inverse of `encode` (`bad-fork`)."""
    try:
        if len(raw) > FORK_BYTES_MAX:
            raise malformed("bad-fork")
        found = msgspec.json.decode(raw, type=Fork)
        same = found.encode() == raw
    except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
        raise malformed("bad-fork") from error
    if not same:
        raise malformed("bad-fork")
    return found


def judge(fork: Fork, vkeys: Sequence[Vkey]) -> Proof:
    """What it proves to the holder of the log's keys."""
    try:
        first, second = (opened(text.encode(), vkeys) for text in (fork.first, fork.second))
    except (Refusal, UnicodeEncodeError):
        return Proof.NOTHING
    if {first.origin, second.origin} != {fork.origin} or first.size > second.size:
        return Proof.NOTHING
    if first.size == second.size:
        return Proof.PROVEN if first.root != second.root else Proof.NOTHING
    if not fork.root_at_first:
        return Proof.SIGNED
    return _at_two_sizes(fork, first, second)


def _at_two_sizes(fork: Fork, first: Checkpoint, second: Checkpoint) -> Proof:
    real = fork.root_at_first
    if not verify_consistency(first.size, second.size, fork.path, real, second.root):
        return Proof.SIGNED
    return Proof.PROVEN if real != first.root else Proof.NOTHING
