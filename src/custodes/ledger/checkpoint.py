"""Checkpoints (c2sp.org/tlog-checkpoint v1.0.0): origin, size and root of a log as the text of a note."""

import re

import msgspec

from custodes.kernel.canonical import b64, unb64
from custodes.kernel.refusal import malformed

from .merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX
from .note import NAME_BYTES_MAX, is_text

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head of a log.

    `extensions` are lines we never write; in another log's checkpoint they are carried and not believed.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note text (`bad-checkpoint` when a part has no spelling)."""
        lines = [self.origin, str(self.size), b64(self.root), *self.extensions]
        text = "".join(line + "\n" for line in lines)
        if parse(text) != self:
            raise malformed("bad-checkpoint")
        return text


def parse(text: str) -> Checkpoint:
    """Strict: one spelling per checkpoint; size 0 has the empty root (`bad-checkpoint`)."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines) or not is_text(text):
        raise malformed("bad-checkpoint")
    origin, size_text, root_text, *extensions = lines
    if len(origin.encode()) > NAME_BYTES_MAX or not _SIZE.fullmatch(size_text):
        raise malformed("bad-checkpoint")
    try:
        root = unb64(root_text)
    except ValueError as error:
        raise malformed("bad-checkpoint") from error
    size = int(size_text)
    if len(root) != HASH_BYTES or size > SIZE_MAX or (size == 0 and root != EMPTY_ROOT):
        raise malformed("bad-checkpoint")
    return Checkpoint(origin=origin, size=size, root=root, extensions=tuple(extensions))
