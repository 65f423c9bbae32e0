"""What ends with somebody: where he stood in for others, and what he gave to others for a time."""

import msgspec

from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.kernel.clock import to_text
from custodes.parties import cover as covers
from custodes.parties.cover import Cover, Delegation
from custodes.parties.rows import Membership


def uncovered(o: Opened, person: str, organisation: str) -> tuple[Change, ...]:
    """What it takes that somebody who goes stands in for nobody, and nobody acts in a role of his."""
    old = o.standing.get("cover", organisation, Cover)
    if old is None:
        return ()
    given = tuple(one for one in old.delegations if one.giver == person)
    row = covers.without(old, person)
    return (Change(noun="cover", id=old.id, customer="", value=row), *ended(o, given))


def ended(o: Opened, given: tuple[Delegation, ...]) -> tuple[Change, ...]:
    """The memberships of these delegations, ended now."""
    now = to_text(o.clock.now())
    rows = [o.standing.get("membership", one.membership, Membership) for one in given]
    return tuple(
        Change(noun="membership", id=row.id, customer="", value=msgspec.structs.replace(row, until=now))
        for row in rows
        if row is not None and (row.until is None or now < row.until)
    )
