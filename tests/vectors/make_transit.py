"""Writes tests/vectors/transit/*.json: `python tests/vectors/make_transit.py`. Seeded, so deterministic."""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent)]

from custodes.custody import message  # noqa: E402
from custodes.custody.hierarchy import Scope  # noqa: E402
from custodes.custody.materials import halves, sealing, signing  # noqa: E402
from custodes.custody.materials.kinds import KeyKind  # noqa: E402
from fakes import SeededDice  # noqa: E402

SCOPE = Scope(house="hse-" + "1" * 26, customer="cus-" + "2" * 26, key="key-" + "3" * 26)


def transit() -> dict:
    """Ciphertexts and codes of one material, and a private half of each kind that dice can draw."""
    dice = SeededDice(71)
    material = message.Material(scope=SCOPE, version=3, secret=dice.draw(32))
    bounds = [(b"", b""), (b"row 7", b""), (b"", b"header"), (b"row 7", b"header")]
    sealed = []
    for context, associated in bounds:
        bound = sealing.Bound(context=context, associated=associated)
        ciphertext = sealing.seal(material, bound, b"a data key", dice)
        members = {"associated": associated, "ciphertext": ciphertext, "context": context}
        sealed.append({name: raw.hex() for name, raw in members.items()})
    pairs = []
    for kind in (KeyKind.ED25519, KeyKind.ECDSA_P256, KeyKind.ECDSA_P384):
        private = halves.drawn(kind, dice)
        made = halves.at_rest(kind, private, material, dice)
        plain = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        members = {"pkcs8": plain, "private": made.private, "public": made.public}
        members["signature"] = signing.sign(private, b"hello", signing.How())
        pairs.append({"kind": kind.value, **{name: raw.hex() for name, raw in members.items()}})
    codes = {name: signing.mac(material, name, b"hello").hex() for name in sorted(signing.HASHES)}
    return {
        "house": SCOPE.house,
        "customer": SCOPE.customer,
        "key": SCOPE.key,
        "version": 3,
        "material": material.secret.hex(),
        "message": b"hello".hex(),
        "plaintext": b"a data key".hex(),
        "ciphertexts": sealed,
        "codes": codes,
        "pairs": pairs,
    }


VECTORS = {"transit": transit}


def text_of(value: dict) -> str:
    """As it lies in the file."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    for name, make in VECTORS.items():
        (HERE / "transit" / f"{name}.json").write_text(text_of(make()), "ascii")
