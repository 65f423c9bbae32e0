"""What the desk of preservations may look at beside the case: looked up here, from what stands."""

from custodes.acts.footing.customer import Customer
from custodes.acts.opened import Opened
from custodes.desks.forms import Form, Preserve
from custodes.desks.grant import NONCE_BYTES
from custodes.desks.preserving import Facts
from custodes.objects.bucket import Bucket
from custodes.parties.distinct import group_of
from custodes.parties.roles import PartyKind
from custodes.parties.rows import roles_of

COUNTER_SIGNATORY = "counter-signatory"


def facts_of(o: Opened, customer: Customer, form: Form, *, is_silent: bool) -> Facts:
    """Everything a guard may need at this instant; `is_silent` where the customer may not be asked."""
    counters = counters_of(o, customer)
    trustee = o.grants.trustee()
    parties = {trustee, *counters} | (set() if is_silent else {customer.organisation})
    asked = form if isinstance(form, Preserve) else None
    bucket = o.standing.get("bucket", asked.bucket, Bucket) if asked else None
    return Facts(
        house=o.house,
        customer_organisation=customer.organisation,
        trustee_organisation=trustee,
        rules=o.grants.rules(customer),
        parties=frozenset(parties),
        counters=counters,
        nonce=o.dice.draw(NONCE_BYTES),
        holder_reason=_holder_reason(o, asked.holder) if asked else None,
        is_bucket_there=asked is None or (bucket is not None and bucket.customer == customer.id),
    )


def counters_of(o: Opened, customer: Customer) -> frozenset[str]:
    """The counter-signatories of a customer: enrolled for him, with somebody who acts as one, and of another
    controlling group than the trustee's and the customer's own.
    """
    found, now = o.directories.now(), o.clock.now()
    sides = {group_of(found, o.grants.trustee()), group_of(found, customer.organisation)}
    return frozenset(
        row.id
        for row in found.organisations.values()
        if row.kind is PartyKind.AUDITOR
        and customer.id in row.customers
        and group_of(found, row.id) not in sides
        and any(
            COUNTER_SIGNATORY in roles_of(found, member.person, row.id, now)
            for member in found.memberships.values()
            if member.organisation == row.id
        )
    )


def _holder_reason(o: Opened, uri: str) -> str | None:
    """Why this holder cannot keep the key of a case; None if it can."""
    if uri not in o.holders:
        return "no-preservation-holder"
    others = {o.body.holder, *(row.holder for row in o.standing.all_of("customer", Customer))}
    return "holder-of-others" if uri in others else None
