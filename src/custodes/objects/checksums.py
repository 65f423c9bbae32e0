"""Checksums over content, and how those of parts become one for the whole.

The algorithms are those of S3 (User Guide, "Checking object integrity"). FULL_OBJECT is the checksum of all
bytes; a CRC's can be computed from those of the parts. COMPOSITE is the checksum of the parts' raw checksums,
written with `-N`. MD5 serves only `Content-MD5`: it is slow and never computed unless a caller sends it.
"""

import hashlib
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec
from awscrt import checksums as crt  # type: ignore[import-untyped]
from isal import isal_zlib

from custodes.kernel.canonical import b64, unb64
from custodes.kernel.refusal import malformed

Buffer = bytes | bytearray | memoryview


class Algorithm(StrEnum):
    """The checksum algorithms, as the protocol spells them."""

    CRC32 = "CRC32"
    CRC32C = "CRC32C"
    CRC64NVME = "CRC64NVME"
    SHA1 = "SHA1"
    SHA256 = "SHA256"


class Coverage(StrEnum):
    """What a checksum is over."""

    FULL_OBJECT = "FULL_OBJECT"
    COMPOSITE = "COMPOSITE"


class Checksum(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A checksum: base64 of the big-endian value, with `-N` when it is COMPOSITE over N parts."""

    algorithm: Algorithm
    value: str
    coverage: Coverage = Coverage.FULL_OBJECT


class Running(Protocol):
    """A digest that grows with the body."""

    def update(self, piece: Buffer, /) -> None:
        """Take in the next bytes."""
        ...

    def digest(self) -> bytes:
        """The digest of everything so far, big-endian."""
        ...


class _Crc:
    def __init__(self, step: Callable[[Buffer, int], int], size_bytes: int) -> None:
        self._step = step
        self._size_bytes = size_bytes
        self._value = 0

    def update(self, piece: Buffer, /) -> None:
        self._value = self._step(piece, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size_bytes, "big")


DIGEST_BYTES = {
    Algorithm.CRC32: 4,
    Algorithm.CRC32C: 4,
    Algorithm.CRC64NVME: 8,
    Algorithm.SHA1: 20,
    Algorithm.SHA256: 32,
}
COVERAGES = {
    Algorithm.CRC32: (Coverage.COMPOSITE, Coverage.FULL_OBJECT),  # the first is the default for multipart
    Algorithm.CRC32C: (Coverage.COMPOSITE, Coverage.FULL_OBJECT),
    Algorithm.CRC64NVME: (Coverage.FULL_OBJECT,),
    Algorithm.SHA1: (Coverage.COMPOSITE,),
    Algorithm.SHA256: (Coverage.COMPOSITE,),
}
DEFAULT = Algorithm.CRC64NVME  # what is computed when the caller names none, as S3 does

_CRC_STEPS: dict[Algorithm, Callable[[Buffer, int], int]] = {
    Algorithm.CRC32: isal_zlib.crc32,
    Algorithm.CRC32C: crt.crc32c,
    Algorithm.CRC64NVME: crt.crc64nvme,
}
_COMBINE: dict[Algorithm, Callable[[int, int, int], int]] = {
    Algorithm.CRC32: crt.combine_crc32,
    Algorithm.CRC32C: crt.combine_crc32c,
    Algorithm.CRC64NVME: crt.combine_crc64nvme,
}


def running(algorithm: Algorithm) -> Running:
    """A fresh digest of this algorithm."""
    if algorithm is Algorithm.SHA1:
        return hashlib.sha1(usedforsecurity=False)
    if algorithm is Algorithm.SHA256:
        return hashlib.sha256()
    return _Crc(_CRC_STEPS[algorithm], DIGEST_BYTES[algorithm])


def checksum_of(algorithm: Algorithm, content: Buffer) -> Checksum:
    """The FULL_OBJECT checksum of content at hand."""
    digest = running(algorithm)
    digest.update(content)
    return Checksum(algorithm=algorithm, value=b64(digest.digest()))


def is_value(algorithm: Algorithm, text: str) -> bool:
    """Whether a text could be a checksum: strict base64 of the right length."""
    try:
        return len(unb64(text)) == DIGEST_BYTES[algorithm]
    except ValueError:
        return False


def check_value(algorithm: Algorithm, text: str) -> str:
    """A checksum as a caller sends it (`checksum-malformed`)."""
    if not is_value(algorithm, text):
        raise malformed("checksum-malformed", algorithm=algorithm.value)
    return text


def coverage_for(algorithm: Algorithm, asked: str | None) -> Coverage:
    """The coverage of a multipart upload's checksum (`checksum-type-unsupported`)."""
    allowed = COVERAGES[algorithm]
    if asked is None:
        return allowed[0]
    for coverage in allowed:
        if coverage.value == asked:
            return coverage
    raise malformed("checksum-type-unsupported", algorithm=algorithm.value)


def combine(algorithm: Algorithm, coverage: Coverage, parts: Sequence[tuple[str, int]]) -> Checksum:
    """One checksum from those of the parts: `parts` are (base64 value, plaintext bytes), in order."""
    if coverage not in COVERAGES[algorithm] or not parts:
        raise malformed("checksum-type-unsupported", algorithm=algorithm.value)
    digests = [unb64(check_value(algorithm, value)) for value, _ in parts]
    if coverage is Coverage.COMPOSITE:
        whole = running(algorithm)
        whole.update(b"".join(digests))
        text = f"{b64(whole.digest())}-{len(parts)}"
        return Checksum(algorithm=algorithm, value=text, coverage=coverage)
    step = _COMBINE[algorithm]
    value = int.from_bytes(digests[0], "big")
    for digest, (_, size_bytes) in zip(digests[1:], parts[1:], strict=True):
        value = step(value, int.from_bytes(digest, "big"), size_bytes)
    text = b64(value.to_bytes(DIGEST_BYTES[algorithm], "big"))
    return Checksum(algorithm=algorithm, value=text, coverage=coverage)


def check_equal(computed: Checksum, declared: str) -> None:
    """Refuse content that is not what the caller said it is (`checksum-differs`)."""
    if computed.value != declared:
        raise malformed("checksum-differs", algorithm=computed.algorithm.value)
