"""Whose key is meant, and which: names stand for keys within one customer."""

from custodes.acts.footing.customer import Customer
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.custody.keys import Key, KeyState
from custodes.kernel.ids import is_id
from custodes.kernel.refusal import absent, conflict
from custodes.parties.rows import Organisation


class Names:
    """Keys by name, kept until any key changes."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened
        self._changes = -1
        self._ids: dict[tuple[str, str], tuple[str, ...]] = {}

    def key(self, who: Identified, customer: str, name: str) -> tuple[Key, Customer]:
        """The key of this name or id; `no-such-key` (absent), `key-name-twice` (conflict)."""
        o = self._o
        owner = self.customer(who, customer)
        if is_id("key", name):
            found: tuple[str, ...] = (name,)
        else:
            found = self._named().get((owner.id, name), ())
        if len(found) > 1:
            raise conflict("key-name-twice")
        key = o.standing.get("key", found[0], Key) if found else None
        if key is None or key.customer != owner.id:
            raise absent("no-such-key")
        return key, owner

    def customer(self, who: Identified, named: str) -> Customer:
        """Who is named, or the only one this actor acts for; a stranger's is `no-such-key` (absent)."""
        o = self._o
        id_ = named or who.actor.customer or ""
        if not id_ and who.actor.organisation:
            home = o.standing.get("organisation", who.actor.organisation, Organisation)
            id_ = home.customers[0] if home is not None and len(home.customers) == 1 else ""
        row = o.standing.get("customer", id_, Customer)
        if row is None or o.decisions.is_stranger(who, row.id):
            raise absent("no-such-key")
        return row

    def names(self, customer: str) -> tuple[str, ...]:
        """Every name in use, in order."""
        return tuple(sorted(name for owner, name in self._named() if owner == customer))

    def _named(self) -> dict[tuple[str, str], tuple[str, ...]]:
        standing = self._o.standing
        changes = standing.changes(("key",))
        if changes != self._changes:
            found: dict[tuple[str, str], tuple[str, ...]] = {}
            for row in standing.all_of("key", Key):
                if row.state is not KeyState.DESTROYED:
                    at = (row.customer, row.name)
                    found[at] = (*found.get(at, ()), row.id)
            self._ids, self._changes = found, changes
        return self._ids
