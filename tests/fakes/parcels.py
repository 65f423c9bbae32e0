"""Keys of customers wrapped as `bao transit import` wraps them, under a wrapping key that is known."""

import json
from base64 import b64decode

from custodes.acts.benching.direct import Direct
from house.tree import ROOT

VECTORS = json.loads((ROOT / "tests/vectors/transit/imported.json").read_text())
PARCELS = {row["kind"]: row for row in reversed(VECTORS["taken"]) if row["hash"] == "sha2-256"}


class Known(Direct):
    """Finds the primes of the vectors' wrapping key, at once."""

    def born(self, bits):
        return b64decode(VECTORS["wrapping_key"]) if bits == 4_096 else super().born(bits)
