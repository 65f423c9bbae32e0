"""Behind a declared gap: what the log that follows begins with is what was held of the one before.

The house says in the customer's own log how many of his entries it still has. All of them must be the ones he
holds, and they must reach as far as his slot's head did at the last epoch the house says it kept: so nothing
that was witnessed before the gap can be left out in its shadow. What came later he may still hold himself.
"""

import hashlib
from collections.abc import Sequence

import msgspec

from custodes.kernel import canonical
from custodes.ledger.loss import gap
from custodes.ledger.receipt import Check

from . import state as memory
from .entries import Kept
from .ports import Folder

GAP = "gap.json"
KINDS = ("machine", "exceptional")


def crossed(before: Folder, now: Folder, entries: Sequence[Kept], customer: str) -> Check:
    """Whether the follower goes on from what was held; `entries` are his exceptional ones, opened."""
    document = gap.parse(before.read(GAP) or b"").document
    digest = canonical.b64(hashlib.sha256(document.encode()).digest())
    said = next((one.fields for one in entries if one.fields.get("subject_hash") == digest), None)
    if said is None or said.get("act") != "house.gap":
        return Check(
            name="gap", passed=None, detail="the house has not said yet what it kept of your entries"
        )
    kept = {log: end for log, _, end in msgspec.convert(said["kept"], list[tuple[str, int, int]])}
    lost = 0
    for kind in KINDS:
        size = kept.get(f"{customer}/{kind}", 0)
        held = [one.leaf for one in memory.kept(before, kind)]
        again = [one.leaf for one in memory.kept(now, kind)][:size]
        if len(again) < size or again[: len(held)] != held[:size]:
            return Check(name="gap", passed=False, detail=f"{kind} entries before the gap are not the same")
        if size < _witnessed(before, kind, document.first_epoch - 1):
            return Check(name="gap", passed=False, detail=f"{kind} entries are hidden that were kept")
        lost += max(0, len(held) - size)
    return Check(
        name="gap", passed=True, detail=f"{said.get('reason')}; {lost} entries you hold are lost there"
    )


def _witnessed(before: Folder, kind: str, epoch: int) -> int:
    """How many entries the slot's head had at an epoch, as it was followed."""
    found = memory.chain(before, kind)
    return max((size for at, size, _ in found[1] if at <= epoch), default=0) if found is not None else 0
