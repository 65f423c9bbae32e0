"""Customers' keys: create, look, and every verb of their life."""

from collections.abc import Sequence

from custodes.acts.asks.documents import destruction_document, hash_of
from custodes.acts.asks.keys import CreateKey, Keys, KeyVersionView, KeyView, LookKeys, MoveKey
from custodes.acts.authority import Alteration
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.footing.standing import Change
from custodes.acts.opened import Opened
from custodes.acts.permitted import alter, may_read, permit
from custodes.acts.records import Record
from custodes.acts.transit import minting
from custodes.acts.upkeep import shred
from custodes.acts.writing.ports import Reads
from custodes.custody import keys
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import NONE, Key, KeyState, Nature, Verb
from custodes.custody.materials.halves import PrivateHalf
from custodes.custody.materials.kinds import SYMMETRIC, KeyKind
from custodes.kernel.canonical import Plain
from custodes.kernel.clock import to_text
from custodes.kernel.ids import is_id, new_id
from custodes.kernel.refusal import Kind, absent, conflict, malformed
from custodes.policy.question import Resource

from .kills import quorum
from .said import said, said_person

NAME_CHARACTERS_MAX = 100
BY_QUORUM = frozenset({Verb.SCHEDULE_DESTRUCTION, Verb.DESTROY})


class KeyAnswers:
    """Answers `CreateKey`, `MoveKey`, `LookKeys`."""

    def __init__(self, opened: Opened) -> None:
        self._o = opened

    async def create(self, ask: CreateKey) -> KeyView:
        """A fresh key with version 1. `bad-name`, `bad-kind` (malformed), `no-such-customer` (absent),
        `name-taken` (conflict) where it is to be the only one of its name.
        """
        o = self._o
        if not 1 <= len(ask.name) <= NAME_CHARACTERS_MAX:
            raise malformed("bad-name")
        kind = _kind(ask)
        key_id = new_id("key", o.dice)
        private = await self._born(ask, "key:create", (key_id, ask.customer), kind)

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            customer = self.customer(ask.customer)
            resource = Resource(kind="key", id=key_id, customer=customer.id)
            decided = permit(o, who, "key:create", resource)
            mine = o.standing.all_of("key", Key, customer.id)
            if ask.must_be_new and any(row.name == ask.name for row in mine):
                raise conflict("name-taken")
            scope = Scope(house=o.house, customer=customer.id, key=key_id)
            root = o.keyring.root(customer)
            wrapped, halves = minting.version_of(o.keyring, root, scope, 1, (kind, private))
            now = o.clock.now().replace(microsecond=0)
            nature = Nature(kind=kind, halves=halves, is_derived=ask.is_derived)
            key = keys.create(key_id, customer.id, (ask.name, ""), wrapped, now, nature=nature)
            return Alteration(
                changes=(Change(noun="key", id=key_id, customer=customer.id, value=key),),
                records=((customer, _record("key.create", who, key)),),
                expects=decided.expects,
            )

        await alter(o, decide, ask, ask.evidence)
        return (await self._views([self._key(key_id)]))[0]

    async def move(self, ask: MoveKey) -> KeyView:
        """One verb of `custody.keys.LIFE`; its reasons are refusals (conflict).

        What destroys takes a quorum: every signer of the document must be allowed it, the asker first
        (`asker-did-not-sign`, `signatures-too-few`, `signature-refused`: denied).
        """
        o = self._o
        try:
            verb = Verb(ask.verb)
        except ValueError as error:
            raise malformed("unknown-verb") from error

        private = None
        if verb is Verb.ROTATE:
            old = self._key(ask.key)
            private = await self._born(ask, "key:rotate", (old.id, old.customer), old.kind)

        def decide() -> Alteration:
            who = o.identities.of(ask.evidence)
            key = self._key(ask.key)
            customer = self.customer(key.customer)
            resource = Resource(kind="key", id=key.id, customer=customer.id, facts={"state": key.state.value})
            asked = Asked(action=f"key:{verb.value}", resource=resource, purpose="administration")
            decided = o.decisions.decide(who, asked).decision
            if decided.kind is Kind.ABSENT:  # to a stranger no key lacks signatures: there is none
                raise refusal_of(decided)
            signers = self._actors(ask, key, verb)
            expects = tuple(
                expect for one in signers for expect in permit(o, one, f"key:{verb.value}", resource).expects
            )
            moved = self._moved(key, customer, verb, (private, ask.waiting_days))
            record = _record(f"key.{verb.value}", signers[0], moved, reason=ask.reason)
            change = Change(noun="key", id=key.id, customer=customer.id, value=moved)
            if verb is Verb.DESTROY:
                o.time.refuse_if_frozen()  # the waiting period must have passed, not been skipped
            if verb is Verb.DESTROY:  # its pages stay under the shred key that goes now
                turned, turning = shred.turned(o, customer)
                return Alteration(
                    changes=(change, turned),
                    records=((customer, record), (customer, turning)),
                    expects=expects,
                )
            return Alteration(changes=(change,), records=((customer, record),), expects=expects)

        await alter(o, decide, ask, ask.evidence, is_urgent=verb is Verb.DISABLE)
        key = self._key(ask.key)
        if key.state is not KeyState.ACTIVE:
            o.keyring.drop_key(key.id)
        return (await self._views([key]))[0]

    async def look(self, ask: LookKeys) -> Keys:
        """Every key of a customer, by name."""
        o = self._o
        who = o.identities.of(ask.evidence)
        customer = self.customer(ask.customer)
        found = sorted(o.standing.all_of("key", Key, customer.id), key=lambda key: (key.name, key.id))
        subject = found[0].id if found else customer.id  # also who has no key yet is nobody's business
        await may_read(o, who, "key:read", Resource(kind="key", id=subject, customer=customer.id))
        return Keys(await self._views(found))

    async def view(self, id_: str) -> KeyView:
        """One key as shown."""
        return (await self._views([self._key(id_)]))[0]

    def customer(self, id_: str) -> Customer:
        """The customer's row; `no-such-customer` (absent)."""
        row = self._o.standing.get("customer", id_, Customer)
        if row is None:
            raise absent("no-such-customer")
        return row

    async def _born(
        self, ask: CreateKey | MoveKey, action: str, at: tuple[str, str], kind: KeyKind
    ) -> PrivateHalf | None:
        """A private half for (key, customer) if who asks may do this; whether he may is decided again."""
        o = self._o
        who = o.identities.of(ask.evidence)
        resource = Resource(kind="key", id=at[0], customer=at[1])
        asked = Asked(action=action, resource=resource, purpose="administration")
        if not o.decisions.decide(who, asked).decision.allowed:
            return None
        return await minting.private_half(kind, o.dice, o.bench)

    def _actors(self, ask: MoveKey, key: Key, verb: Verb) -> tuple[Identified, ...]:
        """Who does it: the asker alone, or everyone who signed that this key be destroyed."""
        o = self._o
        who = o.identities.of(ask.evidence)
        if verb not in BY_QUORUM:
            return (who,)
        generation = o.standing.expect("key", key.id).generation
        document = destruction_document(o.house, (key.id, generation), verb.value, ask.waiting_days)
        return quorum(o, who, ask.approvals, hash_of(document))

    def _key(self, id_: str) -> Key:
        row = self._o.standing.get("key", id_, Key) if is_id("key", id_) else None
        if row is None:
            raise absent("no-such-key")
        return row

    def _moved(
        self, key: Key, customer: Customer, verb: Verb, given: tuple[PrivateHalf | None, int | None]
    ) -> Key:
        o = self._o
        private, waiting_days = given
        wrapped, halves = b"", NONE
        if verb is Verb.ROTATE:
            scope = Scope(house=o.house, customer=customer.id, key=key.id)
            root = o.keyring.root(customer)
            n = key.versions[-1].n + 1
            wrapped, halves = minting.version_of(o.keyring, root, scope, n, (key.kind, private))
        days = keys.WAITING_DAYS_DEFAULT if waiting_days is None else waiting_days
        now = o.clock.now().replace(microsecond=0)
        moved = keys.move(key, verb, now, wrapped=wrapped, halves=halves, waiting_days=days)
        if moved.key is None:
            until = to_text(moved.until) if moved.until else None
            raise conflict(moved.reason or "not-now", until=until)
        return moved.key

    async def _views(self, found: Sequence[Key]) -> tuple[KeyView, ...]:
        """Keys as shown; how far the re-wrap of each is comes from its pages."""
        shreds = {key.customer: self.customer(key.customer).shred for key in found}
        at = [(key.id, key.version_current, shreds[key.customer]) for key in found]

        def work(reads: Reads) -> list[tuple[int, int]]:
            return [reads.upkeep.progress((i, v, s)) if v is not None else (0, 0) for i, v, s in at]

        progress = await self._o.read(work)
        return tuple(self._view(key, moved) for key, moved in zip(found, progress, strict=True))

    def _view(self, key: Key, moved: tuple[int, int]) -> KeyView:
        return KeyView(
            id=key.id,
            customer=key.customer,
            name=key.name,
            kind=key.kind.value,
            version_min=key.version_min,
            state=key.state.value,
            versions=tuple(
                KeyVersionView(v.n, v.state.value, to_text(v.created_at), v.origin.value)
                for v in key.versions
            ),
            created_at=to_text(key.created_at),
            destroy_after=to_text(key.destroy_after) if key.destroy_after else None,
            rewrap_done=moved[0],
            rewrap_total=moved[1],
            generation=self._o.standing.expect("key", key.id).generation,
            verbs=tuple(verb.value for verb in Verb if keys.LIFE[key.state, verb].to is not None),
        )


def _kind(ask: CreateKey) -> KeyKind:
    try:
        kind = KeyKind(ask.kind)
    except ValueError as error:
        raise malformed("bad-kind") from error
    if ask.is_derived and kind not in SYMMETRIC:
        raise malformed("bad-kind")  # a context has a place in symmetric ciphertexts only
    return kind


def _record(act: str, who: Identified, key: Key, reason: str = "") -> Record:
    fields: dict[str, Plain] = {**said(who), "phase": "single", "key": key.id}
    if act == "key.rotate":
        fields["key_version"] = key.versions[-1].n
    if act == "key.schedule-destruction" and key.destroy_after:
        fields["until"] = to_text(key.destroy_after)
    if reason:
        fields["reason"] = reason
    return Record(act=act, subject=key.id, fields=fields, person=said_person(who))
