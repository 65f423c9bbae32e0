import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from custodes.custody.hierarchy import Scope
from custodes.custody.materials import sealing
from custodes.custody.materials.sealing import Bound
from custodes.custody.message import Material
from custodes.kernel.refusal import Refusal
from fakes import SeededDice

SCOPE = Scope(house="hse-a", customer="cus-a", key="key-a")
AT = Material(scope=SCOPE, version=1, secret=SeededDice(3).draw(32))
KEY = rsa.generate_private_key(65_537, 2_048)


def refused(call, *given):
    with pytest.raises(Refusal) as caught:
        call(*given)
    return caught.value.code, caught.value.kind, dict(caught.value.facts)


def test_a_ciphertext_is_bound_to_context_and_associated_data_each_in_its_place():
    bound = Bound(context=b"a", associated=b"b")
    sealed = sealing.seal(AT, bound, b"secret", SeededDice(1))
    assert sealing.unseal(AT, bound, sealed) == b"secret"
    others = (Bound(), Bound(context=b"b", associated=b"a"), Bound(context=b"ab"), Bound(associated=b"ab"))
    for other in others:
        assert refused(sealing.unseal, AT, other, sealed)[0] == "ciphertext-mismatch"


def test_every_fault_of_a_ciphertext_is_the_same_refusal():
    sealed = sealing.seal(AT, Bound(), b"secret", SeededDice(1))
    later = Material(scope=SCOPE, version=2, secret=AT.secret)
    flipped = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
    faults = {
        str(refused(sealing.unseal, AT, Bound(), bad)) for bad in (*flipped, b"", sealed[:-1], b"\1" * 99)
    }
    assert len(faults | {str(refused(sealing.unseal, later, Bound(), sealed))}) == 1


def test_oaep_takes_what_fits_and_every_fault_is_the_same_refusal():
    most = sealing.oaep_bytes_max(KEY.public_key(), "sha2-256")
    for name in sealing.OAEP_HASHES:
        sealed = sealing.oaep_seal(KEY.public_key(), name, b"data key")
        assert sealing.oaep_unseal(KEY, name, sealed) == b"data key"
    assert most == 190
    assert refused(sealing.oaep_seal, KEY.public_key(), "sha2-256", bytes(most + 1))[0] == "message-too-long"
    sealed = sealing.oaep_seal(KEY.public_key(), "sha2-256", bytes(most))
    bad = [
        sealed[:-1],
        sealed + b"\0",
        b"",
        bytes(256),
        b"\xff" * 256,
        sealed[:-1] + bytes([sealed[-1] ^ 1]),
        KEY.public_key().encrypt(b"data key", PKCS1v15()),
        sealing.oaep_seal(KEY.public_key(), "sha1", b"data key"),
    ]
    assert len({str(refused(sealing.oaep_unseal, KEY, "sha2-256", one)) for one in bad}) == 1
