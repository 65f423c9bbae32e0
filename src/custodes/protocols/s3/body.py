"""Bodies: sans-I/O decoders that hand content on and hold it to everything that was said about it.

Framings: plain with Content-Length, and aws-chunked, signed or not, with or without a trailer (S3 API
Reference, "Transferring payload in multiple chunks"). Content is handed on as it comes; nothing may be
committed before `finish` has returned, because lengths, hashes and trailers are only then checked, and before
the keyroom has verified the signature of every `ChunkDone` and of the `Trailer`.
"""

import base64
import binascii
import hashlib
import hmac
import re
from typing import TypeAlias

import msgspec

from custodes.kernel.canonical import b64
from custodes.kernel.refusal import malformed
from custodes.objects.checksums import (
    DEFAULT,
    Algorithm,
    Buffer,
    Checksum,
    check_value,
    running,
)

from .messages import SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER, STREAMING, UNSIGNED, UNSIGNED_CHUNKS_TRAILER, Head
from .operations import Body, Operation

CHUNK_LINE_BYTES_MAX = 160
SIGNED_CHUNK_BYTES_MAX = 16 * 1_048_576
CHUNK_BYTES_MIN = 8_192  # of every chunk but the last with content; each costs a signature check
TRAILER_BYTES_MAX = 2_048
TRAILER_LINES_MAX = 8

CHECKSUM_HEADERS = {f"x-amz-checksum-{each.value.lower()}": each for each in Algorithm}
_DECLARING = tuple(name.encode("ascii") for name in CHECKSUM_HEADERS)

_SIGNED_LINE = re.compile(rb"([0-9A-Fa-f]{1,16});chunk-signature=([0-9a-f]{64})")
_UNSIGNED_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})")
_TRAILER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):([\x20-\x7e\t]{0,512})")
_TRAILER_SIGNATURE = "x-amz-trailer-signature"


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the head says about the body; made by `plan`."""

    size_bytes: int  # decoded
    is_chunked: bool = False
    is_signed: bool = False
    has_trailer: bool = False
    sha256_hex: str | None = None
    md5: bytes | None = None
    algorithm: Algorithm = DEFAULT
    checksum: str | None = None  # as declared in a header
    trailer: str | None = None  # name of the checksum the trailer will bring

    @property
    def is_declared(self) -> bool:
        """Whether the client sends a checksum, in a header or in the trailer."""
        return self.checksum is not None or self.trailer is not None


class Bytes(msgspec.Struct, frozen=True, kw_only=True):
    """Decoded content. Not yet verified."""

    piece: bytes | memoryview


class ChunkDone(msgspec.Struct, frozen=True, kw_only=True):
    """A signed chunk is complete; the keyroom must verify the signature over this hash."""

    sha256_hex: str
    signature: str
    size_bytes: int


class Trailer(msgspec.Struct, frozen=True, kw_only=True):
    """The trailer of a body. With a signature, the keyroom must verify it over the hash."""

    fields: tuple[tuple[str, str], ...]
    sha256_hex: str
    signature: str | None = None


class End(msgspec.Struct, frozen=True, kw_only=True):
    """The body is whole and is what it was said to be."""

    size_bytes: int
    checksum: Checksum  # declared and equal, or computed because none was declared
    is_declared: bool


Event: TypeAlias = Bytes | ChunkDone | Trailer | End


def plan(head: Head, operation: Operation, payload: str) -> Plan:
    """Read what the head says about the body.

    Refuses `body-length-missing`, `body-length-invalid`, `body-too-large`, `body-not-expected`,
    `md5-malformed`, `checksum-twice`, `checksum-malformed`, `checksum-missing`,
    `checksum-algorithm-unsupported`, `trailer-malformed`.
    """
    is_chunked = payload in STREAMING
    size_bytes = _size(head, operation.body, is_chunked=is_chunked)
    if operation.body == "none" and size_bytes:
        raise malformed("body-not-expected")
    if size_bytes > operation.body_bytes_max:
        raise malformed("body-too-large", bytes_max=operation.body_bytes_max)
    has_trailer = payload.endswith("-TRAILER")
    if payload == UNSIGNED_CHUNKS_TRAILER and head.value(b"x-amz-trailer") is None:
        has_trailer = False  # nothing announced, nothing wanted: S3 computes its own checksum
    algorithm, checksum, trailer = (
        (DEFAULT, None, None) if operation.checksum_is_of_object else _checksum(head, has_trailer=has_trailer)
    )
    return Plan(
        size_bytes=size_bytes,
        is_chunked=is_chunked,
        is_signed=payload in (SIGNED_CHUNKS, SIGNED_CHUNKS_TRAILER),
        has_trailer=has_trailer,
        sha256_hex=None if is_chunked or payload == UNSIGNED else payload,
        md5=_md5(head),
        algorithm=algorithm,
        checksum=checksum,
        trailer=trailer,
    )


def reader(plan: Plan) -> "Plain | Chunked":
    """The decoder for a body."""
    return Chunked(plan) if plan.is_chunked else Plain(plan)


class _Checks:
    """The digests of one body."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._crc = running(plan.algorithm)
        self._sha256 = hashlib.sha256() if plan.sha256_hex else None
        self._md5 = hashlib.md5(usedforsecurity=False) if plan.md5 else None
        self.size_bytes = 0

    def update(self, piece: Buffer) -> None:
        self.size_bytes += len(piece)
        if self.size_bytes > self._plan.size_bytes:
            raise malformed("body-overlong")
        self._crc.update(piece)
        if self._sha256:
            self._sha256.update(piece)
        if self._md5:
            self._md5.update(piece)

    def end(self, declared: str | None) -> End:
        plan = self._plan
        if self.size_bytes != plan.size_bytes:
            raise malformed("body-incomplete", bytes=self.size_bytes, bytes_announced=plan.size_bytes)
        if self._sha256 and not hmac.compare_digest(self._sha256.hexdigest(), plan.sha256_hex or ""):
            raise malformed("body-hash-differs")
        if self._md5 and not hmac.compare_digest(self._md5.digest(), plan.md5 or b""):
            raise malformed("md5-differs")
        computed = Checksum(algorithm=plan.algorithm, value=b64(self._crc.digest()))
        if declared is not None and not hmac.compare_digest(declared, computed.value):
            raise malformed("checksum-differs", algorithm=plan.algorithm.value)
        return End(size_bytes=self.size_bytes, checksum=computed, is_declared=declared is not None)


class Plain:
    """A body that is its content."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._checks = _Checks(plan)

    def feed(self, piece: bytes) -> list[Event]:
        """Take in bytes from the wire (`body-overlong`)."""
        if not piece:
            return []
        self._checks.update(piece)
        return [Bytes(piece=piece)]

    def finish(self) -> list[Event]:
        """The wire has ended: the body is whole, or refused (`body-incomplete`, `body-hash-differs`,
        `md5-differs`, `checksum-differs`).
        """
        return [self._checks.end(self._plan.checksum)]


class Chunked:
    """An aws-chunked body.

    chunk = hex-size [";chunk-signature=" 64HEX] CRLF content CRLF; the last has size 0; then trailer
    lines, then an empty line. Between the content of the last chunk and the end some clients leave the CRLF
    out or end a trailer line with a bare LF; both are taken (minio-go does).
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._checks = _Checks(plan)
        self._line = bytearray()
        self._state = "head"  # head, content, gap, trailer, done
        self._left_bytes = 0
        self._chunk_bytes = 0
        self._signature = ""
        self._sha256 = hashlib.sha256()
        self._trailer: list[tuple[str, str]] = []
        self._trailer_signature: str | None = None
        self._trailer_bytes = 0
        self._declared = plan.checksum

    def feed(self, piece: bytes) -> list[Event]:
        """Take in bytes from the wire.

        Refuses `chunk-malformed`, `chunk-too-large`, `chunk-too-small`, `trailer-malformed`,
        `body-overlong`.
        """
        events: list[Event] = []
        view = memoryview(piece)
        at = 0
        while at < len(view):
            if self._state == "content":
                at += self._take_content(view[at:], events)
            elif self._state == "done":
                raise malformed("body-overlong")
            else:
                at += self._take_line(piece, at, events)
        return events

    def finish(self) -> list[Event]:
        """The wire has ended: the body is whole, or refused (as `Plain.finish`, and `trailer-malformed`)."""
        events: list[Event] = []
        if self._state == "trailer" and not self._line and self._is_trailer_complete():
            self._end_trailer(events)
        elif self._is_bare_nothing():
            self._state = "done"
        if self._state != "done":
            raise malformed("body-incomplete", bytes=self._checks.size_bytes)
        events.append(self._checks.end(self._declared))
        return events

    def _take_content(self, view: memoryview, events: list[Event]) -> int:
        piece = view[: self._left_bytes]
        self._checks.update(piece)
        if self._plan.is_signed:
            self._sha256.update(piece)
        self._left_bytes -= len(piece)
        events.append(Bytes(piece=piece))
        if self._left_bytes == 0:
            self._end_chunk(events)
            self._state = "gap"
        return len(piece)

    def _take_line(self, piece: bytes, at: int, events: list[Event]) -> int:
        """Collect up to a line feed; the line, without its end, goes to the state it belongs to."""
        end = piece.find(b"\n", at, at + CHUNK_LINE_BYTES_MAX + TRAILER_BYTES_MAX)
        stop = len(piece) if end < 0 else end + 1
        most = TRAILER_BYTES_MAX if self._state == "trailer" else CHUNK_LINE_BYTES_MAX
        if len(self._line) + stop - at > most:
            raise malformed("trailer-malformed" if self._state == "trailer" else "chunk-malformed")
        self._line += piece[at:stop]
        if end >= 0:
            line = bytes(self._line)
            self._line.clear()
            if self._state == "trailer":
                self._trailer_line(line, events)
            elif not line.endswith(b"\r\n"):
                raise malformed("chunk-malformed")
            elif self._state == "gap":
                self._gap(line)
            else:
                self._chunk_line(line[:-2], events)
        return stop - at

    def _gap(self, line: bytes) -> None:
        if line != b"\r\n":
            raise malformed("chunk-malformed")
        self._state = "head"

    def _chunk_line(self, line: bytes, events: list[Event]) -> None:
        found = (_SIGNED_LINE if self._plan.is_signed else _UNSIGNED_LINE).fullmatch(line)
        if found is None:
            raise malformed("chunk-malformed")
        size_bytes = int(found.group(1), 16)
        if self._plan.is_signed:
            self._signature = found.group(2).decode("ascii")
            if size_bytes > SIGNED_CHUNK_BYTES_MAX:
                raise malformed("chunk-too-large", bytes_max=SIGNED_CHUNK_BYTES_MAX)
        if self._checks.size_bytes + size_bytes > self._plan.size_bytes:
            raise malformed("body-overlong")
        if size_bytes and 0 < self._chunk_bytes < CHUNK_BYTES_MIN:
            raise malformed("chunk-too-small", bytes_min=CHUNK_BYTES_MIN)
        self._left_bytes = self._chunk_bytes = size_bytes
        self._state = "content"
        if size_bytes == 0:
            self._end_chunk(events)
            self._state = "trailer"

    def _end_chunk(self, events: list[Event]) -> None:
        if self._plan.is_signed:
            done = ChunkDone(
                sha256_hex=self._sha256.hexdigest(), signature=self._signature, size_bytes=self._chunk_bytes
            )
            events.append(done)
            self._sha256 = hashlib.sha256()

    def _trailer_line(self, line: bytes, events: list[Event]) -> None:
        self._trailer_bytes += len(line)
        text = line.rstrip(b"\r\n")
        if not text:
            if self._is_trailer_complete():
                self._end_trailer(events)
            elif self._trailer_bytes > TRAILER_BYTES_MAX or not self._trailer or not self._plan.is_signed:
                raise malformed("trailer-malformed")
            return
        found = _TRAILER_LINE.fullmatch(text)
        is_too_much = len(self._trailer) >= TRAILER_LINES_MAX or self._trailer_bytes > TRAILER_BYTES_MAX
        if found is None or is_too_much or not self._plan.has_trailer:
            raise malformed("trailer-malformed")
        name, value = found.group(1).decode("ascii").lower(), found.group(2).strip(b" \t").decode("ascii")
        if name == _TRAILER_SIGNATURE and self._plan.is_signed and self._trailer_signature is None:
            self._trailer_signature = value
        elif name != self._plan.trailer or self._trailer or self._trailer_signature is not None:
            raise malformed("trailer-malformed")
        else:
            self._trailer.append((name, value))

    def _is_bare_nothing(self) -> bool:
        """Not even a last chunk: minio-go sends an empty body so, and its length 0 is signed."""
        is_untouched = self._state == "head" and not self._line and self._checks.size_bytes == 0
        return is_untouched and self._plan.size_bytes == 0 and not self._plan.has_trailer

    def _is_trailer_complete(self) -> bool:
        has_signature = not self._plan.is_signed or self._trailer_signature is not None
        return not self._plan.has_trailer or (bool(self._trailer) and has_signature)

    def _end_trailer(self, events: list[Event]) -> None:
        self._state = "done"
        if self._plan.has_trailer:
            name, value = self._trailer[0]
            self._declared = check_value(CHECKSUM_HEADERS[name], value)
            digest = hashlib.sha256(f"{name}:{value}\n".encode("ascii")).hexdigest()
            trailer = Trailer(
                fields=tuple(self._trailer), sha256_hex=digest, signature=self._trailer_signature
            )
            events.append(trailer)


def _size(head: Head, body: Body, *, is_chunked: bool) -> int:
    is_coded = is_chunked or head.value(b"transfer-encoding") is not None
    raw = head.value(b"x-amz-decoded-content-length" if is_chunked else b"content-length")
    if raw is None:
        if body == "stream" or (body == "bounded" and is_coded):
            raise malformed("body-length-missing")
        if is_coded:
            raise malformed("body-not-expected")
        return 0  # no length and no coding means no body (RFC 9112 section 6.3)
    if not raw.isdigit() or len(raw) > 16:
        raise malformed("body-length-invalid")
    return int(raw)


def _md5(head: Head) -> bytes | None:
    raw = head.value(b"content-md5")
    if raw is None:
        return None
    try:
        digest = base64.b64decode(raw, validate=True)
    except binascii.Error as error:
        raise malformed("md5-malformed") from error
    if len(digest) != 16:
        raise malformed("md5-malformed")
    return digest


def _checksum(head: Head, *, has_trailer: bool) -> tuple[Algorithm, str | None, str | None]:
    """(algorithm, declared value, trailer name) from the checksum headers."""
    declared = {sent.decode("ascii"): value for sent in _DECLARING if (value := head.value(sent)) is not None}
    trailer = _trailer_name(head, has_trailer=has_trailer)
    named = head.value(b"x-amz-sdk-checksum-algorithm")
    if len(declared) + (trailer is not None) > 1:
        raise malformed("checksum-twice")
    if named is not None:
        wanted = f"x-amz-checksum-{named.decode('latin-1').lower()}"
        if wanted not in CHECKSUM_HEADERS:
            raise malformed("checksum-algorithm-unsupported")
        if wanted not in declared and wanted != trailer:
            raise malformed("checksum-missing")
    if trailer is not None:
        return CHECKSUM_HEADERS[trailer], None, trailer
    for name, value in declared.items():
        algorithm = CHECKSUM_HEADERS[name]
        return algorithm, check_value(algorithm, value.decode("latin-1")), None
    return DEFAULT, None, None


def _trailer_name(head: Head, *, has_trailer: bool) -> str | None:
    raw = head.value(b"x-amz-trailer")
    if raw is None and not has_trailer:
        return None
    name = (raw or b"").decode("latin-1").strip().lower()
    if not has_trailer or name not in CHECKSUM_HEADERS:
        raise malformed("trailer-malformed")
    return name
