import asyncio

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from custodes.acts.streams.checking import TAG_BYTES, Check, check_of, lies_whole
from custodes.kernel.refusal import Refusal
from fakes import SeededDice
from fakes.stores import BLOB, MemoryStores

KEY = bytes(range(32))
BODY = SeededDice(3).draw(200_003)


def checked(*pieces):
    check = Check(KEY)
    for piece in pieces:
        check.update(piece)
    return check


def test_the_check_is_gmac_however_the_bytes_come():
    known = AESGCM(KEY).encrypt(bytes(12), b"", BODY)
    assert len(known) == TAG_BYTES
    for step in (1_000, 65_536, len(BODY)):
        pieces = [BODY[at : at + step] for at in range(0, len(BODY), step)]
        assert checked(*pieces).digest() == known
    assert check_of(KEY, BODY) == known
    assert checked(BODY).agrees(len(BODY), known)
    assert checked(memoryview(bytearray(BODY))).agrees(len(BODY), known)


@pytest.mark.parametrize("spoilt", [BODY[:-1], BODY + b"\0", BODY[1:] + BODY[:1], b"", bytes(len(BODY))])
def test_anything_else_does_not_agree(spoilt):
    known = checked(BODY).digest()
    assert not checked(spoilt).agrees(len(BODY), known)
    assert not checked(spoilt).agrees(len(spoilt), known)


def test_a_store_is_read_to_the_end():
    stores, known = MemoryStores(), (KEY, checked(BODY).digest())
    store = stores.at("a")

    def whole():
        return asyncio.run(lies_whole(store, BLOB, len(BODY), known))

    with pytest.raises(Refusal, match="blob-absent"):
        whole()
    store.blobs[BLOB] = BODY
    assert whole()
    store.blobs[BLOB] = BODY[:-1]
    assert not whole()
