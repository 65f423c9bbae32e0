"""The second reader over the vectors of shares.md, sound and tampered."""

import json

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from formats.second import shares
from formats.second.spelling import No, unb64
from formats.vectors import flipped, read_vectors

ROW = read_vectors("custody", "shares")
WORDS, FILE = ROW["words"], ROW["file"].encode()
ENOUGH = (
    [*WORDS[0][:2], WORDS[1][0]],
    [WORDS[0][0], WORDS[0][2], *WORDS[2]],
    [WORDS[1][0], *WORDS[2]],
)


def refused(code, call, *given):
    with pytest.raises(No) as caught:
        call(*given)
    assert caught.value.args == (code,)


@pytest.mark.parametrize("chosen", ENOUGH, ids=str)
def test_enough_words_open_the_root(chosen):
    assert shares.holder_root(FILE, chosen).hex() == ROW["root"]


def test_too_few_words_and_a_word_of_elsewhere_do_not():
    refused("shares-too-few", shares.holder_root, FILE, WORDS[0])
    refused("shares-too-few", shares.holder_root, FILE, ENOUGH[0][:-1])
    refused("share-wrong", shares.holder_root, FILE, [*ENOUGH[0][:-1], WORDS[1][0] + "x"])


def test_a_file_of_another_generation_does_not_open():
    body = json.loads(FILE)
    body["shares"]["generation"] = 2
    raw = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    refused("wrong-secret", shares.holder_root, raw, ENOUGH[0])


def test_a_share_reaches_the_keyroom_that_offered_and_nobody_else():
    seed = unb64(json.loads(FILE)["submission"])
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    document = shares.offered(ROW["offer"], public)
    key, sealed = bytes.fromhex(ROW["offer_key"]), bytes.fromhex(ROW["sealed"])
    assert shares.received(key, document, sealed) == WORDS[0][0]
    for bad in flipped(sealed):
        refused("share-wrong", shares.received, key, document, bad)
    refused("share-wrong", shares.received, bytes(range(32)), document, sealed)
    refused("share-wrong", shares.received, key, document + b" ", sealed)
    for name, value in ROW["offer"].items():
        other = value + 1 if name == "generation" else value[1:] + value[:1]
        with pytest.raises((InvalidSignature, No)):
            shares.offered(ROW["offer"] | {name: other}, public)


def test_what_a_custodian_signs():
    sealed = bytes.fromhex(ROW["sealed"])
    assert shares.to_sign(ROW["offer"], sealed).decode() == ROW["give_document"]
    assert shares.to_sign(ROW["offer"], None).decode() == ROW["cancel_document"]
