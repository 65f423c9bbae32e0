"""Customers and their applications: a fresh root, secret slots, preset rules, a boundary of the Union."""

import asyncio

import msgspec

from custodes.acts.asks.parties import (
    CreateApplication,
    CreateCustomer,
    CustomerView,
    Enrolled,
    LookCustomer,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.break_glass import BreakGlass
from custodes.acts.footing.customer import EXCEPTIONAL, MACHINE, Customer
from custodes.acts.footing.standing import Change, slotted
from custodes.acts.founding import default_boundary, free_slots, new_customer
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, customer, house, may_read, permit
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, malformed
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Application, Organisation
from custodes.policy.presets import default_rules
from custodes.policy.question import Resource

from .parties import NAME_CHARACTERS_MAX, PartyAnswers
from .said import changed


class CustomerAnswers:
    """Answers `CreateCustomer`, `LookCustomer`, `CreateApplication`."""

    def __init__(self, opened: Opened, parties: PartyAnswers) -> None:
        self._o = opened
        self._parties = parties

    async def create(self, ask: CreateCustomer) -> CustomerView:
        """`bad-name` (malformed), `no-such-organisation`, `no-such-holder` (absent), `slot-taken`."""
        o = self._o
        _check_name(ask.name)
        o.identities.of(ask.evidence)  # no work for strangers
        holder = o.holders.get(ask.holder or house(o).holder)
        if holder is None:
            raise absent("no-such-holder")
        slots = free_slots(slotted(o.standing), o.dice)
        made = await asyncio.to_thread(
            new_customer,
            (new_id("cus", o.dice), ask.name, ask.organisation),
            o.house,
            holder,
            (o.clock, o.dice),
            slots,
        )
        boundary = default_boundary(made.id, o.dice)
        rules = default_rules(made.id)

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            decided = permit(o, who, "customer:create", Resource(kind="house", id=o.house))
            home = o.standing.get("organisation", ask.organisation, Organisation)
            if home is None or home.kind is not PartyKind.CUSTOMER:
                raise absent("no-such-organisation")
            self._refuse_taken(made, ask)
            grown = msgspec.structs.replace(home, customers=(*home.customers, made.id))
            record = changed("customer.create", who, made.id, made)
            return Alteration(
                changes=(
                    Change(noun="customer", id=made.id, customer=made.id, value=made),
                    Change(noun="organisation", id=home.id, customer="", value=grown),
                    Change(noun="rules", id=made.id, customer=made.id, value=rules),
                    Change(noun="boundary", id=made.id, customer=made.id, value=boundary),
                ),
                records=((made, record), (house(o), record)),
                expects=decided.expects,
            )

        await alter(o, decide, ask, ask.evidence)
        return self._view(made)

    def _refuse_taken(self, made: Customer, ask: CreateCustomer) -> None:
        """`name-taken` where he must be new, `slot-taken` (conflict)."""
        rows = list(self._o.standing.all_of("customer", Customer))
        named = any((row.organisation, row.name) == (made.organisation, made.name) for row in rows)
        if ask.must_be_new and named:
            raise conflict("name-taken")
        taken = {slot for row in slotted(self._o.standing) for slot in row.slots.values()}
        if taken & set(made.slots.values()):
            raise conflict("slot-taken")

    async def look(self, ask: LookCustomer) -> CustomerView:
        """`no-such-customer` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        row = customer(o, ask.customer)
        await may_read(o, who, "customer:read", Resource(kind="customer", id=row.id, customer=row.id))
        return self._view(row)

    async def create_application(self, ask: CreateApplication) -> Enrolled:
        """A customer's software; it can do nothing until an officer of his makes it a credential."""
        o = self._o
        _check_name(ask.name)
        id_ = new_id("per", o.dice)

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            owner = customer(o, ask.customer)
            home = o.standing.get("organisation", owner.organisation, Organisation)
            if home is None:
                raise absent("no-such-customer")
            resource = Resource(kind="party", id=id_, customer=owner.id, facts={"organisation": home.id})
            decided = permit(o, who, "party:enrol", resource)
            mine = o.standing.all_of("application", Application, owner.id)
            if ask.must_be_new and any(row.name == ask.name for row in mine):
                raise conflict("name-taken")
            row = Application(id=id_, customer=owner.id, organisation=home.id, name=ask.name)
            record = changed("enrol.application", who, id_, row)
            return Alteration(
                changes=(Change(noun="application", id=id_, customer=owner.id, value=row),),
                records=((owner, record),),
                expects=decided.expects,
            )

        return self._parties.enrolled("application", id_, await alter(o, decide, ask, ask.evidence))

    def _view(self, row: Customer) -> CustomerView:
        glass = self._o.standing.get("break-glass", row.id, BreakGlass)
        return CustomerView(
            id=row.id,
            name=row.name,
            organisation=row.organisation,
            killed=self._o.decisions.killed(row.id) or "",
            sealed=row.sealed,
            holder=row.holder,
            logs={kind: row.log(kind) for kind in (MACHINE, EXCEPTIONAL)},
            slots=row.slots,
            created_at=row.created_at,
            break_glass=glass is not None and glass.is_on,
        )


def _check_name(name: str) -> None:
    if not 1 <= len(name.strip()) <= NAME_CHARACTERS_MAX or not name.isprintable():
        raise malformed("bad-name")
