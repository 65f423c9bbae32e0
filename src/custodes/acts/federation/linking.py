"""Which subject of an issuer is which person: said by an officer, or by the organisation's open door."""

from custodes.acts import signed
from custodes.acts.answers.said import changed
from custodes.acts.asks.identity import IssuerLinked, LinkPerson
from custodes.acts.authority import Alteration
from custodes.acts.footing.issuers import DirectoryGroup, Issuer, Linked, link_id
from custodes.acts.footing.standing import Change
from custodes.acts.founding import digest_text
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, permit, told
from custodes.acts.records import Record
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, conflict, denied, malformed
from custodes.parties.rows import Credential, CredentialKind, Organisation, Person, roles_of
from custodes.policy.question import Resource
from custodes.protocols.oidc.messages import Asserted
from custodes.protocols.oidc.tokens import TEXT_CHARS_MAX


class Linking:
    """Answers `LinkPerson`; admits newcomers where their organisation said so."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def link(self, ask: LinkPerson) -> IssuerLinked:
        """By an officer of the issuer's organisation, who signs.

        `bad-subject` (malformed), `no-such-issuer`, `no-such-person` (absent: also who has no role in that
        organisation), `subject-linked` (conflict).
        """
        o = self._o
        if not 1 <= len(ask.subject) <= TEXT_CHARS_MAX or not ask.subject.isprintable():
            raise malformed("bad-subject")
        credential_id = new_id("crd", o.dice)

        def decide() -> Alteration:
            who = signed.of(o, ask, ask.evidence, ("issuer", ask.issuer))
            issuer = o.standing.get("issuer", ask.issuer, Issuer)
            home = o.standing.get("organisation", issuer.organisation, Organisation) if issuer else None
            if issuer is None or home is None or who.actor.organisation != home.id:
                raise absent("no-such-issuer")
            resource = Resource(kind="party", id=issuer.id, facts={"organisation": home.id})
            decided = permit(o, who, "identity:configure", resource)
            person = o.standing.get("person", ask.person, Person)
            now = o.clock.now()
            if person is None or not roles_of(o.directories.now(), person.id, home.id, now):
                raise absent("no-such-person")
            if who.actor.person == person.id:
                raise denied("signs-for-himself")
            rows = link_rows(o, issuer, ask.subject, person.id, credential_id)
            record = changed("enrol.credential", who, rows[0].id, rows[0])
            return Alteration(
                changes=link_changes(rows),
                records=tuple((each, record) for each in told(o, home)),
                expects=decided.expects,
            )

        await alter(o, decide, ask, ask.evidence)
        return IssuerLinked(credential_id, ask.person)

    async def admit(self, issuer: Issuer, asserted: Asserted, roles: tuple[str, ...]) -> None:
        """A newcomer with a mapped group becomes a person: unvetted, with no way in but this issuer."""
        o = self._o
        person = Person(id=new_id("per", o.dice), name=asserted.name or "—", mail=None)
        rows = link_rows(o, issuer, asserted.subject, person.id, new_id("crd", o.dice))

        def decide() -> Alteration:
            present = o.standing.get("issuer", issuer.id, Issuer)
            home = o.standing.get("organisation", issuer.organisation, Organisation)
            if present != issuer or home is None or not roles:
                raise absent("no-such-issuer")
            if o.standing.get("linked", rows[1].id, Linked) is not None:
                raise conflict("subject-linked")
            bare = Person(id=person.id, name="")
            actor: dict[str, Plain] = {
                "actor": rows[0].id,
                "actor_kind": "person",
                "phase": "single",
                "organisation": home.id,
                "claims": [[issuer.id, "role", role, "signed"] for role in roles],
            }
            records = (
                Record(
                    act="enrol.person",
                    subject=person.id,
                    fields={**actor, "subject": person.id, "subject_hash": digest_text(bare)},
                    person={"person": person.id},
                ),
                Record(
                    act="enrol.credential",
                    subject=rows[0].id,
                    fields={**actor, "subject": rows[0].id, "subject_hash": digest_text(rows[0])},
                    person={"person": person.id},
                ),
            )
            new = Change(noun="person", id=person.id, customer="", value=person)
            return Alteration(
                changes=(new, *link_changes(rows)),
                records=tuple((each, record) for each in told(o, home) for record in records),
                expects=(o.standing.expect("issuer", issuer.id),),
            )

        await o.authority.alter(decide)


def link_rows(
    o: Opened, issuer: Issuer, subject: str, person: str, credential_id: str
) -> tuple[Credential, Linked]:
    """A fresh credential by which a subject is a person, and the link; `subject-linked` (conflict)."""
    now = to_text(o.clock.now())
    home = o.standing.get("organisation", issuer.organisation, Organisation)
    credential = Credential(
        id=credential_id,
        kind=CredentialKind.FEDERATED,
        organisation=issuer.organisation,
        person=person,
        customer=issuer.customer,
        created_at=now,
        label=issuer.name,
        is_demo=bool(home and home.is_demo),
    )
    linked = Linked(
        id=link_id(o.keyring.house_keys.session, issuer.id, subject),
        issuer=issuer.id,
        credential=credential.id,
        person=person,
        organisation=issuer.organisation,
        since=now,
    )
    old = o.standing.get("linked", linked.id, Linked)
    kept = o.standing.get("credential", old.credential, Credential) if old else None
    if kept is not None and kept.state.value == "active":
        raise conflict("subject-linked")
    return credential, linked


def link_changes(rows: tuple[Credential, Linked]) -> tuple[Change, ...]:
    """The two rows as changes of what stands."""
    credential, linked = rows
    owner = credential.customer or ""
    return (
        Change(noun="credential", id=credential.id, customer=owner, value=credential),
        Change(noun="linked", id=linked.id, customer="", value=linked),
    )


def listed_groups(o: Opened, issuer: Issuer, at: str) -> tuple[str, ...]:
    """The groups in which the issuer's directory has whom the link `at` is of, by name and by its own id."""
    linked = o.standing.get("linked", at, Linked)
    mine = [
        row
        for row in o.standing.all_of("directory-group", DirectoryGroup)
        if linked and row.issuer == issuer.id and not row.is_gone and linked.person in row.members
    ]
    return tuple(text for row in mine for text in (row.name, row.external) if text)
