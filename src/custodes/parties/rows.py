"""The standing rows of this room, and the directory that answers from them.

A standing row is stored canonically under a MAC with its generation; what is here is plain content. A
`Directory` is one consistent reading of all rows; it never changes, a new generation is a new one.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

import msgspec

from custodes.kernel.clock import from_text

from .roles import PartyKind, is_role


class Organisation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A legal entity. Entities of one `controlling_group` count as one organisation in any quorum;
    a single entity is a group of its own. `root_key` is an Ed25519 public key (32 bytes, base64).
    """

    id: str
    name: str
    kind: PartyKind
    controlling_group: str
    country: str
    root_key: str
    enrolled_at: str
    customers: tuple[str, ...] = ()
    is_demo: bool = False


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A human being. `name`, `mail` and `civil_id` are *person* fields: they can be erased.

    `civil_id` is a keyed hash of an identity document's reference, never the reference. `is_vetted`
    means that two officers saw the document.
    """

    id: str
    name: str
    mail: str | None = None
    is_mail_verified: bool = False
    civil_id: str | None = None
    country: str | None = None
    is_vetted: bool = False


class Membership(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person acts for an organisation in some roles from one instant until another (exclusive)."""

    id: str
    person: str
    organisation: str
    roles: tuple[str, ...]
    since: str
    until: str | None = None


class Application(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer's software."""

    id: str
    customer: str
    organisation: str
    name: str


class CredentialKind(StrEnum):
    """What proves an actor."""

    PASSKEY = "passkey"
    FILE_KEY = "file-key"
    PASSWORD = "password"  # noqa: S105 - the name of a kind
    API_TOKEN = "api-token"  # noqa: S105 - the name of a kind
    S3_KEY = "s3-key"
    DIRECTORY = "directory-token"  # the directory behind an issuer; its `application` is the issuer's id
    XKS_KEY = "xks-key"  # AWS KMS signs by it; its `application` is the connection's id
    FEDERATED = "federated"  # an identity issuer of the organisation says who it is


class CredentialState(StrEnum):
    """A revoked credential never comes back."""

    ACTIVE = "active"
    REVOKED = "revoked"


class Credential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to prove one actor.

    `public` is a COSE key (passkey) or an Ed25519 public key (file key), base64. `secret` is a sealed
    secret (S3 key) or a hash (password, token): never shown by `repr`. Exactly one of `person` and
    `application` is set. Times are RFC 3339 text as in `kernel.clock`.
    """

    id: str
    kind: CredentialKind
    organisation: str
    person: str | None = None
    application: str | None = None
    customer: str | None = None
    public: str | None = None
    secret: str | None = None
    passkey_id: str | None = None
    state: CredentialState = CredentialState.ACTIVE
    created_at: str
    expires_at: str | None = None
    label: str = ""
    is_demo: bool = False

    def __repr__(self) -> str:
        return f"Credential(id={self.id!r}, kind={self.kind.value!r}, state={self.state.value!r})"


Row: TypeAlias = Organisation | Person | Membership | Application | Credential


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """All rows of one generation, by id."""

    generation: int
    organisations: Mapping[str, Organisation]
    persons: Mapping[str, Person]
    memberships: Mapping[str, Membership]
    applications: Mapping[str, Application]
    credentials: Mapping[str, Credential]


def directory(generation: int, rows: Iterable[Row]) -> Directory:
    """Put rows in their places; ValueError for an id twice or a row of no known kind."""
    listed = list(rows)
    found = Directory(
        generation=generation,
        organisations={row.id: row for row in listed if isinstance(row, Organisation)},
        persons={row.id: row for row in listed if isinstance(row, Person)},
        memberships={row.id: row for row in listed if isinstance(row, Membership)},
        applications={row.id: row for row in listed if isinstance(row, Application)},
        credentials={row.id: row for row in listed if isinstance(row, Credential)},
    )
    placed = (found.organisations, found.persons, found.memberships, found.applications, found.credentials)
    if sum(map(len, placed)) != len(listed):
        raise ValueError("an id twice, or a row of another room")
    return found


def is_live(credential: Credential, at: datetime) -> bool:
    """Whether a credential may be used at this instant; its end is exclusive."""
    if credential.state is not CredentialState.ACTIVE:
        return False
    return credential.expires_at is None or at < from_text(credential.expires_at)


def roles_of(found: Directory, person: str, organisation: str, at: datetime) -> tuple[str, ...]:
    """The roles a person has for an organisation at this instant, sorted; none if it is not enrolled."""
    home = found.organisations.get(organisation)
    if home is None or person not in found.persons:
        return ()
    names = {
        role
        for row in found.memberships.values()
        if row.person == person and row.organisation == organisation and _runs(row, at)
        for role in row.roles
        if is_role(home.kind, role)
    }
    return tuple(sorted(names))


def _runs(row: Membership, at: datetime) -> bool:
    return from_text(row.since) <= at and (row.until is None or at < from_text(row.until))
