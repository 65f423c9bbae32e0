"""The port `grant.Rules` over the directory of `parties`: who is one person, what is signed, what suffices.

One `DirectoryRules` is made for one instant and one reading of the directory; it answers from nothing else.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from custodes.kernel import canonical
from custodes.parties import distinct, signature
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, Directory, is_live

from .grant import LOCKBOX, Approval, Document, FileSignature, Who


class DirectoryRules(msgspec.Struct, frozen=True, kw_only=True):
    """`humans` is `parties.distinct.one_person` of the directory; made by `rules_at`."""

    found: Directory
    humans: Mapping[str, str]
    relying: signature.RelyingParty
    customer_organisation: str
    trustee_organisation: str
    operator: str | None
    at: datetime

    def signature_reason(self, approval: Approval, digest: bytes) -> str | None:
        """`bad-signature` whatever the fault: who forges learns nothing from the reason."""
        credential = self.found.credentials.get(approval.credential)
        if credential is None or credential.person is None or credential.public is None:
            return "bad-signature"
        holds = (
            credential.person == approval.person
            and is_live(credential, self.at)
            and hmac.compare_digest(approval.key_hash, key_hash(credential))
            and signature.verify(_as_parties(approval), credential, digest, self.relying) is None
        )
        return None if holds else "bad-signature"

    def is_same_person(self, one: str, other: str) -> bool:
        """Two ids of one human, by everything the directory knows."""
        return self.humans.get(one, one) == self.humans.get(other, other)

    def meets_quorum(self, approvals: Sequence[Approval], document: Document) -> bool:
        """Lockbox: two persons, two organisations, customer and trustee among them, the asker and the
        beneficiary aside. Break-glass: two persons of either, the caller being one.
        """
        given = tuple(
            distinct.Approval(credential=approval.credential, organisation=approval.organisation)
            for approval in approvals
        )
        if document.desk == LOCKBOX:
            short = distinct.meets(self._quorum(), given, self.found, _asking(document), self.at)
            return short is None
        parties = {self.customer_organisation, self.trustee_organisation}
        inside = tuple(one for one in given if one.organisation in parties)
        quorum = distinct.Quorum(persons=2, organisations=1)
        return distinct.meets(quorum, inside, self.found, distinct.Asker(), self.at) is None

    def meets_order(self, approvals: Sequence[Approval], asker: Who, parties: frozenset[str]) -> bool:
        """A preservation: two persons of two controlling groups among `parties`, the trustee one of them, the
        asker aside. A machine run by the trustee's group changes nothing: two is what is asked for anyway.
        """
        given = tuple(
            distinct.Approval(credential=approval.credential, organisation=approval.organisation)
            for approval in approvals
            if approval.organisation in parties
        )
        seat = distinct.Seat(kind=PartyKind.TRUSTEE, organisation=self.trustee_organisation)
        quorum = distinct.Quorum(persons=2, organisations=2, seats=(seat,), operator=self.operator)
        persons = () if asker.person is None else (asker.person,)
        aside = distinct.Asker(credentials=(asker.credential,), persons=persons)
        return distinct.meets(quorum, given, self.found, aside, self.at) is None

    def _quorum(self) -> distinct.Quorum:
        return distinct.Quorum(
            persons=2,
            organisations=2,
            seats=(
                distinct.Seat(kind=PartyKind.CUSTOMER, organisation=self.customer_organisation),
                distinct.Seat(kind=PartyKind.TRUSTEE, organisation=self.trustee_organisation),
            ),
            operator=self.operator,
        )


def rules_at(
    found: Directory,
    relying: signature.RelyingParty,
    at: datetime,
    *,
    customer_organisation: str,
    trustee_organisation: str,
    operator: str | None = None,
    humans: Mapping[str, str] | None = None,
) -> DirectoryRules:
    """The rules over one reading of the directory at one instant.

    Who keeps a directory of one generation may keep its `humans` with it and hand them in.
    """
    return DirectoryRules(
        found=found,
        humans=distinct.one_person(found) if humans is None else humans,
        relying=relying,
        customer_organisation=customer_organisation,
        trustee_organisation=trustee_organisation,
        operator=operator,
        at=at,
    )


def key_hash(credential: Credential) -> bytes:
    """SHA-256 of the enrolled public key (Ed25519 or COSE); of nothing when there is none."""
    return hashlib.sha256(canonical.unb64(credential.public or "")).digest()


def _asking(document: Document) -> distinct.Asker:
    parts = (document.asker, document.beneficiary)
    return distinct.Asker(
        credentials=tuple(who.credential for who in parts),
        persons=tuple(who.person for who in parts if who.person is not None),
    )


def _as_parties(approval: Approval) -> signature.FileKeySignature | signature.PasskeySignature:
    signed = approval.signature
    if isinstance(signed, FileSignature):
        return signature.FileKeySignature(
            credential=approval.credential, signature=canonical.b64(signed.signature)
        )
    return signature.PasskeySignature(
        credential=approval.credential,
        client_data=canonical.b64(signed.client_data),
        authenticator_data=canonical.b64(signed.authenticator_data),
        signature=canonical.b64(signed.signature),
    )
