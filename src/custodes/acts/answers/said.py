"""What every entry says about who acted, in the words of `ledger.vocabulary`."""

from custodes.acts.footing.identities import Identified
from custodes.kernel.canonical import Plain


def said(who: Identified) -> dict[str, Plain]:
    """The fields that name the actor; they cannot be erased, so they hold ids only."""
    fields: dict[str, Plain] = {"actor": who.actor.credential, "actor_kind": who.actor.kind.value}
    if who.actor.organisation:
        fields["organisation"] = who.actor.organisation
    return fields


def said_person(who: Identified) -> dict[str, Plain]:
    """The person field, which can be erased; empty when no person acted."""
    return {"person": who.actor.person} if who.actor.person else {}
