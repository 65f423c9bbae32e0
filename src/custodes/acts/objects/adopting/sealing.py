"""Sealing one object of an adoption: a write like any other, under the approval instead of a request."""

from dataclasses import dataclass, fields

import msgspec

from custodes.acts.asks import Token
from custodes.acts.asks.buckets.adopting import CloseItem, OpenItem
from custodes.acts.asks.objects import ClosePut, PutClosed, PutOpened
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.objects.ground import Ground, Stand, checked
from custodes.acts.objects.puts.closing import Puts
from custodes.acts.objects.puts.opening import Begun
from custodes.acts.objects.tickets import PutTicket
from custodes.acts.writing.act import Act, Failed, Write
from custodes.custody.materials.kinds import Use
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Kind, Refusal, conflict
from custodes.objects.adoption import FOUND, PASSED, RUNNING
from custodes.objects.conditions import Conditions, parse_tags

from .ground import AdoptionGround

FIRST = Conditions(if_none_match=parse_tags("*"))
_TAKEN = frozenset({"precondition-failed", "conditional-conflict"})


@dataclass(kw_only=True, repr=False)
class ItemTicket(PutTicket):
    """An object of an adoption on its way."""

    adoption: str
    etag: str


class ApprovedPuts(Puts):
    """Writes that an approved adoption makes: what is decided is whether its approval holds."""

    def __init__(self, ground: AdoptionGround) -> None:
        super().__init__(ground.g)
        self._a = ground

    async def decide(
        self,
        who: Identified,
        stand: Stand,
        name: str,  # noqa: ARG002 - as for any write
        purpose: str,  # noqa: ARG002 - likewise
    ) -> tuple[Judged, Decided]:
        """See `Puts.decide`."""
        row = self._a.open_of(stand.bucket.id)
        if row is None or row.credential != who.actor.credential:
            raise conflict("not-now")
        approved = await self._a.approved(row.id, (RUNNING,))
        self._g.usable(stand.key, Use.WRAP)
        return approved.judged, msgspec.structs.replace(approved.decided, expects=approved.expects)


class SealItems:
    """Answers `OpenItem` and `CloseItem`."""

    def __init__(self, ground: AdoptionGround) -> None:
        self._a = ground
        self._g: Ground = ground.g
        self._puts = ApprovedPuts(ground)

    async def open(self, ask: OpenItem) -> PutOpened:
        """See `OpenItem`."""
        checked(ask.name)
        try:
            return await self._g.o.gate.until_committed(lambda: self._open(ask))
        except Refusal as refusal:
            if refusal.code not in _TAKEN:
                raise
            await self.moved(ask.adoption, ask.name, (FOUND, PASSED), "there-already")
            raise conflict("item-passed") from refusal

    async def close(self, ask: CloseItem) -> PutClosed:
        """See `CloseItem`."""
        ticket = self._g.tickets.look(ask.ticket, ItemTicket)
        at = (ticket.adoption, ticket.name)
        ticket.also = (Write("adopt.seal", (*at, ask.etag, (ticket.version, ask.digest))),)
        done = ClosePut(_evidence(ticket.adoption), ask.ticket, ask.outcome, ask.stored, ask.content)
        try:
            return await self._puts.close_as(done, ItemTicket)
        except Refusal as refusal:
            if refusal.code in _TAKEN and refusal.kind is Kind.CONFLICT:
                await self.moved(*at, (FOUND, PASSED), "there-already")
            raise

    async def moved(self, adoption: str, name: str, states: tuple[str, str], note: str) -> None:
        """What became of an object, as an act of its own."""
        o = self._g.o
        write = Write("adopt.move", (adoption, name, states, note))
        await o.gate.commit(Act(id=new_id("act", o.dice), writes=(write,)))

    async def _open(self, ask: OpenItem) -> PutOpened | Failed:
        a, g = self._a, self._g
        approved = await a.approved(ask.adoption, (RUNNING,))
        item = await g.o.read(lambda r: r.objects.adopted_item(ask.adoption, ask.name))
        if item is None or item.state != FOUND:
            raise conflict("item-passed")
        what = (ask.name, item.size, FIRST, "administration")
        begun = await self._puts.begin(approved.who, approved.stand, what, _evidence(ask.adoption))
        begun = _as_item(begun, ask.adoption, item.etag)
        if begun.is_long:
            outcome = await self._puts.commit(begun)
            if isinstance(outcome, Failed):
                return outcome
            g.o.gate.still_fresh(outcome)
        return self._puts.opened(begun)


def _evidence(adoption: str) -> Token:
    """What binds a ticket to its adoption: no credential, it proves nothing to anybody."""
    return Token(adoption)


def _as_item(begun: Begun, adoption: str, etag: str) -> Begun:
    values = {field.name: getattr(begun.ticket, field.name) for field in fields(begun.ticket)}
    ticket = ItemTicket(**values, adoption=adoption, etag=etag)
    return msgspec.structs.replace(begun, ticket=ticket)
