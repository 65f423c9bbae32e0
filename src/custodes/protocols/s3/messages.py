"""What arrives: the head of a request, checked against smuggling, and the claim made from it.

A head that two parsers could read differently is refused here, before anything else looks at it: line breaks
in values, names that are no tokens, single-valued headers sent twice, Content-Length beside Transfer-Encoding
(RFC 9112 section 6.3).
"""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from custodes.kernel.refusal import malformed

HEADERS_MAX = 100
HEADER_BYTES_MAX = 12_288  # names and values of one request together
PATH_BYTES_MAX = 3_400  # a key of 1,024 bytes, every byte percent-encoded, and a bucket name
QUERY_BYTES_MAX = 8_192

Pairs: TypeAlias = tuple[tuple[bytes, bytes], ...]
Mode: TypeAlias = Literal["header", "presigned", "unsigned"]

UNSIGNED = "UNSIGNED-PAYLOAD"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_CHUNKS_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
STREAMING = (SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, UNSIGNED_CHUNKS_TRAILER)

_METHOD = re.compile(r"[A-Z]{1,16}")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]{1,4096}")
_FORBIDDEN_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_TARGET = re.compile(rb"[\x21-\x7e]*")
_MAY_REPEAT = re.compile(
    rb"x-amz-meta-.*|x-amz-(optional-)?object-attributes|accept.*|cache-control|connection|cookie|forwarded"
    rb"|pragma|te|trailer|via|x-forwarded-.*"
)


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """The head of a request: path and query as sent (without the `?`), header names in lower case."""

    method: str
    raw_path: bytes
    query: bytes = b""
    headers: Pairs = ()

    def value(self, name: bytes) -> bytes | None:
        """The value of a header; repeated ones joined with a comma (RFC 9110 section 5.3)."""
        found = self._sent.get(name)
        return None if found is None else found[0] if len(found) == 1 else b",".join(found)

    def values(self, name: bytes) -> Sequence[bytes]:
        """Every value of a header, in the order they were sent in."""
        return self._sent.get(name, ())

    def has_any(self, names: Collection[bytes]) -> bool:
        """Whether one of these headers was sent."""
        return not self._sent.keys().isdisjoint(names)

    def text(self, name: str) -> str | None:
        """A header's value as text; it must be UTF-8 (`header-malformed`)."""
        raw = self.value(name.encode("ascii"))
        if raw is None:
            return None
        try:
            return raw.decode("utf-8", "strict")
        except UnicodeDecodeError as error:
            raise malformed("header-malformed") from error

    @cached_property
    def _sent(self) -> Mapping[bytes, Sequence[bytes]]:
        found: dict[bytes, list[bytes]] = {}
        for name, value in self.headers:
            found.setdefault(name, []).append(value)
        return found


class Claim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signature and everything it was made over, with no secret in it; at most `EVIDENCE_BYTES_MAX`.

    Only `access_key_id`, `region`, `amz_date` and `signature` say more than `canonical_request` does: the
    other fields repeat what is in it so that the plane can use them, and `verify` refuses a claim whose
    fields and canonical request differ.
    """

    access_key_id: str
    date: str  # YYYYMMDD
    region: str
    service: str
    amz_date: str  # YYYYMMDDTHHMMSSZ
    signed_headers: tuple[str, ...]
    canonical_request: bytes
    signature: str  # 64 hex digits
    mode: Mode
    expires_s: int | None = None  # presigned only
    payload: str  # hex SHA-256, UNSIGNED-PAYLOAD or one of STREAMING

    @property
    def scope(self) -> str:
        """The credential scope as it stands in the string to sign."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def head(method: str, raw_path: bytes, query: bytes, headers: Pairs | list[tuple[bytes, bytes]]) -> Head:
    """A checked head.

    Refuses `method-malformed`, `target-malformed`, `target-too-long`, `headers-too-large`,
    `header-malformed`, `header-repeated`, `framing-ambiguous`.
    """
    if _METHOD.fullmatch(method) is None:
        raise malformed("method-malformed")
    if len(raw_path) > PATH_BYTES_MAX or len(query) > QUERY_BYTES_MAX:
        raise malformed("target-too-long")
    if not raw_path.startswith(b"/") or not _TARGET.fullmatch(raw_path) or not _TARGET.fullmatch(query):
        raise malformed("target-malformed")
    size_bytes = sum(len(name) + len(value) for name, value in headers)
    if len(headers) > HEADERS_MAX or size_bytes > HEADER_BYTES_MAX:
        raise malformed("headers-too-large", bytes_max=HEADER_BYTES_MAX)
    checked = tuple((name.lower(), value.strip(b" \t")) for name, value in headers)
    _check_headers(checked)
    return Head(method=method, raw_path=raw_path, query=query, headers=checked)


def check_header(name: bytes, value: bytes) -> None:
    """Refuse what is no header, name (in lower case) or value (`header-malformed`, malformed)."""
    if _TOKEN.fullmatch(name) is None or _FORBIDDEN_IN_VALUE.search(value) is not None:
        raise malformed("header-malformed")


def _check_headers(headers: Pairs) -> None:
    seen: set[bytes] = set()
    for name, value in headers:
        check_header(name, value)
        if name in seen and _MAY_REPEAT.fullmatch(name) is None:
            raise malformed("header-repeated", header=name.decode("ascii"))
        seen.add(name)
    if b"transfer-encoding" in seen:
        if b"content-length" in seen:
            raise malformed("framing-ambiguous")
        coding = next(value for name, value in headers if name == b"transfer-encoding")
        if coding.lower() not in (b"chunked", b"identity"):
            raise malformed("framing-ambiguous")
