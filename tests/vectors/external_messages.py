"""Vectors of docs/formats/external-message.md."""

from custodes.custody import external, message
from custodes.custody.hierarchy import Scope
from custodes.protocols.xks import flow
from fakes import SeededDice


def externals(scope: Scope) -> list[dict]:
    """Messages sealed through an external key store, additional data framed as its wire demands."""
    dice, secret = SeededDice(5), bytes(range(32))
    out = []
    for version, aad, plain in ((1, b"", b""), (2, b"row 7", b"m"), (2**24 - 1, bytes(8192), bytes(4300))):
        material = message.Material(scope=scope, version=version, secret=secret)
        mark, iv = external.new_mark(version, dice), dice.draw(external.NONCE_BYTES)
        ciphertext, tag = external.encrypt(material, mark, iv, flow.framed(aad, mark), plain)
        out.append(
            {
                "house": scope.house,
                "customer": scope.customer,
                "key": scope.key,
                "version": version,
                "material": secret.hex(),
                "aad": aad.hex(),
                "message": plain.hex(),
                "mark": mark.hex(),
                "iv": iv.hex(),
                "ciphertext": ciphertext.hex(),
                "tag": tag.hex(),
            }
        )
    return out
