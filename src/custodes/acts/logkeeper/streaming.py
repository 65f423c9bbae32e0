"""Leaves stream off the machine: before an epoch is appended, what it covers lies sealed beside the log.

So whoever mirrors the log holds, for every epoch a witness ever cosigned, what a restored house needs to go
on with the same trees; and learns from it nothing but roughly how much was done. Only the log's own keys
open it.
"""

from collections.abc import Sequence

from custodes.acts.asks.log import HeadView, SubLogLeaves
from custodes.custody import wrap
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.dice import Dice
from custodes.kernel.refusal import Kind, Refusal, malformed, unavailable
from custodes.ledger.loss import stream
from custodes.ledger.loss.stream import LEAF_BYTES, Part

from .keys import LogKeys
from .ports import LogFiles
from .signed_doors import UNSIGNED, SignedDoors

LEAVES_AT_ONCE = 8_192
EPOCHS_KEPT = 50_000  # about six days of full speed; mirrors keep theirs


class Streaming:
    """Writes one epoch's stream. `named` are (origin, the log's keys)."""

    def __init__(self, files: LogFiles, doors: SignedDoors, named: tuple[str, LogKeys], dice: Dice) -> None:
        self._files = files
        self._doors = doors
        self._origin, self._keys = named
        self._dice = dice

    async def write(self, epoch: int, heads: Sequence[HeadView]) -> None:
        """All leaves since the last epoch, durable on return; also when there are none."""
        parts = [await self._part(head) for head in heads if head.size > head.covered_size]
        for n, raw in enumerate(sealed(parts, (self._origin, self._keys), epoch, self._dice)):
            self._files.write(stream.file_path(epoch, n), raw)
        if epoch > EPOCHS_KEPT:
            self._files.remove(stream.file_path(epoch - EPOCHS_KEPT))

    async def _part(self, head: HeadView) -> Part:
        leaves: list[bytes] = []
        while (first := head.covered_size + len(leaves)) < head.size:
            end = min(head.size, first + LEAVES_AT_ONCE)
            raw = (await self._doors.ask(SubLogLeaves(UNSIGNED, head.log, first, end))).leaves
            if len(raw) != (end - first) * LEAF_BYTES:
                raise unavailable("leaves-missing", log=head.log)
            leaves += [raw[at : at + LEAF_BYTES] for at in range(0, len(raw), LEAF_BYTES)]
        return Part(log=head.log, first=head.covered_size, leaves=tuple(leaves))


def sealed(parts: Sequence[Part], named: tuple[str, LogKeys], epoch: int, dice: Dice) -> list[bytes]:
    """The files of one epoch, in order; each begins with how many there are."""
    origin, keys = named
    files = stream.files_of(parts)
    count = len(files).to_bytes(1, "big")
    return [
        count + wrap.wrap(keys.stream_key(), _context(origin, epoch, n), stream.encode(some), dice)
        for n, some in enumerate(files)
    ]


def opened(files: Sequence[bytes], named: tuple[str, LogKeys], epoch: int) -> tuple[Part, ...]:
    """Inverse of `sealed`: `bad-leaf-stream` (malformed), `wrap-mismatch` (broken)."""
    origin, keys = named
    parts: list[Part] = []
    for n, raw in enumerate(files):
        if raw[:1] != len(files).to_bytes(1, "big"):
            raise malformed("bad-leaf-stream")
        context = _context(origin, epoch, n)
        parts += stream.parse(wrap.unwrap(keys.stream_key(), context, raw[1:]))
    if not files:
        raise Refusal("leaf-stream-missing", Kind.UNAVAILABLE, {"epoch": epoch})
    return tuple(parts)


def _context(origin: str, epoch: int, n: int) -> Context:
    return Context(house=origin, customer="", key="", version=epoch, purpose=Purpose.LEAVES, subject=str(n))
