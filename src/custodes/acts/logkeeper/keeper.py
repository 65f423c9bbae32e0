"""One round of the logkeeper: heads, slot tree, epoch, signature, witnesses, publication.

The order is the safety: the root head is written down (compare and swap) *before* it is signed, tiles are
durable before the checkpoint that needs them, and the keyroom hears of it last. A crash anywhere repeats
the round; it can never make two checkpoints of one size.
"""

import asyncio
import logging
from collections.abc import Sequence
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
)
from custodes.kernel.clock import Clock
from custodes.kernel.limits import EPOCH_HEARTBEAT_S
from custodes.kernel.refusal import Refusal, conflict
from custodes.ledger import cosign, note, quorum, slots, tiles
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.merkle import EMPTY_ROOT, consistency_proof, verify_consistency
from custodes.ledger.quorum import Policy
from custodes.ledger.slots import FIRST_PREVIOUS, SlotHead
from custodes.ledger.tiles import TileReader

from .keys import LogKeys
from .ports import LastSigned, LogFiles, Witness
from .signed_doors import UNSIGNED, SignedDoors

T = TypeVar("T")
WITNESS_TIMEOUT_S = 1.0

_log = logging.getLogger("custodes.logkeeper")
_NOTHING = UNSIGNED


class House(msgspec.Struct, frozen=True, kw_only=True):
    """Whose log this is, and who must cosign it."""

    id: str
    origin: str
    policy: Policy


class Keeper:
    """Runs rounds against one keyroom."""

    def __init__(
        self,
        house: House,
        doors: Doors,
        keys: LogKeys,
        places: tuple[LogFiles, LastSigned],
        witnesses: Sequence[Witness],
        *,
        clock: Clock,
    ) -> None:
        self._house = house
        self._doors = doors
        self._keys = keys
        self._signers = keys.signers(house.origin)
        signing = Ed25519PrivateKey.from_private_bytes(keys.ed25519)
        self._signed = SignedDoors(doors, house.id, signing, clock)
        self._files, self._last = places
        self._witnesses = witnesses
        self._clock = clock
        self._published_at: datetime | None = None
        self._witness_sizes: dict[str, int] = {}

    @property
    def published_at(self) -> datetime | None:
        """When this process last published a checkpoint."""
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
        await self._append(heads)
        heads = await self._ask(Heads(_NOTHING, 0))
        await self._publish(heads.root_size, heads.root)
        self._published_at = self._clock.now()
        return True

    def _is_due(self, heads: HeadList) -> bool:
        if heads.waiting or self._published_at is None:
            return True
        if any(head.size > head.witnessed_size for head in heads.heads):
            return True
        return self._clock.now() - self._published_at >= timedelta(seconds=EPOCH_HEARTBEAT_S)

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
        await self._ask(AppendEpoch(_NOTHING, epoch, slots.epoch_leaf(epoch, tree.root), leaves, changed))

    async def _publish(self, size: int, root: bytes) -> None:
        old = self._last.read()
        await self._refuse_rollback(old, (size, root))
        if old != (size, root):
            self._last.replace(old, (size, root))
        await self._write_tiles(size)
        checkpoint = Checkpoint(origin=self._house.origin, size=size, root=root)
        made = cosign.publish(checkpoint, self._signers, self._clock.now())
        whole = made.encode() + b"".join(await self._cosignatures(made.encode(), size))
        verified = cosign.verify(whole, self._house.policy.vkeys(), self._house.origin)
        if not quorum.evaluate(self._house.policy, verified.lines).is_met:
            raise conflict("cosignatures-missing")
        self._files.write("checkpoint", whole)
        await self._ask(Published(_NOTHING, whole))

    async def _refuse_rollback(self, old: tuple[int, bytes], new: tuple[int, bytes]) -> None:
        """What was signed once must be a prefix of what is signed next, forever."""
        is_prefix = old[0] <= new[0] and (old != (new[0], EMPTY_ROOT))
        if is_prefix and old[0]:
            proof = await self._consistency(old[0], new[0])
            is_prefix = verify_consistency(old[0], new[0], proof, old[1], new[1])
        if not is_prefix:
            await self._ask(Conflict(_NOTHING, "log-rolled-back"))
            raise conflict("log-rolled-back", signed=old[0], found=new[0])

    async def _cosignatures(self, made: bytes, size: int) -> list[bytes]:
        found = await asyncio.gather(*(self._cosigned(one, made, size) for one in self._witnesses))
        return [lines for lines in found if lines]

    async def _cosigned(self, witness: Witness, made: bytes, size: int) -> bytes:
        old = self._witness_sizes.get(witness.name, 0)
        try:
            for _ in range(2):
                try:
                    proof = await self._consistency(old, size)
                    async with asyncio.timeout(WITNESS_TIMEOUT_S):
                        lines = await witness.cosign(old, proof, made)
                except Refusal as refusal:
                    if refusal.code != "witness-behind":
                        raise
                    old = int(str(refusal.facts["size"]))
                    continue
                self._witness_sizes[witness.name] = size
                note.parse(made + lines)
                return lines
        except Refusal as refusal:
            if refusal.code == "witness-conflict":
                await self._ask(Conflict(_NOTHING, "witness-conflict"))
            _log.warning("witness %s: %s", witness.name, refusal.code)
        except TimeoutError:
            _log.warning("witness %s did not answer in time", witness.name)
        return b""

    async def _consistency(self, old: int, size: int) -> list[bytes]:
        if old in {0, size}:
            return []
        fetched = {}
        for level, n, width in tiles.all_tiles(size):
            fetched[level, n] = await self._tile(tiles.tile_path(level, n, width), size)
        reader = TileReader(lambda level, n, _width: fetched[level, n], size)
        return consistency_proof(reader, old, size)

    async def _write_tiles(self, size: int) -> None:
        for level, n, width in tiles.all_tiles(size):
            path = tiles.tile_path(level, n, width)
            if self._files.read(path) is None:
                self._files.write(path, await self._tile(path, size))
            if level == 0:
                bundle = tiles.entries_path(n, width)
                if self._files.read(bundle) is None:
                    self._files.write(bundle, await self._tile(bundle, size))

    async def _tile(self, path: str, size: int) -> bytes:
        kept = self._files.read(path)
        return kept if kept is not None else (await self._doors.ask(RootTile(path, size))).body

    async def _ask(self, ask: Ask[T]) -> T:
        return await self._signed.ask(ask)
