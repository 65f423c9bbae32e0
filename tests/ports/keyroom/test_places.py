"""Boundaries and locations: signed by the customer, kept by the trustee, judged for whoever looks."""

import pytest

from custodes.acts.answers.places import PlaceAnswers  # noqa: F401 - this suite is its test
from custodes.acts.asks.rules import LookPlaces, SetBoundary, SetLocation
from custodes.boundary.places import Boundary
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind
from fakes.folk import entries, in_folk, refused

EU = {"areas": ["EU"], "jurisdictions": ["EU"], "denied_jurisdictions": [], "data_classes": []}


def hall(world, **more):
    fields = {
        "name": "Hall",
        "country": "DE",
        "operator": world.custodian.id,
        "jurisdictions": ["DE"],
        "is_demo": False,
        **more,
    }
    return canonical.encode(fields)


def bounding(world, who, **more):
    ask = SetBoundary(who.token, world.customer_row.id, canonical.encode({**EU, **more}))
    return who.signed(ask, ("boundary", world.customer_row.id))


@in_folk
async def test_a_place_is_judged_by_the_customers_boundary(world):
    ask = world.keyroom.ask
    here = await ask(SetLocation(world.ada.token, hall(world), "file:///srv/hall"))
    there = await ask(
        SetLocation(
            world.ada.token, hall(world, name="Over there", country="US", jurisdictions=["US"]), "s3://there"
        )
    )
    unknown = await ask(
        SetLocation(world.ada.token, hall(world, name="Who knows", operator=None), "s3://who")
    )
    before = await ask(LookPlaces(world.olga.token, world.customer_row.id))
    assert (before.generation, before.boundary) == (0, b"{}")
    assert all(place.reasons == ("no-boundary",) for place in before.places)
    made = await ask(bounding(world, world.olga))
    assert made.generation == 1
    seen = {
        place.id: place for place in (await ask(LookPlaces(world.olga.token, world.customer_row.id))).places
    }
    assert (seen[here.id].inside, seen[here.id].operator) == (True, "Custodian")
    assert not seen[there.id].inside
    assert "country-not-allowed" in seen[there.id].reasons
    assert seen[unknown.id].reasons == ("operator-unknown",)
    assert seen[here.id].store == ""
    trustee = (await ask(LookPlaces(world.karl.token, world.customer_row.id))).places
    assert {place.store for place in trustee} == {"file:///srv/hall", "s3://there", "s3://who"}


@in_folk
async def test_a_boundary_keeps_its_id_and_is_told(world):
    ask = world.keyroom.ask
    await ask(bounding(world, world.olga))
    standing = world.keyroom.opened.standing
    first = standing.get("boundary", world.customer_row.id, Boundary)
    await ask(bounding(world, world.olga, denied_jurisdictions=["HU"]))
    second = standing.get("boundary", world.customer_row.id, Boundary)
    assert (first.id, second.denied_jurisdictions) == (second.id, ("HU",))
    assert len(entries(world, world.customer_row.log("exceptional"), "change.boundary")) == 2


@in_folk
async def test_only_a_signing_owner_moves_the_boundary(world):
    ask = world.keyroom.ask
    bare = SetBoundary(world.olga.token, world.customer_row.id, canonical.encode(EU))
    assert (await refused(ask(bare))).facts["rules"] == ("house/house-signed-only",)
    await refused(ask(bounding(world, world.anna)))
    await refused(ask(bounding(world, world.ada)))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"[]", "bad-boundary"),
        (b"{}", "bad-boundary"),
        (canonical.encode({**EU, "customer": "cus-x"}), "bad-boundary"),
        (canonical.encode({**EU, "more": 1}), "bad-boundary"),
        (canonical.encode({**EU, "areas": ["Atlantis"]}), "boundary-refused"),
        (canonical.encode({**EU, "data_classes": ["no-such"]}), "boundary-refused"),
    ],
)
def test_a_boundary_that_is_none_is_malformed(tmp_path, raw, code):
    @in_folk
    async def work(world):
        no = await refused(world.keyroom.ask(SetBoundary(world.olga.token, world.customer_row.id, raw)), code)
        assert no.kind is Kind.MALFORMED

    work(tmp_path)


@in_folk
async def test_a_location_is_the_trustees_to_enter_and_change(world):
    ask = world.keyroom.ask
    await refused(ask(SetLocation(world.olga.token, hall(world), "file:///x")), "not-permitted")
    made = await ask(SetLocation(world.ada.token, hall(world), "file:///x"))
    again = await ask(SetLocation(world.ada.token, hall(world, name="Hall 2"), "file:///y", made.id))
    assert (again.id, again.generation) == (made.id, 2)
    await refused(ask(SetLocation(world.ada.token, hall(world), "file:///x", "loc-" + "0" * 26)))
    await refused(
        ask(SetLocation(world.ada.token, hall(world, operator="org-x"), "file:///x")), "no-such-thing"
    )
    for location, store in (
        (hall(world, name=""), "file:///x"),
        (hall(world, name="a\u202eb"), "file:///x"),
        (hall(world), "no uri"),
        (hall(world), "s3://key:secret@bucket"),
        (hall(world, jurisdictions=["DE"] * 21), "file:///x"),
        (b"[]", "file:///x"),
    ):
        await refused(ask(SetLocation(world.ada.token, location, store)), "bad-location")
    await refused(ask(SetLocation(world.ada.token, hall(world), "file:///x", "loc-x")), "bad-location")
    told = entries(world, f"{world.body.id}/exceptional", "change.location")
    assert [one.fields["location"] for one in told] == [made.id, made.id]
