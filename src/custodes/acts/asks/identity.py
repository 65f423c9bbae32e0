"""Asks about identity issuers: set up by their organisation, read by the logkeeper, used to sign in.

A plane hands over what a browser brought: the whole ID token, never a name. The keys that verify it come
from the logkeeper alone, which fetches them; a plane cannot say what they are.
"""

import msgspec

from custodes.protocols.oidc.messages import Exchange

from .doors import Ask, Evidence
from .parties import SignedIn


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
    `generation` what a signature over the next change has to name.
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


class Issuers(msgspec.Struct, frozen=True, tag="issuers"):
    """Issuers of one organisation."""

    issuers: tuple[IssuerView, ...]


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
