"""The head of an answer as bytes, and how its body is told from what follows it."""

from types import MappingProxyType

from .head import Pairs

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
BODILESS = frozenset({204, 304})
_REASONS = MappingProxyType(  # for people who look at the wire; programs read the number
    {
        200: b"OK",
        201: b"Created",
        204: b"No Content",
        206: b"Partial Content",
        303: b"See Other",
        304: b"Not Modified",
        400: b"Bad Request",
        401: b"Unauthorized",
        403: b"Forbidden",
        404: b"Not Found",
        405: b"Method Not Allowed",
        408: b"Request Timeout",
        409: b"Conflict",
        412: b"Precondition Failed",
        413: b"Content Too Large",
        415: b"Unsupported Media Type",
        416: b"Range Not Satisfiable",
        423: b"Locked",
        429: b"Too Many Requests",
        431: b"Request Header Fields Too Large",
        500: b"Internal Server Error",
        501: b"Not Implemented",
        503: b"Service Unavailable",
        504: b"Gateway Timeout",
        505: b"HTTP Version Not Supported",
    }
)


def head(status: int, headers: Pairs) -> bytes:
    """Status line, fields and the empty line; ValueError for a field that would begin another line."""
    lines = [b"HTTP/1.1 %d %b" % (status, _REASONS.get(status, b""))]
    lines += [b"%b: %b" % pair for pair in headers]
    raw = b"\r\n".join(lines)
    if raw.count(b"\n") != len(headers) or raw.count(b"\r") != len(headers) or b"\0" in raw:
        raise ValueError("a line break in a header")
    return raw + b"\r\n\r\n"


def chunk(piece: bytes) -> bytes:
    """A piece of a chunked body; not for an empty one, which would end it."""
    return b"%x\r\n%b\r\n" % (len(piece), piece)


def plain(status: int, word: str) -> bytes:
    """A whole answer of one word, after which the connection ends: for what no application saw."""
    body = word.encode("ascii") + b"\n"
    length = (b"content-length", b"%d" % len(body))
    fields = [(b"content-type", b"text/plain"), length, (b"connection", b"close")]
    return head(status, fields) + body
