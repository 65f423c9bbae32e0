"""What every entry says about who acted, in the words of `ledger.vocabulary`."""

import msgspec

from custodes.acts.footing.identities import Identified
from custodes.acts.founding import digest_text
from custodes.acts.records import Record
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


def single(act: str, who: Identified, about: str, **fields: Plain) -> Record:
    """The record of an act that one entry says whole: `about` is its subject's id; None is left out."""
    kept = {name: value for name, value in fields.items() if value is not None}
    return Record(
        act=act, subject=about, fields={**said(who), "phase": "single", **kept}, person=said_person(who)
    )


def changed(act: str, who: Identified, id_: str, row: msgspec.Struct, **fields: Plain) -> Record:
    """The record of a change of what stands: the row's id, and the hash of what it says from now on.

    A hash cannot be erased: what names a human, and secrets, must be left out of `row`.
    """
    return single(act, who, id_, subject=id_, subject_hash=digest_text(row), **fields)
