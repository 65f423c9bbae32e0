"""Asks about who belongs to an organisation: what its directory provisions, and people who leave."""

import msgspec

from custodes.parties.cover import Absence, Delegation, Duty

from .doors import Ask, Evidence
from .parties import Done


class LeavePerson(Ask[Done], frozen=True, tag="leave-person"):
    """-> `Done`. From now on nothing of this person counts for that organisation: sessions, tokens, keys,
    roles, and approvals that are not a grant yet.
    """

    evidence: Evidence
    person: str
    organisation: str
    reason: str


class MakeDirectoryToken(Ask["DirectoryToken"], frozen=True, tag="make-directory-token"):
    """-> `DirectoryToken`. For the directory behind an issuer; a signed act of its organisation.

    It may provision people of that issuer and nothing else. Shown once.
    """

    evidence: Evidence
    issuer: str
    label: str
    days: int = 365

    def __repr__(self) -> str:
        return f"MakeDirectoryToken(issuer={self.issuer!r})"


class DirectoryToken(msgspec.Struct, frozen=True, tag="directory-token"):
    """The credential's id and its bearer token."""

    id: str
    token: str

    def __repr__(self) -> str:
        return f"DirectoryToken(id={self.id!r})"


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A person as his directory describes him. `external` is the directory's stable id of him."""

    account: str
    external: str = ""
    name: str = ""
    given: str = ""
    family: str = ""
    mail: str = ""
    is_active: bool = True

    def __repr__(self) -> str:
        return "Listed(...)"


class PutListed(Ask["ListedView"], frozen=True, tag="put-listed"):
    """-> `ListedView`. A new person (`person` empty) or all of an old one.

    `expects` is the generation the change was made on, None for whichever. Not active: he leaves. Refused
    `account-in-use` (conflict), `no-such-listed` (absent), `listed-changed` (conflict), `bad-listed`.
    """

    evidence: Evidence
    listed: Listed
    person: str = ""
    expects: int | None = None


class DropListed(Ask[Done], frozen=True, tag="drop-listed"):
    """-> `Done`. He leaves, and the directory knows him no more. `no-such-listed`, `listed-changed`."""

    evidence: Evidence
    person: str
    expects: int | None = None


class LookListed(Ask["ListedPage"], frozen=True, tag="look-listed"):
    """-> `ListedPage`: people of the token's issuer, by id, by account, by external id, or all in order.

    `equal` are pairs (member of `Listed`, value) that all hold. `start` counts from 1.
    """

    evidence: Evidence
    person: str = ""
    equal: tuple[tuple[str, str], ...] = ()
    start: int = 1
    count: int = 100


class ListedView(msgspec.Struct, frozen=True, kw_only=True, tag="listed-person"):
    """One provisioned person with his groups (id, name) and the generation of his row."""

    person: str
    listed: Listed
    groups: tuple[tuple[str, str], ...]
    generation: int
    created_at: str
    changed_at: str


class ListedPage(msgspec.Struct, frozen=True, tag="listed-page"):
    """Some of `total` people."""

    people: tuple[ListedView, ...]
    total: int
    start: int


class PutGroup(Ask["GroupView"], frozen=True, tag="put-group"):
    """-> `GroupView`. A new group (`group` empty) or all of an old one.

    `bad-group` (malformed), `group-in-use` (conflict), `no-such-group`, `no-such-listed` (absent),
    `group-changed` (conflict).
    """

    evidence: Evidence
    name: str
    members: tuple[str, ...] = ()
    external: str = ""
    group: str = ""
    expects: int | None = None


class DropGroup(Ask[Done], frozen=True, tag="drop-group"):
    """-> `Done`. `no-such-group` (absent), `group-changed` (conflict)."""

    evidence: Evidence
    group: str
    expects: int | None = None


class LookGroups(Ask["GroupPage"], frozen=True, tag="look-groups"):
    """-> `GroupPage`; as `LookListed`, `equal` over `name` and `external`."""

    evidence: Evidence
    group: str = ""
    equal: tuple[tuple[str, str], ...] = ()
    start: int = 1
    count: int = 100


class GroupView(msgspec.Struct, frozen=True, kw_only=True, tag="group"):
    """One group of a directory; its members are ids of people."""

    group: str
    name: str
    external: str
    members: tuple[str, ...]
    generation: int
    created_at: str
    changed_at: str


class GroupPage(msgspec.Struct, frozen=True, tag="group-page"):
    """Some of `total` groups."""

    groups: tuple[GroupView, ...]
    total: int
    start: int


class SetCover(Ask["CoverView"], frozen=True, tag="set-cover"):
    """-> `CoverView`. All absences, duties and leads of an organisation anew; delegations stay.

    On the generation seen: `cover-changed` (conflict). `bad-cover` (malformed) with the reason.
    """

    evidence: Evidence
    organisation: str
    absences: tuple[Absence, ...] = ()
    duties: tuple[Duty, ...] = ()
    leads: tuple[str, ...] = ()
    expects: int = 0


class LookCover(Ask["CoverView"], frozen=True, tag="look-cover"):
    """-> `CoverView` of the asker's own organisation."""

    evidence: Evidence


class DelegateRole(Ask["CoverView"], frozen=True, tag="delegate-role"):
    """-> `CoverView`. The asker gives a role of his to a colleague for a time; a signed act.

    Only `approver`, at most 90 days, to somebody vetted of the same organisation who has a key of his own.
    `bad-delegation` (malformed), `no-such-person` (absent), `not-yours-to-give` (denied).
    """

    evidence: Evidence
    taker: str
    since: str
    until: str
    role: str = "approver"


class EndDelegation(Ask["CoverView"], frozen=True, tag="end-delegation"):
    """-> `CoverView`. By who gave it, or who may revoke there. `no-such-delegation` (absent)."""

    evidence: Evidence
    membership: str


class CoverView(msgspec.Struct, frozen=True, kw_only=True, tag="cover"):
    """Who stands in for whom in an organisation, and the generation of it."""

    organisation: str
    absences: tuple[Absence, ...]
    duties: tuple[Duty, ...]
    leads: tuple[str, ...]
    delegations: tuple[Delegation, ...]
    generation: int
