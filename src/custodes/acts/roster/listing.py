"""Which organisations are enrolled and who acts for them, for those who may enrol there themselves."""

from collections.abc import Iterable

from custodes.acts.answers.parties import PartyAnswers
from custodes.acts.asks.parties import EnrolledPerson, LookOrganisations, Organisations, OrganisationView
from custodes.acts.footing.decisions import refusal_of
from custodes.acts.opened import Opened
from custodes.acts.permitted import NotPermitted, note
from custodes.acts.signed import SIGNING_KINDS
from custodes.kernel.refusal import absent
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation, Person, is_live, roles_of


class Listing:
    """Answers `LookOrganisations`."""

    def __init__(self, opened: Opened, parties: PartyAnswers) -> None:
        self._o = opened
        self._parties = parties

    async def look(self, ask: LookOrganisations) -> Organisations:
        """`no-such-organisation` (absent) for who acts for none; policy's no for who may not enrol."""
        o = self._o
        who = o.identities.of(ask.evidence)
        found = o.directories.now()
        own = found.organisations.get(who.actor.organisation or "")
        if own is None:
            raise absent("no-such-organisation")
        try:
            self._parties.may_enrol(who, own, own.id)
        except NotPermitted as no:
            await note(o, no)
            raise refusal_of(no.decided.decision) from no
        sees_all = own.kind is PartyKind.TRUSTEE
        near = [
            row
            for row in found.organisations.values()
            if sees_all
            or row.id == own.id
            or row.kind is PartyKind.TRUSTEE
            or set(row.customers) & set(own.customers)
        ]
        rows = sorted(near, key=lambda row: (row.name, row.id))
        taken = {row.person for row in found.memberships.values()}
        taken |= {str(row.person) for row in found.credentials.values()}
        free = [row for row in found.persons.values() if row.id not in taken] if sees_all else []
        return Organisations(
            organisations=tuple(self._view(row, shows_people=sees_all or row.id == own.id) for row in rows),
            nobodys=self._people(free, ""),
        )

    def _view(self, row: Organisation, *, shows_people: bool) -> OrganisationView:
        found = self._o.directories.now()
        ids = {one.person for one in found.memberships.values() if one.organisation == row.id}
        ids |= {str(one.person) for one in found.credentials.values() if one.organisation == row.id}
        people = [found.persons[id_] for id_ in ids if id_ in found.persons] if shows_people else []
        return OrganisationView(
            id=row.id,
            name=row.name,
            kind=row.kind.value,
            controlling_group=row.controlling_group,
            country=row.country,
            root_key=row.root_key,
            customers=row.customers if shows_people else (),
            people=self._people(people, row.id),
        )

    def _people(self, rows: Iterable[Person], organisation: str) -> tuple[EnrolledPerson, ...]:
        o, now = self._o, self._o.clock.now()
        found = o.directories.now()
        return tuple(
            EnrolledPerson(
                id=row.id,
                name=row.name,
                mail=row.mail or "",
                country=row.country or "",
                roles=roles_of(found, row.id, organisation, now),
                is_vetted=row.is_vetted,
                signs=any(
                    one.kind in SIGNING_KINDS and is_live(one, now)
                    for one in found.credentials.values()
                    if (one.person, one.organisation) == (row.id, organisation)
                ),
                generation=o.standing.expect("person", row.id).generation,
            )
            for row in sorted(rows, key=lambda row: (row.name, row.id))
        )
