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
from custodes.acts.footing.customer import Customer
from custodes.acts.opened import Opened
from custodes.acts.permitted import house
from custodes.acts.records import Record
from custodes.acts.writing.act import Act
from custodes.custody.holder import Holder
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, denied

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

    async def look(self, ask: LookHolders) -> WatchedHolders:
        """How each holder is; `local-only` (denied) unless asked on the machine."""
        self._refuse_remote(ask.evidence)
        return self._view()

    async def open(self, ask: OpenHolder) -> WatchedHolders:
        """Unseal a customers' holder; `no-such-holder` (absent), `local-only`, and the holder's refusals."""
        self._refuse_remote(ask.evidence)
        holder = self._o.holders.get(ask.holder)
        if holder is None:
            raise absent("no-such-holder")
        await asyncio.to_thread(holder.unseal, ask.secret)
        await self.round()
        return self._view()

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

    async def _turn(self, uri: str, act: str, code: str) -> None:
        """An entry; where none can be written (nobody is settled, no room left) the alarm stands alone."""
        o = self._o
        self._since[uri] = to_text(o.clock.now())
        _log.critical("alarm: %s %s %s", act, uri, code)
        fields: dict[str, Plain] = {
            "actor": "clock",
            "actor_kind": "clock",
            "phase": "single",
            "subject": uri,
        }
        if code:
            fields["reason"] = code
        try:
            own = house(o)
            await o.records.ready(own)
            act_id = new_id("act", o.dice)
            entry = o.records.seal(own, act_id, 0, Record(act=act, subject=uri, fields=fields))
            await o.gate.commit(Act(id=act_id, entries=(entry,), is_urgent=True))
        except Refusal as refusal:
            _log.error("no entry of %s: %s", act, refusal.code)

    def _refuse_remote(self, evidence: Evidence) -> None:
        if not isinstance(evidence, Local):
            raise denied("local-only")
        self._o.identities.of(evidence)

    def _customers(self, uri: str) -> list[str]:
        return [row.id for row in self._o.standing.all_of("customer", Customer) if row.holder == uri]

    def _view(self) -> WatchedHolders:
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
                )
                for uri, holder in sorted(self._o.holders.items())
            )
        )
