"""The messages of `v2.KeyManagementService`, and protobuf's wire format as far as they need it.

Field numbers are those of the interface (k8s.io/kms/apis/v2, Apache-2.0). Unknown fields are passed over, as
protobuf wants it; of a field that comes twice the last one counts.
"""

from collections.abc import Iterator

import msgspec

from custodes.kernel.refusal import malformed

SERVICE = "v2.KeyManagementService"
VERSION = "v2"
OK = "ok"
MESSAGE_BYTES_MAX = 1_048_576
UID_CHARACTERS_MAX = 128
KEY_ID_BYTES_MAX = 1_024  # of the interface
_VARINT_BYTES_MAX = 10
_SKIPPED = {1: 8, 5: 4}  # wire types of fixed length


class ToEncrypt(msgspec.Struct, frozen=True, kw_only=True):
    """EncryptRequest: plaintext 1, uid 2."""

    plaintext: bytes
    uid: str

    def __repr__(self) -> str:
        return "ToEncrypt(...)"


class ToDecrypt(msgspec.Struct, frozen=True, kw_only=True):
    """DecryptRequest: ciphertext 1, uid 2, key_id 3, annotations 4 (of which we make none)."""

    ciphertext: bytes
    uid: str
    key_id: str


def to_encrypt(raw: bytes) -> ToEncrypt:
    """`bad-kms-message` (malformed)."""
    found = _fields(raw)
    return ToEncrypt(plaintext=found.get(1, b""), uid=_text(found.get(2, b""), UID_CHARACTERS_MAX))


def to_decrypt(raw: bytes) -> ToDecrypt:
    """`bad-kms-message` (malformed)."""
    found = _fields(raw)
    return ToDecrypt(
        ciphertext=found.get(1, b""),
        uid=_text(found.get(2, b""), UID_CHARACTERS_MAX),
        key_id=_text(found.get(3, b""), KEY_ID_BYTES_MAX),
    )


def status(healthz: str, key_id: str) -> bytes:
    """StatusResponse: version 1, healthz 2, key_id 3."""
    return _field(1, VERSION.encode()) + _field(2, healthz.encode()) + _field(3, key_id.encode())


def encrypted(ciphertext: bytes, key_id: str) -> bytes:
    """EncryptResponse: ciphertext 1, key_id 2."""
    return _field(1, ciphertext) + _field(2, key_id.encode())


def decrypted(plaintext: bytes) -> bytes:
    """DecryptResponse: plaintext 1."""
    return _field(1, plaintext)


def key_id_of(key: str, version: int) -> str:
    """What names a key version to the cluster: another one means that secrets are to be written anew."""
    return f"{key}/{version}"


def version_of(key_id: str, key: str) -> int:
    """The version of this very key that a key id names; `other-kms-key` (malformed)."""
    named, _, version = key_id.partition("/")
    if named != key or not version.isascii() or not version.isdigit() or len(version) > 9:
        raise malformed("other-kms-key")
    return int(version)


def _fields(raw: bytes) -> dict[int, bytes]:
    """The length-delimited fields by number."""
    if len(raw) > MESSAGE_BYTES_MAX:
        raise _bad()
    return dict(_each(raw))


def _each(raw: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(raw):
        tag, at = _varint(raw, at)
        number, kind = tag >> 3, tag & 7
        if number == 0:
            raise _bad()
        if kind == 0:
            _, at = _varint(raw, at)
            continue
        length, at = _varint(raw, at) if kind == 2 else (_SKIPPED.get(kind, -1), at)
        if length < 0 or at + length > len(raw):
            raise _bad()
        if kind == 2:
            yield number, raw[at : at + length]
        at += length


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(_VARINT_BYTES_MAX):
        if at + shift >= len(raw):
            break
        byte = raw[at + shift]
        value |= (byte & 0x7F) << (7 * shift)
        if not byte & 0x80:
            return value, at + shift + 1
    raise _bad()


def _field(number: int, value: bytes) -> bytes:
    if not value:
        return b""  # what has its default is not written
    length, head = len(value), bytearray([number << 3 | 2])
    while length >= 0x80:
        head.append(length & 0x7F | 0x80)
        length >>= 7
    head.append(length)
    return bytes(head) + value


def _text(raw: bytes, most: int) -> str:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _bad() from error
    if len(text) > most or not text.isprintable():
        raise _bad()
    return text


def _bad() -> Exception:
    return malformed("bad-kms-message")
