import base64
import hashlib
import zlib

import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.checksums import (
    Algorithm,
    Checksum,
    Coverage,
    check_equal,
    check_value,
    checksum_of,
    combine,
    coverage_for,
    running,
)

NINE = b"123456789"  # the check input of the CRC catalogue
CHECKS = {"CRC32": "cbf43926", "CRC32C": "e3069283", "CRC64NVME": "ae8b14860a799888"}


@pytest.mark.parametrize("algorithm", list(Algorithm))
def test_known_values(algorithm):
    if algorithm.value in CHECKS:
        expected = bytes.fromhex(CHECKS[algorithm.value])
    else:
        expected = hashlib.new(algorithm.value.lower(), NINE).digest()
    assert checksum_of(algorithm, NINE).value == base64.b64encode(expected).decode()
    digest = running(algorithm)
    for byte in NINE:
        digest.update(memoryview(bytes([byte])))
    assert digest.digest() == expected


@pytest.mark.parametrize("algorithm", [Algorithm.CRC32, Algorithm.CRC32C, Algorithm.CRC64NVME])
def test_the_crc_of_the_whole_comes_from_the_parts(algorithm):
    pieces = [b"a" * 70_000, b"", b"bc" * 33, b"d"]
    parts = [(checksum_of(algorithm, piece).value, len(piece)) for piece in pieces]
    assert combine(algorithm, Coverage.FULL_OBJECT, parts) == checksum_of(algorithm, b"".join(pieces))


def test_a_composite_is_the_checksum_of_the_checksums():
    pieces = [b"one", b"two"]
    parts = [(checksum_of(Algorithm.CRC32, piece).value, len(piece)) for piece in pieces]
    raw = b"".join(zlib.crc32(piece).to_bytes(4, "big") for piece in pieces)
    expected = base64.b64encode(zlib.crc32(raw).to_bytes(4, "big")).decode() + "-2"
    assert combine(Algorithm.CRC32, Coverage.COMPOSITE, parts) == Checksum(
        algorithm=Algorithm.CRC32, value=expected, coverage=Coverage.COMPOSITE
    )


def test_what_covers_what():
    assert coverage_for(Algorithm.CRC32, None) is Coverage.COMPOSITE
    assert coverage_for(Algorithm.CRC32, "FULL_OBJECT") is Coverage.FULL_OBJECT
    assert coverage_for(Algorithm.CRC64NVME, None) is Coverage.FULL_OBJECT
    for algorithm, asked in [
        (Algorithm.SHA256, "FULL_OBJECT"),
        (Algorithm.CRC64NVME, "COMPOSITE"),
        (Algorithm.CRC32, "HALF"),
    ]:
        with pytest.raises(Refusal, match="checksum-type-unsupported"):
            coverage_for(algorithm, asked)
    with pytest.raises(Refusal, match="checksum-type-unsupported"):
        combine(Algorithm.CRC32, Coverage.COMPOSITE, [])


@pytest.mark.parametrize("text", ["", "AAAA", "AAAAAA=", "AAAAA===", "AAAAAB==", "AAAAAA==\n", "!!!!!!=="])
def test_a_value_has_the_right_form(text):
    assert check_value(Algorithm.CRC32, "AAAAAA==") == "AAAAAA=="
    with pytest.raises(Refusal, match="checksum-malformed"):
        check_value(Algorithm.CRC32, text)


def test_other_content_is_refused():
    computed = checksum_of(Algorithm.SHA256, b"x")
    check_equal(computed, computed.value)
    with pytest.raises(Refusal, match="checksum-differs"):
        check_equal(computed, checksum_of(Algorithm.SHA256, b"y").value)
