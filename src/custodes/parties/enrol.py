"""How organisations and credentials enter the house: by signed documents, never by a row alone.

An organisation is enrolled once, by a document signed with its own root key (which also proves that it
has the key). A credential is enrolled by a document signed with its organisation's root key or by an
officer of the same organisation who is enrolled already. The documents are stored in the entry of the
enrolment, so that anyone who follows the log can follow every key back to a root key.
Format: `docs/formats/enrolment.md`.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal

from .distinct import one_person
from .roles import PartyKind, is_role
from .rows import Credential, CredentialKind, Directory, Organisation, Person, is_live, roles_of
from .signature import (
    FileKeySignature,
    PasskeySignature,
    RelyingParty,
    is_good_cose_key,
    is_good_key,
    to_sign,
    verify,
    verify_ed25519,
)

ORGANISATION_V1 = "custodes/enrol-organisation/v1"
CREDENTIAL_V1 = "custodes/enrol-credential/v1"
DOCUMENT_BYTES_MAX = 16_384
ROLES_MAX = 8
AGE_S_MAX = 3_600

# Whose enrolled people may enrol further credentials of the same organisation, besides its root key.
OFFICERS: Mapping[PartyKind, frozenset[str]] = MappingProxyType(
    {
        PartyKind.CUSTOMER: frozenset({"owner"}),
        PartyKind.TRUSTEE: frozenset({"administrator"}),
    }
)


class OrganisationEnrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an organisation signs about itself; `house` keeps it from counting anywhere else."""

    v: Literal["custodes/enrol-organisation/v1"]
    house: str
    organisation: Organisation


class CredentialEnrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A credential, and for a person the roles he gets with it. `signer` is `root` or a credential id.

    The credential's `secret` is never in here; its `public` is what the key's owner will sign with.
    """

    v: Literal["custodes/enrol-credential/v1"]
    house: str
    credential: Credential
    roles: tuple[str, ...] = ()
    signer: str
    at: str


class RootSignature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ed25519 with an organisation's root key over `signature.to_sign`, base64."""

    kind: Literal["root"] = "root"
    signature: str


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """A verified enrolment: the document as read, or the reason why it is none."""

    document: OrganisationEnrolment | CredentialEnrolment | None
    reason: str | None = None


def document_bytes(document: OrganisationEnrolment | CredentialEnrolment) -> bytes:
    """The canonical bytes to sign and to store."""
    return canonical.encode(msgspec.to_builtins(document))


def verify_organisation(raw: bytes, signature: RootSignature, house: str, found: Directory) -> Enrolled:
    """Check an organisation's own document. Reasons: `bad-document`, `wrong-house`, `already-enrolled`,
    `key-in-use`, `bad-root-key`, `bad-signature`.
    """
    document = _read(raw, OrganisationEnrolment)
    if not isinstance(document, OrganisationEnrolment):
        return _no("bad-document")
    if document.house != house:
        return _no("wrong-house")
    mine = document.organisation
    if mine.id in found.organisations:
        return _no("already-enrolled")
    try:
        root = canonical.unb64(mine.root_key)
    except ValueError:
        return _no("bad-root-key")
    if not is_good_key(root):
        return _no("bad-root-key")
    if mine.root_key in _keys(found):
        return _no("key-in-use")
    return _signed(document, raw, root, signature)


def verify_credential(
    raw: bytes,
    signature: RootSignature | FileKeySignature | PasskeySignature,
    house: str,
    found: Directory,
    relying: RelyingParty,
    *,
    at: datetime,
) -> Enrolled:
    """Check a credential's document. Reasons besides those of `verify_organisation`:
    `unknown-organisation`, `unknown-customer`, `unknown-person`, `unknown-role`, `bad-public-key`,
    `secret-in-document`, `not-active`, `wrong-signer`, `not-an-officer`, `signs-for-himself`.
    """
    document = _read(raw, CredentialEnrolment)
    if not isinstance(document, CredentialEnrolment):
        return _no("bad-document")
    reason = _judge_credential(document, house, found)
    if reason is not None:
        return _no(reason)
    home = found.organisations[document.credential.organisation]
    if isinstance(signature, RootSignature):
        if document.signer != "root":
            return _no("wrong-signer")
        return _signed(document, raw, canonical.unb64(home.root_key), signature)
    reason = _judge_officer(document, home, found, at)
    if reason is None and signature.credential != document.signer:
        reason = "wrong-signer"
    if reason is None:
        officer = found.credentials[document.signer]
        reason = verify(signature, officer, hashlib.sha256(raw).digest(), relying)
    return _no(reason) if reason is not None else Enrolled(document=document)


def _judge_credential(document: CredentialEnrolment, house: str, found: Directory) -> str | None:
    new = document.credential
    home = found.organisations.get(new.organisation)
    if document.house != house:
        return "wrong-house"
    if home is None:
        return "unknown-organisation"
    if new.id in found.credentials:
        return "already-enrolled"
    if new.secret is not None:
        return "secret-in-document"
    if new.state.value != "active":
        return "not-active"
    reason = _judge_owner(document, home, found)
    return reason or _judge_public(new, found)


def _judge_owner(document: CredentialEnrolment, home: Organisation, found: Directory) -> str | None:
    new = document.credential
    if (new.person is None) == (new.application is None):
        return "bad-document"
    if home.kind is PartyKind.CUSTOMER and new.customer is None:
        return "unknown-customer"
    if new.customer is not None and new.customer not in home.customers:
        return "unknown-customer"
    if new.person is not None and new.person not in found.persons:
        return "unknown-person"
    if new.application is not None:
        application = found.applications.get(new.application)
        if (
            application is None
            or (application.organisation, application.customer) != (home.id, new.customer)
            or document.roles
        ):
            return "unknown-person"
    if len(document.roles) > ROLES_MAX or not all(is_role(home.kind, role) for role in document.roles):
        return "unknown-role"
    return None


def _judge_public(new: Credential, found: Directory) -> str | None:
    if new.kind not in {CredentialKind.PASSKEY, CredentialKind.FILE_KEY}:
        return None if new.public is None else "bad-public-key"
    try:
        public = canonical.unb64(new.public or "")
    except ValueError:
        return "bad-public-key"
    good = is_good_key(public) if new.kind is CredentialKind.FILE_KEY else is_good_cose_key(public)
    if not good or (new.kind is CredentialKind.PASSKEY and not new.passkey_id):
        return "bad-public-key"
    return "key-in-use" if new.public in _keys(found) else None


def _judge_officer(
    document: CredentialEnrolment, home: Organisation, found: Directory, at: datetime
) -> str | None:
    """An officer of the same organisation, alive, with an officer's role, and not for himself: nobody
    gives himself a second key or a further role.
    """
    officer = found.credentials.get(document.signer)
    if officer is None or officer.person is None or not is_live(officer, at):
        return "wrong-signer"
    if not OFFICERS.get(home.kind, frozenset()) & set(roles_of(found, officer.person, home.id, at)):
        return "not-an-officer"
    human = one_person(found)
    new = document.credential.person
    if new is not None and human.get(new, new) == human.get(officer.person, officer.person):
        return "signs-for-himself"
    return None


def _keys(found: Directory) -> set[str]:
    """Every public key the house has ever seen: a key stands for one thing only."""
    keys = {row.public for row in found.credentials.values() if row.public}
    return keys | {row.root_key for row in found.organisations.values()}


def _signed(
    document: OrganisationEnrolment | CredentialEnrolment, raw: bytes, root: bytes, signature: RootSignature
) -> Enrolled:
    try:
        signed = canonical.unb64(signature.signature)
    except ValueError:
        return _no("bad-signature")
    if not verify_ed25519(root, signed, to_sign(hashlib.sha256(raw).digest())):
        return _no("bad-signature")
    return Enrolled(document=document)


def _read(raw: bytes, kind: type[Any]) -> object | None:
    """Canonical bytes of exactly this document; anything else is None."""
    if len(raw) > DOCUMENT_BYTES_MAX:
        return None
    try:
        return msgspec.convert(canonical.decode(raw), kind)  # type: ignore[no-any-return]
    except (Refusal, msgspec.ValidationError):
        return None


def _no(reason: str) -> Enrolled:
    return Enrolled(document=None, reason=reason)


def is_vetted_by_two(person: Person, officers: tuple[str, ...], found: Directory) -> bool:
    """Whether two different human beings, none of them the person himself, vouch for having seen his
    identity document.
    """
    human = one_person(found)
    seen = {human[id_] for id_ in officers if id_ in human} - {human.get(person.id, person.id)}
    return len(seen) >= 2
