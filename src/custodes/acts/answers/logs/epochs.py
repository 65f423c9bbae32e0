"""What the logkeeper asks of the keyroom: heads, a leaf more in the root log, and what was published."""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from custodes.acts.asks import Ask, Evidence
from custodes.acts.asks.log import (
    Accepted,
    AppendEpoch,
    Conflict,
    EpochAppended,
    HeadList,
    Heads,
    HeadView,
    LeafRun,
    Published,
    RootTile,
    SubLogLeaves,
    Tile,
)
from custodes.acts.footing.standing import slotted
from custodes.acts.gate import Receipted
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.watched.conflicts import Conflicts
from custodes.acts.watched.following import Following
from custodes.acts.writing.act import Act, Entry, Failed, Write
from custodes.kernel.refusal import Refusal, conflict, malformed, unauthenticated, unavailable
from custodes.ledger import cosign, quorum, slots
from custodes.ledger.merkle import CompactRange
from custodes.ledger.quorum import Policy

from .tiles_of import tile_of

_WAIT_MS_MAX = 30_000
_LEAVES_MAX = 8_192


class EpochAnswers:
    """Answers `Heads`, `AppendEpoch`, `SubLogLeaves`, `Published`, `RootTile`."""

    def __init__(self, opened: Opened, conflicts: Conflicts, following: Following) -> None:
        self._o = opened
        self._following = following
        self._conflicts = conflicts
        self._covered: tuple[int, dict[str, int]] = (-1, {})  # epoch, and how far it covers each sub-log

    async def heads(self, ask: Heads) -> HeadList:
        """Heads of all sub-logs in slots, from one snapshot."""
        self._refuse_others(ask, ask.evidence)
        o = self._o
        if not o.is_tender():  # one keyroom integrates: two logkeepers would only get in each other's way
            raise unavailable("integrates-elsewhere")
        if not 0 <= ask.wait_ms <= _WAIT_MS_MAX:
            raise malformed("bad-wait")
        await o.witnessing.until_asked(ask.wait_ms / 1000)
        heads, state = await o.read(lambda reads: (reads.heads(), reads.epoch_state()))
        covered = await self._cover(state.epoch)
        empty = CompactRange.decode(0, b"")
        views = []
        for customer in slotted(o.standing):
            for kind, slot in customer.slots.items():
                log = customer.log(kind)
                head = heads.get(log, empty)
                views.append(
                    HeadView(
                        log=log,
                        customer=customer.id,
                        slot=slot,
                        size=head.size,
                        root=head.root(),
                        previous=state.leaves.get(slot, b""),
                        witnessed_size=o.witnessing.published_size(log),
                        covered_size=covered.get(log, 0),
                    )
                )
        root = heads.get(o.body.root_log, empty)
        return HeadList(
            heads=tuple(views),
            epoch=state.epoch,
            root_size=root.size,
            root=root.root(),
            waiting=o.witnessing.has_waiters,
            published=state.note,
            policies=tuple(text for text, _ in o.policies.all().values()),
            known_slot_keys=self._following.known_slot_keys,
        )

    async def append(self, ask: AppendEpoch) -> EpochAppended:
        """One leaf more in the root log; `epoch-not-next` (conflict) when it is not the next one."""
        self._refuse_others(ask, ask.evidence)
        o = self._o
        parsed = slots.parse_epoch_leaf(ask.leaf)
        if parsed is None or parsed[0] != ask.epoch:
            raise malformed("bad-epoch")
        state, root = await o.read(lambda reads: (reads.epoch_state(), reads.head(o.body.root_log)))
        if ask.epoch != state.epoch + 1:
            raise conflict("epoch-not-next")
        now = o.clock.now()
        entry = Entry(
            log=o.body.root_log,
            leaf=ask.leaf,
            act_code="epoch",
            subject=f"epoch/{ask.epoch}",
            at=now,
            page="",
            sealed=b"",
        )
        encode = msgspec.msgpack.encode
        changed = tuple((one.log, one.size, encode(one)) for one in ask.changed)
        at = int(now.timestamp() * 1_000_000)
        write = Write("epoch.add", ((ask.epoch, root.size, at), encode(ask.leaves), changed))
        act_id = f"act-epoch-{ask.epoch}"
        outcome = await o.gate.commit(Act(id=act_id, entries=(entry,), writes=(write,), is_named=True))
        if isinstance(outcome, Failed):
            raise conflict("epoch-not-next")
        sizes = {one.log: one.size for one in ask.changed}
        o.witnessing.appended(sizes)
        if self._covered[0] == ask.epoch - 1:
            self._covered = (ask.epoch, {**self._covered[1], **sizes})
        return await self._root_head(outcome)

    async def published(self, ask: Published) -> Accepted:
        """Check the note against the house's own policy, keep it, release what waits.

        Refusals: those of `cosign.verify`, `cosignatures-missing`, `not-our-root` (conflict).
        """
        self._refuse_others(ask, ask.evidence)
        o = self._o
        policies = {owner: policy for owner, (_, policy) in o.policies.all().items()}
        if o.house not in policies:
            raise malformed("no-policy")
        verified = cosign.verify(ask.note, policies[o.house].vkeys(), o.origin)
        if not quorum.evaluate(policies[o.house], verified.lines).is_met:
            raise conflict("cosignatures-missing")
        root = await o.read(lambda reads: reads.head(o.body.root_log))
        if (verified.checkpoint.size, verified.checkpoint.root) != (root.size, root.root()):
            raise conflict("not-our-root")
        act = Act(
            id=f"act-note-{hashlib.sha256(ask.note).hexdigest()}",
            writes=(Write("epoch.publish", (ask.note,)),),
        )
        await o.gate.commit(act)
        now = o.clock.now()
        met_at = {owner: met_since(policy, ask.note, o.origin, now) for owner, policy in policies.items()}
        at = met_at[o.house]
        if at is not None and not policies[o.house].is_none:
            o.time.vouched(at)
        await o.witnessing.published(met_at)
        return Accepted()

    async def conflict(self, ask: Conflict) -> Accepted:
        """Stop every use: somebody has seen another tree than ours."""
        self._refuse_others(ask, ask.evidence)
        await self._conflicts.stop(ask.code, ask.detail)
        return Accepted()

    async def leaves(self, ask: SubLogLeaves) -> LeafRun:
        """What an epoch is about to cover, for the stream off the machine; `bad-limit` (malformed)."""
        self._refuse_others(ask, ask.evidence)
        if not 0 <= ask.first <= ask.end <= ask.first + _LEAVES_MAX or ask.log == self._o.body.root_log:
            raise malformed("bad-limit")
        found = await self._o.read(lambda reads: reads.leaves(ask.log, ask.first, ask.end))
        return LeafRun(b"".join(found))

    async def _cover(self, epoch: int) -> dict[str, int]:
        """How far the last epoch covers each sub-log: read once, then kept up; another keyroom may append."""
        if self._covered[0] != epoch:
            self._covered = (epoch, dict(await self._o.read(lambda reads: reads.last_covered())))
        return self._covered[1]

    async def root_tile(self, ask: RootTile) -> Tile:
        """A tile of the public root log; needs no evidence, for it is public."""
        root = self._o.body.root_log
        return Tile(await self._o.read(lambda reads: tile_of(reads, root, ask.path, ask.size)))

    async def _root_head(self, outcome: Receipted) -> EpochAppended:
        root = await self._o.read(lambda reads: reads.head(self._o.body.root_log))
        return EpochAppended(outcome.committed.positions[0].index, root.size, root.root())

    def _refuse_others(self, ask: Ask[Any], evidence: Evidence) -> None:
        if not is_logkeeper(self._o, ask, evidence):
            raise unauthenticated("not-the-logkeeper")


def met_since(policy: Policy, note: bytes, origin: str, now: datetime) -> datetime | None:
    """Since when a policy's quorum vouches for a checkpoint; None where it does not.

    A policy that asks for nobody is met now.
    """
    if policy.is_none:
        return now
    try:
        lines = cosign.verify(note, policy.vkeys(), origin).lines
    except Refusal:
        return None
    at = quorum.met_since(policy, lines)
    return None if at is None else datetime.fromtimestamp(at, UTC)
