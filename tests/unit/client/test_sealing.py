"""Head, stream and tail of an object its owner sealed."""

from contextlib import suppress

import pytest

from custodes.client import sealing
from custodes.custody import envelope
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

HEAD = sealing.Head(
    house=f"hse-{'0' * 26}",
    customer=f"cus-{'1' * 26}",
    key=f"key-{'2' * 26}",
    object_version=f"ver-{'3' * 26}",
    token=b"t" * 118,
    is_split=False,
)
KEY = bytes(range(32))


def tail_of(name="a/b", plain_bytes=10):
    header = envelope.Encryptor(KEY, sealing.bound(HEAD), SeededDice()).header
    ended = sealing.Ended(header=header, plain_bytes=plain_bytes, name=name, at="2026-11-22T08:00:00Z")
    return sealing.write_tail(HEAD, KEY, ended, SeededDice())


def test_head_and_tail_have_fixed_lengths_and_come_back():
    assert len(sealing.write_head(HEAD)) == sealing.HEAD_BYTES
    assert sealing.read_head(sealing.write_head(HEAD)) == HEAD
    for name in ("a", "ü" * 512):
        assert len(tail_of(name)) == sealing.TAIL_BYTES


@pytest.mark.parametrize("plain", [0, 1, 65_479, 65_480, 65_481, 10**9])
def test_the_plain_size_follows_from_the_stored_one(plain):
    stored = sealing.HEAD_BYTES + envelope.cipher_length(plain) + sealing.TAIL_BYTES
    assert sealing.plain_size(stored) == plain


@pytest.mark.parametrize("stored", [0, 1, 1_024, 5_120, 5_175, 5_120 + 65_536 + 5])
def test_other_sizes_are_no_objects(stored):
    with pytest.raises(Refusal, match="client-object-mismatch"):
        sealing.plain_size(stored)


def test_every_byte_of_a_head_that_says_something_counts():
    raw = sealing.write_head(HEAD)
    for at in range(0, sealing.HEAD_BYTES, 7):
        bad = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with suppress(Refusal):
            assert sealing.read_head(bad) != HEAD


def test_a_tail_is_one_objects_one_keys_one_names():
    raw = tail_of()
    stored = sealing.HEAD_BYTES + envelope.cipher_length(10) + sealing.TAIL_BYTES
    assert sealing.read_tail(HEAD, KEY, raw, stored, "a/b").plain_bytes == 10
    other = sealing.Head(
        **{n: getattr(HEAD, n) for n in HEAD.__struct_fields__} | {"customer": f"cus-{'9' * 26}"}
    )
    for head, key, size, name in (
        (HEAD, KEY, stored, "a/c"),
        (HEAD, KEY, stored + 1, "a/b"),
        (HEAD, bytes(32), stored, "a/b"),
        (other, KEY, stored, "a/b"),
    ):
        with pytest.raises(Refusal, match="client-object-mismatch"):
            sealing.read_tail(head, key, raw, size, name)


def test_neither_secret_alone_gives_the_key():
    split = sealing.data_key(b"a" * 32, b"b" * 32, HEAD.object_version)
    assert split not in {b"a" * 32, b"b" * 32}
    assert split != sealing.data_key(b"a" * 32, b"c" * 32, HEAD.object_version)
    assert split != sealing.data_key(b"c" * 32, b"b" * 32, HEAD.object_version)
    with pytest.raises(Refusal, match="secret-mismatch"):
        sealing.data_key(b"a" * 31, None, HEAD.object_version)


def test_a_name_that_is_too_long_is_refused():
    with pytest.raises(Refusal, match="name-too-long"):
        tail_of("x" * 1_025)
