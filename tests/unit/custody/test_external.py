import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.custody.external import MARK_BYTES, decrypt, encrypt, new_mark, version_of
from custodes.custody.hierarchy import Scope
from custodes.custody.message import Material
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice

DICE = SeededDice(7)


def material(version=1, key="key-1", secret=bytes(32)):
    return Material(scope=Scope(house="hse-1", customer="cus-1", key=key), version=version, secret=secret)


def sealed(text=b"a data key", aad=b"aad", version=1):
    mark, iv = new_mark(version, DICE), DICE.draw(12)
    return mark, iv, *encrypt(material(version), mark, iv, aad, text)


def code(work):
    with pytest.raises(Refusal) as caught:
        work()
    assert caught.value.kind is Kind.MALFORMED
    return caught.value.code


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_is_sealed_opens(text, aad):
    mark, iv, ciphertext, tag = sealed(text, aad)
    assert (len(mark), len(ciphertext), len(tag)) == (MARK_BYTES, len(text), 16)
    assert decrypt(material(), mark, iv, aad, (ciphertext, tag)) == text


def test_a_mark_names_the_version():
    assert version_of(new_mark(0x010203, DICE)) == 0x010203
    for bad in (b"", bytes(20), b"\x02" + bytes(19), b"\x01" + bytes(20)):
        assert code(lambda bad=bad: version_of(bad)) == "message-mismatch"
    for n in (0, 1 << 24):
        with pytest.raises(ValueError, match="three bytes"):
            new_mark(n, DICE)


def test_anything_else_does_not_open():
    mark, iv, ciphertext, tag = sealed()
    other_mark = mark[:-1] + bytes([mark[-1] ^ 1])
    for work in (
        lambda: decrypt(material(key="key-2"), mark, iv, b"aad", (ciphertext, tag)),
        lambda: decrypt(material(secret=bytes([1]) * 32), mark, iv, b"aad", (ciphertext, tag)),
        lambda: decrypt(material(2), mark, iv, b"aad", (ciphertext, tag)),
        lambda: decrypt(material(), other_mark, iv, b"aad", (ciphertext, tag)),
        lambda: decrypt(material(), mark, bytes(12), b"aad", (ciphertext, tag)),
        lambda: decrypt(material(), mark, iv + bytes(4), b"aad", (ciphertext, tag)),
        lambda: decrypt(material(), mark, iv, b"", (ciphertext, tag)),
        lambda: decrypt(material(), mark, iv, b"aad", (ciphertext + b"x", tag)),
        lambda: decrypt(material(), mark, iv, b"aad", (ciphertext, tag[:12])),
    ):
        assert code(work) == "message-mismatch"


def test_a_mark_of_another_version_is_our_own_mistake():
    with pytest.raises(ValueError, match="this version"):
        encrypt(material(2), new_mark(1, DICE), bytes(12), b"", b"")
