"""Wrap v2: what a root inside a token makes."""

import hashlib
import hmac

import msgspec
import pytest

from custodes.custody import token_wrap, wrap
from custodes.custody.wrap import Context, Purpose
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

ROOT = bytes(range(64))
WHERE = Context(
    house="hse-a", customer="cus-a", key="", version=0, purpose=Purpose.CUSTOMER_ROOT, subject="cus-a"
)


def by(root):
    return lambda message: hmac.digest(root, message, hashlib.sha512)


def test_it_opens_in_its_place_by_its_root():
    wrapped = token_wrap.wrap(by(ROOT), WHERE, b"secret", SeededDice(1))
    assert len(wrapped) == wrap.OVERHEAD_BYTES + 6
    assert token_wrap.unwrap(by(ROOT), WHERE, wrapped) == b"secret"


def test_one_wrap_is_one_use_of_the_root():
    asked = []

    def mac(message):
        asked.append(message)
        return by(ROOT)(message)

    wrapped = token_wrap.wrap(mac, WHERE, b"secret", SeededDice(1))
    token_wrap.unwrap(mac, WHERE, wrapped)
    assert len(asked) == 2
    assert asked[0] == asked[1]


def test_two_wraps_in_one_place_share_no_key():
    dice, asked = SeededDice(1), []
    for _ in range(2):
        token_wrap.wrap(lambda message: asked.append(message) or by(ROOT)(message), WHERE, b"s", dice)
    assert asked[0] != asked[1]


@pytest.mark.parametrize("field", ["house", "customer", "key", "subject"])
def test_moved_it_does_not_open(field):
    wrapped = token_wrap.wrap(by(ROOT), WHERE, b"secret", SeededDice(1))
    with pytest.raises(Refusal, match="wrap-mismatch"):
        token_wrap.unwrap(by(ROOT), msgspec.structs.replace(WHERE, **{field: "other"}), wrapped)


def test_every_changed_byte_is_refused_and_so_are_another_root_and_a_wrap_v1():
    wrapped = token_wrap.wrap(by(ROOT), WHERE, b"s", SeededDice(1))
    changed = [wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :] for at in range(len(wrapped))]
    for raw in (*changed, wrapped[:-1], b"", wrap.wrap(ROOT[:32], WHERE, b"s", SeededDice(1))):
        with pytest.raises(Refusal, match="wrap-mismatch"):
            token_wrap.unwrap(by(ROOT), WHERE, raw)
    with pytest.raises(Refusal, match="wrap-mismatch"):
        token_wrap.unwrap(by(bytes(64)), WHERE, wrapped)


@pytest.mark.parametrize("length", [0, 32, 63, 65])
def test_a_token_that_answers_something_else_is_a_bug(length):
    with pytest.raises(ValueError, match="64"):
        token_wrap.wrap(lambda _: bytes(length), WHERE, b"s", SeededDice(1))
