"""What a cloud says of who and why, and what the customer signed about it: grades, demanded and recorded."""

import pytest

from custodes.acts.asks.log import LookEntries
from custodes.acts.clouds import claiming, intents
from custodes.kernel.refusal import Kind, Refusal
from custodes.policy.presets import default_rules, rule
from fakes.clouds import ALICE, CloudWorld, said
from fakes.lived import lived, settled

in_clouds = lived(lambda folder: settled(CloudWorld(folder)))
BACKUP = "arn:aws:iam::123456789012:role/backup"


async def newest(world, act):
    ask = LookEntries(world.olga.token, world.customer_row.id, kind="machine", limit=20)
    found = await world.keyroom.ask(ask)
    return next(one for one in found.entries if one.act == act)


async def demand(world, *names):
    customer = world.customer_row.id
    rules = default_rules(customer)
    more = tuple(rule(name, filled) for name, filled in names)
    set_ = type(rules)(scope=customer, generation=2, rules=(*rules.rules, *more))
    await world.put(("rules", customer, customer, set_))


def by(principal):
    return {"requestMetadata": said(awsPrincipalArn=principal)}


@in_clouds
async def test_a_rule_demands_a_grade_and_the_customers_signature_gives_it(world):
    sealed = await world.encrypt()
    assert intents.SIGNED == "signed"
    await world.decrypt(sealed)
    entry = await newest(world, "key.unwrap")
    assert {one[3] for one in entry.fields["claims"]} == {"asserted"}
    await demand(world, ("cloud-grades-only", {"grades": ["signed", "attested"]}))
    with pytest.raises(Refusal) as caught:
        await world.decrypt(sealed)
    assert (caught.value.code, caught.value.kind) == ("forbidden", Kind.DENIED)
    lines = (f"Decrypt {BACKUP} 2026-11-22",)
    await world.connect(id_=world.aws.id, settings={"intents": lines})
    with pytest.raises(Refusal, match="forbidden"):
        await world.decrypt(sealed)  # by Alice, of whom the customer said nothing
    assert await world.decrypt(sealed, members=by(BACKUP)) == b"a data key"
    entry = await newest(world, "key.unwrap")
    assert ["customer", "intent", "Decrypt 2026-11-22", "signed"] in entry.fields["claims"]
    assert ["aws", "kmsOperation", "Decrypt", "asserted"] in entry.fields["claims"]
    assert not any(BACKUP in str(one) for one in entry.fields["claims"])  # a caller may be a person
    world.clock.forward(hours=16)  # the day is over
    with pytest.raises(Refusal, match="forbidden"):
        await world.decrypt(sealed, members=by(BACKUP))


@in_clouds
async def test_a_connection_demands_a_grade_of_its_own(world):
    sealed = await world.encrypt()
    settings = {"minimum-grade": ("signed",), "intents": (f"Decrypt {BACKUP} 2026-12-31",)}
    await world.connect(id_=world.aws.id, settings=settings)
    with pytest.raises(Refusal) as caught:
        await world.decrypt(sealed)
    assert (caught.value.code, caught.value.kind) == ("grade-too-low", Kind.DENIED)
    denial = await newest(world, "denial")
    assert (denial.fields["reason"], denial.fields["connection"]) == ("grade-too-low", world.aws.id)
    assert await world.decrypt(sealed, members=by(BACKUP)) == b"a data key"
    assert isinstance(claiming.Claim("aws", "x", "y").grade, str)


@in_clouds
async def test_what_the_other_end_says_of_itself_raises_no_grade(world):
    """AWS may send whatever members it likes: none of them is the customer's signature."""
    sealed = await world.encrypt()
    await demand(world, ("cloud-grades-only", {"grades": ["signed"]}))
    for more in (
        {"intent": f"Decrypt {ALICE} 2026-12-31"},
        {"grade": "signed"},
        {"customer": "intent", "kmsOperation": "Decrypt signed"},
        {"awsPrincipalArn": f"Decrypt {ALICE} 2026-12-31"},
    ):
        with pytest.raises(Refusal, match="forbidden"):
            await world.decrypt(sealed, members={"requestMetadata": said(**more)})
