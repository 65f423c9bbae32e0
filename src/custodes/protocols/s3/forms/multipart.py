"""multipart/form-data (RFC 7578), sans I/O: fields whole and bounded, the file as it comes; what follows is
dropped.
"""

import re
from typing import TypeAlias

import msgspec

from custodes.kernel.refusal import malformed

FIELDS_MAX = 100
FIELDS_BYTES_MAX = 65_536
HEADERS_BYTES_MAX = 4_096

_BOUNDARY = re.compile(r'multipart/form-data\s*;.*?boundary="?([^";,]{1,70})"?', re.IGNORECASE)
_NAME = re.compile(r'(?:^|;)\s*name="((?:[^"\\]|\\.)*)"', re.IGNORECASE)
_FILENAME = re.compile(r'(?:^|;)\s*filename="((?:[^"\\]|\\.)*)"', re.IGNORECASE)


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field before the file; its name in lower case."""

    name: str
    value: str


class FileBegins(msgspec.Struct, frozen=True, kw_only=True):
    """The file's part; its content follows."""

    filename: str
    content_type: str


class FileBytes(msgspec.Struct, frozen=True, kw_only=True):
    """Content of the file."""

    piece: bytes


class FileEnds(msgspec.Struct, frozen=True, kw_only=True):
    """The file is whole."""


Event: TypeAlias = Field | FileBegins | FileBytes | FileEnds


def boundary_of(content_type: str) -> bytes | None:
    """The boundary a Content-Type names; None where it is no form."""
    found = _BOUNDARY.match(content_type)
    return None if found is None else found.group(1).encode("latin-1")


class FormReader:
    """Takes a body in as it comes (`form-malformed`)."""

    def __init__(self, boundary: bytes) -> None:
        self._delimiter = b"\r\n--" + boundary
        self._kept = bytearray(b"\r\n")  # the first boundary stands at the beginning of a line too
        self._state = "preamble"  # preamble, headers, field, file, done
        self._name = ""
        self._fields = 0
        self._field_bytes = 0

    def feed(self, piece: bytes) -> list[Event]:
        """Take in bytes from the wire."""
        events: list[Event] = []
        if self._state == "done":
            return events
        self._kept += piece
        while self._step(events):
            pass
        return events

    def finish(self) -> None:
        """The wire has ended: the file must have, too (`form-malformed`)."""
        if self._state != "done":
            raise malformed("form-malformed")

    def _step(self, events: list[Event]) -> bool:
        """One thing more out of what is kept; False when more bytes are needed."""
        if self._state == "preamble":
            return self._past_delimiter()
        if self._state == "headers":
            return self._headers(events)
        if self._state == "field":
            return self._field(events)
        return self._state == "file" and self._file(events)

    def _past_delimiter(self) -> bool:
        at = self._kept.find(self._delimiter)
        if at < 0:
            if len(self._kept) > HEADERS_BYTES_MAX:
                raise malformed("form-malformed")
            return False
        after = at + len(self._delimiter)
        if len(self._kept) < after + 2:
            return False
        if self._kept[after : after + 2] != b"\r\n":
            raise malformed("form-malformed")
        del self._kept[: after + 2]
        self._state = "headers"
        return True

    def _headers(self, events: list[Event]) -> bool:
        end = self._kept.find(b"\r\n\r\n")
        if end < 0:
            if len(self._kept) > HEADERS_BYTES_MAX:
                raise malformed("form-malformed")
            return False
        lines = bytes(self._kept[:end]).decode("utf-8", "replace").split("\r\n")
        del self._kept[: end + 4]
        pairs = {name.strip().lower(): value for name, _, value in (line.partition(":") for line in lines)}
        disposition = pairs.get("content-disposition", "")
        found = _NAME.search(disposition)
        self._fields += 1
        if found is None or self._fields > FIELDS_MAX:
            raise malformed("form-malformed")
        self._name = found.group(1).lower()
        if self._name == "file":
            named = _FILENAME.search(disposition)
            filename = named.group(1).rpartition("\\")[2].rpartition("/")[2] if named else ""
            events.append(FileBegins(filename=filename, content_type=pairs.get("content-type", "").strip()))
        self._state = "file" if self._name == "file" else "field"
        return True

    def _field(self, events: list[Event]) -> bool:
        end = self._kept.find(self._delimiter)
        if end < 0:
            if len(self._kept) + self._field_bytes > FIELDS_BYTES_MAX:
                raise malformed("form-too-large")
            return False
        self._field_bytes += end
        if self._field_bytes > FIELDS_BYTES_MAX:
            raise malformed("form-too-large")
        try:
            value = bytes(self._kept[:end]).decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            raise malformed("form-malformed") from error
        events.append(Field(name=self._name, value=value))
        del self._kept[:end]
        self._state = "preamble"
        return True

    def _file(self, events: list[Event]) -> bool:
        end = self._kept.find(self._delimiter)
        if end >= 0:
            if end:
                events.append(FileBytes(piece=bytes(self._kept[:end])))
            events.append(FileEnds())
            self._kept.clear()
            self._state = "done"
            return False
        sure = len(self._kept) - len(self._delimiter)
        if sure > 0:
            events.append(FileBytes(piece=bytes(self._kept[:sure])))
            del self._kept[:sure]
        return False
