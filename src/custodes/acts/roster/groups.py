"""Groups of a directory: a group with a role in the issuer's table gives that role to its members' sessions.

Who is taken out of such a group, or put into one, has to sign in again: his sessions rest on his row's
generation, which the same act raises.
"""

import msgspec

from custodes.acts.answers.said import changed
from custodes.acts.asks.identity import DropGroup, GroupPage, GroupView, LookGroups, PutGroup
from custodes.acts.asks.parties import Done
from custodes.acts.authority import Alteration
from custodes.acts.footing.issuers import DirectoryGroup, Issuer, Provisioned, roles_for
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, told
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, malformed

from .directory import Source, looking, on, source
from .provisioning import PAGE_MAX, TEXT_CHARS_MAX

MEMBERS_MAX = 10_000


class Groups:
    """Answers `PutGroup`, `DropGroup`, `LookGroups`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def put(self, ask: PutGroup) -> GroupView:
        """See the ask."""
        o = self._o
        texts = (ask.name, ask.external)
        fits = all(len(text) <= TEXT_CHARS_MAX and text.isprintable() for text in texts)
        if not fits or not ask.name.strip() or len(ask.members) > MEMBERS_MAX:
            raise malformed("bad-group")
        id_ = ask.group or new_id("grp", o.dice)

        def decide() -> Alteration:
            by = source(o, ask.evidence)
            old = self._row(by, ask.group) if ask.group else None
            on(o, "directory-group", id_, ask.expects, "group-changed")
            if any(row.name == ask.name and row.id != id_ for row in self._rows(by)):
                raise conflict("group-in-use")
            members = tuple(sorted(set(ask.members)))
            if any(
                not self._is_mine(by, person) for person in set(members) - set(old.members if old else ())
            ):
                raise absent("no-such-listed")
            now = to_text(o.clock.now())
            row = DirectoryGroup(
                id=id_,
                issuer=by.issuer.id,
                name=ask.name,
                external=ask.external,
                members=members,
                created_at=old.created_at if old else now,
                changed_at=now,
            )
            return self._alteration(by, old, row)

        await alter(o, decide, ask, ask.evidence)
        return self._view(id_)

    async def drop(self, ask: DropGroup) -> Done:
        """The group is no more, and gives nobody a role."""
        o = self._o

        def decide() -> Alteration:
            by = source(o, ask.evidence)
            old = self._row(by, ask.group)
            on(o, "directory-group", old.id, ask.expects, "group-changed")
            row = msgspec.structs.replace(old, members=(), is_gone=True, changed_at=to_text(o.clock.now()))
            return self._alteration(by, old, row)

        await alter(o, decide, ask, ask.evidence)
        return Done()

    async def look(self, ask: LookGroups) -> GroupPage:
        """In order of creation. `no-such-group` (absent)."""
        by = await looking(self._o, ask.evidence)
        if ask.group:
            return GroupPage((self._view(self._row(by, ask.group).id),), 1, 1)
        rows = [
            row
            for row in self._rows(by)
            if all(
                (row.id if name == "group" else str(getattr(row, name))) == value for name, value in ask.equal
            )
        ]
        first = max(ask.start, 1) - 1
        some = rows[first : first + max(0, min(ask.count, PAGE_MAX))]
        return GroupPage(tuple(self._view(row.id) for row in some), len(rows), first + 1)

    def _alteration(self, by: Source, old: DirectoryGroup | None, row: DirectoryGroup) -> Alteration:
        o = self._o
        changes = [Change(noun="directory-group", id=row.id, customer="", value=row)]
        for person in sorted(_touched(by.issuer, old, row)):
            listed = o.standing.get("provisioned", person, Provisioned)
            if listed is not None:
                again = msgspec.structs.replace(listed, changed_at=row.changed_at)
                changes.append(Change(noun="provisioned", id=person, customer="", value=again))
        bare = msgspec.structs.replace(row, name="", external="")
        record = changed("change.role", by.who, row.id, bare)
        return Alteration(
            changes=tuple(changes),
            records=tuple((each, record) for each in told(o, by.home)),
            expects=by.expects,
        )

    def _rows(self, by: Source) -> list[DirectoryGroup]:
        rows = self._o.standing.all_of("directory-group", DirectoryGroup)
        mine = [row for row in rows if row.issuer == by.issuer.id and not row.is_gone]
        return sorted(mine, key=lambda row: (row.created_at, row.id))

    def _row(self, by: Source, group: str) -> DirectoryGroup:
        row = self._o.standing.get("directory-group", group, DirectoryGroup)
        if row is None or row.issuer != by.issuer.id or row.is_gone:
            raise absent("no-such-group")
        return row

    def _is_mine(self, by: Source, person: str) -> bool:
        row = self._o.standing.get("provisioned", person, Provisioned)
        return row is not None and row.issuer == by.issuer.id and not row.is_gone

    def _view(self, group: str) -> GroupView:
        row = self._o.standing.get("directory-group", group, DirectoryGroup)
        if row is None:
            raise absent("no-such-group")
        return GroupView(
            group=row.id,
            name=row.name,
            external=row.external,
            members=row.members,
            generation=self._o.standing.expect("directory-group", group).generation,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )


def _touched(issuer: Issuer, old: DirectoryGroup | None, new: DirectoryGroup) -> set[str]:
    """Whose roles this changes: nobody's, where the group has none before and after."""
    before = roles_for(issuer, (old.name, old.external)) if old and not old.is_gone else ()
    after = roles_for(issuer, (new.name, new.external)) if not new.is_gone else ()
    had, have = set(old.members if old else ()), set(new.members)
    if before == after:
        return (had ^ have) if after else set()
    return had | have
