"""Asks about organisations, persons, credentials, customers, locations, boundaries and policies."""

import msgspec

from .doors import Ask
from .evidence import Evidence


class SignIn(Ask["SignedIn"], frozen=True, tag="sign-in"):
    """-> `SignedIn`. By mail and password (grade `password`), or by a passkey assertion (canonical JSON)."""

    mail: str = ""
    password: str = ""
    passkey: bytes = b""
    challenge: str = ""
    peer: str = ""


class BeginPasskey(Ask["PasskeyChallenge"], frozen=True, tag="begin-passkey"):
    """-> `PasskeyChallenge`. A fresh single-use challenge for sign-in, enrolment or a signature."""

    purpose: str
    evidence: Evidence | None = None


class PasskeyChallenge(msgspec.Struct, frozen=True, tag="passkey-challenge"):
    """Challenge (base64url without padding), relying party id, and the credential ids allowed."""

    challenge: str
    rp_id: str
    allowed: tuple[str, ...]
    user_id: str = ""
    user_name: str = ""


class SignedIn(msgspec.Struct, frozen=True, tag="signed-in"):
    """A session token for `Session` evidence, and who it is."""

    token: str
    lapses_at: str
    person: str
    name: str


class SignOut(Ask["Done"], frozen=True, tag="sign-out"):
    """-> `Done`."""

    evidence: Evidence


class WhoAmI(Ask["Me"], frozen=True, tag="who-am-i"):
    """-> `Me`."""

    evidence: Evidence


class Me(msgspec.Struct, frozen=True, tag="me"):
    """The asker: person or application, organisation, roles, and the customers he may look at."""

    credential: str
    kind: str
    name: str
    person: str | None
    organisation: str | None
    organisation_name: str
    party_kind: str
    roles: tuple[str, ...]
    customers: tuple[tuple[str, str], ...]
    has_passkey: bool


class Enrol(Ask["Enrolled"], frozen=True, tag="enrol"):
    """-> `Enrolled`. `document` is a signed enrolment document (docs/formats/enrolment.md)."""

    evidence: Evidence
    document: bytes


class Enrolled(msgspec.Struct, frozen=True, tag="enrolled"):
    """The row that stands now, and where its entry is."""

    noun: str
    id: str
    log: str
    index: int


class MakeCredential(Ask["CredentialMade"], frozen=True, tag="make-credential"):
    """-> `CredentialMade`. kind: `api-token`, `s3-key`, `password`, `passkey`, `file-key`.

    `public` is the registration response of a passkey or the Ed25519 public key of a file key. `secret` is a
    password chosen by the person; tokens and S3 secrets are drawn by the keyroom and shown once.
    """

    evidence: Evidence
    kind: str
    holder: str
    label: str
    customer: str | None = None
    public: bytes = b""
    secret: str = ""
    challenge: str = ""
    days: int | None = None


class CredentialMade(msgspec.Struct, frozen=True, tag="credential-made"):
    """The credential's id and, once only, its secret."""

    id: str
    access_id: str
    secret: str


class RevokeCredential(Ask["Done"], frozen=True, tag="revoke-credential"):
    """-> `Done`."""

    evidence: Evidence
    credential: str
    reason: str


class CreateCustomer(Ask["CustomerView"], frozen=True, tag="create-customer"):
    """-> `CustomerView`. The organisation must be enrolled already."""

    evidence: Evidence
    organisation: str
    name: str
    holder: str = ""


class CustomerView(msgspec.Struct, frozen=True, tag="customer"):
    """A customer as shown."""

    id: str
    name: str
    organisation: str
    killed: bool
    origins: dict[str, str]
    slot_key: bytes = b""


class CreateApplication(Ask["Enrolled"], frozen=True, tag="create-application"):
    """-> `Enrolled`."""

    evidence: Evidence
    customer: str
    name: str


class SetPolicy(Ask["Enrolled"], frozen=True, tag="set-policy"):
    """-> `Enrolled`. Presets chosen with their answers (canonical JSON of `policy.presets.Choice` list)."""

    evidence: Evidence
    customer: str
    choices: bytes


class SetBoundary(Ask["Enrolled"], frozen=True, tag="set-boundary"):
    """-> `Enrolled`. Canonical JSON of `boundary.Boundary` without id and customer."""

    evidence: Evidence
    customer: str
    boundary: bytes


class SetLocation(Ask["Enrolled"], frozen=True, tag="set-location"):
    """-> `Enrolled`. Canonical JSON of `boundary.Location` without id, and the store's URI."""

    evidence: Evidence
    location: bytes
    store: str


class LookPlaces(Ask["Places"], frozen=True, tag="look-places"):
    """-> `Places`: the boundary of a customer and every location, each judged."""

    evidence: Evidence
    customer: str


class PlaceView(msgspec.Struct, frozen=True):
    """One location with the boundary's verdict on it."""

    id: str
    name: str
    country: str
    operator: str
    jurisdictions: tuple[str, ...]
    inside: bool
    reasons: tuple[str, ...]
    buckets: int
    objects: int
    bytes: int


class Places(msgspec.Struct, frozen=True, tag="places"):
    """The boundary (canonical JSON) and the places."""

    boundary: bytes
    places: tuple[PlaceView, ...]


class LookParties(Ask["Parties"], frozen=True, tag="look-parties"):
    """-> `Parties`: who stands in which role towards this customer."""

    evidence: Evidence
    customer: str


class PartyView(msgspec.Struct, frozen=True):
    """One person or application with organisation, roles and kinds of credentials."""

    id: str
    name: str
    kind: str
    organisation: str
    party_kind: str
    roles: tuple[str, ...]
    credentials: tuple[str, ...]


class Parties(msgspec.Struct, frozen=True, tag="parties"):
    """Parties of a customer."""

    parties: tuple[PartyView, ...]


class Explain(Ask["Explained"], frozen=True, tag="explain"):
    """-> `Explained`. Of a case, or of an entry `log:index`: which rule said what and who can change it."""

    evidence: Evidence
    what: str


class Explained(msgspec.Struct, frozen=True, tag="explained"):
    """Canonical JSON of `policy.explain.Explanation`."""

    document: bytes


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Carried out."""
