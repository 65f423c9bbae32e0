"""Settling in: the first rows of a founded house, in one act. Whoever comes later comes by an ask.

The house becomes its own customer, the trustee's organisation enrols itself with its own root key, and its
first people get their credentials from that key. The founder stands at the machine and has seen them: they
are vetted by him, and the entries say so (`actor` is `founder`). Two people at least, or nobody can ever be
vetted by two.
"""

import asyncio
from collections.abc import Sequence

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks.documents import hash_of
from custodes.acts.authority import Alteration
from custodes.acts.entrance import passwords
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.enrolling import reason_against
from custodes.acts.footing.nouns import Enrolment
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text, free_slots, new_customer
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.signed import relying_party
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import conflict, denied
from custodes.parties import enrol
from custodes.parties.enrol import CredentialEnrolment, Enrolled, OrganisationEnrolment, RootSignature
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Credential, CredentialKind, Membership, Person, Row, directory
from custodes.parties.signature import to_sign
from custodes.policy.presets import default_rules

FOUNDER = "founder"


class SignedDocument(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolment document and the root signature under it."""

    document: bytes
    signature: RootSignature


class FirstPerson(msgspec.Struct, frozen=True, kw_only=True):
    """One of the trustee's first people with the keys his organisation gives him, and a first password."""

    person: Person
    enrolments: tuple[SignedDocument, ...]
    password: str = ""

    def __repr__(self) -> str:
        return f"FirstPerson(person={self.person.id!r})"


class Settling(msgspec.Struct, frozen=True, kw_only=True):
    """What the founder decides: who runs the house, and who is there first."""

    organisation: SignedDocument
    people: tuple[FirstPerson, ...]


def sign_with_root(
    document: OrganisationEnrolment | CredentialEnrolment, root: Ed25519PrivateKey
) -> SignedDocument:
    """A document under an organisation's root key, for whoever holds that key: founder, CLI, demo."""
    raw = enrol.document_bytes(document)
    signature = RootSignature(signature=canonical.b64(root.sign(to_sign(hash_of(raw)))))
    return SignedDocument(document=raw, signature=signature)


async def settle_in(o: Opened, settling: Settling) -> Customer:
    """Commit the first rows; gives back the house as its own customer.

    `already-settled` (conflict), `enrolment-refused` (denied, with the reason).
    """
    if any(True for _ in o.standing.rows()):
        raise conflict("already-settled")
    first = _First(o)
    trustee = first.organisation(settling.organisation)
    holder = o.holders[o.body.holder]
    slots = free_slots((), o.dice)
    house = await asyncio.to_thread(
        new_customer, (o.house, o.body.name, trustee), o.house, holder, (o.clock, o.dice), slots
    )
    for one in settling.people:
        first.person(one.person)
        for each in one.enrolments:
            first.credential(each)
        if one.password:
            kept = await asyncio.to_thread(passwords.make, one.password, o.dice.draw(passwords.SALT_BYTES))
            first.password(one.person, trustee, kept)
    alteration = first.alteration(house)
    await o.authority.alter(lambda: alteration)
    return house


class _First:
    """Rows and records of the first act, checked one against another as they come."""

    def __init__(self, o: Opened) -> None:
        self._o = o
        self._rows: dict[str, Row] = {}
        self._more: list[Change] = []
        self._records: list[Record] = []

    def organisation(self, signed: SignedDocument) -> str:
        found = directory(0, ())
        checked = enrol.verify_organisation(signed.document, signed.signature, self._o.house, found)
        document = self._checked(checked)
        if (
            not isinstance(document, OrganisationEnrolment)
            or document.organisation.kind is not PartyKind.TRUSTEE
        ):
            raise denied("enrolment-refused", reason="not-a-trustee")
        row = document.organisation
        self._rows[row.id] = row
        self._keep(row.id, signed)
        self._record("enrol.organisation", row.id, canonical.b64(hash_of(signed.document)))
        return row.id

    def person(self, person: Person) -> None:
        vetted = msgspec.structs.replace(person, is_vetted=True)
        self._rows[person.id] = vetted
        bare = msgspec.structs.replace(vetted, name="", mail=None, civil_id=None)
        self._record("enrol.person", person.id, digest_text(bare))

    def credential(self, signed: SignedDocument) -> None:
        o = self._o
        found = directory(0, self._rows.values())
        checked = enrol.verify_credential(
            signed.document, signed.signature, o.house, found, relying_party(o.body), at=o.clock.now()
        )
        document = self._checked(checked)
        if not isinstance(document, CredentialEnrolment):
            raise denied("enrolment-refused", reason="bad-document")
        new = document.credential
        self._rows[new.id] = new
        self._keep(new.id, signed)
        self._record("enrol.credential", new.id, canonical.b64(hash_of(signed.document)))
        if document.roles:
            self._membership(str(new.person), new.organisation, document.roles)

    def password(self, person: Person, organisation: str, kept: str) -> None:
        o = self._o
        row = Credential(
            id=new_id("crd", o.dice),
            kind=CredentialKind.PASSWORD,
            organisation=organisation,
            person=person.id,
            secret=kept,
            created_at=to_text(o.clock.now()),
            is_demo=o.is_demo,
        )
        self._rows[row.id] = row
        self._record("enrol.credential", row.id, digest_text(msgspec.structs.replace(row, secret=None)))

    def alteration(self, house: Customer) -> Alteration:
        rules = default_rules(house.id)
        rows = [
            Change(noun="customer", id=house.id, customer=house.id, value=house),
            Change(noun="rules", id=house.id, customer=house.id, value=rules),
            *(
                Change(noun=type(row).__name__.lower(), id=id_, customer="", value=row)
                for id_, row in self._rows.items()
            ),
            *self._more,
        ]
        records = [_record("customer.create", house.id, digest_text(house)), *self._records]
        return Alteration(changes=tuple(rows), records=tuple((house, record) for record in records))

    def _membership(self, person: str, organisation: str, roles: Sequence[str]) -> None:
        old = next(
            (row for row in self._rows.values() if isinstance(row, Membership) and row.person == person), None
        )
        row = old or Membership(
            id=new_id("mem", self._o.dice),
            person=person,
            organisation=organisation,
            roles=(),
            since=to_text(self._o.clock.now()),
        )
        self._rows[row.id] = msgspec.structs.replace(row, roles=tuple(sorted({*row.roles, *roles})))

    def _checked(self, checked: Enrolled) -> OrganisationEnrolment | CredentialEnrolment:
        document = checked.document
        reason = checked.reason
        if document is not None:
            reason = reason_against(document, self._o.standing, is_demo_house=self._o.is_demo)
        if document is None or reason is not None:
            raise denied("enrolment-refused", reason=reason or "bad-document")
        return document

    def _keep(self, subject: str, signed: SignedDocument) -> None:
        kept = Enrolment(
            subject=subject,
            document=signed.document,
            signature=canonical.encode(msgspec.to_builtins(signed.signature)),
            enrolled_at=to_text(self._o.clock.now()),
        )
        self._more.append(Change(noun="enrolment", id=subject, customer="", value=kept))

    def _record(self, act: str, subject: str, subject_hash: str) -> None:
        self._records.append(_record(act, subject, subject_hash))


def _record(act: str, subject: str, subject_hash: str) -> Record:
    fields = {
        "actor": FOUNDER,
        "actor_kind": "process",
        "phase": "single",
        "subject": subject,
        "subject_hash": subject_hash,
    }
    return Record(act=act, subject=subject, fields=dict(fields))
