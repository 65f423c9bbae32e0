"""SigV4's canonical request, as S3 defines it, and its strict inverse.

Source: AWS General Reference, "Create a signed AWS API request"; S3 API Reference, "Authenticating Requests".
S3 differs from other services: the path is encoded once and never normalised (`//`, `.` and `..` are text).
The path and query arrive percent-encoded in any spelling; they are decoded once and written in the one
canonical spelling, so two spellings of one key are one canonical request.
"""

import re

import msgspec

from custodes.kernel.refusal import malformed

from .messages import Head

_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})?")
_PLAIN = re.compile(rb"[A-Za-z0-9._~-]*")
_PLAIN_PATH = re.compile(rb"[A-Za-z0-9._~/-]*")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ENCODED = tuple(bytes([n]) if n in _UNRESERVED else b"%%%02X" % n for n in range(256))
_ENCODED_PATH = tuple(b"/" if n == 0x2F else _ENCODED[n] for n in range(256))


class Signed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A canonical request taken apart: everything the signer put his name to."""

    method: str
    path: bytes  # decoded
    query: tuple[tuple[bytes, bytes], ...]  # decoded, in canonical order
    headers: tuple[tuple[str, bytes], ...]  # signed headers only, in canonical order
    payload: str

    def header(self, name: str) -> bytes | None:
        """The canonical value of a signed header."""
        for found, value in self.headers:
            if found == name:
                return value
        return None

    def parameter(self, name: bytes) -> bytes | None:
        """The first value of a query parameter."""
        for found, value in self.query:
            if found == name:
                return value
        return None


def percent_decode(text: bytes) -> bytes:
    """Decode %XX once; a `%` without two hex digits is refused (`target-malformed`)."""

    def one(match: re.Match[bytes]) -> bytes:
        digits = match.group(1)
        if digits is None:
            raise malformed("target-malformed")
        return bytes([int(digits, 16)])

    return _PERCENT.sub(one, text) if b"%" in text else text


def percent_encode(raw: bytes) -> bytes:
    """Encode every byte that RFC 3986 does not call unreserved, in upper case hex."""
    if _PLAIN.fullmatch(raw):
        return raw
    return b"".join(_ENCODED[byte] for byte in raw)


def percent_encode_path(raw: bytes) -> bytes:
    """The same, with `/` left as it is."""
    if _PLAIN_PATH.fullmatch(raw):
        return raw
    return b"".join(_ENCODED_PATH[byte] for byte in raw)


def parse_query(query: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Decoded (name, value) pairs in order of arrival; `+` is a space, a bare name has an empty value."""
    pairs = []
    for piece in query.split(b"&"):
        if piece:
            name, _, value = piece.replace(b"+", b"%20").partition(b"=")
            pairs.append((percent_decode(name), percent_decode(value)))
    return tuple(pairs)


def canonical_value(value: bytes) -> bytes:
    """A header value with outer spaces trimmed and inner runs of spaces made one."""
    return b" ".join(value.split())


def canonical_request(head: Head, signed_headers: tuple[str, ...], payload: str, *, presigned: bool) -> bytes:
    """Build the canonical request from what arrived (`signed-header-absent`)."""
    query = [
        (percent_encode(name), percent_encode(value))
        for name, value in parse_query(head.query)
        if not (presigned and name == b"X-Amz-Signature")
    ]
    lines = [
        head.method.encode("ascii"),
        percent_encode_path(percent_decode(head.raw_path)),
        b"&".join(name + b"=" + value for name, value in sorted(query)),
    ]
    for name in signed_headers:
        sent = name.encode("ascii")
        values = head.values(sent)
        if not values:
            raise malformed("signed-header-absent", header=name)
        lines.append(sent + b":" + b",".join([canonical_value(value) for value in values]))
    lines += [b"", ";".join(signed_headers).encode("ascii"), payload.encode("ascii")]
    return b"\n".join(lines)


def take_apart(canonical: bytes) -> Signed:
    """The strict inverse: only a canonical spelling is accepted (`claim-malformed`)."""
    lines = canonical.split(b"\n")
    try:
        method, path, query, *headers, gap, names, payload = lines
        signed = Signed(
            method=method.decode("ascii"),
            path=percent_decode(path),
            query=parse_query(query) if query else (),
            headers=tuple([_header(line) for line in headers]),
            payload=payload.decode("ascii"),
        )
        listed = ";".join([name for name, _ in signed.headers]).encode("ascii")
    except ValueError as error:
        raise malformed("claim-malformed") from error
    if (
        gap
        or listed != names
        or len({name for name, _ in signed.headers}) != len(signed.headers)
        or percent_encode_path(signed.path) != path
        or (query and not _is_canonical(query, signed.query))
    ):
        raise malformed("claim-malformed")
    return signed


def signed_head(signed: Signed) -> Head:
    """A head of nothing but what was signed.

    With it the keyroom reads arguments, conditions and metadata with the same parsers as the process in
    front, and believes none of its words.
    """
    query = b"&".join(percent_encode(name) + b"=" + percent_encode(value) for name, value in signed.query)
    return Head(
        method=signed.method,
        raw_path=percent_encode_path(signed.path),
        query=query,
        headers=tuple((name.encode("ascii"), value) for name, value in signed.headers),
    )


def _is_canonical(query: bytes, parsed: tuple[tuple[bytes, bytes], ...]) -> bool:
    again = b"&".join(sorted(percent_encode(name) + b"=" + percent_encode(value) for name, value in parsed))
    return again == b"&".join(sorted(query.split(b"&")))


def _header(line: bytes) -> tuple[str, bytes]:
    name, colon, value = line.partition(b":")
    if not colon or not name:
        raise ValueError("no header")
    return name.decode("ascii"), value
