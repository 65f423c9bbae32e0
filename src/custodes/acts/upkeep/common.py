"""What the parts of upkeep share: who acts, which keys live, and when a customer's keys are left alone."""

from collections.abc import Iterator

from custodes.acts.footing.customer import Customer
from custodes.acts.opened import Opened
from custodes.custody.hierarchy import Page, PageKek
from custodes.custody.keys import Key, KeyState
from custodes.kernel.canonical import Plain

BY_THE_KEYROOM: dict[str, Plain] = {"actor": "keyroom", "actor_kind": "process", "phase": "single"}


def customers(o: Opened) -> Iterator[Customer]:
    """Every customer, the house among them, in order of ids."""
    rows = sorted(o.standing.all_of("customer", Customer), key=lambda row: row.id)
    return iter(rows)


def at_rest(o: Opened, customer: Customer) -> bool:
    """Whether his keys are to be left alone: he, or the house, is killed or sealed."""
    return customer.sealed or o.decisions.killed(customer.id) is not None


def living(o: Opened, customer: Customer) -> list[Key]:
    """The customer's keys that still open something, that of his records first.

    A suspended or deactivated key is one of them: it can come back, so its pages must not be left behind.
    """
    keys = [key for key in o.standing.all_of("key", Key, customer.id) if key.state is not KeyState.DESTROYED]
    return [customer.records, *sorted(keys, key=lambda key: key.id)]


def destroyed(o: Opened, customer: Customer) -> tuple[str, ...]:
    """Ids of his destroyed keys."""
    keys = o.standing.all_of("key", Key, customer.id)
    return tuple(sorted(key.id for key in keys if key.state is KeyState.DESTROYED))


def keks(o: Opened, customer: Customer, key: Key, page: Page) -> tuple[PageKek, PageKek]:
    """The kek a page lies under, and the newest one of its key."""
    version = key.version_current or key.versions[-1].n
    old = o.keyring.kek(customer, key, page.key_version, page.shred_generation)
    return old, o.keyring.kek(customer, key, version, customer.shred)
