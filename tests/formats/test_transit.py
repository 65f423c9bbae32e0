"""The second reader of docs/formats/transit.md reads the vectors, and nothing that was tampered with."""

import pytest

from formats.second import transit
from formats.second.spelling import No
from formats.vectors import flipped, read_vectors

CASE = read_vectors("transit", "transit")
WHERE = (CASE["house"], CASE["customer"], CASE["key"], CASE["version"])
raw = bytes.fromhex
MATERIAL = raw(CASE["material"])


def refused(code, call, *given):
    with pytest.raises(No) as caught:
        call(*given)
    assert caught.value.args == (code,)


@pytest.mark.parametrize("one", CASE["ciphertexts"], ids=range(len(CASE["ciphertexts"])))
def test_a_ciphertext_opens_bound_to_the_same_bytes_only(one):
    bound, ciphertext = (raw(one["context"]), raw(one["associated"])), raw(one["ciphertext"])
    assert transit.opened(WHERE, MATERIAL, bound, ciphertext) == raw(CASE["plaintext"])
    for other in ((bound[0] + b"x", bound[1]), (bound[0], bound[1] + b"x"), bound[::-1]):
        if other != bound:
            refused("ciphertext-mismatch", transit.opened, WHERE, MATERIAL, other, ciphertext)
    for bad in flipped(ciphertext):
        refused("ciphertext-mismatch", transit.opened, WHERE, MATERIAL, bound, bad)
    later = (*WHERE[:3], WHERE[3] + 1)
    refused("ciphertext-mismatch", transit.opened, later, MATERIAL, bound, ciphertext)


def test_message_codes():
    for name, code in CASE["codes"].items():
        assert transit.code(WHERE, MATERIAL, name, raw(CASE["message"])) == raw(code)


@pytest.mark.parametrize("pair", CASE["pairs"], ids=lambda pair: pair["kind"])
def test_a_private_half_opens_beside_its_own_public_one_only(pair):
    public, private = raw(pair["public"]), raw(pair["private"])
    assert transit.private_half(WHERE, MATERIAL, public, private) == raw(pair["pkcs8"])
    for other in (one for one in CASE["pairs"] if one is not pair):
        refused("wrap-mismatch", transit.private_half, WHERE, MATERIAL, raw(other["public"]), private)
