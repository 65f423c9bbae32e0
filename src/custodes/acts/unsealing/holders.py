"""Watches every holder of the house: one that does not answer stops its own customers, and nobody else.

A sign of life is asked of each holder every few seconds, in a thread of its own. While a holder is gone its
customers' keys are let go of and none is opened; their record pages stay, so that a kill can still be written
down. Both turns are entries in the house's own log.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from custodes.acts.asks import Evidence, Local
from custodes.acts.asks.unsealing import HolderView, LookHolders, OpenHolder, WatchedHolders
from custodes.acts.footing.customer import EXCEPTIONAL, Customer
from custodes.acts.opened import Opened
from custodes.acts.permitted import house
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Failed
from custodes.acts.writing.ports import Reads
from custodes.custody.holder import Holder
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, denied

LOGGED_MAX = 100_000

_log = logging.getLogger("custodes.keyroom.holders")


class HolderWatch:
    """Answers `LookHolders` and `OpenHolder`; `round` asks everybody for a sign of life."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._since: dict[str, str] = {}
        self._one = asyncio.Lock()

    def answers(self) -> Mapping[type, Callable[[Any], Awaitable[Any]]]:
        """The asks this answers."""
        return {LookHolders: self.look, OpenHolder: self.open}

    async def round(self) -> None:
        """Ask every holder at once; what has changed is an entry when this returns."""
        async with self._one:
            await asyncio.gather(*(self._ask(uri, holder) for uri, holder in self._o.holders.items()))
            await self._write_uses()

    async def look(self, ask: LookHolders) -> WatchedHolders:
        """How each holder is and how often our log says it was used; `local-only` (denied) from elsewhere."""
        self._refuse_remote(ask.evidence)
        async with self._one:
            await self._write_uses()
        return self._view(await self._logged())

    async def open(self, ask: OpenHolder) -> WatchedHolders:
        """Unseal a customers' holder; `no-such-holder` (absent), `local-only`, and the holder's refusals."""
        self._refuse_remote(ask.evidence)
        holder = self._o.holders.get(ask.holder)
        if holder is None:
            raise absent("no-such-holder")
        await asyncio.to_thread(holder.unseal, ask.secret)
        await self.round()
        return self._view(await self._logged())

    async def _ask(self, uri: str, holder: Holder) -> None:
        lost = self._o.keyring.lost()
        try:
            if holder.is_sealed and holder.opens_itself:
                await asyncio.to_thread(holder.unseal, b"")
            await asyncio.to_thread(holder.probe)
        except Refusal as refusal:
            self._o.keyring.lose(uri, refusal.code, self._customers(uri))
            if uri not in self._since or uri not in lost:
                await self._turn(uri, "holder.gone", refusal.code)
            return
        if uri in lost:
            self._o.keyring.regain(uri)
            await self._turn(uri, "holder.back", "")

    async def _write_uses(self) -> None:
        """One entry for each holder whose root was used since the last."""
        for uri, holder in self._o.holders.items():
            uses = holder.taken()
            if uses and not await self._enter("holder.use", uri, {"count": uses}):
                holder.give_back(uses)

    async def _logged(self) -> dict[str, int]:
        """Uses of each holder by the entries of the house's own log."""
        own = self._o.standing.get("customer", self._o.house, Customer)
        found: dict[str, int] = {}
        if own is None:
            return found
        log = own.log(EXCEPTIONAL)
        for fields in await self._o.read(lambda reads: self._opened(reads, own, log)):
            uri, count = str(fields["subject"]), fields["count"]
            found[uri] = found.get(uri, 0) + (count if isinstance(count, int) else 0)
        return found

    def _opened(self, reads: Reads, own: Customer, log: str) -> list[Mapping[str, Plain]]:
        found: list[Mapping[str, Plain]] = []
        for row in reads.openings(log, code="holder.use", limit=LOGGED_MAX):
            page = reads.page(self._o.house, row.page)
            if page is not None:
                leaf = reads.leaves(log, row.index, row.index + 1)[0]
                found.append(self._o.records.unseal(own, page, row, leaf).fields)
        return found

    async def _turn(self, uri: str, act: str, code: str) -> None:
        self._since[uri] = to_text(self._o.clock.now())
        _log.critical("alarm: %s %s %s", act, uri, code)
        await self._enter(act, uri, {"reason": code} if code else {})

    async def _enter(self, act: str, uri: str, more: dict[str, Plain]) -> bool:
        """An entry in the house's own log; False where none can be written (not settled, no room)."""
        o = self._o
        fields: dict[str, Plain] = {
            "actor": "clock",
            "actor_kind": "clock",
            "phase": "single",
            "subject": uri,
            **more,
        }
        try:
            own = house(o)
            await o.records.ready(own)
            act_id = new_id("act", o.dice)
            entry = o.records.seal(own, act_id, 0, Record(act=act, subject=uri, fields=fields))
            done = await o.gate.commit(Act(id=act_id, entries=(entry,), is_urgent=True))
        except Refusal as refusal:
            if refusal.code != "not-settled":
                _log.error("no entry of %s: %s", act, refusal.code)
            return False
        return not isinstance(done, Failed)

    def _refuse_remote(self, evidence: Evidence) -> None:
        if not isinstance(evidence, Local):
            raise denied("local-only")
        self._o.identities.of(evidence)

    def _customers(self, uri: str) -> list[str]:
        return [row.id for row in self._o.standing.all_of("customer", Customer) if row.holder == uri]

    def _view(self, logged: Mapping[str, int]) -> WatchedHolders:
        lost = self._o.keyring.lost()
        return WatchedHolders(
            tuple(
                HolderView(
                    uri=uri,
                    grade=holder.grade,
                    sealed=holder.is_sealed,
                    reason=lost.get(uri, ""),
                    since=self._since.get(uri, ""),
                    customers=len(self._customers(uri)),
                    uses=logged.get(uri, 0),
                )
                for uri, holder in sorted(self._o.holders.items())
            )
        )
