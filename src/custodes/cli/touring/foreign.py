"""Run apart from us: `python -I foreign.py ADDRESS PINS` has tlog-scales judge a published log.

Imports nothing of Custodes. Reads checkpoint and tiles over HTTP, checks the signatures with the pinned keys,
computes the root anew from the tiles, and checks that the last leaf is included. Exit code 0: accepted.
A root that differs is refused before anything else is said: one leaf alone is included in anything.
"""

import json
import sys
from pathlib import Path


def main(address: str, pins: str) -> int:
    """Judge the log at `address`; the policy in the file `pins` names its keys."""
    from tlog_scales import backend, reader, signing  # noqa: PLC0415 - only a demo has it
    from tlog_scales.utils import sha256  # noqa: PLC0415

    policy = json.loads(Path(pins).read_text(encoding="utf-8"))["policy"]
    words = [line.split() for line in policy.splitlines()]
    named = [signing.Vkey.from_string(line[1]) for line in words if line and line[0] == "log"]
    tiles = reader.TilesReader(backend.make_backend(address))
    found = tiles.get_checkpoint()
    checked = len(signing.VkeySet(*named).verify(found.signatures, found))
    if tiles.calculate_root_hash() != found.root_hash:
        sys.stdout.write(f"root of {found.size} leaves computed anew: ANOTHER; nothing is proved\n")
        return 1
    last = found.size - 1
    proof = tiles.get_inclusion_proof(last, found.size)
    proof.check(sha256(b"\0" + tiles.get_entry(last)), found.root_hash)
    sys.stdout.write(
        f"{checked} of {len(named)} pinned log signatures hold; root of {found.size} leaves computed anew: "
        f"the same; leaf {last} is included\n"
    )
    return 0 if checked == len(named) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
