"""The state of the house, one finding per thing: what the unsealed keyroom knows, and what its machine is."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from custodes.acts.asks import Evidence, Local
from custodes.acts.asks.running.findings import (
    Finding,
    Findings,
    LookFindings,
    finding,
    unknown,
    worst_first,
)
from custodes.acts.footing.nouns import Kills
from custodes.acts.objects.care.summary import CareSummary, care_summary
from custodes.acts.opened import Opened
from custodes.acts.permitted import may_read
from custodes.acts.sharing.ports import Lease
from custodes.acts.timekeeping.trust import APART_S_MAX
from custodes.acts.turning.answers import Turning
from custodes.boundary.places import Location
from custodes.kernel.clock import to_text
from custodes.kernel.limits import UNWITNESSED_MINUTES_MAX
from custodes.kernel.refusal import Kind, Refusal
from custodes.ledger import cosign
from custodes.ledger.quorum import Policy
from custodes.policy.question import Resource

from .pressed import room, webhooks

AGING = timedelta(minutes=UNWITNESSED_MINUTES_MAX) / 3
KEYROOMS_APART_MS_MAX = 2_000
OUTBOX_AGE_S_MAX = 900
NAMED = frozenset({"store-not-this-one", "store-full"})  # every other fault of a store is that it is away

Look = Callable[[], Sequence[Finding]]


class Inspection:
    """Answers `LookFindings`; `machine` is what wiring finds outside the house, in a thread."""

    def __init__(
        self,
        opened: Opened,
        machine: Look | None,
        leases: Callable[[], Sequence[Lease]],
        turning: Turning,
    ) -> None:
        self._o = opened
        self._turning = turning
        self._machine = machine
        self._leases = leases

    def answers(self) -> Mapping[type, Callable[[Any], Awaitable[Any]]]:
        """The asks this answers."""
        return {LookFindings: self.look}

    async def look(self, ask: LookFindings) -> Findings:
        """Everything there is to see, what is wrong first; to an operator, or to whom policy lets look."""
        await self._refuse_others(ask.evidence)
        outside = () if self._machine is None else tuple(await asyncio.to_thread(self._machine))
        inside = (
            finding("seal", "", "-"),
            *self._kills(),
            *self._clock(),
            *self._holders(),
            *self._keyrooms(),
            *self._stores(),
            *await self._in_the_books(),
        )
        return Findings(to_text(self._o.clock.now()), worst_first((*inside, *outside)))

    async def _refuse_others(self, evidence: Evidence) -> None:
        o = self._o
        who = o.identities.of(evidence)
        if not isinstance(evidence, Local):
            await may_read(o, who, "house:read", Resource(kind="house", id=o.house))

    def _kills(self) -> Iterator[Finding]:
        rows = self._o.standing.all_of("kills", Kills)
        count = sum(one.lifted_at is None for row in rows for one in row.kills)
        yield finding("kills", "kill-stands" if count else "", str(count))

    def _clock(self) -> Iterator[Finding]:
        time = self._o.time
        apart = f"{time.apart_s():+.0f} s"
        if time.noted() is not None or time.jump() is not None:
            yield finding("clock-witnesses", "clock-jumped", apart, is_wrong=True)
        elif abs(time.apart_s()) > APART_S_MAX:
            yield finding("clock-witnesses", "clock-apart", apart, is_wrong=True)
        else:
            yield finding("clock-witnesses", "" if time.is_vouched_for else "clock-not-vouched", apart)

    def _stores(self) -> Iterator[Finding]:
        """Each store that is not as it should be, by the name of its location; else how many there are."""
        o, bad = self._o, 0
        for at, seen in sorted(o.stores_seen.items()):
            if not seen.fault:
                continue
            place, bad = o.standing.get("location", at, Location), bad + 1
            why = seen.fault if seen.fault in NAMED else "store-away"
            said = f"{place.name if place is not None else at}: {seen.fault} ({seen.seen_at})"
            yield finding("stores", why, said, is_wrong=True)
        if not bad:
            yield finding("stores", "", str(len(o.stores_seen)))

    async def _in_the_books(self) -> list[Finding]:
        """What only the database says; of one that is gone, that it cannot be seen."""
        try:
            found = [*await self._witnesses(), await self._outbox(), await self._shard()]
            summary = await care_summary(self._o)
            pressed = [await webhooks(self._o), await room(self._o)]
            return [*found, *_copies(summary), _strays(summary), *pressed]
        except Refusal as refusal:
            if refusal.kind is not Kind.UNAVAILABLE:
                raise
            return [
                unknown("checkpoint", "database-gone"),
                unknown("outbox", "database-gone"),
                unknown("shard", "database-gone"),
                unknown("scrub", "database-gone"),
                unknown("copies", "database-gone"),
                unknown("strays", "database-gone"),
                unknown("webhooks", "database-gone"),
                unknown("room", "database-gone"),
            ]

    async def _witnesses(self) -> list[Finding]:
        """The house's quorum and its age, then each of its witnesses by the last published checkpoint."""
        o = self._o
        policy = o.policies.of(o.house)
        note = (await o.read(lambda reads: reads.epoch_state())).note
        if policy is None or not note:
            return [finding("checkpoint", "no-checkpoint", "-")]
        return [self._quorum(policy), *_signed(policy, note, o.origin)]

    async def _shard(self) -> Finding:
        """Which year of the log is open, when it closes, and what is in the way."""
        found = await self._turning.look_at()
        present = found.shards[-1]
        if not found.is_yearly:
            return finding("shard", "shards-off", str(present.year))
        said = f"{present.year}: {found.days_left} d"
        if found.why:
            return finding("shard", "turn-stuck", f"{said}; {found.why}", is_wrong=found.days_left == 0)
        if found.missing:
            names = ", ".join(found.missing)
            return finding("shard", "turn-not-known", f"{said}; {names}", is_wrong=found.days_left == 0)
        return finding("shard", "turn-late" if found.days_left == 0 else "", said)

    def _quorum(self, policy: Policy) -> Finding:
        o = self._o
        try:
            o.witnessing.refuse_if_conflicted()
        except Refusal:
            return finding("quorum", "witness-conflict", "-", is_wrong=True)
        if policy.is_none:
            return finding("quorum", "no-quorum-asked", "-")
        at = o.witnessing.published_at
        if at is None:
            return finding("quorum", "quorum-not-met", "-", is_wrong=True)
        age = o.clock.now() - at
        said = f"{age.total_seconds():.0f} s"
        if age > timedelta(minutes=UNWITNESSED_MINUTES_MAX):
            return finding("quorum", "quorum-stale", said, is_wrong=True)
        return finding("quorum", "quorum-aging" if age > AGING else "", said)

    def _holders(self) -> Iterator[Finding]:
        lost = self._o.keyring.lost()
        for uri, holder in sorted(self._o.holders.items()):
            scheme = uri.partition(":")[0]
            if uri in lost or holder.is_sealed:
                said = f"{scheme}: {lost.get(uri, 'holder-sealed')}"
                yield finding("holder", "holder-gone", said, is_wrong=True)
            else:
                why = "root-in-a-file" if scheme == "keyfile" else ""
                yield finding("holder", why, f"{scheme} ({holder.grade})")

    def _keyrooms(self) -> Iterator[Finding]:
        alive = [one for one in self._leases() if one.left_ms > 0 and one.ahead_ms is not None]
        if len(alive) < 2:
            return
        ahead = [one.ahead_ms or 0 for one in alive]
        said = ", ".join(f"{one.keyroom} {one.ahead_ms:+} ms" for one in alive)
        is_apart = max(ahead) - min(ahead) > KEYROOMS_APART_MS_MAX
        yield finding("clock-keyrooms", "keyrooms-apart" if is_apart else "", said, is_wrong=True)

    async def _outbox(self) -> Finding:
        count, oldest_us = await self._o.read(lambda reads: reads.outbox_backlog())
        age_s = 0.0 if oldest_us is None else self._o.clock.now().timestamp() - oldest_us / 1e6
        return finding(
            "outbox", "outbox-stuck" if age_s > OUTBOX_AGE_S_MAX else "", f"{count}; {age_s:.0f} s"
        )


def _copies(found: CareSummary) -> Iterator[Finding]:
    """Whether all is read again in time, and lies in as many places as it should."""
    said = f"{found.buckets - found.overdue}/{found.buckets}; {found.checked_bytes} B"
    if found.oldest_s is not None:
        said += f"; {found.oldest_s / 86_400:.0f} d"
    yield finding("scrub", "scrub-overdue" if found.overdue else "", said)
    said = f"{found.wanting}; {found.below}; {found.lost}"
    if found.lost:
        yield finding("copies", "copies-lost", said, is_wrong=True)
    else:
        yield finding("copies", "copies-below" if found.below else "", said)


def _strays(found: CareSummary) -> Finding:
    said = f"{found.strays}; {found.stray_bytes} B"
    return finding("strays", "strays-lie" if found.strays else "", said)


def _signed(policy: Policy, note: bytes, origin: str) -> list[Finding]:
    try:
        lines = cosign.verify(note, policy.vkeys(), origin).lines
    except Refusal as refusal:
        return [finding("checkpoint", "no-checkpoint", refusal.code, is_wrong=True)]
    signed = {(line.name, line.key_id) for line in lines if line.is_checked}
    found = []
    for one in policy.witnesses.values():
        has = (one.vkey.name, one.vkey.key_id.hex()) in signed
        why = "witness-embedded" if one.is_embedded else "" if has else "witness-silent"
        found.append(finding("witness", why, f"{one.name} ({one.organisation})"))
    return found or [unknown("witness", "no-quorum-asked")]
