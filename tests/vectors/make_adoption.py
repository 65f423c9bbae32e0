"""Writes tests/vectors/adoption/manifest.json: two lines, and the note over them under a fixed key."""

import hashlib
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.buckets.adopting import AdoptedItem, line_of
from custodes.acts.objects.adopting.manifest import FIRST_LINE
from custodes.acts.objects.adopting.manifest import text_of as note_text
from custodes.kernel import canonical
from custodes.ledger.note import NoteSigner, sign

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
    lines = [line_of(item("a.txt", b"first", "s")), line_of(item("umläut", b"", "t"))]
    digest = hashlib.sha256(b"".join(lines)).digest()
    signer = NoteSigner(f"{ORIGIN}/receipts", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
    note = sign(note_text(ORIGIN, ID, len(lines), digest), (signer,))
    return {
        "format": FIRST_LINE,
        "lines": [line.decode() for line in lines],
        "note": note.encode().decode(),
        "vkey": signer.vkey.text(),
    }


def text_of(vector: dict[str, object]) -> str:
    """As it is committed."""
    return json.dumps(vector, indent=1) + "\n"


VECTORS = {"manifest": made}

if __name__ == "__main__":
    for name, make in VECTORS.items():
        (Path(__file__).parent / "adoption" / f"{name}.json").write_text(text_of(make()), encoding="ascii")
