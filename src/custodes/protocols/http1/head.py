"""The head of a request, by one strict grammar; what it says of the body and of the connection.

Stricter than RFC 9112 has to be: no bare line feeds (section 2.2 permits them), no folded lines (5.2), no
absolute targets (3.2.2), one Content-Length that is digits (6.3), no coding but `chunked`, and that only in
HTTP/1.1 and beside no Content-Length (6.1).
"""

import re
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

import msgspec

from custodes.kernel.refusal import limited, malformed

HEAD_BYTES_MAX = 65_536
HEADERS_MAX = 128
LENGTH_DIGITS_MAX = 18

Pairs: TypeAlias = list[tuple[bytes, bytes]]

_LINE = re.compile(rb"([A-Z]{1,16}) ((?:/[!-\"$-~]*)|\*) HTTP/1\.([01])\r\n")
# Possessive: a value that ends badly is not tried again at each of its spaces (the time was their square).
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,4096}+):([^\x00-\x08\x0a-\x1f\x7f]*+)\r\n")
_ANY_LINE = re.compile(rb"[^ \r\n]+ [^ \r\n]+ HTTP/(\d)\.(\d)\r\n")
_DIGITS = re.compile(rb"[0-9]{1,%d}" % LENGTH_DIGITS_MAX)


class Head(msgspec.Struct, frozen=True):
    """A request's head. `body_bytes` is None where the body is chunked; header names are in lower case.

    `is_last`: no other request may follow on this connection. `is_waiting`: the client sends its body only
    after `100 Continue` (RFC 9110 section 10.1.1).
    """

    method: str
    raw_path: bytes
    query: bytes
    minor: int
    headers: Pairs
    body_bytes: int | None
    is_last: bool
    is_waiting: bool

    @property
    def path(self) -> str:
        """The path as text: escapes undone, what is not UTF-8 replaced."""
        raw = self.raw_path
        return (unquote_to_bytes(raw) if b"%" in raw else raw).decode("utf-8", "replace")


def parse(raw: bytes) -> Head:
    """The head that these bytes are, its empty line included.

    Refuses `request-line-malformed`, `version-not-served`, `field-malformed`, `host-ambiguous`,
    `framing-ambiguous` (malformed), `coding-not-served` (malformed), `headers-too-many` (limited).
    """
    line = _LINE.match(raw)
    if line is None:
        other = _ANY_LINE.match(raw)
        is_other = other is not None and (other[1], other[2]) not in {(b"1", b"0"), (b"1", b"1")}
        raise malformed("version-not-served" if is_other else "request-line-malformed")
    method, target, minor = line.groups()
    headers, at, end = [], line.end(), len(raw) - 2
    match = _FIELD.match
    while at < end:
        field = match(raw, at)
        if field is None:
            raise malformed("field-malformed")
        name, value = field.groups()
        headers.append((name.lower(), value.strip(b" \t")))
        at = field.end()
    if len(headers) > HEADERS_MAX:
        raise limited("headers-too-many", headers_max=HEADERS_MAX)
    path, _, query = target.partition(b"?")
    if path == b"*" and method != b"OPTIONS":
        raise malformed("request-line-malformed")
    return _said(method.decode("ascii"), (path, query), int(minor), headers)


def _said(method: str, target: tuple[bytes, bytes], minor: int, headers: Pairs) -> Head:
    hosts, lengths, codings = 0, 0, 0
    body_bytes: int | None = 0
    is_last, is_waiting = minor == 0, False
    for name, value in headers:
        if name == b"host":
            hosts += 1
        elif name == b"content-length":
            lengths += 1
            if _DIGITS.fullmatch(value) is None:
                raise malformed("framing-ambiguous")
            body_bytes = int(value)
        elif name == b"transfer-encoding":
            codings += 1
            if value.lower() != b"chunked":
                raise malformed("coding-not-served")
        elif name == b"connection":
            is_last = is_last or b"close" in value.lower()
        elif name == b"expect":
            is_waiting = minor == 1 and value.lower() == b"100-continue"
    if hosts > 1 or (hosts == 0 and minor == 1):
        raise malformed("host-ambiguous")
    if lengths + codings > 1 or (codings and minor == 0):
        raise malformed("framing-ambiguous")
    if codings:
        body_bytes = None
    path, query = target
    return Head(method, path, query, minor, headers, body_bytes, is_last, is_waiting and body_bytes != 0)
