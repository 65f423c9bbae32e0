"""Changes of what stands that policy has to allow: decide, note a denial as an entry, or alter.

A decision inside `Authority.alter` cannot wait, so a "no" comes out as `NotPermitted` and is noted here.
"""

from typing import Any

from custodes.acts import signed
from custodes.acts.asks import Ask, Evidence
from custodes.acts.authority import Deciding
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Entry
from custodes.kernel.refusal import Kind, absent, conflict, unavailable
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation
from custodes.policy.question import Resource

REASON_CHARACTERS_MAX = 500


class NotPermitted(Exception):  # noqa: N818 - a "no" on its way to become an entry
    """What policy said no to."""

    def __init__(self, who: Identified, asked: Asked, decided: Decided) -> None:
        super().__init__(asked.action)
        self.who = who
        self.asked = asked
        self.decided = decided


def permit(o: Opened, who: Identified, action: str, resource: Resource, purpose: str = "") -> Decided:
    """A decision that allows; raises `NotPermitted`, to be caught by `alter` or `reading`."""
    asked = Asked(action=action, resource=resource, purpose=purpose or "administration")
    decided = o.decisions.decide(who, asked)
    if not decided.decision.allowed:
        raise NotPermitted(who, asked, decided)
    return decided


async def alter(
    o: Opened,
    decide: Deciding,
    ask: Ask[Any],
    evidence: Evidence,
    *,
    is_urgent: bool = False,
) -> Receipted:
    """`Authority.alter`; a denial is an entry before it is raised as the refusal it becomes.

    The same signed act handed in twice is done once: `signed-before` (conflict).
    """
    act_id = signed.act_id(ask, evidence, o.identities.of(evidence))
    try:
        receipted = await o.authority.alter(decide, act_id=act_id, is_urgent=is_urgent)
    except NotPermitted as no:
        await note(o, no)
        raise refusal_of(no.decided.decision) from no
    if receipted.committed.repeated:
        raise conflict("signed-before")
    return receipted


async def may_read(o: Opened, who: Identified, action: str, resource: Resource) -> Decided:
    """`permit` for something that is only looked at."""
    try:
        return permit(o, who, action, resource, "audit")
    except NotPermitted as no:
        await note(o, no)
        raise refusal_of(no.decided.decision) from no


def house(o: Opened) -> Customer:
    """The house as its own customer; `not-settled` (unavailable) before `founding.settle_in`."""
    row = o.standing.get("customer", o.house, Customer)
    if row is None:
        raise unavailable("not-settled")
    return row


def customer(o: Opened, id_: str) -> Customer:
    """A customer's row; `no-such-customer` (absent)."""
    row = o.standing.get("customer", id_, Customer)
    if row is None:
        raise absent("no-such-customer")
    return row


def told(o: Opened, organisation: Organisation | None) -> tuple[Customer, ...]:
    """In whose sub-logs an act about an organisation stands.

    A customer's own people: in his. Everybody else: in the house's, and in those of the customers served.
    """
    served = tuple(
        row
        for id_ in (organisation.customers if organisation else ())
        if (row := o.standing.get("customer", id_, Customer)) is not None and id_ != o.house
    )
    if organisation is not None and organisation.kind is PartyKind.CUSTOMER and served:
        return served
    return (house(o), *served)


async def told_entries(
    o: Opened, home: Organisation | None, act_id: str, record: Record
) -> tuple[Entry, ...]:
    """The entries of one record in every log it is told in, sealed for an act of their own."""
    made = []
    for ordinal, customer in enumerate(told(o, home)):
        await o.records.ready(customer)
        made.append(o.records.seal(customer, act_id, ordinal, record))
    return tuple(made)


async def note(o: Opened, no: NotPermitted) -> None:
    """The entry of a denial, before it is raised."""
    owner = no.asked.resource.customer
    row = o.standing.get("customer", owner or o.house, Customer)
    if row is None or no.decided.decision.kind is Kind.MALFORMED:
        return
    await o.denials.record(no.who, row, no.decided, subject=no.asked.resource.id)
