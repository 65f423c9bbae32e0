"""Who is shown which organisations and people, and asks that change only what was seen."""

from custodes.acts.asks.keys import CreateKey
from custodes.acts.asks.objects import CreateBucket, LookBuckets
from custodes.acts.asks.parties import (
    CreateApplication,
    CreateCustomer,
    CreatePerson,
    LookOrganisations,
)
from custodes.acts.asks.rules import LookPlaces, SetBoundary, SetLocation
from custodes.acts.roster.listing import Listing  # noqa: F401 - this suite is its test
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind
from custodes.parties.roles import PartyKind
from fakes.folk import in_folk, refused


def place(world, name="Hall", **more):
    fields = {"name": name, "country": "DE", "operator": world.custodian.id, "jurisdictions": ["DE"], **more}
    return canonical.encode(fields)


@in_folk
async def test_an_administrator_is_shown_everybody(world):
    ask = world.keyroom.ask
    await ask(CreatePerson(world.ada.token, "Nora New", "nora@town.example", "DE"))
    found = await ask(LookOrganisations(world.ada.token))
    names = {one.name: one for one in found.organisations}
    assert {"Trustee", "Town", "Custodian", "Maker"} <= set(names)
    olga = next(one for one in names["Town"].people if one.id == world.olga.person.id)
    assert (olga.roles, olga.signs, olga.is_vetted) == (("key-officer", "owner"), True, True)
    assert names["Town"].root_key == world.town.root_key
    assert [(one.name, one.mail, one.signs) for one in found.nobodys] == [
        ("Nora New", "nora@town.example", False)
    ]


@in_folk
async def test_an_owner_is_shown_his_own_people_and_who_serves_him(world):
    ask = world.keyroom.ask
    other = world.organisation("Other town", PartyKind.CUSTOMER)
    await world.put(("organisation", other.id, "", other))
    await ask(CreatePerson(world.ada.token, "Nora New", "nora@town.example", "DE"))
    found = await ask(LookOrganisations(world.olga.token))
    names = {one.name: one for one in found.organisations}
    assert set(names) == {"Trustee", "Town", "Maker"}
    assert names["Town"].people
    assert (names["Trustee"].people, names["Maker"].people) == ((), ())
    assert names["Maker"].customers == ()
    assert found.nobodys == ()


@in_folk
async def test_who_may_not_enrol_is_shown_nothing(world):
    for who in (world.anna, world.karl, world.erik):
        refusal = await refused(world.keyroom.ask(LookOrganisations(who.token)))
        assert refusal.kind is Kind.DENIED


@in_folk
async def test_what_must_be_new_is_refused_where_its_name_stands(world):
    ask, customer = world.keyroom.ask, world.customer_row.id
    twice = (
        CreateKey(world.olga.token, customer, "letters", must_be_new=True),
        CreateApplication(world.olga.token, customer, "Letters", must_be_new=True),
        SetLocation(world.ada.token, place(world), "file:///srv/hall", generation=0),
        CreateCustomer(world.ada.token, world.town.id, "Second", must_be_new=True),
    )
    for one in twice:
        await ask(one)
        assert (await refused(ask(one))).code == "name-taken"


@in_folk
async def test_a_place_is_changed_only_as_it_was_seen(world):
    ask, customer = world.keyroom.ask, world.customer_row.id
    made = await ask(SetLocation(world.ada.token, place(world), "file:///srv/hall"))
    (seen,) = (one for one in (await ask(LookPlaces(world.ada.token, customer))).places if one.id == made.id)
    change = SetLocation(world.ada.token, place(world, country="FR"), "file:///srv/hall", made.id, 1)
    assert seen.generation == 1
    await ask(change)
    assert (await refused(ask(change))).code == "changed-meanwhile"


@in_folk
async def test_a_bucket_says_who_owns_it(world):
    ask, customer = world.keyroom.ask, world.customer_row.id
    await ask(SetLocation(world.ada.token, place(world), "file:///srv/hall"))
    boundary = canonical.encode({"areas": ["EU"], "jurisdictions": ["EU"]})
    bare = SetBoundary(world.olga.token, customer, boundary)
    await ask(world.olga.signed(bare, ("boundary", customer)))
    await ask(CreateBucket(world.olga.token, "none", customer=customer))
    await ask(CreateBucket(world.olga.token, "one", customer=customer, owners=(world.application.id,)))
    found = (await ask(LookBuckets(world.olga.token, customer))).buckets
    assert {one.name: one.owners for one in found} == {"none": (), "one": (world.application.id,)}
