"""Byte ranges: one range per request, RFC 9110 section 14.

A range that cannot be parsed, or a list of several, is ignored and the whole representation is answered, as
RFC 9110 section 14.2 allows and S3 does. A range that parses but selects nothing is refused (416). Every
range that selects something is answered 206, also when it selects everything: clients check for it.
"""

import re

import msgspec

from custodes.kernel.refusal import malformed

_FORM = re.compile(r"bytes=(\d{0,64})-(\d{0,64})", re.ASCII | re.IGNORECASE)


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A range as asked: from `first` to `last` inclusive (None: to the end), or the last `suffix_bytes`."""

    first: int | None = None
    last: int | None = None
    suffix_bytes: int | None = None


class Span(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bytes `first` up to but not including `end`."""

    first: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many bytes."""
        return self.end - self.first

    def content_range(self, size_bytes: int) -> str:
        """The Content-Range value of a 206 answer."""
        return f"bytes {self.first}-{self.end - 1}/{size_bytes}"


def parse(text: str | None) -> Asked | None:
    """The range in a Range header; None when there is none to honour."""
    found = _FORM.fullmatch(text.strip()) if text is not None else None
    if found is None:
        return None
    first, last = found.groups()
    if not first:
        return Asked(suffix_bytes=int(last)) if last else None
    if last and int(last) < int(first):
        return None
    return Asked(first=int(first), last=int(last) if last else None)


def resolve(asked: Asked, size_bytes: int) -> Span:
    """The bytes selected of a representation of this size (`range-not-satisfiable`)."""
    if asked.first is None:
        suffix = min(asked.suffix_bytes or 0, size_bytes)
        if suffix == 0:
            raise malformed("range-not-satisfiable", size_bytes=size_bytes)
        return Span(first=size_bytes - suffix, end=size_bytes)
    if asked.first >= size_bytes:
        raise malformed("range-not-satisfiable", size_bytes=size_bytes)
    end = size_bytes if asked.last is None else min(asked.last + 1, size_bytes)
    return Span(first=asked.first, end=end)


def resolve_copy(text: str, size_bytes: int) -> Span:
    """x-amz-copy-source-range: both ends given and inside the source.

    Refuses `copy-range-invalid`, `range-not-satisfiable`.
    """
    asked = parse(text)
    if asked is None or asked.first is None or asked.last is None:
        raise malformed("copy-range-invalid")
    if asked.last >= size_bytes:
        raise malformed("range-not-satisfiable", size_bytes=size_bytes)
    return Span(first=asked.first, end=asked.last + 1)
