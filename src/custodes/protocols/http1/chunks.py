"""A chunked body, taken apart as it comes (RFC 9112 section 7.1).

Extensions of a chunk are read over, fields after the last one too; both are bounded, and strict: what ends a
line is CR LF and nothing else, and a chunk ends where its length says.
"""

import re
from enum import Enum

from custodes.kernel.refusal import malformed

LINE_BYTES_MAX = 1_024  # a length with its extensions
TRAILER_BYTES_MAX = 8_192

_SIZE = re.compile(rb"([0-9A-Fa-f]{1,12})(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}:[^\x00-\x08\x0a-\x1f\x7f]*")


class _At(Enum):
    SIZE = 1
    CONTENT = 2
    AFTER = 3
    TRAILER = 4
    OVER = 5


class Chunks:
    """Decodes one body; `is_over` once its end was seen."""

    def __init__(self) -> None:
        self._at = _At.SIZE
        self._line = b""
        self._left_bytes = 0
        self._trailer_bytes = 0

    @property
    def is_over(self) -> bool:
        """Whether the end was seen."""
        return self._at is _At.OVER

    def feed(self, data: bytes) -> tuple[list[bytes], bytes]:
        """The content in `data`, and what of it comes after the body; `chunk-malformed` (malformed)."""
        content: list[bytes] = []
        at = 0
        while at < len(data) and self._at is not _At.OVER:
            if self._at is _At.CONTENT:
                piece = data[at : at + self._left_bytes]
                content.append(piece)
                at += len(piece)
                self._left_bytes -= len(piece)
                if not self._left_bytes:
                    self._at = _At.AFTER
                continue
            end = data.find(b"\n", at)
            self._line += data[at:] if end < 0 else data[at : end + 1]
            if len(self._line) > LINE_BYTES_MAX:
                raise malformed("chunk-malformed")
            at = len(data) if end < 0 else end + 1
            if end >= 0:
                line, self._line = self._line, b""
                self._ended(line)
        return content, data[at:]

    def _ended(self, line: bytes) -> None:
        """A whole line between pieces of content."""
        if not line.endswith(b"\r\n"):
            raise malformed("chunk-malformed")
        said = line[:-2]
        if self._at is _At.SIZE:
            found = _SIZE.fullmatch(said)
            if found is None:
                raise malformed("chunk-malformed")
            self._left_bytes = int(found[1], 16)
            self._at = _At.CONTENT if self._left_bytes else _At.TRAILER
        elif self._at is _At.AFTER:
            if said:
                raise malformed("chunk-malformed")
            self._at = _At.SIZE
        elif not said:
            self._at = _At.OVER
        else:
            self._trailer_bytes += len(line)
            if self._trailer_bytes > TRAILER_BYTES_MAX or _FIELD.fullmatch(said) is None:
                raise malformed("chunk-malformed")
