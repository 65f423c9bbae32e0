"""Writes tests/vectors/adoption/manifest.json: two lines, and the note over them under a fixed key."""

import hashlib
import json
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.buckets.adopting import AdoptedItem, line_of
from custodes.acts.objects.adopting.manifest import FIRST_LINE, RESTORED
from custodes.acts.objects.adopting.manifest import text_of as note_text
from custodes.kernel import canonical
from custodes.ledger.note import NoteSigner, sign
from custodes.objects.adoption import item_name

ORIGIN = "custodes.example/house"
ID = "ado-0123456789abcdefghjkmnpqrs"


def item(name: str, body: bytes, last: str) -> AdoptedItem:
    return AdoptedItem(
        name=name,
        size=len(body),
        etag=f"etag-{last}",
        modified="2026-11-22T08:00:00Z",
        version=f"ver-0123456789abcdefghjkmnpqr{last}",
        digest=canonical.b64(hashlib.sha256(body).digest()),
    )


def made() -> dict[str, object]:
    return signed(FIRST_LINE, [line_of(item("a.txt", b"first", "s")), line_of(item("umläut", b"", "t"))])


def restored() -> dict[str, object]:
    older, newer = (
        item(item_name("a.txt", n), body, last) for n, body, last in ((7, b"first", "s"), (19, b"next", "t"))
    )
    marker = msgspec.structs.replace(item(item_name("b", 8), b"", "v"), digest="")
    return signed(RESTORED, [line_of(one) for one in (older, newer, marker)])


def signed(first: str, lines: list[bytes]) -> dict[str, object]:
    digest = hashlib.sha256(b"".join(lines)).digest()
    signer = NoteSigner(f"{ORIGIN}/receipts", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    note = sign(note_text(ORIGIN, ID, len(lines), digest, first), (signer,))
    return {
        "format": first,
        "lines": [line.decode() for line in lines],
        "note": note.encode().decode(),
        "vkey": signer.vkey.text(),
    }


def text_of(vector: dict[str, object]) -> str:
    """As it is committed."""
    return json.dumps(vector, indent=1) + "\n"


VECTORS = {"manifest": made, "restoration": restored}

if __name__ == "__main__":
    for name, make in VECTORS.items():
        (Path(__file__).parent / "adoption" / f"{name}.json").write_text(text_of(make()), encoding="ascii")
