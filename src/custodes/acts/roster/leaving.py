"""A person leaves: one act after which nothing of his counts for that organisation.

His credentials are revoked (so his sessions end with the next ask), his memberships end, and his approvals
in cases that wait for consent are struck, all in the transaction of the entry `leave.person`. What he has
granted holds no longer from the next use on, because a grant is verified at each use (decision 0023).
"""

import msgspec

from custodes.acts.answers.parties import PartyAnswers, is_near
from custodes.acts.answers.said import single
from custodes.acts.asks.identity import LeavePerson
from custodes.acts.asks.parties import Done
from custodes.acts.authority import Alteration
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.office.office import Office
from custodes.acts.opened import Opened
from custodes.acts.permitted import REASON_CHARACTERS_MAX, alter, told
from custodes.acts.writing.act import Expect
from custodes.kernel.clock import to_text
from custodes.kernel.refusal import absent, malformed
from custodes.parties.rows import Credential, CredentialState, Membership, Organisation, Person

from .ending import uncovered


class Leaving:
    """Answers `LeavePerson`; `gone` is also the directory's way."""

    def __init__(self, opened: Opened, parties: PartyAnswers) -> None:
        self._o = opened
        self._parties = parties
        self._office = Office(opened)

    async def leave(self, ask: LeavePerson) -> Done:
        """By whoever may revoke there. `reason-too-long` (malformed), `no-such-person` (absent)."""
        o = self._o
        if len(ask.reason) > REASON_CHARACTERS_MAX:
            raise malformed("reason-too-long")

        async def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            home = o.standing.get("organisation", ask.organisation, Organisation)
            if home is None or not is_near(o, who, home) or not self._is_there(ask.person, home.id):
                raise absent("no-such-person")
            decided = self._parties.may_revoke(who, home, ask.person)
            return await self.gone(who, ask.person, home, decided.expects, reason=ask.reason)

        await alter(o, decide, ask, ask.evidence, is_urgent=True)
        return Done()

    async def gone(
        self,
        who: Identified,
        person: str,
        home: Organisation,
        expects: tuple[Expect, ...],
        *,
        reason: str,
        more: tuple[Change, ...] = (),
    ) -> Alteration:
        """The whole act; hold the standing lock. `more` changes go with it (the directory's own row)."""
        o = self._o
        covered = uncovered(o, person, home.id)
        changes = [*more, *self._dead(person, home), *self._ended(person, home), *covered]
        struck = await self._office.struck(person, home.id)
        record = single("leave.person", who, person, subject=person, count=len(struck), reason=reason or None)
        return Alteration(
            changes=(*changes, *(change for one in struck for change in one.changes)),
            records=(
                *((each, record) for each in told(o, home)),
                *(each for one in struck for each in one.records),
            ),
            expects=(*expects, *(expect for one in struck for expect in one.expects)),
            writes=tuple(write for one in struck for write in one.writes),
        )

    def _is_there(self, person: str, organisation: str) -> bool:
        found = self._o.directories.now()
        if self._o.standing.get("person", person, Person) is None:
            return False
        here = {(row.person, row.organisation) for row in found.memberships.values()}
        here |= {(str(row.person), row.organisation) for row in found.credentials.values()}
        return (person, organisation) in here

    def _dead(self, person: str, home: Organisation) -> list[Change]:
        rows = self._o.standing.all_of("credential", Credential)
        return [
            Change(
                noun="credential",
                id=row.id,
                customer=row.customer or "",
                value=msgspec.structs.replace(row, state=CredentialState.REVOKED),
            )
            for row in rows
            if (row.person, row.organisation) == (person, home.id) and row.state is CredentialState.ACTIVE
        ]

    def _ended(self, person: str, home: Organisation) -> list[Change]:
        now = to_text(self._o.clock.now())
        rows = self._o.standing.all_of("membership", Membership)
        return [
            Change(noun="membership", id=row.id, customer="", value=msgspec.structs.replace(row, until=now))
            for row in rows
            if (row.person, row.organisation) == (person, home.id) and (row.until is None or now < row.until)
        ]
