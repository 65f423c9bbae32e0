"""The first rows of a founded house, and everything after them by asks only: from nothing to a key use."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from custodes.acts.asks import Session
from custodes.acts.asks.parties import SignIn, WhoAmI
from custodes.acts.footing.customer import Customer
from custodes.acts.settling import FirstPerson, Settling, settle_in, sign_with_root
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal
from custodes.parties.roles import PartyKind
from custodes.parties.rows import Person
from fakes.folk import credential_document, entries, organisation_document
from fakes.keyrooms import World
from fakes.lived import lived


def plan(world, *, kind=PartyKind.TRUSTEE, roles=("administrator",), forge=False):
    document, root = organisation_document(world, "IT House", kind)
    signer = Ed25519PrivateKey.from_private_bytes(b"f" * 32) if forge else root
    people = []
    for name, extra in (("Ada", roles), ("Karl", ("key-officer", "approver"))):
        person = Person(id=new_id("per", world.dice), name=name, mail=f"{name}@it.example")
        key, _ = credential_document(world, person.id, document.organisation.id, roles=extra)
        people.append(
            FirstPerson(
                person=person,
                enrolments=(sign_with_root(key, root),),
                password="a long first password" if name == "Ada" else "",
            )
        )
    return Settling(organisation=sign_with_root(document, signer), people=tuple(people))


async def founded(folder):
    world = World(folder)
    await world.open()
    return world


in_founded = lived(founded)


@in_founded
async def test_the_first_people_are_there_vetted_and_traced(world):
    o = world.keyroom.opened
    settling = plan(world)
    house = await settle_in(o, settling)
    assert o.standing.get("customer", o.house, Customer) == house
    ada = settling.people[0].person
    session = await world.keyroom.ask(SignIn(mail="ada@it.example", password="a long first password"))
    me = await world.keyroom.ask(WhoAmI(Session(session.token)))
    assert (me.person, me.roles, me.is_vetted) == (ada.id, ("administrator",), True)
    log = house.log("exceptional")
    for act, count in (("enrol.organisation", 1), ("enrol.person", 2), ("enrol.credential", 3)):
        assert {one.fields["actor"] for one in entries(world, log, act)} == {"founder"}
        assert len(entries(world, log, act)) == count
    await world.close()
    await world.open()
    assert world.keyroom.opened.standing.get("customer", o.house, Customer) == house
    assert "first password" not in repr(settling)


@in_founded
async def test_a_house_settles_in_once(world):
    await settle_in(world.keyroom.opened, plan(world))
    with pytest.raises(Refusal, match="already-settled"):
        await settle_in(world.keyroom.opened, plan(world))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"forge": True}, "bad-signature"),
        ({"kind": PartyKind.CUSTOMER}, "not-a-trustee"),
        ({"roles": ("owner",)}, "unknown-role"),
    ],
)
def test_a_plan_that_does_not_hold_together_founds_nothing(tmp_path, more, reason):
    @in_founded
    async def work(world):
        with pytest.raises(Refusal) as caught:
            await settle_in(world.keyroom.opened, plan(world, **more))
        assert caught.value.facts["reason"] == reason
        assert list(world.keyroom.opened.standing.rows()) == []

    work(tmp_path)


@in_founded
async def test_a_credential_of_somebody_unknown_founds_nothing(world):
    settling = plan(world)
    only = msgspec.structs.replace(settling, people=settling.people[:1])
    swapped = msgspec.structs.replace(only.people[0], enrolments=settling.people[1].enrolments)
    with pytest.raises(Refusal) as caught:
        await settle_in(world.keyroom.opened, msgspec.structs.replace(only, people=(swapped,)))
    assert caught.value.facts["reason"] == "unknown-person"
