"""A certificate that no exceptional entry of a period names a key, out of what a monitor holds.

Its two ends are checkpoints that the mirror took over; between them stands the whole chain of the customer's
slot, and every leaf his exceptional sub-log got, opened in what it did and to which key (`ledger.certificate`
says what such a certificate claims, and what it does not).
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from custodes.kernel.refusal import Refusal, absent, conflict
from custodes.ledger import certificate, cosign, slots
from custodes.ledger import note as notes
from custodes.ledger.certificate import Certificate, Period
from custodes.ledger.merkle import CompactRange, inclusion_proof, leaf_hash
from custodes.ledger.quorum import Policy
from custodes.ledger.receipt import Anchor, RootProof
from custodes.ledger.slots import SlotHead, SlotLink, parse_epoch_leaf, row_path
from custodes.ledger.veil import VEIL_LEAF_VERSION
from custodes.ledger.watch.witnessing import origin_of

from . import state as memory
from .chain import Slot
from .mirror import Mirror
from .ports import Folder

KIND = "exceptional"


class _End(msgspec.Struct, frozen=True):
    """One end of a period: a held checkpoint, and the epoch it ends with."""

    shard: int
    epoch: int
    size: int
    at: datetime | None


class Certifying:
    """Makes certificates of one customer; `named` is (house, origin, customer)."""

    def __init__(
        self,
        named: tuple[str, str, str],
        folder: Folder,
        roots: Sequence[tuple[str, Mirror]],
        policy: Policy,
    ) -> None:
        """`roots` are the shards that are held, the present one last: where each lies, and its mirror."""
        self._house, self._origin, self._customer = named
        self._folder = folder
        self._roots = roots
        self._policy = policy

    def make(self, key: str, since: datetime | None, until: datetime | None) -> Certificate:
        """The certificate over the held checkpoints just outside the period (None: the outermost held).

        Refusals: `nothing-followed`, `no-checkpoint-then` (absent), `slot-row-missing` (conflict),
        `key-was-used`, `entries-lost` (conflict) when it would not be true or nobody can say.
        """
        known = memory.chain(self._folder, KIND)
        if known is None:
            raise absent("nothing-followed")
        slot, told = known
        ends = self._ends(since, until)
        links = _links(slot, told, ends[1].epoch)
        first, last = (self._anchor(slot, links, end) for end in ends)
        kept = list(memory.kept(self._folder, KIND))[: last.size]
        if len(kept) < last.size:
            raise absent("nothing-followed")
        if any(not one.opening for one in kept[first.size :]):
            raise conflict("entries-lost")
        before = CompactRange().extend([leaf_hash(one.leaf) for one in kept[: first.size]])
        period = Period(
            first=first,
            last=last,
            stack=before.stack,
            links=tuple(link for link, _ in links if first.epoch < link.epoch <= last.epoch),
            entries=[
                (one.leaf, None if one.leaf[:1] == VEIL_LEAF_VERSION else one.opening)
                for one in kept[first.size :]
            ],
        )
        log = f"{self._origin}/{self._customer}/{KIND}"
        return certificate.make(self._house, log, key, period)

    def _ends(self, since: datetime | None, until: datetime | None) -> tuple[_End, _End]:
        """The checkpoints before and after the period."""
        found = [end for n in range(len(self._roots)) for end in self._held(n)]
        before = [one for one in found if since is None or (one.at is not None and one.at <= since)]
        after = [one for one in found if until is None or (one.at is not None and one.at >= until)]
        if not before or not after:
            raise absent("no-checkpoint-then")
        first = before[0] if since is None else before[-1]
        return first, after[-1] if until is None else after[0]

    def _held(self, shard: int) -> Iterator[_End]:
        """The checkpoints of one shard that end with an epoch, in order."""
        place, mirror = self._roots[shard]
        for name in self._folder.names(f"{place}/checkpoints"):
            raw, size = self._folder.read(f"{place}/checkpoints/{name}"), int(name)
            found = parse_epoch_leaf(mirror.entries(size - 1, size)[0]) if size else None
            if raw is not None and found is not None:
                yield _End(shard, found[0], size, self._cosigned_at(raw))

    def _cosigned_at(self, raw: bytes) -> datetime | None:
        """When it was cosigned last, by anybody the policy knows."""
        try:
            lines = cosign.verify(raw, self._policy.vkeys(), origin_of(raw)).lines
        except Refusal:
            return None
        times = [line.cosigned_at for line in lines if line.is_checked and line.cosigned_at is not None]
        return datetime.fromtimestamp(max(times), UTC) if times else None

    def _anchor(self, slot: Slot, links: Sequence[tuple[SlotLink, bytes]], end: _End) -> Anchor:
        place, mirror = self._roots[end.shard]
        size = end.size
        row = self._folder.read(f"{place}/{row_path(end.epoch)}")
        link = next(((one, previous) for one, previous in links if one.epoch == end.epoch), None)
        raw = self._folder.read(f"{place}/checkpoints/{size:020}")
        if row is None or link is None or raw is None:
            raise conflict("slot-row-missing", epoch=end.epoch)
        path = inclusion_proof(mirror.reader(size), size - 1, size)
        return Anchor.of(
            _head(slot, *link),
            slots.decode_row(end.epoch, row).path(slot.slot),
            RootProof(index=size - 1, path=tuple(path), checkpoint=_as_text(raw)),
        )


def _links(slot: Slot, told: Sequence[tuple[int, int, bytes]], last: int) -> list[tuple[SlotLink, bytes]]:
    """Every epoch of the slot up to `last`, each with the leaf before it."""
    changes = {epoch: (size, root) for epoch, size, root in told}
    found: list[tuple[SlotLink, bytes]] = []
    previous, head = slot.previous, (0, CompactRange().root())
    for epoch in range(slot.first_epoch, last + 1):
        head = changes.get(epoch, head)
        blind = slots.blind(slot.key, slot.slot, epoch)
        link = SlotLink(epoch=epoch, blind=blind, size=head[0], root=head[1])
        found.append((link, previous))
        previous = _head(slot, link, previous).leaf()
    return found


def _head(slot: Slot, link: SlotLink, previous: bytes) -> SlotHead:
    return SlotHead(
        slot=slot.slot, epoch=link.epoch, blind=link.blind, size=link.size, root=link.root, previous=previous
    )


def _as_text(raw: bytes) -> str:
    return notes.parse(raw).encode().decode()
