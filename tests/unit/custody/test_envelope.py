import io

import pytest
import tink
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tink import secret_key_access, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

from custodes.custody import envelope as e
from custodes.custody.envelope import Decryptor, Encryptor
from custodes.kernel.limits import SEGMENT_BYTES
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice

streaming_aead.register()

KEY = bytes(range(32))
FIRST = SEGMENT_BYTES - 16 - e.HEADER_BYTES  # plain bytes of the first segment
UNIT = SEGMENT_BYTES - 16
WHERE = {
    "house": "hse-a",
    "customer": "cus-a",
    "bucket": "bkt-a",
    "object_version": "ver-a",
    "part": 1,
    "attempt": "blb-a",
}
AD = e.associated(**WHERE)
EDGES = sorted(
    {0, 1, 15, 16, 17, 1_000}
    | {FIRST + n for n in (-1, 0, 1)}
    | {UNIT + n for n in (-1, 0, 1)}
    | {FIRST + UNIT + n for n in (-1, 0, 1)}
    | {FIRST + 15 * UNIT + n for n in (-1, 0, 1)}
    | {FIRST + 16 * UNIT + n for n in (-1, 0, 1)}
)


def plain_of(length):
    return (b"0123456789abcdefghijklmnopqrstuvwxyz!" * (length // 37 + 1))[:length]


def encrypt(plain, *, step=1_048_576, seed=1, associated=AD, key=KEY):
    machine = Encryptor(key, associated, SeededDice(seed))
    out = [machine.feed(plain[at : at + step]) for at in range(0, len(plain), step)]
    return b"".join([*out, machine.finish()])


def decrypt(cipher, *, step=1_048_576, associated=AD, key=KEY):
    machine = Decryptor(key, associated)
    out = [machine.feed(cipher[at : at + step]) for at in range(0, len(cipher), step)]
    return b"".join([*out, machine.finish()])


def refused(call, *args, **kwargs):
    with pytest.raises(Refusal) as caught:
        call(*args, **kwargs)
    assert (caught.value.code, caught.value.kind) == ("stream-mismatch", Kind.BROKEN)


def the_other():
    """Google's implementation, given the same key."""
    key = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0,
        key_value=KEY,
        params=aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
            ciphertext_segment_size=SEGMENT_BYTES,
            derived_key_size=32,
            hkdf_hash_type=common_pb2.SHA256,
        ),
    )
    keyset = tink_pb2.Keyset(primary_key_id=1)
    keyset.key.add(
        key_data=tink_pb2.KeyData(
            type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
            value=key.SerializeToString(),
            key_material_type=tink_pb2.KeyData.SYMMETRIC,
        ),
        status=tink_pb2.ENABLED,
        key_id=1,
        output_prefix_type=tink_pb2.RAW,
    )
    handle = tink.proto_keyset_format.parse(keyset.SerializeToString(), secret_key_access.TOKEN)
    return handle.primitive(streaming_aead.StreamingAead)


class Kept(io.BytesIO):
    """Tink closes what it writes to; this keeps what was written."""

    def close(self):
        if not self.closed:
            self.kept = self.getvalue()
        super().close()


@pytest.mark.parametrize("length", EDGES)
def test_tink_reads_what_we_write(length):
    with the_other().new_decrypting_stream(io.BytesIO(encrypt(plain_of(length))), AD) as stream:
        assert stream.read() == plain_of(length)


@pytest.mark.parametrize("length", EDGES)
def test_we_read_what_tink_writes(length):
    sink = Kept()
    with the_other().new_encrypting_stream(sink, AD) as stream:
        stream.write(plain_of(length))
    assert len(sink.kept) == e.cipher_length(length)
    assert decrypt(sink.kept) == plain_of(length)


@pytest.mark.parametrize("step", [7_919, 65_480, 65_520, 65_536, 1_048_576, 10_000_000])
@pytest.mark.parametrize("length", [0, 1, FIRST, FIRST + 1, FIRST + 16 * UNIT, FIRST + 16 * UNIT + 1])
def test_how_it_is_fed_does_not_matter(length, step):
    cipher = encrypt(plain_of(length), step=step)
    assert cipher == encrypt(plain_of(length))
    assert decrypt(cipher, step=step) == plain_of(length)


def test_byte_by_byte():
    cipher = encrypt(plain_of(200), step=1)
    assert cipher == encrypt(plain_of(200))
    assert decrypt(cipher, step=1) == plain_of(200)


def test_the_layout_is_the_documented_one():
    """Built again from the library's own HKDF and one AES-GCM per segment."""
    plain = plain_of(FIRST + UNIT + 5)
    cipher = encrypt(plain)
    assert cipher[:1] == b"\x28"
    aes = AESGCM(HKDF(hashes.SHA256(), 32, cipher[1:33], AD).derive(KEY))
    nonce = cipher[33:40]
    assert aes.decrypt(nonce + b"\0\0\0\0\0", cipher[40:SEGMENT_BYTES], None) == plain[:FIRST]
    assert (
        aes.decrypt(nonce + b"\0\0\0\x01\0", cipher[SEGMENT_BYTES : 2 * SEGMENT_BYTES], None)
        == plain[FIRST : FIRST + UNIT]
    )
    assert aes.decrypt(nonce + b"\0\0\0\x02\x01", cipher[2 * SEGMENT_BYTES :], None) == plain[FIRST + UNIT :]
    assert AD == (
        b'{"attempt":"blb-a","bucket":"bkt-a","customer":"cus-a","format":"custodes/object/v1",'
        b'"house":"hse-a","object_version":"ver-a","part":1}'
    )


@pytest.mark.parametrize("length", EDGES)
def test_lengths_are_exact_both_ways(length):
    assert len(encrypt(plain_of(length))) == e.cipher_length(length)
    assert e.plain_length(e.cipher_length(length)) == length


@pytest.mark.parametrize("length", [0, 1, 55, SEGMENT_BYTES + 1, SEGMENT_BYTES + 16, -5])
def test_lengths_no_stream_has_are_refused(length):
    refused(e.plain_length, length)


def test_a_negative_length_is_a_bug():
    with pytest.raises(ValueError, match="negative"):
        e.cipher_length(-1)


@pytest.mark.parametrize("length", [1, FIRST - 1, FIRST, FIRST + 1, FIRST + UNIT, FIRST + 2 * UNIT + 100])
def test_every_interesting_range(length):
    plain = plain_of(length)
    cipher = encrypt(plain)
    marks = {0, 1, FIRST - 1, FIRST, FIRST + 1, FIRST + UNIT - 1, FIRST + UNIT, length // 2, length - 1}
    marks = sorted(mark for mark in marks if 0 <= mark < length)
    for first in marks:
        for last in [mark for mark in marks if mark >= first]:
            span = e.segment_range(first, last, length)
            machine = Decryptor.at(KEY, AD, cipher[:40], span)
            fetched = cipher[span.cipher_first : span.cipher_last + 1]
            out = b"".join(machine.feed(fetched[at : at + 70_000]) for at in range(0, len(fetched), 70_000))
            assert out + machine.finish() == plain[first : last + 1]
            assert e.open_span(KEY, AD, cipher[:40], span, memoryview(fetched)) == plain[first : last + 1]


def test_a_small_range_touches_at_most_two_segments():
    length = FIRST + 100 * UNIT
    for first in (0, FIRST - 1, FIRST + 7 * UNIT - 1, FIRST + 7 * UNIT, length - UNIT):
        span = e.segment_range(first, min(first + UNIT, length) - 1, length)
        assert span.cipher_last - span.cipher_first + 1 <= 2 * SEGMENT_BYTES


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (1, 0), (0, 10), (10, 10)])
def test_a_range_outside_the_part_is_a_bug(first, last):
    with pytest.raises(ValueError, match="range"):
        e.segment_range(first, last, 10)


def test_a_range_fed_too_little_or_too_much_is_refused():
    length = FIRST + 2 * UNIT
    cipher = encrypt(plain_of(length))
    span = e.segment_range(FIRST, FIRST + 10, length)
    fetched = cipher[span.cipher_first : span.cipher_last + 1]
    refused(Decryptor.at(KEY, AD, cipher[:40], span).feed, fetched + b"\0")
    for cut in (fetched[:-1], fetched[:20], b""):
        machine = Decryptor.at(KEY, AD, cipher[:40], span)
        assert machine.feed(cut) == b""
        refused(machine.finish)
    for other in (fetched + b"\0", fetched[:-1], b"", fetched[:-1] + bytes([fetched[-1] ^ 1])):
        refused(e.open_span, KEY, AD, cipher[:40], span, other)
    refused(e.open_span, KEY, AD, bytes(40), span, fetched)
    refused(e.open_span, KEY, b"bound otherwise", cipher[:40], span, fetched)


def test_a_range_cut_between_two_of_its_segments_is_refused():
    """Each segment is sound; only the count tells."""
    length = FIRST + 3 * UNIT
    cipher = encrypt(plain_of(length))
    span = e.segment_range(FIRST, FIRST + 2 * UNIT - 1, length)
    machine = Decryptor.at(KEY, AD, cipher[:40], span)
    machine.feed(cipher[span.cipher_first : span.cipher_first + SEGMENT_BYTES])
    refused(machine.finish)
    twice = 2 * cipher[span.cipher_first : span.cipher_first + SEGMENT_BYTES]
    refused(e.open_span, KEY, AD, cipher[:40], span, twice)


@pytest.mark.parametrize("length", range(17))
def test_a_last_segment_too_short_for_its_tag_is_refused(length):
    cipher = encrypt(plain_of(FIRST + UNIT))
    refused(decrypt, cipher[: SEGMENT_BYTES + length])
    refused(decrypt, cipher[: e.HEADER_BYTES + length])


def test_a_range_from_another_segment_is_refused():
    length = FIRST + 3 * UNIT
    cipher = encrypt(plain_of(length))
    span = e.segment_range(FIRST, FIRST + 10, length)
    machine = Decryptor.at(KEY, AD, cipher[:40], span)
    assert machine.feed(cipher[2 * SEGMENT_BYTES : 3 * SEGMENT_BYTES]) == b""
    refused(machine.finish)
    refused(e.open_span, KEY, AD, cipher[:40], span, cipher[2 * SEGMENT_BYTES : 3 * SEGMENT_BYTES])


def test_a_part_said_to_end_early_is_refused():
    """The manifest's length is part of what the last-segment byte checks."""
    cipher = encrypt(plain_of(FIRST + 3 * UNIT))
    span = e.segment_range(0, FIRST + UNIT - 1, FIRST + UNIT)
    machine = Decryptor.at(KEY, AD, cipher[:40], span)
    machine.feed(cipher[span.cipher_first : span.cipher_last + 1])
    refused(machine.finish)
    refused(e.open_span, KEY, AD, cipher[:40], span, cipher[span.cipher_first : span.cipher_last + 1])


def test_two_attempts_never_share_salt_or_prefix():
    dice = SeededDice(4)
    headers = [Encryptor(KEY, AD, dice).header for _ in range(3)]
    assert len({header[1:33] for header in headers}) == 3
    assert len({header[33:] for header in headers}) == 3


def test_a_view_is_the_same_without_the_copy():
    machine = Encryptor(KEY, AD, SeededDice(1))
    plain = plain_of(FIRST + UNIT + 9)
    first = bytes(machine.feed_view(memoryview(plain)))
    assert first + machine.finish() == encrypt(plain)


def test_an_over_stream_is_over():
    machine = Encryptor(KEY, AD, SeededDice(1))
    machine.finish()
    with pytest.raises(ValueError, match="over"):
        machine.feed(b"x")
    with pytest.raises(ValueError, match="over"):
        machine.finish()


def test_after_a_refusal_nothing_more_comes_out():
    cipher = bytearray(encrypt(plain_of(FIRST + 3 * UNIT)))
    cipher[SEGMENT_BYTES + 100] ^= 1
    machine = Decryptor(KEY, AD)
    assert machine.feed(cipher[: SEGMENT_BYTES + 50]) == plain_of(FIRST)
    refused(machine.feed, cipher[SEGMENT_BYTES + 50 :])
    with pytest.raises(ValueError, match="over"):
        machine.feed(b"")
    with pytest.raises(ValueError, match="over"):
        machine.finish()


@pytest.mark.parametrize("header", [b"", bytes(39), bytes(40), b"\x29" + bytes(39), b"\x28" + bytes(40)])
def test_a_bad_header_is_refused(header):
    span = e.segment_range(0, 0, 1)
    refused(Decryptor.at, KEY, AD, header, span)
    refused(decrypt, header)


def test_a_commitment_fits_one_key_and_one_version():
    expected = e.commitment(KEY, "ver-a")
    assert expected == HKDF(hashes.SHA512(), 32, b"ver-a", b"custodes/object/commit/v1").derive(KEY)
    e.demand_commitment(KEY, "ver-a", expected)
    for key, version, given in (
        (bytes(32), "ver-a", expected),
        (KEY, "ver-b", expected),
        (KEY, "ver-a", expected[:-1]),
        (KEY, "ver-a", b""),
    ):
        with pytest.raises(Refusal, match="commitment-mismatch"):
            e.demand_commitment(key, version, given)


def test_a_data_key_of_another_length_is_a_bug():
    for call in (lambda: Encryptor(KEY[:16], AD, SeededDice()), lambda: Decryptor(KEY[:16], AD)):
        with pytest.raises(ValueError, match="32 bytes"):
            call()


@pytest.mark.parametrize("length", EDGES)
def test_what_is_sealed_in_one_go_is_the_same_stream(length):
    plain = plain_of(length)
    header, whole = e.seal_all(KEY, AD, bytearray(plain), SeededDice(1))
    assert whole == encrypt(plain)
    assert whole.startswith(header)
    assert e.seal_all(KEY, AD, plain, SeededDice(2))[0] != header
