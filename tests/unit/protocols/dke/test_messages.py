import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from custodes.kernel.refusal import Refusal
from custodes.protocols.dke.messages import opened, public, sealed

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


def body(**changes):
    plain = {"alg": "RSA-OAEP-256", "value": b64encode(bytes(256)).decode(), **changes}
    return json.dumps(plain).encode()


def test_a_key_is_shown_in_the_dialect_of_the_wire():
    half = rsa.generate_private_key(65_537, 2_048).public_key()
    shown = json.loads(public(half, "https://x/letters/1", NOW, 7))
    assert shown["cache"] == {"exp": "2026-11-29T08:00:00"}
    assert (shown["key"]["kty"], shown["key"]["alg"], shown["key"]["e"]) == ("RSA", "RS256", 65_537)
    assert int.from_bytes(b64decode(shown["key"]["n"], validate=True), "big") == half.public_numbers().n


def test_a_value_comes_in_and_a_plaintext_goes_out():
    assert sealed(body()).value == bytes(256)
    assert sealed(body(more=1)).value == bytes(256)
    assert json.loads(opened(b"key")) == {"value": "a2V5"}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b"[" * 5_000,
        body(alg="RSA-OAEP"),
        body(alg="RSA1_5"),
        body(alg=None),
        body(value=""),
        body(value=7),
        body(value="a-_b"),
        body(value="AAA"),
        body(value=b64encode(bytes(513)).decode()),
    ],
)
def test_another_algorithm_form_or_length_is_refused(raw):
    with pytest.raises(Refusal, match="bad-dke-body"):
        sealed(raw)
