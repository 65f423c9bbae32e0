"""Answers `LookImportKey`, `ImportKey`: keys that were made elsewhere come in, wrapped, to the keyroom alone.

Each customer has a pair for it, under his root like his keys and a noun of its own, so that no caller can use
it for anything. Its private half is opened before the entry, as the customer's root is when a key is made:
what comes out goes nowhere unless the act commits.
"""

from custodes.acts.answers.keys import NAME_CHARACTERS_MAX, KeyAnswers
from custodes.acts.answers.said import single
from custodes.acts.asks.keys import KeyView
from custodes.acts.asks.transit.imports import ImportKey, ImportKeyHalf, LookImportKey
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, may_read, permit
from custodes.custody import hierarchy, keys
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import Key, Nature, Origin, Verb
from custodes.custody.materials import importing
from custodes.custody.materials.halves import Halves, secret_of
from custodes.custody.materials.importing import WRAPPING_KIND, Taken
from custodes.custody.materials.kinds import KeyKind
from custodes.custody.materials.sealing import OAEP_HASHES
from custodes.custody.message import Material
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import Refusal, conflict, malformed
from custodes.policy.question import Resource

from . import minting
from .finding import Names

NOUN = "import-key"  # standing; its row's id is the customer's


class Imports:
    """Takes keys in."""

    def __init__(self, opened: Opened, names: Names, of_keys: KeyAnswers) -> None:
        self._o = opened
        self._names = names
        self._keys = of_keys

    async def look(self, ask: LookImportKey) -> ImportKeyHalf:
        """See `LookImportKey`."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = self._names.customer(who, ask.customer)
        row = self._row(owner)
        if row is None:
            row = await self._made_now(ask, owner)
        elif who.actor.customer != owner.id:
            await may_read(o, who, "key:read", _resource(row.id, owner))
        return ImportKeyHalf(owner.id, row.versions[0].halves.public)

    async def take_in(self, ask: ImportKey) -> KeyView:
        """See `ImportKey`."""
        o = self._o
        who = o.identities.of(ask.evidence)
        owner = self._names.customer(who, ask.customer)
        old = self._names.key(who, owner.id, ask.key)[0] if ask.key else None
        kind = old.kind if old is not None else _kind(ask)
        if old is None and not 1 <= len(ask.name) <= NAME_CHARACTERS_MAX:
            raise malformed("bad-name")
        key_id = old.id if old is not None else new_id("key", o.dice)
        taken = await self._unpacked(ask, who, (key_id, owner), kind)

        def decide() -> Alteration:
            again = o.identities.of(ask.evidence)
            customer = self._keys.customer(owner.id)
            action = "key:rotate" if old is not None else "key:create"
            decided = permit(o, again, action, _resource(key_id, customer))
            if taken is None:
                raise conflict("changed-meanwhile")  # nothing was unpacked because he might not, and now may
            made = self._made(ask, customer, (key_id, kind), taken)
            record = single("key.import", again, key_id, key=key_id, key_version=made.versions[-1].n)
            change = Change(noun="key", id=key_id, customer=customer.id, value=made)
            return Alteration(changes=(change,), records=((customer, record),), expects=decided.expects)

        await alter(o, decide, ask, ask.evidence)
        return await self._keys.view(key_id)

    def _row(self, owner: Customer) -> Key | None:
        return self._o.standing.get(NOUN, owner.id, Key)

    async def _made_now(self, ask: LookImportKey, owner: Customer) -> Key:
        """The row after somebody has made it: whoever was quicker."""
        try:
            await self._make(ask, owner)
        except Refusal as refusal:
            if refusal.code != "changed-meanwhile" or self._row(owner) is None:
                raise
        row = self._row(owner)
        if row is None:
            raise conflict("changed-meanwhile")
        return row

    async def _make(self, ask: LookImportKey, owner: Customer) -> None:
        """The customer's pair; of two that are made at once the first stands."""
        o, id_ = self._o, new_id("key", self._o.dice)
        who = o.identities.of(ask.evidence)
        is_allowed = self._may(who, "key:create", id_, owner)
        private = await minting.private_half(WRAPPING_KIND, o.dice, o.bench) if is_allowed else None

        def decide() -> Alteration:
            again = o.identities.of(ask.evidence)
            customer = self._keys.customer(owner.id)
            decided = permit(o, again, "key:create", _resource(id_, customer))
            if self._row(customer) is not None:
                raise conflict("changed-meanwhile")
            scope = Scope(house=o.house, customer=customer.id, key=id_)
            wrapped, halves = minting.version_of(
                o.keyring, o.keyring.root(customer), scope, 1, (WRAPPING_KIND, private)
            )
            now = o.clock.now().replace(microsecond=0)
            row = keys.create(
                id_, customer.id, (NOUN, ""), wrapped, now, nature=Nature(kind=WRAPPING_KIND, halves=halves)
            )
            record = single("key.import-begin", again, id_, key=id_)
            change = Change(noun=NOUN, id=customer.id, customer=customer.id, value=row)
            return Alteration(changes=(change,), records=((customer, record),), expects=decided.expects)

        await alter(o, decide, ask, ask.evidence)

    def _may(self, who: Identified, action: str, key_id: str, owner: Customer) -> bool:
        asked = Asked(action=action, resource=_resource(key_id, owner), purpose="administration")
        return self._o.decisions.decide(who, asked).decision.allowed

    async def _unpacked(
        self, ask: ImportKey, who: Identified, at: tuple[str, Customer], kind: KeyKind
    ) -> Taken | None:
        """What is in the parcel, for somebody who may; whether he may is decided again."""
        o, (key_id, owner) = self._o, at
        if not self._may(who, "key:rotate" if ask.key else "key:create", key_id, owner):
            return None
        row = self._row(owner)
        if row is None:
            raise conflict("no-import-key")
        if ask.hash_name not in OAEP_HASHES:
            raise importing.mismatch()
        sealed, wrapped = importing.parts(ask.parcel)
        o.bench.refuse_if_full()
        scope = Scope(house=o.house, customer=owner.id, key=row.id)
        root = o.keyring.root(owner)
        secret = hierarchy.open_key_version(root, scope, 1, row.versions[0].wrapped)
        private = secret_of(row.versions[0].halves, Material(scope=scope, version=1, secret=secret))
        try:
            once = await o.bench.run(lambda halver: halver.unseal(private, ask.hash_name, sealed))
        except Refusal as refusal:
            if refusal.code != "ciphertext-mismatch":
                raise
            raise importing.mismatch() from None
        o.decisions.refuse_if_killed(owner.id)
        return importing.taken(kind, once, wrapped)

    def _made(self, ask: ImportKey, customer: Customer, of: tuple[str, KeyKind], taken: Taken) -> Key:
        """The key's row with what came in: a new one, or one version more."""
        o, (key_id, kind) = self._o, of
        old = o.standing.get("key", key_id, Key) if ask.key else None
        n = old.versions[-1].n + 1 if old is not None else 1
        scope = Scope(house=o.house, customer=customer.id, key=key_id)
        root = o.keyring.root(customer)
        if taken.private is None:
            wrapped, halves = minting.version_over(o.keyring, root, scope, n, taken.material)
        else:
            wrapped, halves = minting.version_of(o.keyring, root, scope, n, (kind, taken.private))
        now = o.clock.now().replace(microsecond=0)
        if old is not None:
            return self._further(old, (wrapped, halves))
        if any(row.name == ask.name for row in o.standing.all_of("key", Key, customer.id)):
            raise conflict("name-taken")
        nature = Nature(kind=kind, halves=halves, origin=Origin.IMPORTED, is_rotated_here=ask.is_rotated_here)
        return keys.create(key_id, customer.id, (ask.name, ""), wrapped, now, nature=nature)

    def _further(self, old: Key, fresh: tuple[bytes, Halves]) -> Key:
        """A version more of a key that came in: `key-not-imported` (conflict) for one that was born here."""
        if any(one.origin is not Origin.IMPORTED for one in old.versions):
            raise conflict("key-not-imported")
        now = self._o.clock.now().replace(microsecond=0)
        moved = keys.move(old, Verb.ROTATE, now, wrapped=fresh[0], halves=fresh[1], origin=Origin.IMPORTED)
        if moved.key is None:
            raise conflict(moved.reason or "not-now")
        return moved.key


def _resource(key_id: str, owner: Customer) -> Resource:
    return Resource(kind="key", id=key_id, customer=owner.id)


def _kind(ask: ImportKey) -> KeyKind:
    try:
        return KeyKind(ask.kind)
    except ValueError as error:
        raise malformed("bad-kind") from error
