"""Files of a report as writes: like any other, but whoever configured the report must be let list besides."""

from dataclasses import dataclass, fields

import msgspec

from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.places import Judged
from custodes.acts.objects.ground import Ground, Stand
from custodes.acts.objects.puts.closing import Judgement, Puts
from custodes.acts.objects.puts.opening import Begun
from custodes.acts.objects.rules.wishing import rules_of
from custodes.acts.objects.tickets import PutTicket
from custodes.acts.records import Record
from custodes.acts.writing.object_rows import InventoryRow, VersionRow
from custodes.kernel.refusal import conflict
from custodes.objects.bucket import Bucket
from custodes.objects.rules.inventory import Inventory

from .rights import permitted


@dataclass(kw_only=True, repr=False)
class ReportTicket(PutTicket):
    """One file of a report on its way. `before` is the row it was opened on; `is_data`: it has lines."""

    source: str
    inventory: str
    before: InventoryRow
    is_data: bool


class ReportPuts(Puts):
    """Writes for one report: of the bucket with the id `source`, by its configuration `inventory`."""

    def __init__(self, ground: Ground, source: str, inventory: str) -> None:
        super().__init__(ground)
        self._source = source
        self._inventory = inventory

    async def decide(self, who: Identified, stand: Stand, name: str, purpose: str) -> tuple[Judged, Decided]:
        """See `Puts.decide`: what the listing rests on is part of it."""
        source = self._g.stand_by_id(self._source)
        rule = rule_of(self._g, source.bucket, self._inventory)
        if rule is None:
            raise conflict("not-now")
        found = await permitted(self._g, source, rule)
        if found.who.actor != who.actor or found.target.bucket.id != stand.bucket.id:
            raise conflict("not-now")
        judged, decided = await super().decide(who, stand, name, purpose)
        rests = self._g.footing(found.listing, source)
        expects = tuple(dict.fromkeys((*decided.expects, *rests)))
        return judged, msgspec.structs.replace(decided, expects=expects)

    def _admission(self, who: Identified, stand: Stand, decided: Decided, ticket: PutTicket) -> Record:
        return self._because(super()._admission(who, stand, decided, ticket))

    def _said(self, judgement: Judgement, ticket: PutTicket, what: tuple[VersionRow, int]) -> Record:
        return self._because(super()._said(judgement, ticket, what))

    def _because(self, said: Record) -> Record:
        more = {**said.fields, "reason": f"inventory/{self._inventory}"}
        return msgspec.structs.replace(said, fields=more)


def rule_of(ground: Ground, bucket: Bucket, inventory: str) -> Inventory | None:
    """The configuration that stands and is switched on."""
    found = (one for one in rules_of(ground.o, bucket).inventories if one.id == inventory)
    return next((one for one in found if one.is_enabled), None)


def as_report(begun: Begun, source: str, row: InventoryRow, *, is_data: bool) -> Begun:
    """The write as one of a report."""
    values = {field.name: getattr(begun.ticket, field.name) for field in fields(begun.ticket)}
    ticket = ReportTicket(**values, source=source, inventory=row.inventory, before=row, is_data=is_data)
    return msgspec.structs.replace(begun, ticket=ticket)
