"""A customer's own entries: leaves that carry one head to the next, and the openings received for them."""

from collections.abc import Iterable, Sequence

import msgspec

from custodes.acts.asks.log import OpeningView
from custodes.acts.retention.proven import said_spans
from custodes.kernel.refusal import Refusal
from custodes.ledger import entry, veil
from custodes.ledger.merkle import CompactRange, leaf_hash
from custodes.ledger.retention import spans
from custodes.ledger.retention.spans import Span
from custodes.ledger.veil import VEIL_LEAF_VERSION, Unveiled


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """The sub-log after some leaves, or `why` they are not the ones its heads were made of."""

    range: CompactRange
    why: str = ""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """One entry as it was proven: its fields, or the day of a veil. `erased` names what was erased."""

    index: int
    fields: dict[str, object]
    erased: tuple[str, ...] = ()
    day: str = ""

    def lost(self) -> tuple[tuple[str, int, int], ...]:
        """What this entry declares lost with a machine: (sub-log, first, end)."""
        said = self.fields.get("lost") if self.fields.get("act") == "house.lost" else None
        return msgspec.convert(said, tuple[tuple[str, int, int], ...]) if isinstance(said, list) else ()


def grow(before: CompactRange, leaves: Sequence[bytes], heads: Sequence[tuple[int, int, bytes]]) -> Grown:
    """Carry a sub-log through every head by exactly its leaves. `why`: `leaves-missing`, `root-differs`."""
    grown, at = before, 0
    for epoch, size, root in heads:
        part = leaves[at : at + size - grown.size]
        if len(part) != size - grown.size:
            return Grown(range=grown, why=f"leaves-missing at epoch {epoch}")
        at += len(part)
        after = grown.extend([leaf_hash(leaf) for leaf in part])
        if after.root() != root:
            return Grown(range=grown, why=f"root-differs at epoch {epoch}")
        grown = after
    return Grown(range=grown)


class Gone(msgspec.Struct, frozen=True, kw_only=True):
    """What proven entries of a customer's exceptional sub-log say was destroyed, by log."""

    spans: dict[str, list[Span]] = {}

    @classmethod
    def of(cls, kept: Iterable[Kept]) -> "Gone":
        """Out of entries that were proven."""
        found: dict[str, list[Span]] = {}
        for one in kept:
            said = said_spans(one.fields)
            if said is not None:
                found.setdefault(said[0], []).extend(said[1])
        return cls(spans={log: spans.union(of) for log, of in found.items()})

    def unsaid(self, log: str, openings: Iterable[OpeningView]) -> list[int]:
        """Indexes that came without an opening although no proven entry says that it was destroyed."""
        known = self.spans.get(log, [])
        shut = spans.of(one.index for one in openings if not one.opening)
        holes = [hole for first, end in shut for hole in spans.missing(known, first, end)]
        return [index for first, end in holes for index in range(first, end)]


def proven(opening: OpeningView, leaf: bytes, customer: str) -> Kept | str:
    """What an opening proves about the leaf that stands in the log; why it proves nothing.

    `leaf-swapped` (the opening came with another leaf), codes of `entry.check` and `veil.lift`,
    `of-another-customer`.
    """
    if opening.leaf != leaf:
        return "leaf-swapped"
    try:
        if leaf[:1] == VEIL_LEAF_VERSION:
            lifted: Unveiled = veil.lift(leaf, opening.opening)
            if lifted.customer != customer:
                return "of-another-customer"
            return Kept(index=opening.index, fields={}, day=lifted.day)
        found = entry.check(leaf, opening.opening, opening.person or None)
    except Refusal as refusal:
        return refusal.code
    if found.fields.get("customer") != customer:
        return "of-another-customer"
    if found.closed:
        return "fields-closed"
    return Kept(index=opening.index, fields=dict(found.fields), erased=tuple(found.erased))
