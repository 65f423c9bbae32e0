"""Parcels made by OpenSSL: what opens, and each way in which one does not."""

import json
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from custodes.custody.hierarchy import Scope
from custodes.custody.materials import importing, sealing, signing
from custodes.custody.materials.kinds import KeyKind
from custodes.custody.message import Material
from custodes.kernel.refusal import Kind, Refusal
from house.tree import ROOT

VECTORS = json.loads((ROOT / "tests/vectors/transit/imported.json").read_text())
WRAPPING = load_der_private_key(b64decode(VECTORS["wrapping_key"]), password=None)


def opened(row):
    sealed, wrapped = importing.parts(b64decode(row["parcel"]))
    once = sealing.oaep_unseal(WRAPPING, row.get("hash", "sha2-256"), sealed)
    return importing.taken(KeyKind(row["kind"]), once, wrapped)


@pytest.mark.parametrize("row", VECTORS["taken"], ids=lambda row: f"{row['kind']} {row['hash']}")
def test_what_is_in_a_parcel(row):
    taken = opened(row)
    if taken.private is None:
        found = taken.material
    else:
        found = taken.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        again = load_der_private_key(b64decode(row["key"]), password=None)
        assert taken.private.public_key() == again.public_key()
    assert (found == b64decode(row["key"])) or taken.private is not None
    assert "bytes" not in repr(taken)


@pytest.mark.parametrize("row", VECTORS["refused"], ids=lambda row: row["why"])
def test_what_is_refused_and_how(row):
    with pytest.raises(Refusal) as caught:
        opened(row)
    code = "import-mismatch" if caught.value.code == "ciphertext-mismatch" else caught.value.code
    assert (code, caught.value.kind) == (row["refused"], Kind.MALFORMED)
    assert caught.value.facts == {}


def material(row):
    return Material(
        scope=Scope(house="hse-x", customer="cus-x", key="key-x"), version=1, secret=b64decode(row["key"])
    )


def test_what_the_key_sealed_and_coded_elsewhere():
    for row in VECTORS["ciphertexts"]:
        associated, sealed = b64decode(row["associated"]), b64decode(row["ciphertext"])
        at = material(row)
        assert sealing.unseal_elsewhere(at.secret, associated, sealed) == b64decode(row["plaintext"])
        bad = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
        for one, bound in [*((each, associated) for each in (*bad, b"", sealed[:27])), (sealed, b"row 8")]:
            with pytest.raises(Refusal, match="ciphertext-mismatch"):
                sealing.unseal_elsewhere(at.secret, bound, one)
    for row in VECTORS["codes"]:
        code = signing.mac_elsewhere(material(row).secret, row["hash"], b64decode(row["message"]))
        assert code == b64decode(row["code"])
        assert code != signing.mac(material(row), row["hash"], b64decode(row["message"]))
