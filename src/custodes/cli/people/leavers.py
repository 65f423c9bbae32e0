"""`custodes leaver`: what ends when somebody leaves, shown first, and the leaving itself."""

import click
import msgspec

from custodes.acts.asks.identity import CoverView, LeavePerson, LookCover
from custodes.acts.asks.parties import PartyView
from custodes.cli.speech import Asker, reaching
from custodes.cli.speech.options import confirm

from .colleagues import colleague


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of his that ends."""

    what: str
    id: str
    more: str = ""


@click.group("leaver")
def leavers() -> None:
    """People who leave your organisation: everything of theirs ends at once and together."""


@leavers.command("plan")
@click.argument("person")
@reaching
def plan(asker: Asker, *, person: str) -> None:
    """What would end if PERSON left now; nothing is done."""
    _, one = colleague(asker, person)
    _show(asker, one, endings(one, asker.ask(LookCover(asker.evidence))), is_done=False)


@leavers.command("go")
@click.argument("person")
@click.option("--reason", required=True, help="Why; stands in the log.")
@click.option("--confirm", "typed", help="Type nothing: the person's id, for programs.")
@reaching
def go(asker: Asker, *, person: str, reason: str, typed: str | None) -> None:
    """PERSON has left: sessions, tokens, keys, roles, deputies and open approvals end in one act.

    What a key of his has granted does not hold any more either, from the next use on.
    """
    me, one = colleague(asker, person)
    found = endings(one, asker.ask(LookCover(asker.evidence)))
    if typed is None:
        for each in found:
            asker.warn(f"ends: {each.what} {each.id} {each.more}".rstrip())
    confirm(f"{one.name} leaves {me.organisation_name} for good.", person, typed)
    asker.ask(LeavePerson(asker.evidence, person, str(me.organisation), reason))
    _show(asker, one, found, is_done=True)


def endings(one: PartyView, cover: CoverView) -> tuple[Ending, ...]:
    """What somebody has here that a leaving ends, as far as others may see it."""
    found = [Ending(what="role", id=role) for role in one.roles]
    found += [
        Ending(what=key.kind, id=key.id, more=key.label) for key in one.credentials if key.state == "active"
    ]
    found += [
        Ending(what="stands in for", id=away.person, more=f"until {away.until}")
        for away in cover.absences
        if away.deputy == one.id
    ]
    found += [
        Ending(what="on call", id=one.id, more=f"until {duty.until}")
        for duty in cover.duties
        if duty.person == one.id
    ]
    found += [Ending(what="leads", id=one.id) for lead in cover.leads if lead == one.id]
    found += [
        Ending(what="delegation", id=given.membership, more=f"{given.giver} to {given.taker}")
        for given in cover.delegations
        if one.id in {given.giver, given.taker}
    ]
    return tuple(found)


def _show(asker: Asker, one: PartyView, found: tuple[Ending, ...], *, is_done: bool) -> None:
    value = {"person": one.id, "left": is_done, "ends": [msgspec.to_builtins(each) for each in found]}
    asker.rows(value, ("ends", "id", "more"), ((each.what, each.id, each.more) for each in found))
