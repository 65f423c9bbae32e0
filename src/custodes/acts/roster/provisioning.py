"""People as their directory describes them: they come, change and leave by it, and sign in by its issuer.

A directory gives nobody a membership or a key that signs. It can take: who is not active there any more has
left here, with everything (`leaving.py`).
"""

import msgspec

from custodes.acts.answers.said import changed
from custodes.acts.asks.identity import DropListed, Listed, ListedPage, ListedView, LookListed, PutListed
from custodes.acts.asks.parties import Done
from custodes.acts.authority import Alteration
from custodes.acts.federation.linking import link_changes, link_rows
from custodes.acts.footing.issuers import DirectoryGroup, Linked, Provisioned, link_id
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, told
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, malformed
from custodes.parties.rows import Credential, CredentialState, Person

from .directory import Source, looking, on, source
from .leaving import Leaving

TEXT_CHARS_MAX = 255
PAGE_MAX = 200
EVENED = frozenset({"account", "mail"})  # compared without regard to case (RFC 7643 section 4.1.1)


class Provisioning:
    """Answers `PutListed`, `DropListed`, `LookListed`."""

    def __init__(self, opened: Opened, leaving: Leaving) -> None:
        self._o = opened
        self._leaving = leaving

    async def put(self, ask: PutListed) -> ListedView:
        """See the ask. Somebody linked to the issuer already becomes the directory's; nobody else does."""
        o = self._o
        _check(ask.listed)
        fresh, credential = new_id("per", o.dice), new_id("crd", o.dice)
        put = ""

        async def decide() -> Alteration:
            nonlocal put
            by = source(o, ask.evidence)
            old = self._row(by, ask.person) if ask.person else None
            self._refuse_taken(by, ask)
            put = ask.person or self._linked(by, ask.listed) or fresh
            on(o, "provisioned", put, ask.expects, "listed-changed")
            row = self._described(by, put, ask.listed)
            change = Change(noun="provisioned", id=put, customer="", value=row)
            if old is not None and old.is_active and not row.is_active:
                return await self._leaving.gone(
                    by.who, put, by.home, by.expects, reason="directory", more=(change,)
                )
            return self._alteration(by, row, old, credential, change)

        await alter(o, decide, ask, ask.evidence, is_urgent=not ask.listed.is_active)
        return self._view(put)

    async def drop(self, ask: DropListed) -> Done:
        """He leaves, whatever he was."""
        o = self._o

        async def decide() -> Alteration:
            by = source(o, ask.evidence)
            row = self._row(by, ask.person)
            on(o, "provisioned", row.id, ask.expects, "listed-changed")
            gone = msgspec.structs.replace(
                row, is_active=False, is_gone=True, changed_at=to_text(o.clock.now())
            )
            change = Change(noun="provisioned", id=row.id, customer="", value=gone)
            return await self._leaving.gone(
                by.who, row.id, by.home, by.expects, reason="directory", more=(change,)
            )

        await alter(o, decide, ask, ask.evidence, is_urgent=True)
        return Done()

    async def look(self, ask: LookListed) -> ListedPage:
        """In order of creation. `no-such-listed` (absent) for an id that is none of this directory."""
        by = await looking(self._o, ask.evidence)
        if ask.person:
            return ListedPage((self._view(self._row(by, ask.person).id),), 1, 1)
        rows = [row for row in self._rows(by) if all(_equal(row, pair) for pair in ask.equal)]
        first = max(ask.start, 1) - 1
        some = rows[first : first + max(0, min(ask.count, PAGE_MAX))]
        return ListedPage(tuple(self._view(row.id) for row in some), len(rows), first + 1)

    def _rows(self, by: Source) -> list[Provisioned]:
        rows = self._o.standing.all_of("provisioned", Provisioned)
        mine = [row for row in rows if row.issuer == by.issuer.id and not row.is_gone]
        return sorted(mine, key=lambda row: (row.created_at, row.id))

    def _row(self, by: Source, person: str) -> Provisioned:
        row = self._o.standing.get("provisioned", person, Provisioned)
        if row is None or row.issuer != by.issuer.id or row.is_gone:
            raise absent("no-such-listed")
        return row

    def _refuse_taken(self, by: Source, ask: PutListed) -> None:
        for row in self._rows(by):
            same = row.account.casefold() == ask.listed.account.casefold()
            same = same or (bool(row.external) and row.external == ask.listed.external)
            if same and row.id != ask.person:
                raise conflict("account-in-use")

    def _linked(self, by: Source, listed: Listed) -> str:
        """Whom this subject is here already; empty when nobody."""
        o = self._o
        at = link_id(o.keyring.house_keys.session, by.issuer.id, listed.external or listed.account)
        row = o.standing.get("linked", at, Linked)
        return row.person if row else ""

    def _described(self, by: Source, person: str, listed: Listed) -> Provisioned:
        now = to_text(self._o.clock.now())
        old = self._o.standing.get("provisioned", person, Provisioned)
        return Provisioned(
            id=person,
            issuer=by.issuer.id,
            account=listed.account,
            external=listed.external,
            name=listed.name,
            given=listed.given,
            family=listed.family,
            mail=listed.mail,
            is_active=listed.is_active,
            created_at=old.created_at if old else now,
            changed_at=now,
        )

    def _alteration(
        self, by: Source, row: Provisioned, old: Provisioned | None, credential: str, change: Change
    ) -> Alteration:
        o = self._o
        changes = [change]
        if o.standing.get("person", row.id, Person) is None:
            person = Person(id=row.id, name=row.name or row.account)
            changes.append(Change(noun="person", id=row.id, customer="", value=person))
        changes += self._ways_in(by, row, old, credential)
        bare = Person(id=row.id, name="")
        record = changed("enrol.person", by.who, row.id, bare)
        return Alteration(
            changes=tuple(changes),
            records=tuple((each, record) for each in told(o, by.home)),
            expects=by.expects,
        )

    def _ways_in(
        self, by: Source, row: Provisioned, old: Provisioned | None, credential: str
    ) -> list[Change]:
        """The link under which he signs in: made when he comes (back), moved when his subject changed."""
        o = self._o
        at = link_id(o.keyring.house_keys.session, by.issuer.id, row.subject)
        linked = o.standing.get("linked", at, Linked)
        now = o.standing.get("credential", linked.credential, Credential) if linked else None
        is_there = now is not None and now.state is CredentialState.ACTIVE and now.person == row.id
        changes: list[Change] = []
        if row.is_active and not is_there:
            changes += link_changes(link_rows(o, by.issuer, row.subject, row.id, credential))
        if old is not None and old.subject != row.subject:
            before = o.standing.get(
                "linked", link_id(o.keyring.house_keys.session, by.issuer.id, old.subject), Linked
            )
            dead = o.standing.get("credential", before.credential, Credential) if before else None
            if dead is not None and dead.state is CredentialState.ACTIVE:
                revoked = msgspec.structs.replace(dead, state=CredentialState.REVOKED)
                owner = dead.customer or ""
                changes.append(Change(noun="credential", id=dead.id, customer=owner, value=revoked))
        return changes

    def _view(self, person: str) -> ListedView:
        o = self._o
        row = o.standing.get("provisioned", person, Provisioned)
        if row is None:
            raise absent("no-such-listed")
        groups = [
            (one.id, one.name)
            for one in o.standing.all_of("directory-group", DirectoryGroup)
            if one.issuer == row.issuer and not one.is_gone and row.id in one.members
        ]
        return ListedView(
            person=row.id,
            listed=Listed(
                account=row.account,
                external=row.external,
                name=row.name,
                given=row.given,
                family=row.family,
                mail=row.mail,
                is_active=row.is_active,
            ),
            groups=tuple(sorted(groups)),
            generation=o.standing.expect("provisioned", person).generation,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )


def _equal(row: Provisioned, pair: tuple[str, str]) -> bool:
    name, value = pair
    have = str(getattr(row, name)) if name != "person" else row.id
    if name == "is_active":
        return have.lower() == value.lower()
    return have.casefold() == value.casefold() if name in EVENED else have == value


def _check(listed: Listed) -> None:
    texts = (listed.account, listed.external, listed.name, listed.given, listed.family, listed.mail)
    fits = all(len(text) <= TEXT_CHARS_MAX and text.isprintable() for text in texts)
    if not fits or not listed.account.strip():
        raise malformed("bad-listed")
