import hashlib
import hmac

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from custodes.custody.wrap import (
    OVERHEAD_BYTES,
    PURPOSES,
    Context,
    Purpose,
    hkdf_sha512,
    unwrap,
    wrap,
)
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice

KEK = bytes(range(32))
WHERE = Context(
    house="hse-a", customer="cus-a", key="key-a", version=3, purpose=Purpose.OBJECT, subject="ver-a"
)


def refused(kek, context, wrapped):
    with pytest.raises(Refusal) as caught:
        unwrap(kek, context, wrapped)
    assert (caught.value.code, caught.value.kind, dict(caught.value.facts)) == (
        "wrap-mismatch",
        Kind.BROKEN,
        {},
    )
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize("length", [0, 1, 32, 100_000])
def test_what_is_wrapped_comes_back(length):
    secret = SeededDice(9).draw(length)
    wrapped = wrap(KEK, WHERE, secret, SeededDice(1))
    assert len(wrapped) == length + OVERHEAD_BYTES
    assert unwrap(KEK, WHERE, wrapped) == secret


def test_the_layout_is_the_documented_one():
    """Built again from other parts: HKDF of the library, JSON written by hand."""
    wrapped = wrap(KEK, WHERE, b"secret", SeededDice(1))
    info = (
        b'{"customer":"cus-a","house":"hse-a","key":"key-a","label":"custodes/wrap/v1",'
        b'"purpose":"object","subject":"ver-a","version":3}'
    )
    okm = HKDF(hashes.SHA512(), 64, wrapped[1:33], info).derive(KEK)
    assert wrapped[:1] == b"\x01"
    assert wrapped[1:33] == SeededDice(1).draw(32)
    assert wrapped[33:65] == okm[32:]
    assert AESGCM(okm[:32]).decrypt(bytes(12), wrapped[65:], None) == b"secret"


def test_two_wraps_of_one_secret_share_no_salt():
    dice = SeededDice(1)
    assert wrap(KEK, WHERE, b"x", dice)[1:33] != wrap(KEK, WHERE, b"x", dice)[1:33]


@pytest.mark.parametrize(
    "change",
    [
        {"house": "hse-b"},
        {"customer": "cus-b"},
        {"key": "key-b"},
        {"version": 4},
        {"purpose": Purpose.MANIFEST},
        {"subject": "ver-b"},
        {"subject": ""},
    ],
)
def test_every_field_of_the_context_is_bound(change):
    refused(KEK, msgspec.structs.replace(WHERE, **change), wrap(KEK, WHERE, b"secret", SeededDice(1)))


def test_fields_do_not_run_into_each_other():
    one = msgspec.structs.replace(WHERE, customer='a","house":"b', house="c")
    two = msgspec.structs.replace(WHERE, customer="a", house='b","house":"c')
    assert one.canonical() != two.canonical()


def test_any_flipped_bit_is_refused():
    wrapped = wrap(KEK, WHERE, b"secret", SeededDice(1))
    for place in range(len(wrapped)):
        refused(KEK, WHERE, wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :])


def test_any_cut_is_refused():
    wrapped = wrap(KEK, WHERE, b"secret", SeededDice(1))
    for length in range(len(wrapped)):
        refused(KEK, WHERE, wrapped[:length])
    refused(KEK, WHERE, wrapped + b"\0")


def test_another_kek_is_refused():
    refused(bytes(32), WHERE, wrap(KEK, WHERE, b"secret", SeededDice(1)))


def test_a_kek_of_another_length_is_a_bug():
    with pytest.raises(ValueError, match="32 bytes"):
        wrap(KEK[:31], WHERE, b"", SeededDice())
    with pytest.raises(ValueError, match="32 bytes"):
        unwrap(KEK + b"\0", WHERE, bytes(OVERHEAD_BYTES).replace(b"\0", b"\1", 1))


def test_dice_that_give_too_little_are_a_bug():
    class Short:
        def draw(self, length_bytes):
            return b"\0" * (length_bytes - 1)

    with pytest.raises(ValueError, match="short draw"):
        wrap(KEK, WHERE, b"", Short())


def test_purposes_are_closed():
    stranger = msgspec.structs.replace(WHERE, purpose="anything")
    with pytest.raises(ValueError, match="purpose"):
        wrap(KEK, stranger, b"", SeededDice())
    assert set(Purpose) == PURPOSES


def test_hkdf_is_the_librarys():
    for salt in (b"", b"salt", bytes(128)):
        assert hkdf_sha512(b"ikm" * 11, salt, b"info") == HKDF(hashes.SHA512(), 64, salt, b"info").derive(
            b"ikm" * 11
        )
    prk = hmac.new(b"salt", b"ikm", hashlib.sha512).digest()
    assert hkdf_sha512(b"ikm", b"salt", b"i") == hmac.new(prk, b"i\x01", hashlib.sha512).digest()
