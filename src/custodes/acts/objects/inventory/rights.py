"""Under whose rights a report is written: those of whoever configured it, as they stand now.

An application is asked for under any of its keys that lives, so that changing a key changes nothing; a person
under the credential he configured with. Both must still be let list the bucket and write where the reports
go, and that must be a bucket of the same customer's, inside his boundary.
"""

import msgspec

from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.identities import Identified
from custodes.acts.objects.ground import Ground, Stand, bucket_asked
from custodes.acts.opened import Opened
from custodes.kernel.refusal import conflict, malformed
from custodes.objects.rules.inventory import Inventory
from custodes.parties.rows import Credential, is_live


class Permitted(msgspec.Struct, frozen=True, kw_only=True):
    """A report that may be written now: for whom, of what, into what, and what the listing rests on."""

    rule: Inventory
    who: Identified
    source: Stand
    target: Stand
    listing: Decided


def target_of(ground: Ground, stand: Stand, rule: Inventory) -> Stand:
    """Where the reports go: a bucket of the same customer, and his account if one is named.

    `destination-unknown` (malformed): what is another's is told like what is not there.
    """
    bucket = ground.named(rule.destination)
    if bucket is None or bucket.customer != stand.customer.id:
        raise malformed("destination-unknown")
    if rule.account and rule.account not in (bucket.customer, *bucket.owners):
        raise malformed("destination-unknown")
    return ground.stand_by_id(bucket.id)


async def permitted(ground: Ground, stand: Stand, rule: Inventory) -> Permitted:
    """Decide again, for now: `configurer-gone` (conflict), `destination-unknown`, what stands still through
    a kill (locked), what policy says of listing. A "no" is an entry.
    """
    target = target_of(ground, stand, rule)
    who = configurer(ground.o, rule)
    listing = await ground.demand(who, stand, bucket_asked("object:list", stand), subject=stand.bucket.id)
    ground.o.decisions.refuse_if_killed(stand.customer.id)
    return Permitted(rule=rule, who=who, source=stand, target=target, listing=listing)


def configurer(o: Opened, rule: Inventory) -> Identified:
    """Who configured it, as he stands now; `configurer-gone` (conflict)."""
    first = o.standing.get("credential", rule.credential, Credential)
    if first is None:
        raise conflict("configurer-gone")
    now = o.clock.now()
    if is_live(first, now):
        return o.identities.actor_of(first, rule.how)
    if first.application is not None and first.customer is not None:
        rows = o.standing.all_of("credential", Credential, first.customer)
        same = sorted(
            (row for row in rows if (row.application, row.kind) == (first.application, first.kind)),
            key=lambda row: row.id,
        )
        for row in same:
            if is_live(row, now):
                return o.identities.actor_of(row, rule.how)
    raise conflict("configurer-gone")
