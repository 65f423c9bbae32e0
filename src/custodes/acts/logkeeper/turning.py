"""The year's turn, as the logkeeper does it: announce in time, ask the witnesses beforehand, then turn.

Nothing is closed before the quorum has shown that it takes the next shard: each witness is asked to cosign
its empty tree. So a turn never leaves a house between two logs; it waits, says whom it waits for, and the
present shard goes on meanwhile.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from custodes.acts.asks.running.turning import AnnounceNext, LookTurn, NoteTurn, TurnLog, TurnView
from custodes.kernel.clock import Clock, from_text
from custodes.kernel.refusal import Refusal
from custodes.ledger import cosign, quorum
from custodes.ledger.checkpoint import Checkpoint
from custodes.ledger.loss.gap import EMBEDDED, policy_after
from custodes.ledger.merkle import EMPTY_ROOT
from custodes.ledger.quorum import Policy
from custodes.ledger.shards import turn, year
from custodes.ledger.shards.turn import Announced, NextFile, TurnFile

from .gathering import Asked, Claim, Gathering
from .keeper import Keeper, is_met
from .keys import LogKeys
from .ports import LogFiles, NextKeys, Reach
from .signed_doors import UNSIGNED

NEXT_FILE, TURN_FILE = "next.json", "turn.json"
PRUNED = ("tile", "slots", "leaves")  # of a pruned shard; its checkpoint and what it announced stay
LOOK_EVERY_S, ASK_EVERY_S = 60, 3_600
_log = logging.getLogger("custodes.logkeeper")


class Yearly(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator set: whether the log turns by itself, and how long before it says so."""

    is_on: bool
    notice_days: int


class Turner:
    """Goes along with one keeper. `reach` makes the reach of a shard out of its keys and its origin."""

    def __init__(
        self,
        keeper: Keeper,
        named: tuple[str, LogKeys],
        places: tuple[LogFiles, NextKeys],
        reach: Callable[[LogKeys, str], Reach],
        *,
        how: Yearly,
        clock: Clock,
    ) -> None:
        self._keeper = keeper
        self._origin, self._keys = named
        self._files, self._next = places
        self._reach = reach
        self._how = how
        self._clock = clock
        self._look_at: datetime | None = None
        self._ask_at: datetime | None = None
        self._told: set[tuple[str, str]] = set()
        self._is_ready = False

    async def round(self) -> bool:
        """After a round of the keeper; True when the log was turned: this keeper's shard is closed."""
        now = self._clock.now()
        if self._look_at is not None and now < self._look_at:
            return False
        self._look_at = now + timedelta(seconds=LOOK_EVERY_S)
        view = await self._keeper.signed.ask(LookTurn(UNSIGNED))
        await self._show_first(view)
        for number in view.pruned:
            for name in PRUNED:
                self._files.remove_all(f"closed/{number}/{name}")
        if not self._how.is_on:
            await self._note((), "")
            return False
        if not view.announced:
            await self._announce(view, now)
            return False
        document = turn.parse_announced(view.announced)
        keys = self._next.find(document.opens)
        if keys is None or _vkeys(keys, document.opens) != document.follows.vkeys:
            _log.critical("alarm: the keys of %s are not there", document.opens)
            await self._note((), "log-keys-missing")
            return False
        await self._ask_witnesses(document, keys, view, now)
        if now < from_text(document.turns_at):
            self._look_at = min(self._look_at, from_text(document.turns_at))
            return False
        return self._is_ready and await self._turn(document)

    async def _announce(self, view: TurnView, now: datetime) -> None:
        notice = timedelta(days=self._how.notice_days)
        coming = year.coming(view.origin, view.year, now, notice)
        if now < coming.announced_from:
            await self._note((), "")
            return
        keys = self._next.prepare(coming.opens, self._keys)
        embedded = (
            self._keys.witness_signer(f"{view.origin}/{EMBEDDED}").vkey.text(),
            keys.witness_signer(f"{coming.opens}/{EMBEDDED}").vkey.text(),
        )
        vkeys = _vkeys(keys, coming.opens)
        try:
            await self._keeper.signed.ask(AnnounceNext(UNSIGNED, vkeys, embedded, self._how.notice_days))
            self._look_at = None  # the next round publishes it, and the witnesses can be asked
        except Refusal as refusal:
            _log.error("alarm: %s could not be announced: %s", coming.opens, refusal.code)
            await self._note((), refusal.code)

    async def _ask_witnesses(self, document: Announced, keys: LogKeys, view: TurnView, now: datetime) -> None:
        """Publish where the announcement stands, hand it to the witnesses, ask them for the empty tree."""
        is_due = now >= from_text(document.turns_at)
        if self._ask_at is not None and now < self._ask_at and not is_due:
            return
        shown = await self._keeper.shown(view.announced_index)
        if shown is None:
            return  # published with the next checkpoint
        raw = NextFile(document=document, shown=shown).encode()
        self._files.write(NEXT_FILE, raw)
        embedded = (
            self._keys.witness_signer(f"{view.origin}/{EMBEDDED}").vkey.text(),
            keys.witness_signer(f"{document.opens}/{EMBEDDED}").vkey.text(),
        )
        texts = [policy_after(text, document.follows.vkeys, embedded) for text in self._keeper.policies]
        policies = [quorum.parse(text.encode()) for text in texts]
        reach = self._reach(keys, document.opens)
        await self._tell(document.opens, policies, reach, raw)
        missing, self._is_ready = await self._rehearse(document.opens, (keys, now), policies, reach)
        if missing:
            _log.warning("witnesses that do not take %s yet: %s", document.opens, ", ".join(missing))
        if not self._is_ready:
            _log.error("alarm: %s would not reach its quorum", document.opens)
        await self._note(missing, "" if self._is_ready else "quorum-not-met")
        self._ask_at = now + timedelta(seconds=ASK_EVERY_S)

    async def _rehearse(
        self, opens: str, made_by: tuple[LogKeys, datetime], policies: Sequence[Policy], reach: Reach
    ) -> tuple[tuple[str, ...], bool]:
        """Who does not take the next shard yet, and whether those who do are enough for everybody."""
        keys, now = made_by
        empty = cosign.publish(Checkpoint(origin=opens, size=0, root=EMPTY_ROOT), keys.signers(opens), now)
        gathering = Gathering(
            lambda one: None if one.is_embedded else reach(one), _no_conflict, self._clock.now
        )
        gathering.follow(policies)
        asked = Asked(made=empty.encode(), origin=opens, size=0, consistency=_no_proof)
        try:
            lines = await gathering.gather(
                asked, lambda found: all(is_met(one, empty.with_signatures(found), opens) for one in policies)
            )
        finally:
            await gathering.close()
        whole = empty.with_signatures(lines)
        named = {(line.name, line.key_id) for line in lines}
        wanted = {
            one.vkey: one.name
            for policy in policies
            for one in policy.witnesses.values()
            if not one.is_embedded
        }
        missing = tuple(
            sorted(name for vkey, name in wanted.items() if (vkey.name, vkey.key_id) not in named)
        )
        return missing, all(is_met(one, whole, opens) for one in policies)

    async def _turn(self, document: Announced) -> bool:
        try:
            await self._keeper.signed.ask(TurnLog(UNSIGNED))
        except Refusal as refusal:
            if refusal.code == "head-not-published":
                self._look_at = None  # something came in between: the next round publishes it
                return False
            _log.error("alarm: the log did not turn: %s %s", refusal.code, dict(refusal.facts))
            await self._note((), refusal.code)
            return False
        _log.warning("the log was turned: %s goes on as %s", document.closes, document.opens)
        return True

    async def _show_first(self, view: TurnView) -> None:
        """The file that says what this shard begins with: proven in it, and handed to the witnesses."""
        if not view.turned:
            return
        raw = self._files.read(TURN_FILE)
        file = TurnFile(document=turn.parse_turned(view.turned)) if raw is None else turn.parse(raw)
        if file.shown is None:
            shown = await self._keeper.shown(0)
            if shown is None:
                return
            file = msgspec.structs.replace(file, shown=shown)
            self._files.write(TURN_FILE, file.encode())
        policies = [quorum.parse(text.encode()) for text in self._keeper.policies]
        await self._tell(view.origin, policies, self._reach(self._keys, self._origin), file.encode())

    async def _tell(self, about: str, policies: Sequence[Policy], reach: Reach, raw: bytes) -> None:
        """Whoever has not taken it yet is handed it; a witness of another make need not understand it."""
        for one in {one.vkey: one for policy in policies for one in policy.witnesses.values()}.values():
            if one.is_embedded or (about, one.name) in self._told:
                continue
            witness = reach(one)
            if witness is not None and await witness.tell(raw):
                self._told.add((about, one.name))

    async def _note(self, missing: tuple[str, ...], why: str) -> None:
        await self._keeper.signed.ask(NoteTurn(UNSIGNED, self._how.is_on, missing, why))


def _vkeys(keys: LogKeys, origin: str) -> tuple[str, ...]:
    return tuple(one.vkey.text() for one in keys.signers(origin))


async def _no_conflict(claim: Claim) -> None:
    """A witness that remembers a larger tree of a log that has none yet: it does not count, and is named."""
    _log.critical("alarm: witness %s knows a log of the coming shard's name", claim.witness)


async def _no_proof(_old: int) -> list[bytes]:
    return []
