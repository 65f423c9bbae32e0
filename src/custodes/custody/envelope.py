"""The object envelope: each part of an object is one AES256-GCM-HKDF stream (docs/formats/object.md).

The stream is Tink's "AES-GCM-HKDF Streaming AEAD" (developers.google.com/tink/wire-format and
/tink/streaming-aead/aes_gcm_hkdf_streaming) with a 32-byte derived key, HKDF-SHA-256 and ciphertext
segments of 64 KiB, after Hoang, Reyhanitabar, Rogaway and Vizar, "Online Authenticated-Encryption and its
Nonce-Reuse Misuse-Resistance" (CRYPTO 2015):

    header = 0x28 | salt 32 | nonce prefix 7
    segment key = HKDF-SHA-256(ikm = data key, salt, info = associated data, length = 32)
    segment i = AES-256-GCM(segment key, nonce = prefix | i, 32 bits big-endian | 0x01 if last else 0x00)

The first segment is shorter by the header. Salt and prefix are drawn afresh for every attempt to write a
part, so that a retried part number never meets a nonce again. Plain bytes of a segment leave only once
its tag is checked; the last-segment byte shows a cut.
"""

import hmac
from collections.abc import Callable
from typing import NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.kernel.dice import Dice
from custodes.kernel.limits import SEGMENT_BYTES
from custodes.kernel.mac import hmac_sha256
from custodes.kernel.refusal import Kind, Refusal

from .wrap import KEY_BYTES, TAG_BYTES, hkdf_sha512

FORMAT = "custodes/object/v1"
COMMIT_LABEL = b"custodes/object/commit/v1"
CUSTOMER_LABEL = b"custodes/object/customer-key/v1"
SALT_BYTES = 32
PREFIX_BYTES = 7
HEADER_BYTES = 1 + SALT_BYTES + PREFIX_BYTES
SEGMENT_PLAIN_BYTES = SEGMENT_BYTES - TAG_BYTES
SEGMENTS_MAX = 2**32

_EMPTY = memoryview(b"")
_encode = msgspec.json.Encoder(order="sorted").encode
_Into = Callable[[bytes, memoryview, None, memoryview], int]


class Span(NamedTuple):
    """What to fetch of a part for a range of its plain bytes, and how to cut what comes out.

    `cipher_first` and `cipher_last` are inclusive and never touch the header, which the manifest carries.
    `skip` plain bytes go before the range, which has `plain_bytes`.
    """

    cipher_first: int
    cipher_last: int
    first_segment: int
    skip: int
    plain_bytes: int
    segments: int  # in the whole part


def associated(
    *, house: str, customer: str, bucket: str, object_version: str, part: int, attempt: str
) -> bytes:
    """What a part's stream is bound to (HKDF info): ids, never names; `attempt` is the blob's id."""
    return _encode(  # as canonical.encode would: the types are known, so the walk over them is spared
        {
            "attempt": attempt,
            "bucket": bucket,
            "customer": customer,
            "format": FORMAT,
            "house": house,
            "object_version": object_version,
            "part": part,
        }
    )


def with_customer_key(stored: bytes, customer_key: bytes, object_version: str) -> bytes:
    """A data key and what is stored of it, each from the other, where its owner brings a key of his own.

    The registry then holds data key XOR HKDF-SHA-512(customer_key, salt = version id): neither half says
    anything of the data key, and the pad is never used for a second version.
    """
    pad = hkdf_sha512(_key(customer_key), object_version.encode(), CUSTOMER_LABEL)[:KEY_BYTES]
    return bytes(one ^ other for one, other in zip(_key(stored), pad, strict=True))


def commitment(data_key: bytes, object_version: str) -> bytes:
    """32 bytes that no second data key yields for this object version: HKDF-SHA-512, salt its id."""
    return hkdf_sha512(_key(data_key), object_version.encode(), COMMIT_LABEL)[:KEY_BYTES]


def demand_commitment(data_key: bytes, object_version: str, expected: bytes) -> None:
    """`commitment-mismatch` (broken) unless the data key is the one committed to; before any decrypt."""
    if not hmac.compare_digest(commitment(data_key, object_version), expected):
        raise Refusal("commitment-mismatch", Kind.BROKEN)


def cipher_length(plain_bytes: int) -> int:
    """Bytes of the stream of a part with so many plain bytes."""
    if plain_bytes < 0:
        raise ValueError("negative length")
    return plain_bytes + HEADER_BYTES + TAG_BYTES * _segments(plain_bytes)


def plain_length(cipher_bytes: int) -> int:
    """Inverse of `cipher_length`; `stream-mismatch` (broken) for a length no stream has."""
    segments = -(-cipher_bytes // SEGMENT_BYTES)
    plain_bytes = cipher_bytes - HEADER_BYTES - TAG_BYTES * segments
    if plain_bytes < 0 or cipher_length(plain_bytes) != cipher_bytes:
        raise _mismatch()
    return plain_bytes


def segment_range(first_byte: int, last_byte: int, plain_bytes: int) -> Span:
    """The span that holds plain bytes first to last, both inclusive, of a part with `plain_bytes`."""
    if not 0 <= first_byte <= last_byte < plain_bytes:
        raise ValueError("not a range of this part")
    first = (first_byte + HEADER_BYTES) // SEGMENT_PLAIN_BYTES
    last = (last_byte + HEADER_BYTES) // SEGMENT_PLAIN_BYTES
    return Span(
        cipher_first=max(HEADER_BYTES, first * SEGMENT_BYTES),
        cipher_last=min((last + 1) * SEGMENT_BYTES, cipher_length(plain_bytes)) - 1,
        first_segment=first,
        skip=first_byte - max(0, first * SEGMENT_PLAIN_BYTES - HEADER_BYTES),
        plain_bytes=last_byte - first_byte + 1,
        segments=_segments(plain_bytes),
    )


class _Stream:
    """Cuts what is fed into segments, holds back the one that may be the last, reuses one buffer."""

    __slots__ = (
        "_grow_bytes",
        "_held",
        "_into",
        "_is_over",
        "_next",
        "_out",
        "_prefix",
        "_segments",
        "_unit",
    )

    def __init__(self, unit_bytes: int, grow_bytes: int) -> None:
        """`unit_bytes`: of a segment as it is fed; `grow_bytes`: by so much each grows."""
        self._unit = unit_bytes
        self._grow_bytes = grow_bytes
        self._into: _Into | None = None
        self._prefix = b""
        self._next = 0
        self._segments: int | None = None  # in the whole stream; None: finish() tells
        self._held = bytearray()
        self._out = bytearray()
        self._is_over = False

    def feed(self, fed: bytes | bytearray | memoryview) -> bytes:
        """Take more of the stream; give what is ready (maybe nothing). Best fed 1 MiB at a time."""
        return bytes(self.feed_view(fed))

    def feed_view(self, fed: bytes | bytearray | memoryview) -> memoryview:
        """Like `feed` without the copy; the view is good until the next call."""
        return self._guarded(memoryview(fed).cast("B"), is_end=False)

    def finish(self) -> bytes:
        """The rest of the stream; the object is of no use afterwards."""
        rest = bytes(self._guarded(_EMPTY, is_end=True))
        self._end()
        return rest

    def _guarded(self, fed: memoryview, *, is_end: bool) -> memoryview:
        if self._is_over:
            raise ValueError("this stream is over")
        try:
            return self._advance(fed, is_end=is_end)
        except BaseException:
            self._end()  # whatever the buffer holds was not verified
            raise

    def _advance(self, fed: memoryview, *, is_end: bool, lead: bytes = b"") -> memoryview:
        unit = self._unit_now()
        total = len(self._held) + len(fed)
        if total <= unit and not is_end and not lead:
            self._held += fed
            return _EMPTY
        out = self._room(len(lead) + total + (total // self._unit + 2) * max(0, self._grow_bytes))
        out[: len(lead)] = lead
        at = len(lead)
        if self._held or is_end:
            more = unit - len(self._held)
            self._held += fed[:more]
            fed = fed[more:]
            if fed or is_end:
                with memoryview(self._held) as held:
                    at = self._turn(held, out, at, is_end=is_end)
                self._held = bytearray()
        while len(fed) > (unit := self._unit_now()):
            at = self._turn(fed[:unit], out, at, is_end=False)
            fed = fed[unit:]
        self._held += fed
        return out[:at]

    def _turn(self, segment: memoryview, out: memoryview, at: int, *, is_end: bool) -> int:
        """Turn one segment over into `out` at `at`; returns where the next one goes."""
        if self._into is None or self._next >= SEGMENTS_MAX:
            raise ValueError("not started, or beyond 2**32 segments")
        is_last = is_end if self._segments is None else self._next == self._segments - 1
        nonce = self._prefix + self._next.to_bytes(4, "big") + (b"\x01" if is_last else b"\x00")
        end = at + len(segment) + self._grow_bytes
        try:
            self._into(nonce, segment, None, out[at:end])
        except InvalidTag:
            raise _mismatch() from None
        self._next += 1
        return end

    def _unit_now(self) -> int:
        return self._unit - (HEADER_BYTES if self._next == 0 else 0)

    def _room(self, length_bytes: int) -> memoryview:
        if len(self._out) < length_bytes:
            # Generous for large feeds: what is held back grows from feed to feed, the buffer must not.
            self._out = bytearray(length_bytes + (2 * SEGMENT_BYTES if length_bytes > SEGMENT_BYTES else 0))
        return memoryview(self._out)

    def _end(self) -> None:
        self._is_over = True
        self._into = None
        self._held = bytearray()
        self._out = bytearray()


class Encryptor(_Stream):
    """Encrypts one attempt to write one part. `header` belongs into the manifest."""

    __slots__ = ("_has_led", "header")

    def __init__(self, data_key: bytes, associated_data: bytes, dice: Dice) -> None:
        super().__init__(SEGMENT_PLAIN_BYTES, TAG_BYTES)
        salt, prefix = dice.draw(SALT_BYTES), dice.draw(PREFIX_BYTES)
        self.header = bytes([HEADER_BYTES]) + salt + prefix
        self._has_led = False
        self._prefix, key = _start(data_key, associated_data, self.header)
        self._into = AESGCM(key).encrypt_into

    def _advance(self, fed: memoryview, *, is_end: bool, lead: bytes = b"") -> memoryview:
        lead = b"" if self._has_led else self.header
        self._has_led = True
        return super()._advance(fed, is_end=is_end, lead=lead)


class Decryptor(_Stream):
    """Decrypts one part, whole from its header on, or (`at`) a range of it.

    `stream-mismatch` (broken) for everything that is not exactly what was written there: a flipped,
    missing, moved or foreign byte, a cut, another key or other associated data.
    """

    __slots__ = ("_associated", "_data_key", "_fed_bytes", "_head", "_span", "_togo_bytes", "_togo_skip")

    def __init__(self, data_key: bytes, associated_data: bytes) -> None:
        super().__init__(SEGMENT_BYTES, -TAG_BYTES)
        self._data_key = _key(data_key)
        self._associated = associated_data
        self._head = bytearray()
        self._span: Span | None = None
        self._fed_bytes = 0
        self._togo_skip = 0
        self._togo_bytes = 0

    @classmethod
    def at(cls, data_key: bytes, associated_data: bytes, header: bytes, span: Span) -> "Decryptor":
        """A decryptor that is fed cipher bytes `cipher_first` to `cipher_last` and gives the range."""
        self = cls(data_key, associated_data)
        self._begin(header)
        self._span = span
        self._next = span.first_segment
        self._segments = span.segments
        self._togo_skip, self._togo_bytes = span.skip, span.plain_bytes
        return self

    def _begin(self, header: bytes) -> None:
        self._prefix, key = _start(self._data_key, self._associated, header)
        self._into = AESGCM(key).decrypt_into
        self._data_key = b""

    def _advance(self, fed: memoryview, *, is_end: bool, lead: bytes = b"") -> memoryview:
        if self._into is None:
            more = HEADER_BYTES - len(self._head)
            self._head += fed[:more]
            fed = fed[more:]
            if len(self._head) < HEADER_BYTES:
                if is_end:
                    raise _mismatch()
                return _EMPTY
            self._begin(bytes(self._head))
        if self._span is None:
            return super()._advance(fed, is_end=is_end, lead=lead)
        return self._ranged(self._span, fed, is_end=is_end)

    def _ranged(self, span: Span, fed: memoryview, *, is_end: bool) -> memoryview:
        self._fed_bytes += len(fed)
        wanted = span.cipher_last - span.cipher_first + 1
        if self._fed_bytes > wanted or (is_end and self._fed_bytes < wanted):
            raise _mismatch()
        out = super()._advance(fed, is_end=is_end)
        skipped = min(self._togo_skip, len(out))
        out = out[skipped : skipped + self._togo_bytes]
        self._togo_skip -= skipped
        self._togo_bytes -= len(out)
        return out


def seal_all(
    data_key: bytes, associated_data: bytes, plain: bytes | bytearray | memoryview, dice: Dice
) -> tuple[bytes, bytes]:
    """(header, whole stream) of a short part that is all there: `Encryptor` without buffers."""
    header = bytes([HEADER_BYTES]) + dice.draw(SALT_BYTES) + dice.draw(PREFIX_BYTES)
    prefix, key = _start(data_key, associated_data, header)
    seals, out, at, number = AESGCM(key).encrypt, [header], 0, 0
    whole, last = memoryview(plain), _segments(len(plain)) - 1
    while number <= last:
        end = at + SEGMENT_PLAIN_BYTES - (HEADER_BYTES if number == 0 else 0)
        nonce = prefix + number.to_bytes(4, "big") + (b"\x01" if number == last else b"\x00")
        out.append(seals(nonce, whole[at:end], None))
        at, number = end, number + 1
    return header, b"".join(out)


def open_span(
    data_key: bytes, associated_data: bytes, header: bytes, span: Span, cipher: bytes | memoryview
) -> bytes:
    """`Decryptor.at` for a short range whose cipher bytes are all there: no buffers, nothing held back."""
    if len(cipher) != span.cipher_last - span.cipher_first + 1:
        raise _mismatch()
    prefix, key = _start(data_key, associated_data, header)
    opens, plain, at, number = AESGCM(key).decrypt, [], 0, span.first_segment
    while at < len(cipher):
        end = at + SEGMENT_BYTES - (HEADER_BYTES if number == 0 else 0)
        nonce = prefix + number.to_bytes(4, "big") + (b"\x01" if number == span.segments - 1 else b"\x00")
        try:
            plain.append(opens(nonce, cipher[at:end], None))
        except InvalidTag:
            raise _mismatch() from None
        at, number = end, number + 1
    return b"".join(plain)[span.skip : span.skip + span.plain_bytes]


def _start(data_key: bytes, associated_data: bytes, header: bytes) -> tuple[bytes, bytes]:
    """(nonce prefix, segment key) of a header; `stream-mismatch` when it is none."""
    if len(header) != HEADER_BYTES or header[0] != HEADER_BYTES:
        raise _mismatch()
    salt, prefix = header[1 : 1 + SALT_BYTES], header[1 + SALT_BYTES :]
    extracted = hmac_sha256(salt, _key(data_key))
    return prefix, hmac_sha256(extracted, associated_data + b"\x01")


def _segments(plain_bytes: int) -> int:
    return max(1, -(-(plain_bytes + HEADER_BYTES) // SEGMENT_PLAIN_BYTES))


def _key(raw: bytes) -> bytes:
    if len(raw) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return raw


def _mismatch() -> Refusal:
    return Refusal("stream-mismatch", Kind.BROKEN)
