"""Turning a log's year: the coming shard is announced in the present one, and opens when its year has begun.

The logkeeper asks, for it alone has keys and knows the witnesses; what becomes of it is decided here. Nothing
turns on a clock in doubt, over a head that was not published under the house's quorum, or twice for a year.
One act opens the next shard: the standing row, every policy that names the log's keys, the first entry, and
an entry for each customer. Before it a crash leaves the old shard, after it the new one.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from custodes.acts.answers.logs.tiles_of import reader_of
from custodes.acts.asks import Ask, Evidence, Local
from custodes.acts.asks.running import turning as asks
from custodes.acts.asks.running.turning import ShardList, ShardView, TurnView
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.house_body import HouseBody, Shard, next_root
from custodes.acts.footing.nouns import KeyroomKey, WitnessPolicy
from custodes.acts.footing.standing import Change
from custodes.acts.founding import receipt_vkey
from custodes.acts.logkeeping import is_logkeeper
from custodes.acts.opened import Opened
from custodes.acts.permitted import may_read
from custodes.acts.records import Record
from custodes.acts.upkeep.common import BY_THE_KEYROOM
from custodes.acts.witness_policies import NOUN as POLICY
from custodes.acts.writing.act import Failed, Row, Write
from custodes.acts.writing.ports import Reads
from custodes.acts.writing.readers import EpochState, ShardRow
from custodes.kernel import canonical
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import Refusal, conflict, malformed, unauthenticated
from custodes.ledger import cosign, quorum
from custodes.ledger.loss.gap import EMBEDDED, policy_after, vkey_named
from custodes.ledger.merkle import CompactRange, inclusion_proof
from custodes.ledger.note import Vkey
from custodes.ledger.shards import turn, year
from custodes.ledger.shards.turn import Announced, Keys, Turned
from custodes.policy.question import Resource

from .pruning import prune
from .shards import announcing, entry_of, size_of

ACT = "house.turn"
NOTICE_DAYS_MAX = 366
_log = logging.getLogger("custodes.turning")
Answers = Mapping[type, Callable[[Any], Awaitable[Any]]]


class Turning:
    """Answers `LookTurn`, `AnnounceNext`, `TurnLog`, `NoteTurn`, `LookShards`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._noted: tuple[bool, tuple[str, ...], str] = (True, (), "")

    def answers(self) -> Answers:
        """The asks this answers."""
        return {
            asks.LookTurn: self.look,
            asks.AnnounceNext: self.announce,
            asks.TurnLog: self.turn,
            asks.NoteTurn: self.note,
            asks.LookShards: self.shards,
            asks.PruneShard: self.prune,
        }

    async def look(self, ask: asks.LookTurn) -> TurnView:
        """Where the log is; `not-the-logkeeper` (unauthenticated)."""
        self._refuse_others(ask, ask.evidence)
        return _view(self._o.shard, await self._o.read(lambda reads: reads.upkeep.shards()))

    async def note(self, ask: asks.NoteTurn) -> TurnView:
        """Keep what the logkeeper found out, for whoever looks."""
        self._refuse_others(ask, ask.evidence)
        self._noted = (ask.is_yearly, ask.missing, ask.why)
        return _view(self._o.shard, await self._o.read(lambda reads: reads.upkeep.shards()))

    async def announce(self, ask: asks.AnnounceNext) -> TurnView:
        """One entry in the present root log; said once (`shard-announced`)."""
        self._refuse_others(ask, ask.evidence)
        if not 0 <= ask.notice_days <= NOTICE_DAYS_MAX:
            raise malformed("bad-turn", why="notice")
        o = self._o
        o.time.refuse_if_frozen()
        now, notice, shard = o.clock.now(), timedelta(days=ask.notice_days), o.shard
        coming = year.coming(shard.origin, shard.year, now, notice)
        if now < coming.announced_from:
            raise conflict("turn-too-early", at=to_text(coming.announced_from))
        document = self._document(ask, coming, year.turns_at(coming.year, now, notice))
        rows, head = await o.read(lambda reads: (reads.upkeep.shards(), reads.head(shard.root_log)))
        if any(one.number == shard.number for one in rows):
            raise conflict("shard-announced")
        act = announcing(o, document, head.size)
        if isinstance(await o.gate.commit(act), Failed):
            raise conflict("shard-announced")
        _log.warning("%s announced: opens at %s", document.opens, document.turns_at)
        return _view(o.shard, await o.read(lambda reads: reads.upkeep.shards()))

    async def turn(self, ask: asks.TurnLog) -> TurnView:
        """The act of the year's turn; see the room card for what it refuses."""
        self._refuse_others(ask, ask.evidence)
        o = self._o
        told = [owner for owner in o.standing.all_of("customer", Customer) if await self._is_ready(owner)]
        await o.authority.alter(partial(self._decide, told))
        _log.warning("the log goes on as %s", o.origin)
        self._noted = (self._noted[0], (), "")
        return _view(o.shard, await o.read(lambda reads: reads.upkeep.shards()))

    async def shards(self, ask: asks.LookShards) -> ShardList:
        """Every year of the log, for people."""
        o = self._o
        who = o.identities.of(ask.evidence)
        if not isinstance(ask.evidence, Local):
            await may_read(o, who, "house:read", Resource(kind="house", id=o.house))
        return await self.look_at()

    async def prune(self, ask: asks.PruneShard) -> ShardList:
        """See `pruning.prune`."""
        await prune(self._o, ask)
        return await self.look_at()

    async def look_at(self) -> ShardList:
        """The same, for whoever may look already."""
        o = self._o
        rows = await o.read(lambda reads: reads.upkeep.shards())
        present = o.shard
        coming = next((row for row in rows if row.turned is None), None)
        opens, at, left = "", "", 0
        if coming is not None:
            said = turn.parse_announced(coming.announced)
            opens, at = said.opens, said.turns_at
            left = year.days_left(from_text(at), o.clock.now())
        else:
            left = year.days_left(year.begins(present.year + 1), o.clock.now())
        shown = [_shown(row) for row in rows if row.turned is not None]
        state = "open" if coming is None else "announced"
        shown.append(ShardView(present.number, present.year, present.origin, state, 0, 0))
        is_yearly, missing, why = self._noted
        return ShardList(tuple(shown), opens, at, left, is_yearly, missing, why)

    async def _is_ready(self, owner: Customer) -> bool:
        """Whether he can be told; one whose holder does not answer is an alarm, and holds nobody else up."""
        try:
            await self._o.records.ready(owner)
        except Refusal as refusal:
            _log.critical("alarm: customer %s is not told of the turn: %s", owner.id, refusal.code)
            return False
        return True

    async def _decide(self, told: Sequence[Customer]) -> Alteration:
        """Everything the turn rests on, read and checked anew inside the act."""
        o = self._o
        o.time.refuse_if_frozen()
        old = o.shard
        rows, state, head = await o.read(
            lambda reads: (reads.upkeep.shards(), reads.epoch_state(), reads.head(old.root_log))
        )
        row = next((one for one in rows if one.number == old.number and one.turned is None), None)
        if row is None:
            raise conflict("turn-not-announced")
        announced = turn.parse_announced(row.announced)
        if o.clock.now() < from_text(announced.turns_at):
            raise conflict("turn-too-early", at=announced.turns_at)
        self._demand_published(state, head)
        path = await o.read(lambda reads: _path(reads, (old.root_log, row.announced_index), head.size))
        document = Turned(
            announced=announced,
            index=row.announced_index,
            path=tuple(path),
            last=state.note.decode(),
            last_epoch=state.epoch,
        )
        turn.checked_last(document, [Vkey.parse(text) for text in old.log_vkeys])
        new = self._opens(announced)
        return Alteration(
            changes=(
                Change(noun="shard", id=o.house, customer="", value=new),
                *self._renamed(announced, new.opened_at),
            ),
            records=tuple((owner, _record(document, head.size)) for owner in told),
            expects=(o.standing.expect("shard", o.house), Row("log.size", (old.root_log, head.size))),
            writes=(Write("shard.turn", (o.house, old, new, (document.encode(), state.epoch))),),
            entries=(entry_of(new.root_log, document.leaf(), ("follows", new.origin), o),),
        )

    def _demand_published(self, state: EpochState, head: CompactRange) -> None:
        """The head the log ends with is the published one, and the house's quorum vouches for it."""
        o = self._o
        policy = o.policies.of(o.house)
        if policy is None:
            raise malformed("no-policy")
        try:
            verified = cosign.verify(state.note, policy.vkeys(), o.origin)
        except Refusal as refusal:
            raise conflict("head-not-published") from refusal
        if (verified.checkpoint.size, verified.checkpoint.root) != (head.size, head.root()):
            raise conflict("head-not-published")
        if not quorum.evaluate(policy, verified.lines).is_met:
            raise conflict("cosignatures-missing")

    def _opens(self, announced: Announced) -> Shard:
        o = self._o
        standing = o.policies.all().get(o.house)
        text = standing[0] if standing is not None else o.body.policy
        return Shard(
            number=announced.number,
            year=announced.year,
            origin=announced.opens,
            root_log=next_root(o.body),
            log_vkeys=announced.follows.vkeys,
            policy=policy_after(text, announced.follows.vkeys, _embedded(text, announced)),
            opened_at=to_text(o.clock.now()),
        )

    def _renamed(self, announced: Announced, at: str) -> list[Change]:
        """The same witnesses asked about the log that follows, where a policy stands as a row of its own."""
        o = self._o
        found = []
        for owner, (text, _) in o.policies.all().items():
            if o.standing.get(POLICY, owner, WitnessPolicy) is not None:
                made = policy_after(text, announced.follows.vkeys, _embedded(text, announced))
                value = WitnessPolicy(policy=made, set_at=at)
                found.append(Change(noun=POLICY, id=owner, customer=owner, value=value))
        return found

    def _document(self, ask: asks.AnnounceNext, coming: year.Next, at: datetime) -> Announced:
        o, shard = self._o, self._o.shard
        standing = o.policies.all().get(o.house)
        policy = standing[0] if standing is not None else o.body.policy
        body = o.body
        made = Announced(
            house=o.house,
            number=shard.number + 1,
            year=coming.year,
            closes=shard.origin,
            opens=coming.opens,
            turns_at=to_text(at),
            closed=Keys(vkeys=shard.log_vkeys, receipt_keys=self._receipts(body, body.origin), policy=policy),
            follows=Keys(
                vkeys=ask.vkeys,
                receipt_keys=self._receipts(body, coming.opens),
                policy=policy_after(policy, ask.vkeys, ask.embedded),
            ),
        )
        return turn.parse_announced(made.encode())

    def _receipts(self, body: HouseBody, origin: str) -> tuple[str, ...]:
        """Receipt keys of every keyroom, under the name they bear in this shard."""
        more = [row.receipt_key for row in self._o.standing.all_of("keyroom", KeyroomKey)]
        of_all = (msgspec.structs.replace(body, origin=origin, receipt_key=key) for key in more)
        first = receipt_vkey(msgspec.structs.replace(body, origin=origin))
        return tuple(dict.fromkeys([first, *(receipt_vkey(one) for one in of_all)]))

    def _refuse_others(self, ask: Ask[Any], evidence: Evidence) -> None:
        if not is_logkeeper(self._o, ask, evidence):
            raise unauthenticated("not-the-logkeeper")


def _view(shard: Shard, rows: Sequence[ShardRow]) -> TurnView:
    coming = next((row for row in rows if row.number == shard.number), None)
    before = next((row for row in rows if row.number == shard.number - 1), None)
    return TurnView(
        number=shard.number,
        year=shard.year,
        origin=shard.origin,
        announced=coming.announced if coming is not None else b"",
        announced_index=coming.announced_index if coming is not None else 0,
        turned=(before.turned or b"") if before is not None else b"",
        pruned=tuple(row.number for row in rows if row.pruned_at is not None),
    )


def _shown(row: ShardRow) -> ShardView:
    last = turn.parse_turned(row.turned or b"").last
    state = "closed" if row.pruned_at is None else "pruned"
    return ShardView(row.number, row.year, row.origin, state, size_of(last), row.last_epoch or 0, last)


def _path(reads: Reads, at: tuple[str, int], size: int) -> list[bytes]:
    root_log, index = at
    return inclusion_proof(reader_of(reads, root_log, size), index, size)


def _embedded(policy: str, announced: Announced) -> tuple[str, str]:
    """The embedded witness's vkey until now and from then on, where a policy names one."""
    before = vkey_named(policy, f"{announced.closes}/{EMBEDDED}")
    after = vkey_named(announced.follows.policy, f"{announced.opens}/{EMBEDDED}")
    return (before, after) if before and after else ("", "")


def _record(document: Turned, size: int) -> Record:
    """What each customer reads: which shard was closed at which head, and under which name it goes on."""
    announced = document.announced
    fields: dict[str, Plain] = {
        **BY_THE_KEYROOM,
        "subject": announced.closes,
        "subject_hash": canonical.b64(hashlib.sha256(document.encode()).digest()),
        "count": size,
        "reason": f"year {announced.year} begins; goes on as {announced.opens}",
    }
    return Record(act=ACT, subject=announced.closes, fields=fields)
