"""Self-contained proofs of inclusion (c2sp.org/tlog-proof@v1), the `.tlog-proof` file."""

import re
from collections.abc import Iterable

import msgspec

from custodes.kernel.canonical import b64, unb64
from custodes.kernel.refusal import malformed, unauthenticated

from . import cosign
from .cosign import VerifiedCheckpoint
from .merkle import HASH_BYTES, SIZE_MAX, verify_inclusion
from .note import NOTE_BYTES_MAX, Vkey

HEADER = "c2sp.org/tlog-proof@v1"
PATH_MAX = 63
EXTRA_BYTES_MAX = 65_536
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


class TlogProof(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An index, its path and the checkpoint, verbatim. `extra` is carried and never believed."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The file's bytes."""
        lines = [HEADER]
        if self.extra is not None:
            lines.append(f"extra {b64(self.extra)}")
        lines.append(f"index {self.index}")
        lines += [b64(step) for step in self.path]
        return "".join(line + "\n" for line in lines).encode() + b"\n" + self.checkpoint


def parse(raw: bytes) -> TlogProof:
    """Strict inverse of `encode`; the checkpoint is not parsed yet (`bad-proof`)."""
    head, gap, checkpoint = raw.partition(b"\n\n")
    if not gap or len(checkpoint) > NOTE_BYTES_MAX or len(head) > 2 * EXTRA_BYTES_MAX:
        raise malformed("bad-proof")
    try:
        lines = head.decode("ascii").split("\n")
        extra = None
        if len(lines) > 1 and lines[1].startswith("extra "):
            extra = unb64(lines.pop(1).removeprefix("extra "))
        path = tuple(unb64(line) for line in lines[2:])
    except ValueError as error:
        raise malformed("bad-proof") from error
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if lines[0] != HEADER or index is None or len(path) > PATH_MAX or int(index[1]) > SIZE_MAX:
        raise malformed("bad-proof")
    if any(len(step) != HASH_BYTES for step in path):
        raise malformed("bad-proof")
    return TlogProof(index=int(index[1]), path=path, checkpoint=checkpoint, extra=extra)


def verify(proof: TlogProof, leaf: bytes, vkeys: Iterable[Vkey], origin: str) -> VerifiedCheckpoint:
    """That the leaf hash is in the log of `origin`; the quorum is the caller's policy.

    Codes: those of `cosign.verify`, `not-included`.
    """
    verified = cosign.verify(proof.checkpoint, vkeys, origin)
    head = verified.checkpoint
    if not verify_inclusion(leaf, proof.index, head.size, proof.path, head.root):
        raise unauthenticated("not-included")
    return verified
