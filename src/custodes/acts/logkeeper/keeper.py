"""One round of the logkeeper: heads, slot tree, epoch, signature, witnesses, publication.

The order is the safety: the root head is written down (compare and swap) *before* it is signed, tiles are
durable before the checkpoint that needs them, and the keyroom hears of it last. A crash anywhere repeats
the round; it can never make two checkpoints of one size.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Ask, Doors
from custodes.acts.asks.log import (
    AppendEpoch,
    Conflict,
    HeadList,
    Heads,
    Published,
    RootTile,
    SlotEvidence,
    SlotKeys,
)
from custodes.kernel.clock import Clock, to_text
from custodes.kernel.dice import Dice
from custodes.kernel.limits import EPOCH_HEARTBEAT_S
from custodes.kernel.refusal import Refusal, conflict
from custodes.ledger import cosign, note, quorum, slots, tiles
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    inclusion_proof,
    prefix_root,
    verify_consistency,
)
from custodes.ledger.note import Note, Signature
from custodes.ledger.quorum import Policy
from custodes.ledger.receipt import parse_pins
from custodes.ledger.shards.turn import Shown, policy_with
from custodes.ledger.slots import FIRST_PREVIOUS, SlotHead, SlotTree
from custodes.ledger.tiles import TileReader
from custodes.ledger.watch import fork, witnessing
from custodes.ledger.watch.fork import Proof

from .gathering import Asked, Claim, Gathering, Seen
from .keys import LogKeys
from .ports import Evidence, LastSigned, LogFiles, Reach, TimeStamps
from .signed_doors import UNSIGNED, SignedDoors
from .stamping import Stamping
from .streaming import Streaming

T = TypeVar("T")
SLOT_ROWS_BYTES = 4 * 2**30  # of published rows as many are kept as fit, the youngest,
SLOT_ROWS_MIN = 10_000  # and these in any case

_log = logging.getLogger("custodes.logkeeper")
_NOTHING = UNSIGNED


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Whose log this is."""

    id: str
    origin: str


class _Appended(msgspec.Struct, frozen=True):
    """The last epoch this keeper appended: where the root log ended, and every sub-log's size in it."""

    root_size: int
    sizes: dict[str, int]


class Keeper:
    """Runs rounds against one keyroom."""

    def __init__(
        self,
        house: House,
        doors: Doors,
        keys: LogKeys,
        places: tuple[LogFiles, LastSigned, Evidence],
        reach: Reach,
        *,
        ports: tuple[Clock, Dice],
        stamps: TimeStamps | None = None,
    ) -> None:
        self._clock, dice = ports
        self._house = house
        self._doors = doors
        self._keys = keys
        self._signers = keys.signers(house.origin)
        signing = Ed25519PrivateKey.from_private_bytes(keys.ed25519)
        self._signed = SignedDoors(doors, house.id, signing, self._clock)
        self._files, self._last, self._evidence = places
        self._streaming = Streaming(self._files, self._signed, (house.origin, keys), dice)
        self._gathering = Gathering(reach, self._claimed, self._clock.now)
        self._policies: tuple[tuple[str, ...], tuple[Policy, ...]] = ((), ())
        self._stamping = Stamping(self._files, stamps, self._clock) if stamps is not None else None
        self._published_at: datetime | None = None
        self._appended: _Appended | None = None
        self._written = 0
        self._now: tuple[int, bytes] = (0, EMPTY_ROOT)
        self._note = b""

    @property
    def published_at(self) -> datetime | None:
        """When a checkpoint was published last; None since the start."""
        return self._published_at

    @property
    def signed(self) -> SignedDoors:
        """The doors through which this logkeeper asks, for its other errands."""
        return self._signed

    async def round(self, wait_ms: int = 0) -> bool:
        """One round; True when a checkpoint was published. Refusals are the caller's to log."""
        heads = await self._ask(Heads(_NOTHING, wait_ms))
        if not self._is_due(heads):
            return False
        self._follow(heads.policies)
        if not self._is_appended(heads):
            await self._append(heads)
            heads = await self._ask(Heads(_NOTHING, 0))
        await self._hand_over_keys(heads)
        await self._publish(heads.root_size, heads.root)
        self._published_at = self._clock.now()
        return True

    @property
    def policies(self) -> tuple[str, ...]:
        """Whose cosignatures were asked for last: the house's policy first."""
        return self._policies[0]

    async def shown(self, index: int) -> Shown | None:
        """Where an entry stands under the checkpoint this keeper published last; None before that."""
        size = self._now[0]
        if not self._note or not 0 <= index < size:
            return None
        path = await self._over_tiles(size, lambda reader: inclusion_proof(reader, index, size))
        return Shown(index=index, path=tuple(path), checkpoint=self._note.decode())

    async def witnesses(self, within_s: float) -> tuple[Seen, ...]:
        """How each witness of the policies answers now."""
        return await self._gathering.look(within_s)

    async def close(self) -> None:
        """Give up on witnesses, and a time stamp, that have not come."""
        await self._gathering.close()
        if self._stamping is not None:
            await self._stamping.close()

    def _follow(self, texts: tuple[str, ...]) -> None:
        if texts != self._policies[0]:
            self._policies = (texts, tuple(quorum.parse(text.encode()) for text in texts))
            self._gathering.follow(self._policies[1])
            self._renew_pins(texts[0] if texts else "")

    def _renew_pins(self, policy: str) -> None:
        """What is published for verifiers to begin with names the policy that stands."""
        raw = self._files.read("pins.json")
        if raw is None:
            return
        pins = parse_pins(raw)
        known = [vkey for vkey, _ in quorum.parse(pins.policy.encode()).logs]
        older = [vkey.text() for vkey in known if vkey.name != self._house.origin]
        policy = policy_with(policy, older, is_new_first=False)  # receipts of years that are closed
        if pins.policy != policy:
            self._files.write("pins.json", msgspec.structs.replace(pins, policy=policy).encode())

    def _is_due(self, heads: HeadList) -> bool:
        if heads.waiting or self._published_at is None:
            return True
        if any(head.size > head.witnessed_size for head in heads.heads):
            return True
        return self._clock.now() - self._published_at >= timedelta(seconds=EPOCH_HEARTBEAT_S)

    def _is_appended(self, heads: HeadList) -> bool:
        """Whether the last epoch already holds all there is and was never published: publish that one."""
        last = self._appended
        if last is None or last.root_size != heads.root_size or last.root_size <= self._published(heads):
            return False
        return all(last.sizes.get(head.log) == head.size for head in heads.heads)

    def _published(self, heads: HeadList) -> int:
        """The size of the last checkpoint published; 0 while it is one of the shard before."""
        of = f"{self._house.origin}\n".encode()
        return _size_of(heads.published) if heads.published.startswith(of) else 0

    async def _append(self, heads: HeadList) -> None:
        epoch = heads.epoch + 1
        found = {}
        for head in heads.heads:
            key = self._keys.slot_key(head.customer)
            found[head.log] = SlotHead(
                slot=head.slot,
                epoch=epoch,
                blind=slots.blind(key, head.slot, epoch),
                size=head.size,
                root=head.root,
                previous=head.previous or FIRST_PREVIOUS,
            )
        leaves = {one.slot: one.leaf() for one in found.values()}
        tree = await asyncio.to_thread(slots.build, epoch, leaves, self._keys.dummies)
        self._publish_row(tree)
        await self._streaming.write(epoch, heads.heads)
        changed = tuple(
            SlotEvidence(
                log=head.log,
                slot=head.slot,
                size=head.size,
                root=head.root,
                blind=found[head.log].blind,
                previous=found[head.log].previous,
                path=tuple(tree.path(head.slot)),
            )
            for head in heads.heads
            if head.size > head.witnessed_size
        )
        appended = await self._ask(
            AppendEpoch(_NOTHING, epoch, slots.epoch_leaf(epoch, tree.root), leaves, changed)
        )
        self._appended = _Appended(appended.size, {head.log: head.size for head in heads.heads})

    async def _hand_over_keys(self, heads: HeadList) -> None:
        """Customers are given the key of their own slots; the keyroom hands it to them and forgets it."""
        customers = {head.customer for head in heads.heads}
        if heads.known_slot_keys != len(customers):
            keys = {customer: self._keys.slot_key(customer) for customer in customers}
            await self._ask(SlotKeys(_NOTHING, keys))

    def _publish_row(self, tree: SlotTree) -> None:
        """The slot tree's leaves are public: every one is blinded. So monitors ask nobody for theirs."""
        row = slots.encode_row(tree)
        self._files.write(slots.row_path(tree.epoch), row)
        kept = max(SLOT_ROWS_MIN, SLOT_ROWS_BYTES // len(row))
        if tree.epoch > kept:
            self._files.remove(slots.row_path(tree.epoch - kept))

    async def _publish(self, size: int, root: bytes) -> None:
        old = self._last.read()
        await self._refuse_rollback(old, (size, root))
        if old != (size, root):
            self._last.replace(old, (size, root))
        await self._write_tiles(size)
        self._now = (size, root)
        checkpoint = Checkpoint(origin=self._house.origin, size=size, root=root)
        made = cosign.publish(checkpoint, self._signers, self._clock.now())
        asked = Asked(
            made=made.encode(),
            origin=self._house.origin,
            size=size,
            consistency=lambda before: self._consistency(before, size),
        )
        lines = await self._gathering.gather(asked, lambda found: self._are_met(made, found))
        whole = made.with_signatures(lines)
        if not self._policies[1] or not is_met(self._policies[1][0], whole, self._house.origin):
            raise conflict("cosignatures-missing")
        self._files.write("checkpoint", whole.encode())
        await self._ask(Published(_NOTHING, whole.encode()))
        self._note = whole.encode()
        if self._stamping is not None:
            self._stamping.published(size, whole.encode())

    def _are_met(self, made: Note, lines: Sequence[Signature]) -> bool:
        whole = made.with_signatures(lines)
        return all(is_met(policy, whole, self._house.origin) for policy in self._policies[1])

    async def _refuse_rollback(self, old: tuple[int, bytes], new: tuple[int, bytes]) -> None:
        """What was signed once must be a prefix of what is signed next, forever."""
        is_prefix = old[0] <= new[0] and (old != (new[0], EMPTY_ROOT))
        if is_prefix and old[0]:
            proof = await self._consistency(old[0], new[0])
            is_prefix = verify_consistency(old[0], new[0], proof, old[1], new[1])
        if not is_prefix:
            await self._ask(Conflict(_NOTHING, "log-rolled-back", f"signed {old[0]}"))
            raise conflict("log-rolled-back", signed=old[0], found=new[0])

    async def _claimed(self, claim: Claim) -> None:
        """A witness knows another tree: keep what he shows, and have every use stop.

        What he shows may also be a tree of ours, signed by us: then he is confused, and nothing stops.
        """
        size, root = self._now
        shown = None
        if claim.shown is not None:
            try:
                shown = witnessing.opened(claim.shown, [one.vkey for one in self._signers])
            except Refusal:
                shown = None
        proof: tuple[bytes, list[bytes]] = (b"", [])
        if shown is not None and shown.size <= size:
            there = root if shown.size == size else await self._root_at(shown.size, size)
            if there == shown.root and claim.size <= size:
                _log.warning("witness %s refuses a tree that continues his own", claim.witness)
                return
            proof = (there, await self._consistency(shown.size, size))
        detail = f"{claim.witness} {claim.size if shown is None else shown.size}"
        if shown is not None and claim.shown is not None:
            checkpoint = Checkpoint(origin=self._house.origin, size=size, root=root)
            ours = cosign.publish(checkpoint, self._signers, self._clock.now()).encode()
            kept = fork.make(
                (claim.shown, ours),
                proof if shown.size < size else (b"", ()),
                seen_at=to_text(self._clock.now()),
                said_by=claim.witness,
            )
            digest = hashlib.sha256(note.parse(claim.shown).text.encode()).hexdigest()
            is_proven = fork.judge(kept, [one.vkey for one in self._signers]) is Proof.PROVEN
            self._evidence.keep(digest[:16], kept.encode(), is_proven=is_proven)
            detail += f" fork-{digest[:16]}"  # proven or not: one conflict, said once
        _log.critical("alarm: witness conflict: %s", detail)
        await self._ask(Conflict(_NOTHING, "witness-conflict", detail))

    async def _root_at(self, old: int, size: int) -> bytes:
        """The root this log had at an earlier size."""
        return await self._over_tiles(size, lambda reader: prefix_root(reader, old))

    async def _consistency(self, old: int, size: int) -> list[bytes]:
        if old in {0, size}:
            return []
        return await self._over_tiles(size, lambda reader: consistency_proof(reader, old, size))

    async def _over_tiles(self, size: int, work: Callable[[TileReader], T]) -> T:
        """Carry out `work`, fetching only the tiles it turns out to need."""
        fetched: dict[tuple[int, int], bytes] = {}

        def fetch(level: int, n: int, _width: int) -> bytes:
            if (level, n) not in fetched:
                raise _Missing(level, n)
            return fetched[level, n]

        while True:
            try:
                return work(TileReader(fetch, size))
            except _Missing as missing:
                at = (missing.level, missing.n)
                width = tiles.width_at(size, *at)
                fetched[at] = await self._tile(tiles.tile_path(*at, width), size)

    async def _write_tiles(self, size: int) -> None:
        """Every tile and bundle of this size that is not there yet; after the first time only what grew."""
        for level, n, width in tiles.all_tiles(size, self._written):
            path = tiles.tile_path(level, n, width)
            if self._files.read(path) is None:
                self._files.write(path, await self._tile(path, size))
            if level == 0:
                bundle = tiles.entries_path(n, width)
                if self._files.read(bundle) is None:
                    self._files.write(bundle, await self._tile(bundle, size))
            newest = (size >> (8 * level)) // tiles.TILE_WIDTH - 1
            if width == tiles.TILE_WIDTH and (self._written or n == newest):
                await asyncio.to_thread(self._drop_partials, level, n)
        self._written = size

    def _drop_partials(self, level: int, n: int) -> None:
        """A full tile is there: whoever asks for a part of it is to take it whole (C2SP tlog-tiles).

        They would be most of what the log takes on disk: ten kilobytes for each epoch.
        """
        for width in range(1, tiles.TILE_WIDTH):
            self._files.remove(tiles.tile_path(level, n, width))
            if level == 0:
                self._files.remove(tiles.entries_path(n, width))

    async def _tile(self, path: str, size: int) -> bytes:
        kept = self._files.read(path)
        return kept if kept is not None else (await self._doors.ask(RootTile(path, size))).body

    async def _ask(self, ask: Ask[T]) -> T:
        return await self._signed.ask(ask)


class _Missing(Exception):  # noqa: N818 - a tile that has to be fetched first
    def __init__(self, level: int, n: int) -> None:
        super().__init__(level, n)
        self.level = level
        self.n = n


def is_met(policy: Policy, made: Note, origin: str) -> bool:
    """Whether the lines of a checkpoint meet a policy's quorum."""
    try:
        lines = cosign.verify(made.encode(), policy.vkeys(), origin).lines
    except Refusal:
        return False
    return quorum.evaluate(policy, lines).is_met


def _size_of(published: bytes) -> int:
    return int(published.split(b"\n", 2)[1]) if published else 0
