"""Who else may say who somebody is: identity issuers of organisations, their keys, and linked persons.

An issuer's word opens a session with the roles that its organisation gave to a group. It never signs: an
approval wants a key that was enrolled here.
"""

import hmac
from enum import StrEnum

import msgspec

from custodes.kernel import canonical
from custodes.kernel.ids import new_id
from custodes.protocols.oidc.messages import Provider, PublicKey


class ClientAuth(StrEnum):
    """How we prove to the issuer's token endpoint that we are its client."""

    NONE = "none"
    BASIC = "client-secret-basic"
    POST = "client-secret-post"


class Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `issuer`. `url` is compared as it is with what discovery and tokens say.

    `secret` is the client's, wrapped as a credential of this id. `roles` gives each group of the issuer one
    role of the organisation. `subject_claim` is the claim that is a person's stable id there. `customer`
    is for whom people of a customer's organisation act. `admits_unknown`: whoever has a mapped group becomes
    a person here by his first sign-in, unvetted. `ca` is a PEM bundle that is trusted for this issuer alone,
    in place of the machine's.
    """

    id: str
    organisation: str
    name: str
    url: str
    client_id: str
    auth: ClientAuth = ClientAuth.NONE
    secret: bytes = b""
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
    created_at: str

    def __repr__(self) -> str:
        return f"Issuer(id={self.id!r}, url={self.url!r})"


class IssuerKeys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `issuer-keys`, under the issuer's id: what the logkeeper fetched last."""

    id: str
    provider: Provider
    keys: tuple[PublicKey, ...]
    taken_at: str


class Linked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `linked`: a subject of an issuer is this person, by this credential.

    The id is `link_id`, so a subject is linked at most once, and the row does not tell the subject.
    """

    id: str
    issuer: str
    credential: str
    person: str
    organisation: str
    since: str


class Provisioned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `provisioned`, under the person's id: how an issuer's directory describes him.

    Its generation is what a directory names to change it, and what his sessions rest on. `is_gone`: the
    directory dropped him.
    """

    id: str
    issuer: str
    account: str
    external: str = ""
    name: str = ""
    given: str = ""
    family: str = ""
    mail: str = ""
    is_active: bool = True
    is_gone: bool = False
    created_at: str
    changed_at: str

    def __repr__(self) -> str:
        return f"Provisioned(id={self.id!r}, is_active={self.is_active})"

    @property
    def subject(self) -> str:
        """What the issuer's tokens call him."""
        return self.external or self.account


class DirectoryGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Standing row of noun `directory-group`; `members` are ids of persons."""

    id: str
    issuer: str
    name: str
    external: str = ""
    members: tuple[str, ...] = ()
    is_gone: bool = False
    created_at: str
    changed_at: str


def link_id(key: bytes, issuer: str, subject: str) -> str:
    """The id of a subject's link: keyed, so that whoever reads rows cannot try subjects."""
    message = canonical.encode(["custodes/linked/v1", issuer, subject])
    return new_id("lnk", _Fixed(hmac.digest(key, message, "sha256")))


def roles_for(issuer: Issuer, groups: tuple[str, ...]) -> tuple[str, ...]:
    """The roles that these groups give, sorted."""
    given = set(groups)
    return tuple(sorted({role for group, role in issuer.roles if group in given}))


class _Fixed:
    """Dice that give back what they were made of."""

    def __init__(self, drawn: bytes) -> None:
        self._drawn = drawn

    def draw(self, length_bytes: int) -> bytes:
        return self._drawn[:length_bytes]
