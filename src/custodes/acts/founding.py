"""Founding a house: its body at rest, and the first rows that stand.

A house is founded once, by whoever holds the machine and the holder's secret, before it serves anybody.
What is enrolled here is an entry like every later enrolment; the trustee's organisation signs its own.
"""

import hashlib
from collections.abc import Iterable

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from custodes.boundary.places import AREAS_DEFAULT, Boundary
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import HouseKeys, Scope
from custodes.custody.holder import Holder
from custodes.kernel import canonical
from custodes.kernel.clock import Clock, to_text
from custodes.kernel.dice import Dice
from custodes.kernel.ids import new_id
from custodes.ledger.note import ED25519, Vkey
from custodes.ledger.slots import SLOTS_MIN

from .footing.customer import EXCEPTIONAL, MACHINE, Customer, Slotted
from .footing.house_body import HouseBody


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What the founder decides."""

    name: str
    demo: bool
    origin: str
    console: str
    log_vkeys: tuple[str, ...] = ()
    policy: str = ""


def found(plan: Plan, holder: Holder, clock: Clock, dice: Dice) -> HouseBody:
    """Fresh house keys under an unsealed holder; nothing secret is in what is returned."""
    house = new_id("hse", dice)
    wrapped = hierarchy.make_house_keys(holder, house, dice)
    opened: HouseKeys = hierarchy.open_house_keys(holder, house, wrapped)
    public = Ed25519PrivateKey.from_private_bytes(opened.receipt).public_key()
    return HouseBody(
        id=house,
        name=plan.name,
        demo=plan.demo,
        origin=plan.origin,
        holder=holder.uri,
        house_keys=wrapped,
        receipt_key=public.public_bytes(Encoding.Raw, PublicFormat.Raw),
        console=plan.console,
        log_vkeys=plan.log_vkeys,
        policy=plan.policy,
        founded_at=to_text(clock.now()),
    )


def new_customer(
    naming: tuple[str, str, str],
    house: str,
    holder: Holder,
    ports: tuple[Clock, Dice],
    slots: tuple[int, int],
) -> Customer:
    """A customer with fresh root, shred key and records key; `naming` is (id, name, organisation)."""
    id_, name, organisation = naming
    clock, dice = ports
    scope = Scope(house=house, customer=id_)
    root = hierarchy.make_customer_root(holder, scope, dice)
    opened = hierarchy.open_customer_root(holder, scope, root)
    records = new_id("key", dice)
    material = hierarchy.make_key_version(opened, Scope(house=house, customer=id_, key=records), 1, dice)
    now = clock.now().replace(microsecond=0)
    return Customer(
        id=id_,
        name=name,
        organisation=organisation,
        holder=holder.uri,
        root=root,
        records=keys.create(records, id_, ("records", "log openings"), material, now),
        shred=1,
        shreds={1: hierarchy.make_shred(opened, scope, 1, dice)},
        slots={MACHINE: slots[0], EXCEPTIONAL: slots[1]},
        created_at=to_text(now),
    )


def free_slots(customers: Iterable[Slotted], dice: Dice) -> tuple[int, int]:
    """Two places in the slot tree that nobody has, drawn so that they say nothing about who came when."""
    taken = {slot for row in customers for slot in row.slots.values()}
    width = SLOTS_MIN
    while width < 2 * (len(taken) + 2):
        width *= 2
    drawn: list[int] = []
    while len(drawn) < 2:
        slot = int.from_bytes(dice.draw(4), "big") % width
        if slot not in taken:
            taken.add(slot)
            drawn.append(slot)
    return drawn[0], drawn[1]


def default_boundary(customer: str, dice: Dice) -> Boundary:
    """What a new customer starts with: machines and whoever controls them in the European Union."""
    return Boundary(
        id=new_id("bdy", dice), customer=customer, areas=AREAS_DEFAULT, jurisdictions=AREAS_DEFAULT
    )


def digest_text(value: msgspec.Struct) -> str:
    """Base64 SHA-256 of a value's canonical form, as `subject_hash` in entries."""
    return canonical.b64(hashlib.sha256(canonical.encode(msgspec.to_builtins(value, str_keys=True))).digest())


def receipt_vkey(body: HouseBody) -> str:
    """The receipt key as a note verifier key, for pins."""
    name = f"{body.origin}/receipts"
    return Vkey(name=name, sig_type=ED25519, public=body.receipt_key).text()
