"""Answers `UseTransit`: decide, commit an entry for each version used, and only then open what is needed.

A batch is one decision and one act. Its entries are one for each version of the key that is used, with the
number of items and of their bytes; an item that fails afterwards has been counted (promise 1 errs to that
side). What is wrong with one item does not fail the others.
"""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from custodes.acts.answers.granted_uses import GrantedUses, Opening, digest_of
from custodes.acts.answers.said import said, said_person
from custodes.acts.asks.transit.uses import TransitUsed, UseTransit
from custodes.acts.benching.bench import Halver
from custodes.acts.benching.direct import Direct
from custodes.acts.clouds.claiming import Claim
from custodes.acts.footing.customer import Customer
from custodes.acts.footing.decisions import Asked, Decided, refusal_of
from custodes.acts.footing.identities import Identified
from custodes.acts.opened import Opened
from custodes.acts.records import Record
from custodes.acts.writing.act import Act, Expect, Failed
from custodes.custody.hierarchy import Scope
from custodes.custody.keys import Key, KeyState, usable_for
from custodes.custody.materials import signing
from custodes.custody.materials.kinds import PAIRED, RSA_BITS, KeyKind, Use
from custodes.custody.materials.sealing import OAEP_HASHES
from custodes.custody.message import Material
from custodes.kernel.canonical import Plain
from custodes.kernel.ids import new_id
from custodes.kernel.refusal import absent, locked, malformed
from custodes.law.reasons import vocabulary
from custodes.policy.question import Resource
from custodes.protocols.transit.messages import Item, Outcome

from .doing import Doing, Work, work_of
from .finding import Names

ITEMS_MAX = 256
PAIRED_ITEMS_MAX = 32  # a private half is slow, and others wait
QUICK_ITEMS_MAX = 4  # of the quick kinds: to go to another thread and back costs more than so few do
_QUICK = frozenset({KeyKind.ED25519, KeyKind.ECDSA_P256})
ITEMS_BYTES_MAX = 1_048_576
REASON_CHARACTERS_MAX = 200
PARTY = "application"
WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(  # wire -> verb -> what the wire calls it
    {
        "transit": {
            **{verb: verb for verb in ("encrypt", "decrypt", "rewrap", "datakey", "sign", "verify")},
            "mac": "hmac",
            "check-mac": "hmac",
        },
        "kms-v2": {"encrypt": "Encrypt", "decrypt": "Decrypt"},
    }
)
_NOBODY = Direct()  # what takes no RSA private half needs no bench
_BOUND = frozenset({Use.ENCRYPT, Use.DECRYPT})
DATA_KEY_BITS = frozenset({128, 256, 512})


class Verb(msgspec.Struct, frozen=True, kw_only=True):
    """What a verb needs: the uses of the key, the actions that must be allowed, the act of its entry."""

    uses: tuple[Use, ...]
    actions: tuple[str, ...]
    act: str
    by_item: bool = False  # the item says which version


_WRAP, _UNWRAP = "key:use-wrap", "key:use-unwrap"
VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        "encrypt": Verb(uses=(Use.ENCRYPT,), actions=(_WRAP,), act="key.wrap"),
        "decrypt": Verb(uses=(Use.DECRYPT,), actions=(_UNWRAP,), act="key.unwrap", by_item=True),
        "rewrap": Verb(
            uses=(Use.DECRYPT, Use.ENCRYPT), actions=(_UNWRAP, _WRAP), act="key.rewrap", by_item=True
        ),
        "datakey": Verb(uses=(Use.ENCRYPT,), actions=(_WRAP,), act="key.wrap"),
        "sign": Verb(uses=(Use.SIGN,), actions=("key:use-sign",), act="key.sign"),
        "verify": Verb(uses=(Use.VERIFY,), actions=("key:use-verify",), act="key.verify", by_item=True),
        "mac": Verb(uses=(Use.MAC,), actions=("key:use-sign",), act="key.sign"),
        "check-mac": Verb(uses=(Use.MAC,), actions=("key:use-verify",), act="key.verify", by_item=True),
    }
)


class TransitUses:
    """Uses of keys by name."""

    def __init__(self, opened: Opened, names: Names) -> None:
        self._o = opened
        self._names = names
        self._granted = GrantedUses(opened)

    async def use(self, ask: UseTransit) -> TransitUsed:
        """See `UseTransit`."""
        _check(ask)
        return await self._o.gate.until_committed(lambda: self._once(ask))

    async def _once(self, ask: UseTransit) -> TransitUsed | Failed:
        o, verb = self._o, VERBS[ask.verb]
        who = o.identities.of(ask.evidence)
        key, customer = self._names.key(who, ask.customer, ask.key)
        o.witnessing.refuse_if_stale(customer.id)
        decided = await self._allowed(ask, who, key, customer)
        if decided is None:
            return await self._under_grant(ask)
        _refuse_if_unfit(key, verb)
        if key.kind in PAIRED and len(ask.items) > PAIRED_ITEMS_MAX:
            raise malformed("batch-too-large", items_max=PAIRED_ITEMS_MAX)
        if key.kind in RSA_BITS:
            o.bench.refuse_if_full()  # before an entry says that it was used
        works = _planned_all(key, verb, ask.items)
        if all(work.fault for work in works):  # no key is used, so there is nothing to record
            return TransitUsed(tuple(Outcome(fault=work.fault) for work in works))
        act_id = new_id("act", o.dice)
        said_of = _records(ask, who, (key, works), decided, o.standing.seq)
        await o.records.ready(customer, len(said_of))
        entries = tuple(o.records.seal(customer, act_id, n, record) for n, record in enumerate(said_of))
        expects: list[Expect] = [expect for one in decided for expect in one.expects]
        expects.append(o.standing.expect("key", key.id))
        act = Act(id=act_id, expects=tuple(dict.fromkeys(expects)), entries=entries)
        outcome = await o.gate.commit(act)
        if isinstance(outcome, Failed):
            return outcome
        o.gate.still_fresh(outcome)
        o.decisions.refuse_if_killed(customer.id)
        at = outcome.committed.positions[0]
        return TransitUsed(await self._done(ask, key.id, customer, works), at.log, at.index)

    async def _allowed(
        self, ask: UseTransit, who: Identified, key: Key, customer: Customer
    ) -> tuple[Decided, ...] | None:
        """None where rules say no and a grant may say yes."""
        o, found, resource = self._o, [], _resource(key)
        for action in VERBS[ask.verb].actions:
            decided = o.decisions.decide(who, Asked(action=action, resource=resource, purpose=ask.purpose))
            if not decided.decision.allowed:
                if self._may_try(ask, who, key):
                    return None
                await o.denials.record(who, customer, decided, subject=key.id)
                raise refusal_of(decided.decision)
            found.append(decided)
        return tuple(found)

    def _may_try(self, ask: UseTransit, who: Identified, key: Key) -> bool:
        """One message to be opened, and a grant that names this credential and this key."""
        return ask.verb == "decrypt" and len(ask.items) == 1 and self._granted.find(who, key) is not None

    async def _under_grant(self, ask: UseTransit) -> TransitUsed:
        """Counted, witnessed, said whose grant; then as ever."""
        _, _, (work,) = self._opening(ask)
        if work.fault:
            return TransitUsed((Outcome(fault=work.fault),))
        at = await self._granted.admit(lambda: self._opening(ask)[0])
        opening, customer, works = self._opening(ask)
        self._o.decisions.refuse_if_killed(customer.id)
        return TransitUsed(await self._done(ask, opening.key.id, customer, works), at.log, at.index)

    def _opening(self, ask: UseTransit) -> tuple[Opening, Customer, list[Work]]:
        o = self._o
        who = o.identities.of(ask.evidence)
        key, customer = self._names.key(who, ask.customer, ask.key)
        verb, (item,) = VERBS[ask.verb], ask.items
        _refuse_if_unfit(key, verb)
        (work,) = _planned_all(key, verb, (item,))
        opening = Opening(
            who=who,
            key=key,
            asked=Asked(action=_UNWRAP, resource=_resource(key), purpose=ask.purpose),
            version=work.versions[0] if work.versions else 0,
            digest=digest_of(item.context + item.associated, item.body),
            bytes=len(item.body),
            use=Use.DECRYPT,
            fields=_why(ask),
        )
        return opening, customer, [work]

    async def _done(
        self, ask: UseTransit, key_id: str, customer: Customer, works: list[Work]
    ) -> tuple[Outcome, ...]:
        """The key is opened here and nowhere else; its row is read again, as late as can be."""
        o = self._o
        key = o.standing.get("key", key_id, Key)
        if key is None:
            raise absent("no-such-key")
        _refuse_if_unfit(key, VERBS[ask.verb])
        wanted = {n for work in works if not work.fault for n in work.versions}
        scope = Scope(house=o.house, customer=customer.id, key=key.id)
        materials = {
            n: Material(scope=scope, version=n, secret=o.keyring.version(customer, key, n)) for n in wanted
        }

        signs = ask.verb == "sign" and key.kind not in RSA_BITS
        privates = {n: o.keyring.private(customer, key, n) for n in wanted} if signs else {}

        def do(halver: Halver) -> tuple[Outcome, ...]:
            doing = Doing(key, (materials, privates), ask.how, (o.dice, halver))
            return tuple(work_of(ask.verb, doing, work) for work in works)

        if key.kind not in PAIRED or (key.kind in _QUICK and len(works) <= QUICK_ITEMS_MAX):
            return do(_NOBODY)
        outcomes = await (o.bench.run(do) if key.kind in RSA_BITS else asyncio.to_thread(do, _NOBODY))
        o.decisions.refuse_if_killed(customer.id)
        return outcomes


def _resource(key: Key) -> Resource:
    return Resource(kind="key", id=key.id, customer=key.customer, facts={"state": key.state.value})


def _check(ask: UseTransit) -> None:
    how, verb = ask.how, ask.verb
    of_rsa = verb in {"encrypt", "decrypt", "rewrap", "datakey"}
    fits = (
        verb in VERBS
        and how.hash_name in (OAEP_HASHES if of_rsa else signing.HASHES)
        and how.scheme in signing.SCHEMES
        and how.form in signing.FORMS
        and how.bits in DATA_KEY_BITS
        and len(ask.reason) <= REASON_CHARACTERS_MAX
        and ask.items
    )
    if not fits:
        raise malformed("bad-use")
    size = sum(len(one.body) + len(one.context) + len(one.associated) + len(one.mark) for one in ask.items)
    if len(ask.items) > ITEMS_MAX or size > ITEMS_BYTES_MAX:
        raise malformed("batch-too-large", items_max=ITEMS_MAX, bytes_max=ITEMS_BYTES_MAX)


def _refuse_if_unfit(key: Key, verb: Verb) -> None:
    """What stands against every version alike; what stands against one fails its items only."""
    if key.state is KeyState.ACTIVE:
        for use in verb.uses:
            if usable_for(key, use) == "kind-unfit":
                raise locked("kind-unfit")
        return
    raise locked(usable_for(key, verb.uses[0]) or "key-suspended")


def _planned_all(key: Key, verb: Verb, items: tuple[Item, ...]) -> list[Work]:
    """Which versions each item needs, or why it cannot be done: worked out once for items that ask alike."""
    plans: dict[tuple[int, bool], tuple[tuple[int, ...], str]] = {}
    works = []
    for item in items:
        at = (item.version, not item.context)
        plan = plans.get(at)
        if plan is None:
            plan = plans[at] = _plan(key, verb, *at)
        works.append(Work(item=item, versions=plan[0], fault=plan[1]))
    return works


def _plan(key: Key, verb: Verb, version: int, is_bare: bool) -> tuple[tuple[int, ...], str]:
    newest = key.version_current or 0
    if is_bare and key.is_derived and _BOUND & {*verb.uses}:
        return (), "missing-context"
    asked = version or newest
    versions = (asked, newest) if verb.act == "key.rewrap" else (asked,)
    for use, n in zip(verb.uses, versions, strict=True):
        unusable = usable_for(key, use, n)
        if unusable is not None:
            return (), unusable
    return versions, ""


def _why(ask: UseTransit) -> dict[str, Plain]:
    """The reason in the one vocabulary, by what the wire calls the operation; what the application says
    besides is its claim.
    """
    word = WORDS.get(ask.wire, {}).get(ask.verb, "")
    claims = [Claim(PARTY, "operation", word or ask.verb)]
    claims += [Claim(PARTY, "reason", ask.reason)] if ask.reason else []
    return {"reason": vocabulary().of(ask.wire, word).code, "claims": [list(one) for one in claims]}


def _records(
    ask: UseTransit,
    who: Identified,
    what: tuple[Key, list[Work]],
    decided: tuple[Decided, ...],
    standing_seq: int,
) -> list[Record]:
    """One for each version used: how many items, how many bytes."""
    key, works = what
    by_version: dict[int, list[Work]] = {}
    for work in works:
        if not work.fault:
            by_version.setdefault(work.versions[0], []).append(work)
    policies: list[Plain] = list(dict.fromkeys(rule for one in decided for rule in one.decision.rules))
    records = []
    for version, of_it in sorted(by_version.items()):
        fields: dict[str, Plain] = {
            **said(who),
            "phase": "single",
            "key": key.id,
            "key_version": version,
            "purpose": ask.purpose,
            **_why(ask),
            "decision": "allow",
            "policies": policies,
            "standing_seq": standing_seq,
            "bytes": sum(len(work.item.body) for work in of_it),
            "count": len(of_it),
        }
        act = VERBS[ask.verb].act
        records.append(Record(act=act, subject=key.id, fields=fields, person=said_person(who)))
    return records
