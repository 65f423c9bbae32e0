"""The cloud provider against the envelope: he keeps, changes, swaps and withholds bytes; a second tenant
brings a key of his own. Nothing unverified comes out, and no stream has two readings."""

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.custody import envelope
from custodes.custody.envelope import HEADER_BYTES, Decryptor, Encryptor, cipher_length
from custodes.custody.manifest import Manifest, Origin, Part, open_manifest, wrap_manifest
from custodes.custody.wrap import Context, Purpose, hkdf_sha512, unwrap
from custodes.kernel.limits import SEGMENT_BYTES
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

KEY = bytes(range(32))
IDS = {
    "house": "hse-a",
    "customer": "cus-a",
    "bucket": "bkt-a",
    "object_version": "ver-a",
    "part": 1,
    "attempt": "blb-a",
}
PLAIN = bytes(range(256)) * 1024  # 256 KiB: five segments


def written(dice=None, plain=PLAIN, key=KEY, **ids):
    machine = Encryptor(key, envelope.associated(**IDS | ids), dice or SeededDice(1))
    return machine.feed(plain) + machine.finish()


def read(cipher, key=KEY, **ids):
    machine = Decryptor(key, envelope.associated(**IDS | ids))
    return machine.feed(cipher) + machine.finish()


def refused(cipher, **ids):
    with pytest.raises(Refusal, match="stream-mismatch"):
        read(cipher, **ids)


def segments(cipher):
    return [cipher[at : at + SEGMENT_BYTES] for at in range(0, len(cipher), SEGMENT_BYTES)]


@pytest.mark.parametrize(
    "other",
    [
        {"house": "hse-b"},
        {"customer": "cus-b"},
        {"bucket": "bkt-b"},
        {"object_version": "ver-b"},
        {"part": 2},
        {"attempt": "blb-b"},
    ],
)
def test_a_blob_in_another_place_is_refused(other):
    assert read(written()) == PLAIN
    refused(written(), **other)


def test_segments_dropped_doubled_reordered_or_appended_are_refused():
    parts = segments(written())
    assert len(parts) == 5
    for bad in (
        parts[:-1],
        parts[:1],
        parts[1:],
        parts[:2] + parts[3:],
        [parts[0], parts[2], parts[1], *parts[3:]],
        parts[:2] + parts[1:],
        parts[:-1] + parts[-2:-1],
        [*parts, parts[-1]],
        [*parts, parts[1]],
        [*parts, b"\0"],
    ):
        refused(b"".join(bad))


def test_a_cut_at_any_edge_is_refused():
    cipher = written()
    edges = {n * SEGMENT_BYTES + d for n in range(5) for d in (-1, 0, 1, 16, 40)} | {len(cipher) - 1}
    for edge in edges:
        if 0 <= edge < len(cipher):
            refused(cipher[:edge])


def test_a_flip_in_header_segment_or_tag_is_refused():
    cipher = written()
    places = [0, 1, 32, 33, 39, 40, SEGMENT_BYTES - 1, SEGMENT_BYTES, 2 * SEGMENT_BYTES + 5, len(cipher) - 1]
    for place in places:
        refused(cipher[:place] + bytes([cipher[place] ^ 0x80]) + cipher[place + 1 :])


def test_segments_of_two_attempts_at_one_part_do_not_mix():
    """A retried part number: same key, same ids but the attempt, other salt. Even with the same ids."""
    dice = SeededDice(3)
    one, two = segments(written(dice)), segments(written(dice))
    for at in range(len(one)):
        refused(b"".join([*one[:at], two[at], *one[at + 1 :]]))


def test_a_retried_part_never_reuses_a_key_stream():
    """The flaw others had: two attempts with different bytes must not share key and nonce."""
    dice = SeededDice(3)
    one, two = written(dice, plain=bytes(1000)), written(dice, plain=b"\xff" * 1000)
    body = slice(HEADER_BYTES, HEADER_BYTES + 1000)
    mixed = bytes(a ^ b for a, b in zip(one[body], two[body], strict=True))
    assert mixed != b"\xff" * 1000
    assert one[1:33] != two[1:33]


def test_nothing_of_a_batch_with_a_bad_segment_comes_out():
    cipher = bytearray(written())
    cipher[3 * SEGMENT_BYTES + 7] ^= 1
    machine = Decryptor(KEY, envelope.associated(**IDS))
    with pytest.raises(Refusal, match="stream-mismatch"):
        machine.feed(bytes(cipher))
    assert len(machine._out) == 0
    assert len(machine._held) == 0


def manifest_of(parts, key=KEY):
    return Manifest(
        house="hse-a",
        customer="cus-a",
        object_version="ver-a",
        origin=Origin(bucket="bkt-a", object_version="ver-a"),
        parts=parts,
        content_type="",
        etag="e-1",
        commitment=envelope.commitment(key, "ver-a"),
        location="loc-a",
        key="key-a",
        key_version=1,
        written_at="2026-11-22T08:00:00Z",
    )


def test_parts_dropped_or_swapped_in_the_store_are_seen_through_the_manifest():
    """Each blob is whole in itself; only the manifest knows which belong and in which order."""
    dice = SeededDice(4)
    blobs, parts = {}, []
    for number in (1, 2):
        blob = f"blb-{number}"
        blobs[blob] = written(dice, plain=bytes([number]) * 1000, part=number, attempt=blob)
        parts.append(
            Part(
                number=number,
                blob=blob,
                plain_bytes=1000,
                cipher_bytes=cipher_length(1000),
                header=blobs[blob][:HEADER_BYTES],
            )
        )
    wrapped = wrap_manifest(KEY, manifest_of(tuple(parts)), dice)
    manifest = open_manifest(KEY, ("hse-a", "cus-a", "ver-a"), wrapped)
    out = b""
    for part in manifest.parts:
        machine = Decryptor(KEY, manifest.associated(part))
        out += machine.feed(blobs[part.blob]) + machine.finish()
    assert out == b"\1" * 1000 + b"\2" * 1000
    swapped = {"blb-1": blobs["blb-2"], "blb-2": blobs["blb-1"]}
    for part in manifest.parts:
        machine = Decryptor(KEY, manifest.associated(part))
        machine.feed(swapped[part.blob])
        with pytest.raises(Refusal, match="stream-mismatch"):
            machine.finish()


# --- one ciphertext, two keys: why there are commitments ---------------------------------------------


def times(x, y):
    """Product in GCM's field, blocks as integers, bit 0 leftmost (NIST SP 800-38D, 6.3)."""
    z = 0
    for bit in range(127, -1, -1):
        if (x >> bit) & 1:
            z ^= y
        y = (y >> 1) ^ (0xE1 << 120 if y & 1 else 0)
    return z


def power(x, n):
    out = 1 << 127
    for _ in range(n):
        out = times(out, x)
    return out


def inverse(x):
    out, square = 1 << 127, x
    for _ in range(127):
        square = times(square, square)
        out = times(out, square)
    return out


def block(key, raw):
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(raw), "big")


def two_readings(one, two, nonce):
    """A 32-byte AES-GCM ciphertext with tag that opens under both keys (public since 2017)."""
    h1, h2 = block(one, bytes(16)), block(two, bytes(16))
    s1, s2 = (block(key, nonce + b"\0\0\0\1") for key in (one, two))
    first, length = 0x1234, 256  # 256 bits of ciphertext, none associated
    rest = s1 ^ s2 ^ times(first, power(h1, 3) ^ power(h2, 3)) ^ times(length, h1 ^ h2)
    second = times(rest, inverse(power(h1, 2) ^ power(h2, 2)))
    tag = s1 ^ times(first, power(h1, 3)) ^ times(second, power(h1, 2)) ^ times(length, h1)
    cipher = b"".join(number.to_bytes(16, "big") for number in (first, second, tag))
    assert AESGCM(one).decrypt(nonce, cipher, None) != AESGCM(two).decrypt(nonce, cipher, None)
    return cipher


def test_a_stream_with_two_readings_is_caught_by_the_commitment():
    """Two data keys, one blob, two texts: the stream alone accepts both, the commitment only one."""
    other, ad = bytes(range(32, 64)), envelope.associated(**IDS)
    header = b"\x28" + b"s" * 32 + b"p" * 7
    keys = [envelope._start(key, ad, header)[1] for key in (KEY, other)]
    blob = header + two_readings(*keys, b"p" * 7 + b"\0\0\0\0\x01")
    assert read(blob) != read(blob, key=other)
    expected = envelope.commitment(KEY, "ver-a")
    envelope.demand_commitment(KEY, "ver-a", expected)
    with pytest.raises(Refusal, match="commitment-mismatch"):
        envelope.demand_commitment(other, "ver-a", expected)


def test_a_wrap_with_two_readings_is_caught_by_its_commit():
    where = Context(house="h", customer="c", key="k", version=1, purpose=Purpose.OBJECT, subject="s")
    other, salt = bytes(range(32, 64)), b"s" * 32
    derived = [hkdf_sha512(kek, salt, where.canonical()) for kek in (KEY, other)]
    cipher = two_readings(derived[0][:32], derived[1][:32], bytes(12))
    wrapped = b"\1" + salt + derived[0][32:] + cipher
    assert len(unwrap(KEY, where, wrapped)) == 32
    with pytest.raises(Refusal, match="wrap-mismatch"):
        unwrap(other, where, wrapped)
