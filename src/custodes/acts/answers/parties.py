"""Organisations, persons, memberships: enrolled by signed documents, vetted by two, ended by one."""

import unicodedata

import msgspec

from custodes.acts.asks.documents import hash_of, vetting_document
from custodes.acts.asks.parties import (
    CreatePerson,
    CredentialView,
    Done,
    EndMembership,
    Enrol,
    Enrolled,
    Enrolments,
    EnrolmentView,
    LookEnrolment,
    LookParties,
    Me,
    Parties,
    PartyView,
    VetPerson,
    WhoAmI,
)
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Decided
from custodes.acts.footing.enrolling import membership_changes, reason_against
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.nouns import Enrolment
from custodes.acts.footing.standing import Change
from custodes.acts.gate import Receipted
from custodes.acts.opened import Opened
from custodes.acts.permitted import REASON_CHARACTERS_MAX, alter, customer, may_read, permit, told
from custodes.acts.records import Record
from custodes.acts.roster.ending import uncovered
from custodes.acts.signed import SIGNING_KINDS, read, relying_party, signers
from custodes.kernel import canonical
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, absent, conflict, denied, malformed
from custodes.parties import enrol
from custodes.parties.enrol import CredentialEnrolment, OrganisationEnrolment, RootSignature
from custodes.parties.roles import PartyKind
from custodes.parties.rows import (
    Application,
    Credential,
    CredentialKind,
    Membership,
    Organisation,
    Person,
    is_live,
    roles_of,
)
from custodes.parties.signature import FileKeySignature, PasskeySignature
from custodes.policy.question import Resource

from .said import changed, single

NAME_CHARACTERS_MAX = 200
CUSTOMERS_LISTED_MAX = 1_000
CHAIN_MAX = 32

AnySignature = RootSignature | FileKeySignature | PasskeySignature


class PartyAnswers:
    """Answers `Enrol`, `CreatePerson`, `VetPerson`, `EndMembership` and the three looks at parties."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def enrol(self, ask: Enrol) -> Enrolled:
        """An organisation or a credential by its signed document; the document stays beside the row.

        Refusals: `enrolment-refused` (denied, with the reason of `parties.enrol` or of `enrolling`),
        `bad-signature-form` (malformed).
        """
        o, signature = self._o, read_signature(ask.signature)
        is_organisation = _version(ask.document) == enrol.ORGANISATION_V1
        subject = ""

        def decide() -> Alteration:
            nonlocal subject
            who = o.identities.of(ask.evidence)
            document = (
                self._organisation(ask.document, signature)
                if is_organisation
                else self._credential(ask.document, signature)
            )
            row, home, noun = _about(o, document)
            decided = self.may_enrol(who, home, row.id)
            reason = reason_against(document, o.standing, is_demo_house=o.is_demo)
            if reason is not None:
                raise denied("enrolment-refused", reason=reason)
            subject = row.id
            kept = Enrolment(
                subject=row.id,
                document=ask.document,
                signature=ask.signature,
                enrolled_at=to_text(o.clock.now()),
            )
            owner = row.customer or "" if isinstance(row, Credential) else ""
            changes = [
                Change(noun=noun, id=row.id, customer=owner, value=row),
                Change(noun="enrolment", id=row.id, customer=owner, value=kept),
            ]
            if isinstance(document, CredentialEnrolment):
                changes += membership_changes(document, o.standing, o.clock, o.dice)
            record = single(
                f"enrol.{noun}",
                who,
                row.id,
                subject=row.id,
                subject_hash=canonical.b64(hash_of(ask.document)),
            )
            return Alteration(
                changes=tuple(changes),
                records=tuple((each, record) for each in told(o, home)),
                expects=decided.expects,
            )

        receipted = await alter(o, decide, ask, ask.evidence)
        return self.enrolled("organisation" if is_organisation else "credential", subject, receipted)

    async def create_person(self, ask: CreatePerson) -> Enrolled:
        """A person without membership or credential. `bad-person`, `mail-in-use` (conflict)."""
        o = self._o
        fits = 1 <= len(ask.name.strip()) <= NAME_CHARACTERS_MAX and len(ask.mail) <= NAME_CHARACTERS_MAX
        if not fits or not (ask.name + ask.mail).isprintable() or len(ask.country) > 2:
            raise malformed("bad-person")
        person = Person(
            id=new_id("per", o.dice),
            name=ask.name.strip(),
            mail=ask.mail or None,
            country=ask.country or None,
        )

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            home = self._own(who)
            decided = self.may_enrol(who, home, person.id)
            if ask.mail and person_by_mail(o, ask.mail) is not None:
                raise conflict("mail-in-use")
            return Alteration(
                changes=(Change(noun="person", id=person.id, customer="", value=person),),
                records=self._records("enrol.person", who, person, home),
                expects=decided.expects,
            )

        return self.enrolled("person", person.id, await alter(o, decide, ask, ask.evidence))

    async def vet(self, ask: VetPerson) -> Enrolled:
        """Two vetted officers have seen the person's identity document and sign so.

        `not-vetted-by-two`, `signature-refused` (denied), `no-such-person` (absent).
        """
        o = self._o

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            person = o.standing.get("person", ask.person, Person)
            if person is None or not self._is_near(who, person):
                raise absent("no-such-person")
            home = self._own(who)
            decided = permit(o, who, "party:enrol", _resource(person.id, home))
            generation = o.standing.expect("person", person.id).generation
            digest = hash_of(vetting_document(o.house, person.id, generation))
            seen = signers(o, ask.approvals, digest)
            officers = tuple(str(one.actor.person) for one in seen if self._may_vouch(one, person))
            if not enrol.is_vetted_by_two(person, officers, o.directories.now()):
                raise denied("not-vetted-by-two")
            vetted = msgspec.structs.replace(person, is_vetted=True)
            return Alteration(
                changes=(Change(noun="person", id=person.id, customer="", value=vetted),),
                records=self._records("enrol.vetting", who, vetted, home),
                expects=(*decided.expects, *(expect for one in seen for expect in one.expects)),
            )

        return self.enrolled("person", ask.person, await alter(o, decide, ask, ask.evidence))

    async def end_membership(self, ask: EndMembership) -> Done:
        """From now on the person acts for that organisation no more. `no-such-membership` (absent)."""
        o = self._o
        if len(ask.reason) > REASON_CHARACTERS_MAX:
            raise malformed("reason-too-long")

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            home = o.standing.get("organisation", ask.organisation, Organisation)
            now = to_text(o.clock.now())
            running = [
                row
                for row in o.standing.all_of("membership", Membership)
                if (row.person, row.organisation) == (ask.person, ask.organisation)
                and (row.until is None or now < row.until)
            ]
            if home is None or not running or not is_near(o, who, home):
                raise absent("no-such-membership")
            decided = self.may_revoke(who, home, ask.person)
            ended = [msgspec.structs.replace(row, until=now) for row in running]
            record = changed("change.role", who, ended[0].id, ended[0], reason=ask.reason)
            return Alteration(
                changes=(
                    *(Change(noun="membership", id=row.id, customer="", value=row) for row in ended),
                    *uncovered(o, ask.person, home.id),
                ),
                records=tuple((each, record) for each in told(o, home)),
                expects=decided.expects,
            )

        await alter(o, decide, ask, ask.evidence, is_urgent=True)
        return Done()

    async def look(self, ask: LookParties) -> Parties:
        """Who stands in which role towards a customer: his own, the trustee's, and whoever serves him."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = customer(o, ask.customer)
        await may_read(o, who, "party:read", Resource(kind="party", id=owner.id, customer=owner.id))
        found = o.directories.now()
        homes = {
            row.id: row
            for row in found.organisations.values()
            if row.id == owner.organisation or owner.id in row.customers or row.kind is PartyKind.TRUSTEE
        }
        views = []
        for home in homes.values():
            people = {row.person for row in found.memberships.values() if row.organisation == home.id}
            views += [self._person_view(found.persons[id_], home) for id_ in people if id_ in found.persons]
        for row in found.applications.values():
            if row.customer == owner.id and row.organisation in homes:
                views.append(_application_view(o, row, homes[row.organisation]))
        return Parties(tuple(sorted(views, key=lambda view: (view.party_kind, view.name, view.id))))

    async def look_enrolment(self, ask: LookEnrolment) -> Enrolments:
        """The chain from a key back to its organisation's root key. `no-such-enrolment` (absent)."""
        o = self._o
        who = o.identities.of(ask.evidence)
        chain: list[EnrolmentView] = []
        subject: str | None = ask.subject
        while subject is not None and len(chain) < CHAIN_MAX:
            row = o.standing.get("enrolment", subject, Enrolment)
            if row is None:
                raise absent("no-such-enrolment")
            home = _home_of(o, subject)
            await self._may_look(who, home)
            chain.append(
                EnrolmentView(
                    subject=subject,
                    document=row.document,
                    signature=row.signature,
                    enrolled_at=row.enrolled_at,
                )
            )
            subject = _signed_by(o, row)
        return Enrolments(tuple(chain))

    async def who_am_i(self, ask: WhoAmI) -> Me:
        """The asker as the house knows him."""
        o = self._o
        actor = o.identities.of(ask.evidence).actor
        found = o.directories.now()
        home = found.organisations.get(actor.organisation or "")
        person = found.persons.get(actor.person or "")
        credential = found.credentials.get(actor.credential)
        application = found.applications.get(str(credential.application)) if credential else None
        mine = [
            row
            for row in found.credentials.values()
            if actor.person and (row.person, row.organisation) == (actor.person, actor.organisation)
        ]
        signing = [row for row in mine if row.kind in SIGNING_KINDS and is_live(row, o.clock.now())]
        return Me(
            credential=actor.credential,
            kind=actor.kind.value,
            name=person.name if person else application.name if application else "",
            person=actor.person,
            organisation=actor.organisation,
            organisation_name=home.name if home else "",
            party_kind=home.kind.value if home else "",
            roles=actor.roles,
            customers=self._customers(home, actor.customer),
            has_passkey=any(row.kind is CredentialKind.PASSKEY for row in signing),
            signing=tuple(sorted(row.id for row in signing)),
            credentials=tuple(credential_view(row) for row in mine),
            is_vetted=bool(person and person.is_vetted),
        )

    def may_enrol(self, who: Identified, home: Organisation, subject: str) -> Decided:
        """`party:enrol` by the trustee, or by a customer for his own; others are absent to him."""
        self._within(who, home)
        return permit(self._o, who, "party:enrol", _resource(subject, home))

    def may_revoke(self, who: Identified, home: Organisation, subject: str) -> Decided:
        """`party:revoke`, with the same border."""
        self._within(who, home)
        return permit(self._o, who, "party:revoke", _resource(subject, home))

    def enrolled(self, noun: str, id_: str, receipted: Receipted) -> Enrolled:
        """The answer once the act is durable."""
        at = receipted.committed.positions[0]
        generation = self._o.standing.expect(noun, id_).generation
        return Enrolled(noun=noun, id=id_, log=at.log, index=at.index, generation=generation)

    def _organisation(self, raw: bytes, signature: AnySignature) -> OrganisationEnrolment:
        if not isinstance(signature, RootSignature):
            raise denied("enrolment-refused", reason="wrong-signer")
        checked = enrol.verify_organisation(raw, signature, self._o.house, self._o.directories.now())
        if not isinstance(checked.document, OrganisationEnrolment):
            raise denied("enrolment-refused", reason=checked.reason or "bad-document")
        return checked.document

    def _credential(self, raw: bytes, signature: AnySignature) -> CredentialEnrolment:
        o = self._o
        checked = enrol.verify_credential(
            raw, signature, o.house, o.directories.now(), relying_party(o.body), at=o.clock.now()
        )
        if not isinstance(checked.document, CredentialEnrolment):
            raise denied("enrolment-refused", reason=checked.reason or "bad-document")
        return checked.document

    def _within(self, who: Identified, home: Organisation) -> None:
        own = self._o.standing.get("organisation", who.actor.organisation or "", Organisation)
        if own is None or (own.kind is not PartyKind.TRUSTEE and own.id != home.id):
            raise absent("no-such-organisation")

    def _own(self, who: Identified) -> Organisation:
        own = self._o.standing.get("organisation", who.actor.organisation or "", Organisation)
        if own is None:
            raise denied("other-organisation")
        return own

    def _is_near(self, who: Identified, person: Person) -> bool:
        """Whether this person exists for him: nobody's yet, or of an organisation he may know."""
        o = self._o
        rows = (row for row in o.standing.all_of("membership", Membership) if row.person == person.id)
        ids = {row.organisation for row in rows}
        homes = (o.standing.get("organisation", id_, Organisation) for id_ in ids)
        return not ids or any(home is not None and is_near(o, who, home) for home in homes)

    def _may_vouch(self, signer: Identified, person: Person) -> bool:
        """Vetted himself, and an officer of the trustee or of an organisation the person acts for."""
        o, actor = self._o, signer.actor
        himself = o.standing.get("person", actor.person or "", Person)
        home = o.standing.get("organisation", actor.organisation or "", Organisation)
        if himself is None or not himself.is_vetted or home is None:
            return False
        if home.kind is PartyKind.TRUSTEE:
            return bool({"administrator", "key-officer", "approver"} & set(actor.roles))
        belongs = any(
            row.person == person.id and row.organisation == home.id
            for row in o.standing.all_of("membership", Membership)
        )
        return belongs and bool(enrol.OFFICERS.get(home.kind, frozenset()) & set(actor.roles))

    def _records(
        self, act: str, who: Identified, person: Person, home: Organisation
    ) -> tuple[tuple[Customer, Record], ...]:
        """The hash leaves name, mail and civil identity out: it cannot be erased, they can."""
        bare = msgspec.structs.replace(person, name="", mail=None, civil_id=None)
        record = changed(act, who, person.id, bare)
        return tuple((each, record) for each in told(self._o, home))

    async def _may_look(self, who: Identified, home: Organisation | None) -> None:
        """His own organisation, the trustee, and those that serve the same customer; others are absent."""
        o = self._o
        own = o.standing.get("organisation", who.actor.organisation or "", Organisation)
        if home is None or own is None:
            raise absent("no-such-enrolment")
        shared = sorted(set(own.customers) & set(home.customers))
        near = PartyKind.TRUSTEE in {own.kind, home.kind} or shared
        if own.id == home.id:
            return
        if not near:
            raise absent("no-such-enrolment")
        owner = shared[0] if shared else None
        await may_read(o, who, "party:read", Resource(kind="party", id=home.id, customer=owner))

    def _customers(self, home: Organisation | None, only: str | None) -> tuple[tuple[str, str], ...]:
        """A credential that is good for one customer shows that one."""
        o = self._o
        if home is None:
            return ()
        if home.kind is PartyKind.TRUSTEE:
            rows = list(o.standing.all_of("customer", Customer))
        else:
            rows = [
                row
                for id_ in home.customers
                if (row := o.standing.get("customer", id_, Customer)) is not None
            ]
        pairs = sorted((row.name, row.id) for row in rows if only in {None, row.id})[:CUSTOMERS_LISTED_MAX]
        return tuple((id_, name) for name, id_ in pairs)

    def _person_view(self, person: Person, home: Organisation) -> PartyView:
        o, now = self._o, self._o.clock.now()
        found = o.directories.now()
        return PartyView(
            id=person.id,
            name=person.name,
            kind="person",
            organisation=home.id,
            organisation_name=home.name,
            controlling_group=o.directories.group(home.id),
            party_kind=home.kind.value,
            roles=roles_of(found, person.id, home.id, now),
            is_vetted=person.is_vetted,
            credentials=tuple(
                credential_view(row)
                for row in found.credentials.values()
                if (row.person, row.organisation) == (person.id, home.id)
            ),
            generation=o.standing.expect("person", person.id).generation,
        )


def read_signature(raw: bytes) -> AnySignature:
    """A signature under an enrolment; `bad-signature-form` (malformed)."""
    try:
        return msgspec.convert(canonical.decode(raw), RootSignature)
    except (Refusal, msgspec.ValidationError):
        return read(raw)


def is_near(o: Opened, who: Identified, home: Organisation) -> bool:
    """His own organisation; everybody else's does not exist for him, unless he is of the trustee."""
    own = o.standing.get("organisation", who.actor.organisation or "", Organisation)
    return own is not None and (own.id == home.id or own.kind is PartyKind.TRUSTEE)


def person_by_mail(o: Opened, mail: str) -> Person | None:
    """The person with this address, whatever its spelling; None when nobody or more than one has it."""
    wanted = even(mail)
    found = [
        row
        for row in o.standing.all_of("person", Person)
        if row.mail is not None and even(row.mail) == wanted
    ]
    return found[0] if len(found) == 1 else None


def even(text: str) -> str:
    """One spelling of an address."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def credential_view(row: Credential) -> CredentialView:
    """A credential as shown; never its secret."""
    return CredentialView(
        id=row.id,
        kind=row.kind.value,
        label=row.label,
        state=row.state.value,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )


def _application_view(o: Opened, row: Application, home: Organisation) -> PartyView:
    found = o.directories.now()
    return PartyView(
        id=row.id,
        name=row.name,
        kind="application",
        organisation=home.id,
        organisation_name=home.name,
        controlling_group=o.directories.group(home.id),
        party_kind=home.kind.value,
        roles=("application",),
        is_vetted=False,
        credentials=tuple(
            credential_view(one) for one in found.credentials.values() if one.application == row.id
        ),
        generation=o.standing.expect("application", row.id).generation,
    )


def _about(
    o: Opened, document: OrganisationEnrolment | CredentialEnrolment
) -> tuple[Organisation | Credential, Organisation, str]:
    """The row to stand, the organisation it is about, and the noun."""
    if isinstance(document, OrganisationEnrolment):
        return document.organisation, document.organisation, "organisation"
    home = o.standing.get("organisation", document.credential.organisation, Organisation)
    if home is None:
        raise denied("enrolment-refused", reason="unknown-organisation")
    return document.credential, home, "credential"


def _home_of(o: Opened, subject: str) -> Organisation | None:
    credential = o.standing.get("credential", subject, Credential)
    return o.standing.get("organisation", credential.organisation if credential else subject, Organisation)


def _signed_by(o: Opened, row: Enrolment) -> str | None:
    """The subject whose key signed this document; None when it is an organisation's own."""
    document = canonical.decode(row.document)
    if not isinstance(document, dict) or document.get("v") != enrol.CREDENTIAL_V1:
        return None
    signer = str(document["signer"])
    if signer != "root":
        return signer
    credential = o.standing.get("credential", row.subject, Credential)
    return credential.organisation if credential else None


def _resource(subject: str, home: Organisation) -> Resource:
    return Resource(kind="party", id=subject, facts={"organisation": home.id})


def _version(raw: bytes) -> str:
    """Which document it claims to be; `parties.enrol` reads it strictly afterwards."""
    if len(raw) > enrol.DOCUMENT_BYTES_MAX:
        raise malformed("document-too-long")
    document = canonical.decode(raw)
    return str(document.get("v")) if isinstance(document, dict) else ""
