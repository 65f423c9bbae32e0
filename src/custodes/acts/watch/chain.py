"""A customer's slot, epoch by epoch: from the heads he is told to the leaves the public root log fixed.

The leaf of every epoch is computed from his own key, the head he is told, and the leaf before. It must stand
in the published row of that epoch, and the row's root in the root log. So an operator cannot show somebody
another head at one epoch and come back at the next.
"""

from collections.abc import Callable, Sequence
from hmac import compare_digest

import msgspec

from custodes.kernel.refusal import Refusal
from custodes.ledger import slots
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.ledger.slots import FIRST_PREVIOUS, SlotHead


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a slot's chain is: the last epoch followed, its leaf, and the head it says."""

    epoch: int = 0
    leaf: bytes = FIRST_PREVIOUS
    size: int = 0
    root: bytes = EMPTY_ROOT


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """One sub-log's place for life, the key of its blinds, and the epoch with which it began."""

    slot: int
    key: bytes
    first_epoch: int
    previous: bytes = FIRST_PREVIOUS  # the leaf before it, where the years before were pruned


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """How far the chain holds. `why` names the first epoch that does not; `unseen` are rows that were gone.

    `heads` are the heads that changed, in order, the one before the first of them not among them.
    """

    link: Link
    heads: tuple[tuple[int, int, bytes], ...] = ()
    unseen: tuple[int, ...] = ()
    why: str = ""


Row = Callable[[int], bytes | None]


def follow(
    slot: Slot,
    link: Link,
    told: Sequence[tuple[int, int, bytes]],
    epochs: Sequence[tuple[int, bytes]],
    row: Row,
) -> Followed:
    """Follow a slot over `epochs`, (number, slot root) of the root log, oldest first.

    `told` are (epoch, size, root) of the heads that changed. Codes in `why`, with the epoch: `epoch-missing`,
    `head-shrinks`, `head-changes` (another root of the same size), `row-bent` (it has not the root log's
    root), `leaf-differs` (another head stands in his slot than he was told).
    """
    changes = {epoch: (size, root) for epoch, size, root in told}
    heads: list[tuple[int, int, bytes]] = []
    unseen: list[int] = []
    for number, root in epochs:
        if number <= link.epoch or number < slot.first_epoch:
            continue
        why, after = _step(slot, link, changes.get(number), number)
        if not why:
            raw = row(number)
            if raw is None:
                unseen.append(number)
            else:
                why = _stands(raw, number, root, (slot.slot, after.leaf))
        if why:
            return Followed(
                link=link, heads=tuple(heads), unseen=tuple(unseen), why=f"{why} at epoch {number}"
            )
        if (after.size, after.root) != (link.size, link.root):
            heads.append((number, after.size, after.root))
        link = after
    return Followed(link=link, heads=tuple(heads), unseen=tuple(unseen))


def _step(slot: Slot, link: Link, changed: tuple[int, bytes] | None, number: int) -> tuple[str, Link]:
    """The next link, or why there is none."""
    wanted = slot.first_epoch if link.epoch == 0 else link.epoch + 1
    if number != wanted:
        return "epoch-missing", link
    size, root = changed or (link.size, link.root)
    if size < link.size:
        return "head-shrinks", link
    if size == link.size and root != link.root:
        return "head-changes", link
    head = SlotHead(
        slot=slot.slot,
        epoch=number,
        blind=slots.blind(slot.key, slot.slot, number),
        size=size,
        root=root,
        previous=link.leaf,
    )
    return "", Link(epoch=number, leaf=head.leaf(), size=size, root=root)


def _stands(raw: bytes, number: int, root: bytes, own: tuple[int, bytes]) -> str:
    try:
        tree = slots.decode_row(number, raw)
    except Refusal:
        return "row-bent"
    if not compare_digest(tree.root, root):
        return "row-bent"
    slot, leaf = own
    if slot >= len(tree.rows[0]) or not compare_digest(tree.rows[0][slot], leaf):
        return "leaf-differs"
    return ""
