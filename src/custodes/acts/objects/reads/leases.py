"""Reads under a lease: one entry admits many reads of one application in one bucket, for seconds.

Only an entry each is spared. Every read is decided as if there were no lease, and looked at for kills just
before its key is used. A lease falls with any change of what stands, whatever it was: a kill, a rule, a
credential, a key. Another keyroom's changes are known here within `acts.sharing.ports.LEASE_S`, or no key is
used. How many reads it was is said when the lease ends; where no end is said the log means all of them:
incident answers say "at most n".

Never for persons, under a grant or for an exceptional purpose, and only where the customer's rules permit
`object:lease` (his owner set such a rule; no default does; for anyone it is a rule of its own). Why:
docs/decisions/0034-reads-under-a-lease.md.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.objects.ground import Ground, Stand, bucket_asked, record
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed, Generation, Position, StandingSeq
from custodes.custody.keys import Key
from custodes.kernel.actor import Actor, ActorKind
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.policy.actions import EXCEPTIONAL_PURPOSES

ACTION, ACT = "object:lease", "object.lease"
USES_MAX = 10_000
USES_FIRST = 100  # a lease that is used up in time is followed by one of `GROWTH` times as many reads
GROWTH = 4
LASTS_S = 10
OPEN_MAX = 1_000
CLOSE_EVERY_S = 1.0

At: TypeAlias = tuple[str, str, str]  # credential, bucket, key

_log = logging.getLogger("custodes.leases")


@dataclass(kw_only=True)
class Lease:
    """An open lease. It stands while `standing_seq` is the house's and `until_ms` (since boot) is not yet;
    that long `actor` may have one for the purpose it was `decided` for: that follows from what stands alone.
    """

    actor: Actor
    decided: Decided
    stand: Stand
    at: Position
    given: int
    standing_seq: int
    until_ms: int
    used: int = 0
    sent_bytes: int = 0


class Leases:
    """The open leases of one unsealed house. One loop: what is looked at and counted happens in one step."""

    def __init__(self, ground: Ground) -> None:
        self._g = ground
        self._open: dict[At, Lease] = {}
        self._ended: list[Lease] = []
        self._taking: dict[At, asyncio.Lock] = {}
        self._next: dict[At, int] = {}
        self._closing: asyncio.Task[None] | None = None

    async def admit(
        self, who: Identified, stand: Stand, read: tuple[Key, str, tuple[Expect, ...]]
    ) -> Lease | None:
        """Count one read that was just decided: `read` = (its key, its purpose, what it rests on).

        None where it needs an entry of its own. Call it in the step in which the read was decided: what
        stands must not have changed between.
        """
        key, purpose, expects = read
        at, seq = (who.actor.credential, stand.bucket.id, key.id), self._g.o.standing.seq
        lease = self._standing(at)
        if lease is not None and lease.actor == who.actor and lease.decided.decision.purpose == purpose:
            decided: Decided | None = lease.decided
        else:
            decided = self._may(who, stand, purpose)
        if decided is None or not _follow_from_rows(expects):
            return None
        if lease is None:
            async with self._taking.setdefault(at, asyncio.Lock()):
                lease = self._standing(at)
                if lease is None and self._g.o.standing.seq == seq and len(self._open) < OPEN_MAX:
                    await self._take(at, who, stand, (decided, expects))
                lease = self._standing(at)
        if lease is None or lease.standing_seq != seq:
            return None
        lease.used += 1
        return lease

    async def close_ended(self) -> None:
        """Say of every lease that ended how many reads it was, and how many bytes."""
        for at in list(self._open):
            self._standing(at)
        while self._ended:
            await self._say_end(self._ended.pop(0))
        for at in [at for at, lock in self._taking.items() if at not in self._open and not lock.locked()]:
            del self._taking[at]

    def _may(self, who: Identified, stand: Stand, purpose: str) -> Decided | None:
        """The decision a lease would be taken under; None where there is none to be had."""
        if who.actor.kind not in (ActorKind.APPLICATION, ActorKind.ANYONE) or purpose in EXCEPTIONAL_PURPOSES:
            return None
        decided = self._g.o.decisions.decide(who, bucket_asked(ACTION, stand, purpose=purpose))
        if not decided.decision.allowed:
            return None
        return decided if _follow_from_rows(decided.expects) else None

    def _standing(self, at: At) -> Lease | None:
        """The lease that stands here; one that does not any more is put aside."""
        lease, o = self._open.get(at), self._g.o
        if lease is None:
            return None
        is_over = lease.standing_seq != o.standing.seq or o.clock.boot_ms() >= lease.until_ms
        if lease.used < lease.given and not is_over:
            return lease
        del self._open[at]
        self._ended.append(lease)
        if len(self._next) >= OPEN_MAX:
            self._next.clear()
        grown = lease.given * GROWTH if lease.used >= lease.given else lease.used * 2
        self._next[at] = min(max(grown, USES_FIRST), USES_MAX)
        return None

    async def _take(
        self, at: At, who: Identified, stand: Stand, rests: tuple[Decided, tuple[Expect, ...]]
    ) -> None:
        o = self._g.o
        seq, began_ms, given = o.standing.seq, o.clock.boot_ms(), self._next.get(at, USES_FIRST)
        decided, expects = rests
        draft = record(
            ACT,
            who,
            stand,
            decided,
            subject=stand.bucket.id,
            phase="admission",
            key=at[2],
            count=given,
            until=to_text(o.clock.now() + timedelta(seconds=LASTS_S)),
            standing_seq=seq,
        )
        await o.records.ready(stand.customer)
        act_id = new_id("act", o.dice)
        entry = o.records.seal(stand.customer, act_id, 0, draft)
        act = Act(id=act_id, expects=(*expects, *decided.expects, StandingSeq(seq)), entries=(entry,))
        outcome = await o.gate.commit(act)
        if isinstance(outcome, Failed):
            return
        o.gate.still_fresh(outcome)
        self._open[at] = Lease(
            actor=who.actor,
            decided=decided,
            stand=stand,
            at=outcome.committed.positions[0],
            given=given,
            standing_seq=seq,
            until_ms=began_ms + LASTS_S * 1_000,
        )
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close_later())

    async def _say_end(self, lease: Lease) -> None:
        o = self._g.o
        customer = o.standing.get("customer", lease.stand.customer.id, Customer)
        if customer is None:
            return
        fields: dict[str, Plain] = {
            "actor": "keyroom",
            "actor_kind": "process",
            "phase": "outcome",
            "admission": [lease.at.log, lease.at.index],
            "outcome": "complete",
            "bucket": lease.stand.bucket.id,
            "count": lease.used,
            "bytes": lease.sent_bytes,
        }
        act_id = new_id("act", o.dice)
        await o.records.ready(customer)
        said_of = Record(act=ACT, subject=lease.stand.bucket.id, fields=fields)
        await o.gate.commit(Act(id=act_id, entries=(o.records.seal(customer, act_id, 0, said_of),)))

    async def _close_later(self) -> None:
        try:
            while self._open or self._ended:
                await asyncio.sleep(CLOSE_EVERY_S)
                await self.close_ended()
        except Refusal as refusal:  # sealed meanwhile: what is not said counts as all that was given
            _log.warning("the end of a lease is not said: %s", refusal.code)
        finally:
            self._closing = None


def _follow_from_rows(expects: tuple[Expect, ...]) -> bool:
    """No ground is time."""
    return {Generation}.issuperset(map(type, expects))
