import hashlib

import msgspec
import pytest

from custodes.custody.hierarchy import Scope
from custodes.custody.message import (
    CONTEXT_BYTES_MAX,
    MESSAGE_BYTES_MAX,
    TOKEN_BYTES_MAX,
    Material,
    unwrap_message,
    version_of,
    wrap_message,
)
from custodes.custody.wrap import Context, Purpose, unwrap
from custodes.kernel.refusal import Kind, Refusal
from fakes import SeededDice

SCOPE = Scope(house="hse-a", customer="cus-a", key="key-a")
MATERIAL = Material(scope=SCOPE, version=3, secret=bytes(range(32)))


def refused(code, call, *args):
    with pytest.raises(Refusal) as caught:
        call(*args)
    assert (caught.value.code, caught.value.kind) == (code, Kind.MALFORMED)


@pytest.mark.parametrize("length", [0, 1, MESSAGE_BYTES_MAX])
def test_a_message_comes_back(length):
    token = wrap_message(MATERIAL, b"row 7", b"m" * length, SeededDice(1))
    assert len(token) <= TOKEN_BYTES_MAX
    assert version_of(token) == 3
    assert unwrap_message(MATERIAL, b"row 7", token) == b"m" * length


def test_the_layout_is_the_documented_one():
    token = wrap_message(MATERIAL, b"row 7", b"m", SeededDice(1))
    assert token[:5] == b"\x01\x00\x00\x00\x03"
    where = Context(
        house="hse-a",
        customer="cus-a",
        key="key-a",
        version=3,
        purpose=Purpose.EXTERNAL,
        subject=hashlib.sha256(b"row 7").hexdigest(),
    )
    assert unwrap(MATERIAL.secret, where, token[5:]) == b"m"


@pytest.mark.parametrize(
    "other",
    [
        {"version": 4},
        {"secret": bytes(32)},
        {"scope": Scope(house="hse-b", customer="cus-a", key="key-a")},
        {"scope": Scope(house="hse-a", customer="cus-b", key="key-a")},
        {"scope": Scope(house="hse-a", customer="cus-a", key="key-b")},
    ],
)
def test_another_key_does_not_open_it(other):
    token = wrap_message(MATERIAL, b"row 7", b"m", SeededDice(1))
    refused("token-mismatch", unwrap_message, msgspec.structs.replace(MATERIAL, **other), b"row 7", token)


def test_another_context_does_not_open_it():
    token = wrap_message(MATERIAL, b"row 7", b"m", SeededDice(1))
    for context in (b"", b"row 8", b"row 7 "):
        refused("token-mismatch", unwrap_message, MATERIAL, context, token)


def test_no_byte_may_change():
    token = wrap_message(MATERIAL, b"row 7", b"m", SeededDice(1))
    for place in range(len(token)):
        bad = token[:place] + bytes([token[place] ^ 1]) + token[place + 1 :]
        refused("token-mismatch", unwrap_message, MATERIAL, b"row 7", bad)
    for bad in (b"", token[:-1], token[:5], token + b"\0", bytes(TOKEN_BYTES_MAX + 1)):
        refused("token-mismatch", unwrap_message, MATERIAL, b"row 7", bad)


def test_the_version_outside_is_the_version_inside():
    """The head says 4, the wrap was made by 3: material 4 does not open it."""
    token = wrap_message(MATERIAL, b"row 7", b"m", SeededDice(1))
    forged = token[:4] + b"\x04" + token[5:]
    refused("token-mismatch", unwrap_message, msgspec.structs.replace(MATERIAL, version=4), b"row 7", forged)


def test_limits():
    dice = SeededDice(1)
    refused("message-too-long", wrap_message, MATERIAL, b"", bytes(MESSAGE_BYTES_MAX + 1), dice)
    refused("context-too-long", wrap_message, MATERIAL, bytes(CONTEXT_BYTES_MAX + 1), b"", dice)
    token = wrap_message(MATERIAL, b"", b"m", dice)
    refused("context-too-long", unwrap_message, MATERIAL, bytes(CONTEXT_BYTES_MAX + 1), token)


def test_the_material_does_not_show():
    assert repr(MATERIAL) == "Material(version=3, ...)"
