"""Organisations, people and what they may: enrolled by documents, told in the logs, traced to a root key."""

import msgspec
import pytest

from custodes.acts.answers.parties import PartyAnswers  # noqa: F401 - this suite is its test
from custodes.acts.asks.documents import hash_of, vetting_document
from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.parties import (
    CreateApplication,
    CreateCustomer,
    CreatePerson,
    EndMembership,
    Enrol,
    LookCustomer,
    LookEnrolment,
    LookParties,
    MakeCredential,
    VetPerson,
    WhoAmI,
)
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.enrolling import reason_against
from custodes.boundary.places import Boundary
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind
from custodes.parties.enrol import document_bytes
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Organisation, Person
from custodes.parties.signature import FileKeySignature, to_sign
from custodes.policy.rules import RuleSet
from fakes.folk import by_root, credential_document, entries, entry, in_folk, organisation_document, refused


async def new_town(world, name="Village"):
    document, root = organisation_document(world, name, PartyKind.CUSTOMER)
    made = await world.keyroom.ask(Enrol(world.ada.token, *by_root(document, root)))
    return made, root


@in_folk
async def test_a_new_customer_from_his_organisation_to_his_first_key(world):
    ask = world.keyroom.ask
    made, root = await new_town(world)
    village = await ask(CreateCustomer(world.ada.token, made.id, "Village"))
    person = await ask(CreatePerson(world.ada.token, "Vera", "vera@village.example", "DE"))
    document, _ = credential_document(
        world, person.id, made.id, roles=("owner", "key-officer"), customer=village.id
    )
    enrolled = await ask(Enrol(world.ada.token, *by_root(document, root)))
    assert (enrolled.noun, enrolled.id) == ("credential", document.credential.id)
    generation = world.keyroom.opened.standing.expect("person", person.id).generation
    seen = vetting_document(world.body.id, person.id, generation)
    approvals = (world.ada.sign(seen), world.karl.sign(seen))
    await ask(VetPerson(world.ada.token, person.id, approvals))
    token, evidence = world.api_token(made.id, person=person.id, customer=village.id)
    await world.put(("credential", token.id, "", token))
    me = await ask(WhoAmI(evidence))
    assert (me.roles, me.is_vetted, me.customers) == (
        ("key-officer", "owner"),
        True,
        ((village.id, "Village"),),
    )
    key = await ask(CreateKey(evidence, village.id, "registry"))
    assert key.customer == village.id
    told = entries(world, village.logs["exceptional"], "enrol.credential")
    assert [one.fields["subject"] for one in told] == [enrolled.id]
    house = entries(world, f"{world.body.id}/exceptional", "customer.create")
    assert village.id in {one.fields.get("subject") for one in house}


@in_folk
async def test_a_customer_starts_with_rules_a_boundary_a_root_of_his_own_and_free_slots(world):
    made, _ = await new_town(world)
    o = world.keyroom.opened
    views = [await world.keyroom.ask(CreateCustomer(world.ada.token, made.id, f"V{n}")) for n in range(6)]
    rows = [o.standing.get("customer", view.id, Customer) for view in views]
    slots = [slot for row in o.standing.all_of("customer", Customer) for slot in row.slots.values()]
    assert len(set(slots)) == len(slots)
    assert len({o.keyring.root(row) for row in rows}) == 6
    assert o.standing.get("rules", views[0].id, RuleSet).scope == views[0].id
    boundary = o.standing.get("boundary", views[0].id, Boundary)
    assert (boundary.customer, boundary.areas) == (views[0].id, ("EU",))
    home = o.standing.get("organisation", made.id, Organisation)
    assert set(home.customers) == {view.id for view in views}
    assert (await world.keyroom.ask(LookCustomer(world.karl.token, views[0].id))) == views[0]
    no = await refused(world.keyroom.ask(LookCustomer(world.olga.token, views[0].id)))
    assert no.kind is Kind.ABSENT


@in_folk
async def test_only_the_trustee_creates_customers_and_only_for_towns(world):
    ask = world.keyroom.ask
    await refused(ask(CreateCustomer(world.olga.token, world.town.id, "Mine")), "not-permitted")
    await refused(ask(CreateCustomer(world.ada.token, world.supplier.id, "X")), "no-such-thing")
    await refused(ask(CreateCustomer(world.ada.token, world.town.id, "")), "bad-name")
    await refused(ask(CreateCustomer(world.ada.token, world.town.id, "X", "file:///else")), "no-such-thing")
    await refused(ask(CreateCustomer(world.token, world.town.id, "X")))


@in_folk
async def test_every_key_is_followed_back_to_a_root_key(world):
    ask = world.keyroom.ask
    made, root = await new_town(world)
    village = (await ask(CreateCustomer(world.ada.token, made.id, "Village"))).id
    first = await ask(CreatePerson(world.ada.token, "Vera"))
    document, private = credential_document(world, first.id, made.id, roles=("owner",), customer=village)
    await ask(Enrol(world.ada.token, *by_root(document, root)))
    second = await ask(CreatePerson(world.ada.token, "Udo"))
    officer = document.credential.id
    later, _ = credential_document(
        world, second.id, made.id, roles=("approver",), signer=officer, customer=village
    )
    raw, signature = signed_by(private, officer, later)
    await ask(Enrol(world.ada.token, raw, signature))
    chain = (await ask(LookEnrolment(world.karl.token, later.credential.id))).enrolments
    assert [one.subject for one in chain] == [later.credential.id, officer, made.id]
    assert chain[0].document == raw
    at = entries(world, f"{village}/exceptional", "enrol.credential")[-1]
    assert at.fields["subject_hash"] == canonical.b64(hash_of(raw))
    assert (await refused(ask(LookEnrolment(world.olga.token, officer)))).kind is Kind.ABSENT


@in_folk
async def test_roles_are_of_that_kind_of_party(world):
    document, _ = credential_document(
        world,
        world.olga.person.id,
        world.town.id,
        roles=("administrator",),
        customer=world.customer_row.id,
    )
    no = await refused(
        world.keyroom.ask(Enrol(world.ada.token, *by_root(document, world.roots[world.town.id])))
    )
    assert (no.code, no.facts["reason"]) == ("enrolment-refused", "unknown-role")


@in_folk
async def test_an_ended_membership_ends_every_role_at_once(world):
    ask = world.keyroom.ask
    assert (await ask(WhoAmI(world.anna.token))).roles == ("approver",)
    await ask(EndMembership(world.olga.token, world.anna.person.id, world.town.id, "left"))
    assert (await ask(WhoAmI(world.anna.token))).roles == ()
    again = EndMembership(world.olga.token, world.anna.person.id, world.town.id, "left")
    await refused(ask(again), "no-such-thing")
    log = world.customer_row.log("exceptional")
    assert entries(world, log, "change.role")[-1].fields["reason"] == "left"
    other = EndMembership(world.olga.token, world.karl.person.id, world.trustee.id, "no")
    await refused(ask(other), "no-such-thing")


@in_folk
async def test_a_person_is_made_by_whoever_may_and_names_stay_out_of_the_log(world):
    ask = world.keyroom.ask
    made = await ask(CreatePerson(world.olga.token, "Otto", "otto@town.example"))
    assert made.log == world.customer_row.log("exceptional")
    found = entry(world, made.log, made.index)
    assert "Otto" not in str(found.fields)
    assert "otto" not in str(found.fields)
    await refused(ask(CreatePerson(world.olga.token, "Other", "OTTO@town.example")), "mail-in-use")
    await refused(ask(CreatePerson(world.anna.token, "Nobody")), "not-permitted")
    await refused(ask(CreatePerson(world.olga.token, "Tab\there")), "bad-person")
    assert not world.keyroom.opened.standing.get("person", made.id, Person).is_vetted


@in_folk
async def test_applications_and_parties_as_their_customer_sees_them(world):
    ask = world.keyroom.ask
    made = await ask(CreateApplication(world.olga.token, world.customer_row.id, "Archive"))
    view = (await ask(LookParties(world.olga.token, world.customer_row.id))).parties
    assert {row.name for row in view} == {"Olga", "Anna", "Ada", "Karl", "Erik", "Registry", "Archive"}
    anna = next(row for row in view if row.name == "Anna")
    assert {row.kind for row in anna.credentials} == {"api-token", "passkey"}
    assert (anna.roles, anna.controlling_group) == (("approver",), "town")
    assert made.id in {row.id for row in view}
    made, _ = await new_town(world)
    stranger = await ask(CreateCustomer(world.ada.token, made.id, "Village"))
    no = await refused(ask(LookParties(world.olga.token, stranger.id)))
    assert no.kind is Kind.ABSENT
    no = await refused(ask(CreateApplication(world.olga.token, stranger.id, "X")))
    assert no.kind is Kind.ABSENT


@in_folk
async def test_who_am_i_of_an_application_and_of_a_stranger(world):
    me = await world.keyroom.ask(WhoAmI(world.token))
    assert (me.kind, me.name, me.roles, me.signing) == ("application", "Registry", ("application",), ())
    assert me.customers == ((world.customer_row.id, "Town"),)
    karl = await world.keyroom.ask(WhoAmI(world.karl.token))
    assert {id_ for id_, _ in karl.customers} == {world.customer_row.id, world.body.id}
    assert karl.signing == (world.karl.credential.id,)


@pytest.mark.parametrize(
    ("kind", "more", "reason"),
    [
        (PartyKind.TRUSTEE, {}, "second-trustee"),
        (PartyKind.CUSTOMER, {"customers": ("TOWN",)}, "serves-nobody"),
        (PartyKind.SUPPLIER, {"customers": ("cus-unknown",)}, "unknown-customer"),
        (PartyKind.SUPPLIER, {"customers": ("TOWN",) * 101}, "too-many-customers"),
        (PartyKind.SUPPLIER, {"id": "org-1"}, "bad-id"),
        (PartyKind.SUPPLIER, {"name": "a\u202eb"}, "bad-text"),
        (PartyKind.SUPPLIER, {"enrolled_at": "now"}, "bad-enrolment-time"),
    ],
)
def test_an_organisation_does_not_widen_its_own_reach(tmp_path, kind, more, reason):
    @in_folk
    async def work(world):
        named = {
            name: tuple(world.customer_row.id if one == "TOWN" else one for one in value)
            if name == "customers"
            else value
            for name, value in more.items()
        }
        document, root = organisation_document(world, "New", kind, **named)
        no = await refused(world.keyroom.ask(Enrol(world.ada.token, *by_root(document, root))))
        assert (no.code, no.facts["reason"]) == ("enrolment-refused", reason)
        standing = world.keyroom.opened.standing
        assert reason_against(document, standing, is_demo_house=True) == reason

    work(tmp_path)


@in_folk
async def test_a_supplier_that_comes_is_told_to_whom_it_serves(world):
    document, root = organisation_document(
        world, "Other Maker", PartyKind.SUPPLIER, customers=(world.customer_row.id,)
    )
    await world.keyroom.ask(Enrol(world.ada.token, *by_root(document, root)))
    told = entries(world, world.customer_row.log("exceptional"), "enrol.organisation")
    assert [one.fields["subject"] for one in told] == [document.organisation.id]


@in_folk
async def test_a_document_that_is_none_is_refused_in_words(world):
    ask = world.keyroom.ask
    document, root = organisation_document(world, "New", PartyKind.SUPPLIER)
    raw, signature = by_root(document, root)
    await refused(ask(Enrol(world.ada.token, raw + b" ", signature)), "not-canonical")
    await refused(ask(Enrol(world.ada.token, b"x" * 20_000, signature)), "document-too-long")
    await refused(ask(Enrol(world.ada.token, raw, b"{}")), "bad-signature-form")
    no = await refused(ask(Enrol(world.ada.token, b"{}", signature)))
    assert no.facts["reason"] == "bad-document"
    made = MakeCredential(world.olga.token, "no-such-thing", world.olga.person.id, "x")
    await refused(ask(made), "bad-credential")


def signed_by(private, credential, document):
    raw = document_bytes(document)
    made = FileKeySignature(
        credential=credential, signature=canonical.b64(private.sign(to_sign(hash_of(raw))))
    )
    return raw, canonical.encode(msgspec.to_builtins(made))
