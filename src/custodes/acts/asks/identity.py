"""Asks about identity issuers (set up by their organisation, read by the logkeeper, used to sign in), about
whom an issuer's directory provisions, and about who leaves or stands in for whom.

A plane hands over what a browser brought: the whole ID token, never a name. The keys that verify it come
from the logkeeper alone, which fetches them; a plane cannot say what they are.
"""

import msgspec

from custodes.parties.cover import Absence, Delegation, Duty
from custodes.protocols.oidc.messages import Exchange

from .doors import Ask, Evidence
from .parties import CredentialView, Done, SignedIn


class SetIssuer(Ask["IssuerView"], frozen=True, tag="set-issuer"):
    """-> `IssuerView`. A new issuer (`issuer` empty) or all of an old one; a signed act.

    `roles` are pairs (group, role of the organisation). `auth`: `none`, `client-secret-basic` or
    `client-secret-post`; an empty `secret` keeps the one there is. `is_off` ends every session by it.
    """

    evidence: Evidence
    organisation: str
    name: str
    url: str
    client_id: str
    issuer: str = ""
    auth: str = "none"
    secret: str = ""
    subject_claim: str = "sub"
    groups_claim: str = "groups"
    roles: tuple[tuple[str, str], ...] = ()
    scopes: tuple[str, ...] = ()
    customer: str | None = None
    ca: str = ""
    session_minutes: int = 480
    admits_unknown: bool = False
    is_listed: bool = False
    is_off: bool = False

    def __repr__(self) -> str:
        return f"SetIssuer(issuer={self.issuer!r}, url={self.url!r})"


class LookIssuers(Ask["Issuers"], frozen=True, tag="look-issuers"):
    """-> `Issuers`: those of the asker's organisation."""

    evidence: Evidence


class LinkPerson(Ask["IssuerLinked"], frozen=True, tag="link-person"):
    """-> `IssuerLinked`. This subject of the issuer is that person of its organisation; a signed act."""

    evidence: Evidence
    issuer: str
    subject: str
    person: str

    def __repr__(self) -> str:
        return f"LinkPerson(person={self.person!r})"


class IssuerLinked(msgspec.Struct, frozen=True, tag="issuer-linked"):
    """The credential under which he signs in by the issuer."""

    credential: str
    person: str


class IssuerView(msgspec.Struct, frozen=True, tag="issuer"):
    """An issuer as its organisation sees it; never its secret. `keys` are the ids of its keys we verify by,
    `is_read` whether they were confirmed lately, `redirect` the address to register there,
    `generation` what a signature over the next change has to name. `ca` is the PEM bundle trusted for it,
    `tokens` are those of its directory, dead ones too.
    """

    id: str
    organisation: str
    name: str
    url: str
    client_id: str
    auth: str
    has_secret: bool
    subject_claim: str
    groups_claim: str
    roles: tuple[tuple[str, str], ...]
    scopes: tuple[str, ...]
    customer: str | None
    session_minutes: int
    admits_unknown: bool
    is_listed: bool
    is_off: bool
    redirect: str
    keys: tuple[str, ...] = ()
    is_read: bool = False
    trouble: str = ""
    generation: int = 1
    ca: str = ""
    tokens: tuple[CredentialView, ...] = ()


class Issuers(msgspec.Struct, frozen=True, tag="issuers"):
    """Issuers of one organisation."""

    issuers: tuple[IssuerView, ...]


class TryToken(Ask["TokenTried"], frozen=True, tag="try-token"):
    """-> `TokenTried`. What an ID token of one's own organisation's issuer would give; nothing comes of it.

    Its nonce and the moment of a sign-in are not looked at: there is none. `no-such-issuer` (absent),
    `token-too-long` (malformed).
    """

    evidence: Evidence
    issuer: str
    id_token: str

    def __repr__(self) -> str:
        return f"TryToken(issuer={self.issuer!r})"


class TokenTried(msgspec.Struct, frozen=True, kw_only=True, tag="token-tried"):
    """Why it does not hold, else what it says and what that is here.

    `reason`: `issuer-unread`, or a code of `protocols.oidc.tokens.REASONS`. `mapped` are pairs (group, role)
    that apply, `listed` the groups in which the directory has him; `person` is who he is here already.
    `ends_in`: `session`, `newcomer` (a person would be made of him), `no-role-mapped`, or empty when the
    token does not hold.
    """

    reason: str = ""
    subject: str = ""
    name: str = ""
    groups: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    mapped: tuple[tuple[str, str], ...] = ()
    roles: tuple[str, ...] = ()
    person: str = ""
    ends_in: str = ""


class LookEntrances(Ask["Entrances"], frozen=True, tag="look-entrances"):
    """-> `Entrances`: issuers whose organisation shows them on the sign-in page. Needs no evidence."""


class Entrance(msgspec.Struct, frozen=True):
    """One way in."""

    issuer: str
    name: str


class Entrances(msgspec.Struct, frozen=True, tag="entrances"):
    """Ways in by an issuer."""

    entrances: tuple[Entrance, ...]


class BeginFederated(Ask["FederatedBegun"], frozen=True, tag="begin-federated"):
    """-> `FederatedBegun`. `issuer-unread` (unavailable) while its keys are not confirmed."""

    issuer: str
    peer: str = ""


class FederatedBegun(msgspec.Struct, frozen=True, tag="federated-begun"):
    """Where to send the browser, and the ticket it has to bring back in a cookie. Ten minutes, once."""

    url: str
    ticket: str

    def __repr__(self) -> str:
        return "FederatedBegun(...)"


class ExchangeCode(Ask["CodeExchange"], frozen=True, tag="exchange-code"):
    """-> `CodeExchange`. `state`, `code` and `iss` as the browser brought them; `ticket` from its cookie.

    Once for each sign-in. `not-authenticated` for every fault alike.
    """

    ticket: str
    state: str
    code: str
    iss: str = ""

    def __repr__(self) -> str:
        return "ExchangeCode(...)"


class CodeExchange(msgspec.Struct, frozen=True, tag="code-exchange"):
    """The request the plane sends to the token endpoint, and the private CA (PEM) it is under, if any."""

    exchange: Exchange
    ca: str = ""

    def __repr__(self) -> str:
        return "CodeExchange(...)"


class SignInFederated(Ask[SignedIn], frozen=True, tag="sign-in-federated"):
    """-> `SignedIn`. The whole ID token as the issuer gave it, for the sign-in of this ticket.

    `not-authenticated` for every fault alike; `no-role-mapped` (denied) for somebody the issuer knows and no
    group of his has a role here; `issuer-unread` (unavailable) while its keys are not confirmed.
    """

    ticket: str
    state: str
    id_token: str
    peer: str = ""

    def __repr__(self) -> str:
        return "SignInFederated(...)"


class IssuersDue(Ask["DueIssuers"], frozen=True, tag="issuers-due"):
    """-> `DueIssuers`, at once when some are due, else after `wait_ms`. For the logkeeper alone."""

    evidence: Evidence
    wait_ms: int = 0


class DueIssuer(msgspec.Struct, frozen=True):
    """One issuer whose keys are to be fetched now."""

    issuer: str
    url: str
    ca: str = ""


class DueIssuers(msgspec.Struct, frozen=True, tag="due-issuers"):
    """Issuers to read."""

    issuers: tuple[DueIssuer, ...]


class KeepIssuer(Ask["IssuerKept"], frozen=True, tag="keep-issuer"):
    """-> `IssuerKept`. What the logkeeper fetched, as it came; or in `trouble` a word for why it could not.

    `bad-discovery`, `bad-key-set` (malformed): the keys there are stay as they are.
    """

    evidence: Evidence
    issuer: str
    discovery: bytes = b""
    key_set: bytes = b""
    trouble: str = ""


class IssuerKept(msgspec.Struct, frozen=True, tag="issuer-kept"):
    """Whether the keys are others than before: then that is an entry."""

    is_changed: bool


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
