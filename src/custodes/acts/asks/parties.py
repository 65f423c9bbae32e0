"""Asks about organisations, persons, credentials, customers and applications, and about who is asking.

Signatures are canonical JSON of a struct of `parties.signature` (or `parties.enrol.RootSignature`).
"""

import msgspec

from .doors import Ask, Evidence, Session


class BeginPasskey(Ask["PasskeyChallenge"], frozen=True, tag="begin-passkey"):
    """-> `PasskeyChallenge`. purpose: `sign-in`, `register` or `sign`.

    `sign-in` needs no evidence. `sign` wants the SHA-256 of the document to be signed in `document_hash`.
    Challenges of the first two are single-use and last five minutes. `peer` is where the caller came from.
    """

    purpose: str
    evidence: Evidence | None = None
    document_hash: bytes = b""
    peer: str = ""


class SigningKey(msgspec.Struct, frozen=True):
    """A key that may sign: its credential, `file-key` or `passkey`, SHA-256 of its enrolled public key.

    `passkey` is a passkey's id in the browser (base64url), else empty.
    """

    credential: str
    kind: str
    key_hash: bytes
    passkey: str = ""


class PasskeyChallenge(msgspec.Struct, frozen=True, tag="passkey-challenge"):
    """Challenge (base64url without padding), relying party, and what may answer.

    `allowed` are browser ids (base64url) of passkeys; `credentials` the ids of all keys that may sign, file
    keys included, and for `sign` `keys` says of each what a signature by it must name. For a sign-in
    `document` is what a file key signs; its SHA-256 is the challenge, and a client checks that before it
    signs. `user_id` (base64url) and `user_name` are for a registration.
    """

    challenge: str
    rp_id: str
    allowed: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    document: bytes = b""
    origin: str = ""
    user_id: str = ""
    user_name: str = ""
    keys: tuple[SigningKey, ...] = ()


class SignIn(Ask["SignedIn"], frozen=True, tag="sign-in"):
    """-> `SignedIn`. By mail and password, or by a passkey's or a file key's `signature` of a `challenge`.

    In a passkey's signature `credential` may be the browser's id of the passkey. Refused
    `not-authenticated` for every fault alike, `too-many-tries` (limited) by account and by `peer`.
    """

    mail: str = ""
    password: str = ""
    signature: bytes = b""
    challenge: str = ""
    peer: str = ""

    def __repr__(self) -> str:
        return "SignIn(...)"


class SignedIn(msgspec.Struct, frozen=True, tag="signed-in"):
    """A session token for `Session` evidence, and who it is."""

    token: str
    lapses_at: str
    person: str
    name: str

    def __repr__(self) -> str:
        return f"SignedIn(person={self.person!r})"


class SignOut(Ask["Done"], frozen=True, tag="sign-out"):
    """-> `Done`. The session proves nothing any more."""

    evidence: Session


class WhoAmI(Ask["Me"], frozen=True, tag="who-am-i"):
    """-> `Me`."""

    evidence: Evidence


class Me(msgspec.Struct, frozen=True, tag="me"):
    """The asker: person or application, organisation, roles, and the customers he may look at (id, name).

    `signing` are the ids of his credentials that can sign; `has_passkey` when one of them is a passkey;
    `credentials` are all that he has for this organisation, dead ones too.
    """

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
    signing: tuple[str, ...] = ()
    is_vetted: bool = False
    credentials: tuple["CredentialView", ...] = ()


class Enrol(Ask["Enrolled"], frozen=True, tag="enrol"):
    """-> `Enrolled`. `document` and `signature` as in docs/formats/enrolment.md.

    An organisation signs with its own root key; a credential's document is signed with the root key of its
    organisation or by an officer of the same organisation. With a person's credential come his `roles`.
    """

    evidence: Evidence
    document: bytes
    signature: bytes


class Enrolled(msgspec.Struct, frozen=True, tag="enrolled"):
    """The row that stands now, and where its entry is. `warnings`: what it will do that may not be meant."""

    noun: str
    id: str
    log: str
    index: int
    generation: int = 1
    warnings: tuple[str, ...] = ()


class LookEnrolment(Ask["Enrolments"], frozen=True, tag="look-enrolment"):
    """-> `Enrolments`: from a credential or an organisation back to a root key."""

    evidence: Evidence
    subject: str


class EnrolmentView(msgspec.Struct, frozen=True):
    """One enrolment document as it was handed in, with its signature; `subject` is what it enrolled."""

    subject: str
    document: bytes
    signature: bytes
    enrolled_at: str


class Enrolments(msgspec.Struct, frozen=True, tag="enrolments"):
    """Each is signed by a key that the next one enrols; the last is an organisation's own."""

    enrolments: tuple[EnrolmentView, ...]


class CreatePerson(Ask["Enrolled"], frozen=True, tag="create-person"):
    """-> `Enrolled`. A person is nobody's until a credential with roles is enrolled for him."""

    evidence: Evidence
    name: str
    mail: str = ""
    country: str = ""


class VetPerson(Ask["Enrolled"], frozen=True, tag="vet-person"):
    """-> `Enrolled`. `approvals`: signatures of two people over `documents.vetting_document`."""

    evidence: Evidence
    person: str
    approvals: tuple[bytes, ...]


class EndMembership(Ask["Done"], frozen=True, tag="end-membership"):
    """-> `Done`. The person acts for that organisation no more, in no role, from now on."""

    evidence: Evidence
    person: str
    organisation: str
    reason: str


class MakeCredential(Ask["CredentialMade"], frozen=True, tag="make-credential"):
    """-> `CredentialMade`. kind: `api-token`, `s3-key`, `password`, `passkey`, `file-key`.

    `holder` is a person or an application, `organisation` the one he acts for (the asker's when empty).
    `secret` is a password chosen by the person himself; tokens and S3 secrets are drawn by the keyroom and
    shown once. For a passkey `public` is the registration (canonical JSON: `client_data`,
    `attestation_object`, base64) of a `challenge`; for a file key the 32 bytes of an Ed25519 key. Those two
    stand only when the `document` in the answer comes back in an `Enrol`, signed by `signer`: `root` for the
    organisation's root key, or the id of an officer's credential.
    """

    evidence: Evidence
    kind: str
    holder: str
    label: str
    organisation: str = ""
    customer: str | None = None
    public: bytes = b""
    secret: str = ""
    challenge: str = ""
    days: int | None = None
    roles: tuple[str, ...] = ()
    signer: str = "root"

    def __repr__(self) -> str:
        return f"MakeCredential(kind={self.kind!r}, holder={self.holder!r})"


class CredentialMade(msgspec.Struct, frozen=True, tag="credential-made"):
    """The credential's id and, once only, its secret; or the document that has to be signed first."""

    id: str
    access_id: str = ""
    secret: str = ""
    document: bytes = b""

    def __repr__(self) -> str:
        return f"CredentialMade(id={self.id!r})"


class RevokeCredential(Ask["Done"], frozen=True, tag="revoke-credential"):
    """-> `Done`. Never comes back; takes effect on the next use."""

    evidence: Evidence
    credential: str
    reason: str


class CreateCustomer(Ask["CustomerView"], frozen=True, tag="create-customer"):
    """-> `CustomerView`. The organisation must be enrolled already. `holder` is a URI of wiring's.

    `must_be_new`: `name-taken` (conflict) where one of this name and organisation stands.
    """

    evidence: Evidence
    organisation: str
    name: str
    holder: str = ""
    must_be_new: bool = False


class LookCustomer(Ask["CustomerView"], frozen=True, tag="look-customer"):
    """-> `CustomerView`."""

    evidence: Evidence
    customer: str


class CustomerView(msgspec.Struct, frozen=True, tag="customer"):
    """A customer as shown. `logs` are the ids of his sub-logs by kind, `slots` their places in the slot tree.

    `killed` is the widest kill that stands for him (`house-killed` ...), or empty. `break_glass`: he has
    opted in to emergency access.
    """

    id: str
    name: str
    organisation: str
    killed: str
    sealed: bool
    holder: str
    logs: dict[str, str]
    slots: dict[str, int]
    created_at: str
    break_glass: bool = False


class CreateApplication(Ask["Enrolled"], frozen=True, tag="create-application"):
    """-> `Enrolled`. `must_be_new`: `name-taken` (conflict) where the customer has one of this name."""

    evidence: Evidence
    customer: str
    name: str
    must_be_new: bool = False


class LookParties(Ask["Parties"], frozen=True, tag="look-parties"):
    """-> `Parties`: who stands in which role towards this customer."""

    evidence: Evidence
    customer: str


class CredentialView(msgspec.Struct, frozen=True):
    """One credential; never its secret."""

    id: str
    kind: str
    label: str
    state: str
    created_at: str
    expires_at: str | None


class PartyView(msgspec.Struct, frozen=True):
    """One person or application for one organisation, with roles and credentials.

    `generation` is that of the person's or application's row: what a signature about it names.
    """

    id: str
    name: str
    kind: str
    organisation: str
    organisation_name: str
    controlling_group: str
    party_kind: str
    roles: tuple[str, ...]
    is_vetted: bool
    credentials: tuple[CredentialView, ...]
    generation: int = 1


class Parties(msgspec.Struct, frozen=True, tag="parties"):
    """Parties of a customer."""

    parties: tuple[PartyView, ...]


class LookOrganisations(Ask["Organisations"], frozen=True, tag="look-organisations"):
    """-> `Organisations`: for who may enrol (`party:enrol`). The trustee is shown all of them with everybody,
    a customer his own with its people, and the names of the trustee and of those who serve him.
    """

    evidence: Evidence


class EnrolledPerson(msgspec.Struct, frozen=True):
    """A person of an organisation, as who enrols him knows him. `signs`: he has a live key that signs."""

    id: str
    name: str
    mail: str
    country: str
    roles: tuple[str, ...]
    is_vetted: bool
    signs: bool
    generation: int


class OrganisationView(msgspec.Struct, frozen=True):
    """One enrolled organisation. `people` is empty where its people are none of the asker's business."""

    id: str
    name: str
    kind: str
    controlling_group: str
    country: str
    root_key: str
    customers: tuple[str, ...]
    people: tuple[EnrolledPerson, ...]


class Organisations(msgspec.Struct, frozen=True, tag="organisations"):
    """By name. `nobodys` are people entered who act for no organisation yet; shown to the trustee alone."""

    organisations: tuple[OrganisationView, ...]
    nobodys: tuple[EnrolledPerson, ...]


class Done(msgspec.Struct, frozen=True, tag="done"):
    """Carried out."""
