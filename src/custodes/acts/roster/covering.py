"""Deputies, those on call, and roles given for a time.

Absences, duties and leads say who is told; they give nobody a right. A delegation does: it is a membership
with an end, given by the one whose role it is, with his signature, to a colleague with a key of his own. It
counts as the colleague's approval, never twice for one human being.
"""

from datetime import timedelta

import msgspec

from custodes.acts import signed
from custodes.acts.answers.parties import PartyAnswers
from custodes.acts.answers.said import changed
from custodes.acts.asks.identity import CoverView, DelegateRole, EndDelegation, LookCover, SetCover
from custodes.acts.authority import Alteration
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, permit, told
from custodes.acts.writing.act import Expect
from custodes.kernel.clock import from_text, to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, conflict, denied, malformed
from custodes.parties import cover as covers
from custodes.parties.cover import Cover, Delegation
from custodes.parties.rows import Membership, Organisation, Person, is_live
from custodes.policy.question import Resource

from .ending import ended

DAYS_MAX = 90
ROLE = "approver"
DELEGATIONS_MAX = 200


class Covering:
    """Answers `SetCover`, `LookCover`, `DelegateRole`, `EndDelegation`."""

    def __init__(self, opened: Opened, parties: PartyAnswers) -> None:
        self._o = opened
        self._parties = parties

    async def set(self, ask: SetCover) -> CoverView:
        """By whoever may enrol there; everybody named acts for the organisation."""
        o = self._o

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            home = o.standing.get("organisation", ask.organisation, Organisation)
            if home is None:
                raise absent("no-such-organisation")
            decided = self._parties.may_enrol(who, home, home.id)
            if o.standing.expect("cover", home.id).generation != ask.expects:
                raise conflict("cover-changed")
            row = Cover(
                id=home.id,
                absences=ask.absences,
                duties=ask.duties,
                leads=ask.leads,
                delegations=self._cover(home.id).delegations,
            )
            _check(row, self._members(home.id))
            return self._alteration(who, row, home, decided.expects)

        await alter(o, decide, ask, ask.evidence)
        return self._view(ask.organisation)

    async def look(self, ask: LookCover) -> CoverView:
        """Of his own organisation; `no-such-organisation` (absent) for who has none."""
        who = self._o.identities.of(ask.evidence)
        if who.actor.person is None or who.actor.organisation is None:
            raise absent("no-such-organisation")
        return self._view(who.actor.organisation)

    async def delegate(self, ask: DelegateRole) -> CoverView:
        """See the ask. What was given by delegation cannot be given on."""
        o = self._o
        membership, home_id = new_id("mem", o.dice), ""

        def decide() -> Alteration:
            nonlocal home_id
            who = signed.of(o, ask, ask.evidence, ("person", ask.taker))
            home = o.standing.get("organisation", who.actor.organisation or "", Organisation)
            if home is None:
                raise absent("no-such-organisation")
            home_id = home.id
            resource = Resource(kind="party", id=ask.taker, facts={"organisation": home.id})
            decided = permit(o, who, "role:delegate", resource)
            self._may_give(who, ask, home)
            given = Delegation(
                membership=membership,
                giver=str(who.actor.person),
                taker=ask.taker,
                role=ask.role,
                since=ask.since,
                until=ask.until,
            )
            old = self._cover(home.id)
            row = msgspec.structs.replace(old, delegations=(*self._lasting(old), given))
            member = Membership(
                id=membership,
                person=ask.taker,
                organisation=home.id,
                roles=(ask.role,),
                since=ask.since,
                until=ask.until,
            )
            change = Change(noun="membership", id=membership, customer="", value=member)
            return self._alteration(who, row, home, decided.expects, change)

        await alter(o, decide, ask, ask.evidence)
        return self._view(home_id)

    async def end(self, ask: EndDelegation) -> CoverView:
        """From now on."""
        o = self._o
        home_id = ""

        def decide() -> Alteration:
            nonlocal home_id
            who = o.identities.of(ask.evidence)
            home = o.standing.get("organisation", who.actor.organisation or "", Organisation)
            old = self._cover(home.id) if home else None
            given = (
                next((one for one in old.delegations if one.membership == ask.membership), None)
                if old
                else None
            )
            if home is None or old is None or given is None:
                raise absent("no-such-delegation")
            home_id = home.id
            expects = who.expects
            if who.actor.person != given.giver:
                expects = (*expects, *self._parties.may_revoke(who, home, given.taker).expects)
            left = tuple(one for one in old.delegations if one is not given)
            row = msgspec.structs.replace(old, delegations=left)
            return self._alteration(who, row, home, expects, *ended(o, (given,)))

        await alter(o, decide, ask, ask.evidence, is_urgent=True)
        return self._view(home_id)

    def _may_give(self, who: Identified, ask: DelegateRole, home: Organisation) -> None:
        o = self._o
        now = o.clock.now()
        try:
            since, until = from_text(ask.since), from_text(ask.until)
        except Refusal as error:
            raise malformed("bad-delegation") from error
        is_sound = until > max(now, since) and until - now <= timedelta(days=DAYS_MAX)
        if ask.role != ROLE or not is_sound or len(self._lasting(self._cover(home.id))) >= DELEGATIONS_MAX:
            raise malformed("bad-delegation")
        given = {one.membership for one in self._cover(home.id).delegations}
        own = {
            role
            for row in o.directories.now().memberships.values()
            if (row.person, row.organisation) == (who.actor.person, home.id)
            and row.id not in given
            and (row.until is None or now < from_text(row.until))
            for role in row.roles
        }
        if ask.role not in own or ask.taker == who.actor.person:
            raise denied("not-yours-to-give")
        taker = o.standing.get("person", ask.taker, Person)
        if taker is None or taker.id not in self._members(home.id) or not taker.is_vetted:
            raise absent("no-such-person")
        if not any(
            (row.person, row.organisation) == (taker.id, home.id)
            and row.kind in signed.SIGNING_KINDS
            and is_live(row, now)
            for row in o.directories.now().credentials.values()
        ):
            raise absent("no-such-person")

    def _lasting(self, cover: Cover) -> tuple[Delegation, ...]:
        now = to_text(self._o.clock.now())
        return tuple(one for one in cover.delegations if now < one.until)

    def _members(self, organisation: str) -> frozenset[str]:
        now = self._o.clock.now()
        return frozenset(
            row.person
            for row in self._o.directories.now().memberships.values()
            if row.organisation == organisation and (row.until is None or now < from_text(row.until))
        )

    def _cover(self, organisation: str) -> Cover:
        return self._o.standing.get("cover", organisation, Cover) or Cover(id=organisation)

    def _alteration(
        self, who: Identified, row: Cover, home: Organisation, expects: tuple[Expect, ...], *more: Change
    ) -> Alteration:
        record = changed("change.cover", who, row.id, row)
        return Alteration(
            changes=(Change(noun="cover", id=row.id, customer="", value=row), *more),
            records=tuple((each, record) for each in told(self._o, home)),
            expects=expects,
        )

    def _view(self, organisation: str) -> CoverView:
        row = self._cover(organisation)
        return CoverView(
            organisation=organisation,
            absences=row.absences,
            duties=row.duties,
            leads=row.leads,
            delegations=self._lasting(row),
            generation=self._o.standing.expect("cover", organisation).generation,
        )


def _check(row: Cover, members: frozenset[str]) -> None:
    try:
        reason = covers.reason_against(row, members)
    except Refusal as error:
        raise malformed("bad-cover", reason="bad-period") from error
    if reason is not None:
        raise malformed("bad-cover", reason=reason)
