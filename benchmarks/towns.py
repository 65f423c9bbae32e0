"""A house of ten towns, each with an application and a key, for the measurements that need customers."""

import hashlib
from pathlib import Path
from typing import Any

from custodes.acts.footing.customer import Customer
from custodes.acts.founding import new_customer
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.kernel.clock import to_text
from custodes.kernel.ids import new_id
from custodes.parties.rows import Application, Credential, CredentialKind
from custodes.policy.presets import default_rules
from custodes.store import house

CUSTOMERS = 10
Load = list[tuple[str, str]]  # (token, key) of each customer


async def settled(folder: Path, count: int = CUSTOMERS) -> tuple[Load, str]:
    """Found the house in a folder, in the database the tests' choice names; also the token of an owner."""
    from fakes.keyrooms import World  # noqa: PLC0415 - the tests' own house

    world: Any = World(folder)
    await world.open()
    await world.settle_in()
    load = [await _customer(world, number) for number in range(count)]
    _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    house.save(world.engine, world.body)
    await world.close()
    world.engine.dispose()
    return load, owner.token


async def _customer(world: Any, number: int) -> tuple[str, str]:  # noqa: ANN401 - a test's house
    id_, dice = new_id("cus", world.dice), world.dice
    slots = (4 + 2 * number, 5 + 2 * number)
    ports = (world.clock, dice)
    customer = new_customer((id_, f"Town {number}", world.town.id), world.body.id, world.holder, ports, slots)
    application = Application(
        id=new_id("per", dice), customer=id_, organisation=world.town.id, name=f"Registry {number}"
    )
    secret, credential = dice.draw(32).hex(), new_id("crd", dice)
    row = Credential(
        id=credential,
        kind=CredentialKind.API_TOKEN,
        organisation=world.town.id,
        application=application.id,
        customer=id_,
        secret=hashlib.sha256(secret.encode()).hexdigest(),
        created_at=to_text(world.clock.now()),
        is_demo=True,
    )
    key_id = new_id("key", dice)
    root = world.keyroom.opened.keyring.root(customer)
    wrapped = hierarchy.make_key_version(root, Scope(house=world.body.id, customer=id_, key=key_id), 1, dice)
    key = keys.create(key_id, id_, ("bench", ""), wrapped, world.clock.now().replace(microsecond=0))
    world.town = type(world.town)(
        **{name: getattr(world.town, name) for name in world.town.__struct_fields__ if name != "customers"},
        customers=(*world.town.customers, id_),
    )
    await world.put(
        ("organisation", world.town.id, "", world.town),
        ("customer", id_, id_, customer),
        ("rules", id_, id_, default_rules(id_)),
        ("application", application.id, id_, application),
        ("credential", credential, id_, row),
        ("key", key_id, id_, key),
    )
    return f"{credential}.{secret}", key_id


def customers(standing: Any, load: Load) -> list[Customer]:  # noqa: ANN401 - of an open keyroom
    """The customers of a load's keys, in its order."""
    found = (standing.get("key", key, keys.Key) for _, key in load)
    return [standing.get("customer", one.customer, Customer) for one in found]
