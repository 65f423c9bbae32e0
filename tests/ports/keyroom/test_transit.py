"""Keys by name: what a use leaves in the log, what a batch counts, what is opened when, who sees what."""

import msgspec
import pytest

from custodes.acts.asks.house import Kill, KillScope
from custodes.acts.asks.keys import CreateKey, MoveKey, UseKey
from custodes.acts.asks.transit.keys import LookTransitKey, LookTransitKeys, SetKeyMinimum
from custodes.acts.asks.transit.uses import UseTransit
from custodes.acts.transit import doing, doors, finding, keeping, minting, using  # noqa: F401 - this suite is their test
from custodes.custody.keys import Key
from custodes.custody.materials.kinds import KeyKind
from custodes.kernel.refusal import Kind, Refusal
from custodes.protocols.transit.messages import How, Item
from custodes.store.reads import reading
from fakes.folk import in_folk

from .test_uses import in_house, opened_entry


async def refused(work):
    with pytest.raises(Refusal) as caught:
        await work
    return caught.value


def use(world, verb, *items, key="registry", evidence=None, **how):
    given = tuple(one if isinstance(one, Item) else Item(body=one) for one in items)
    ask = UseTransit(evidence=evidence or world.token, key=key, verb=verb, items=given, how=How(**how))
    return world.keyroom.ask(ask)


async def made(world, kind, name=None, **more):
    ask = CreateKey(world.owner, world.customer_row.id, name or kind, True, kind, **more)
    return (await world.keyroom.ask(ask)).id


@in_house
async def test_a_batch_is_one_entry_for_each_version_with_its_number(world):
    old = (await use(world, "encrypt", b"one", b"four!")).outcomes
    await world.keyroom.ask(MoveKey(world.owner, world.key, "rotate", "yearly"))
    new = (await use(world, "encrypt", b"two")).outcomes
    items = [Item(body=one.body, version=one.version) for one in (*old, *new)]
    broken = Item(body=old[0].body[:-1] + b"!", version=1)
    unknown = Item(body=old[0].body, version=9)
    used = await use(world, "decrypt", *items, broken, unknown)
    assert [one.body for one in used.outcomes[:3]] == [b"one", b"four!", b"two"]
    assert [one.fault for one in used.outcomes[3:]] == ["ciphertext-mismatch", "version-unknown"]
    entries = [opened_entry(world, used.log, used.index + n).fields for n in (0, 1)]
    assert [(one["act"], one["key_version"], one["count"]) for one in entries] == [
        ("key.unwrap", 1, 3),  # the broken one was opened for too
        ("key.unwrap", 2, 1),
    ]
    nothing = await use(world, "decrypt", unknown)
    assert (nothing.index, nothing.outcomes[0].fault) == (-1, "version-unknown")


@in_house
async def test_every_kind_does_what_it_can_and_nothing_else(world):
    for kind in KeyKind:
        if kind not in {KeyKind.RSA_3072, KeyKind.RSA_4096}:  # as the smallest, only slower
            await made(world, kind.value)
    for kind in (KeyKind.ED25519, KeyKind.ECDSA_P256, KeyKind.ECDSA_P384, KeyKind.RSA_2048):
        signed = (await use(world, "sign", b"hello", key=kind.value)).outcomes[0]
        good, bad = (Item(body=body, mark=signed.body, version=1) for body in (b"hello", b"hullo"))
        verified = await use(world, "verify", good, bad, key=kind.value)
        assert [one.is_valid for one in verified.outcomes] == [True, False]
        assert opened_entry(world, verified.log, verified.index).fields["act"] == "key.verify"
    for kind in ("aes256-gcm96", "hmac", "ed25519", "rsa-2048"):
        code = (await use(world, "mac", b"hello", key=kind)).outcomes[0]
        checked = await use(world, "check-mac", Item(body=b"hello", mark=code.body, version=1), key=kind)
        assert checked.outcomes[0].is_valid
    sealed = (await use(world, "encrypt", b"hello", key="rsa-2048")).outcomes[0]
    opened = await use(world, "decrypt", Item(body=sealed.body, version=1), key="rsa-2048")
    assert opened.outcomes[0].body == b"hello"
    for verb, kind in (
        ("sign", "hmac"),
        ("encrypt", "ed25519"),
        ("sign", "aes256-gcm96"),
        ("encrypt", "hmac"),
    ):
        no = await refused(use(world, verb, b"hello", key=kind))
        assert (no.code, no.kind) == ("kind-unfit", Kind.LOCKED)
    rsa = (await world.keyroom.ask(LookTransitKey(evidence=world.token, key="rsa-2048"))).id
    no = await refused(world.keyroom.ask(UseKey(world.token, rsa, "wrap", b"x", b"", "operation", "")))
    assert no.code == "kind-unfit"


@in_house
async def test_a_pair_rotates_and_what_an_old_one_signed_is_verified_until_the_minimum_rises(world):
    id_ = await made(world, "ecdsa-p256")
    old = (await use(world, "sign", b"hello", key="ecdsa-p256")).outcomes[0]
    await world.keyroom.ask(MoveKey(world.owner, id_, "rotate", "yearly"))
    new = (await use(world, "sign", b"hello", key="ecdsa-p256")).outcomes[0]
    assert (old.version, new.version) == (1, 2)
    both = [Item(body=b"hello", mark=one.body, version=one.version) for one in (old, new)]
    holds = [one.is_valid for one in (await use(world, "verify", *both, key="ecdsa-p256")).outcomes]
    assert holds == [True, True]
    view = await world.keyroom.ask(SetKeyMinimum(evidence=world.owner, key=id_, version=2))
    assert view.version_min == 2
    after = (await use(world, "verify", *both, key="ecdsa-p256")).outcomes
    assert [(one.is_valid, one.fault) for one in after] == [(False, "version-below-minimum"), (True, "")]
    assert (
        await refused(world.keyroom.ask(SetKeyMinimum(evidence=world.owner, key=id_, version=3)))
    ).code == ("version-unknown")
    await world.keyroom.ask(SetKeyMinimum(evidence=world.owner, key=id_, version=1))
    assert (await use(world, "verify", both[0], key="ecdsa-p256")).outcomes[0].is_valid
    no = await refused(world.keyroom.ask(SetKeyMinimum(evidence=world.token, key=id_, version=2)))
    assert no.kind is Kind.DENIED


@in_house
async def test_a_derived_key_wants_a_context_each_time(world):
    await made(world, "aes256-gcm96", "rows", is_derived=True)
    assert (await use(world, "encrypt", b"x", key="rows")).outcomes[0].fault == "missing-context"
    sealed = (await use(world, "encrypt", Item(body=b"x", context=b"row 1"), key="rows")).outcomes[0]
    right, wrong = (Item(body=sealed.body, version=1, context=one) for one in (b"row 1", b"row 2"))
    used = await use(world, "decrypt", right, wrong, key="rows")
    assert [(one.body, one.fault) for one in used.outcomes] == [(b"x", ""), (b"", "ciphertext-mismatch")]
    no = await refused(made(world, "ed25519", "pairs", is_derived=True))
    assert no.code == "bad-kind"


@in_house
async def test_rewrap_needs_both_rights_and_lets_nothing_out(world):
    sealed = (await use(world, "encrypt", b"hello")).outcomes[0]
    await world.keyroom.ask(MoveKey(world.owner, world.key, "rotate", "yearly"))
    used = await use(world, "rewrap", Item(body=sealed.body, version=1))
    assert used.outcomes[0].version == 2
    entry = opened_entry(world, used.log, used.index).fields
    assert (entry["act"], entry["key_version"], entry["count"]) == ("key.rewrap", 1, 1)
    opened = await use(world, "decrypt", Item(body=used.outcomes[0].body, version=2))
    assert opened.outcomes[0].body == b"hello"


@in_house
async def test_a_disabled_key_stops_every_verb(world):
    await world.keyroom.ask(MoveKey(world.owner, world.key, "disable", "suspicion"))
    for verb in ("encrypt", "datakey", "mac"):
        assert (await refused(use(world, verb, b"x"))).code == "key-suspended"


@in_folk
async def test_a_kill_stops_every_verb_and_lets_go_of_what_was_open(world):
    world.key = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "registry"))).id
    sealed = (await use(world, "encrypt", b"x")).outcomes[0]
    pair = CreateKey(world.olga.token, world.customer_row.id, "pair", True, "ed25519")
    pair_id = (await world.keyroom.ask(pair)).id
    await use(world, "sign", b"x", key="pair")
    assert [*world.keyroom.opened.keyring._privates] == [(pair_id, 1)]
    await world.keyroom.ask(Kill(world.karl.token, KillScope("customer", world.customer_row.id), "drill"))
    for verb in using.VERBS:
        no = await refused(use(world, verb, Item(body=sealed.body, version=1)))
        assert (no.kind, no.facts["rules"]) == (Kind.LOCKED, ("house/house-killed",)), verb
    ring = world.keyroom.opened.keyring
    assert not [at for at in ring._versions if at[0] in {world.key, pair_id}]
    assert not ring._privates
    assert (await refused(use(world, "sign", b"x", key="pair"))).kind is Kind.LOCKED


@in_house
async def test_a_private_half_stays_open_as_long_as_its_version_does(world):
    ids = [await made(world, kind) for kind in ("ed25519", "ecdsa-p256", "rsa-2048")]
    ring, standing = world.keyroom.opened.keyring, world.keyroom.opened.standing
    for _ in range(2):
        for kind in ("ed25519", "ecdsa-p256", "rsa-2048"):
            await use(world, "sign", b"x", key=kind)
        kept = dict(ring._privates)
    assert kept.keys() == {(ids[0], 1), (ids[1], 1)}  # RSA's is worked with elsewhere, and never kept
    assert all(ring._privates[at] is kept[at] for at in kept)
    key = standing.get("key", ids[0], Key)
    other = msgspec.structs.replace(key.versions[0].halves, private=bytes(129))  # a row that is another one
    moved = msgspec.structs.replace(key, versions=(msgspec.structs.replace(key.versions[0], halves=other),))
    with pytest.raises(Refusal, match="wrap-mismatch"):  # what is open belongs to the wrap it came out of
        ring.private(world.customer_row, moved, 1)
    await world.keyroom.ask(MoveKey(world.owner, ids[0], "disable", "suspicion"))
    assert (await refused(use(world, "sign", b"x", key="ed25519"))).code == "key-suspended"
    ring.drop_key(ids[0])
    assert ring._privates.keys() == {(ids[1], 1)}
    ring.drop(world.customer_row.id)
    assert not ring._privates


@in_house
async def test_names_are_one_customers_and_a_stranger_sees_none(world):
    look = LookTransitKeys(evidence=world.token)
    assert (await world.keyroom.ask(look)).names == ("registry",)
    by_id = await world.keyroom.ask(LookTransitKey(evidence=world.token, key=world.key))
    assert by_id.name == "registry"
    for key in ("nope", "key-" + "0" * 26, ""):
        assert (await refused(use(world, "encrypt", b"x", key=key))).kind is Kind.ABSENT
    other = msgspec.structs.replace(look, customer="cus-" + "0" * 26)
    assert (await refused(world.keyroom.ask(other))).kind is Kind.ABSENT
    await world.keyroom.ask(CreateKey(world.owner, world.customer_row.id, "registry"))
    assert (await refused(use(world, "encrypt", b"x"))).code == "key-name-twice"
    assert (await use(world, "encrypt", b"x", key=world.key)).outcomes[0].fault == ""


@in_house
async def test_what_is_too_much_or_makes_no_sense_is_refused_before_anything(world):
    many = [b"x"] * (using.ITEMS_MAX + 1)
    assert (await refused(use(world, "encrypt", *many))).code == "batch-too-large"
    assert (await refused(use(world, "encrypt", bytes(using.ITEMS_BYTES_MAX + 1)))).code == "batch-too-large"
    for verb, how in (
        ("dance", {}),
        ("sign", {"hash_name": "md5"}),
        ("datakey", {"bits": 7}),
        ("encrypt", {}),
    ):
        items = () if verb == "encrypt" else (b"x",)
        assert (await refused(use(world, verb, *items, **how))).code == "bad-use"
    await made(world, "ed25519")
    few = [b"x"] * (using.PAIRED_ITEMS_MAX + 1)
    assert (await refused(use(world, "sign", *few, key="ed25519"))).code == "batch-too-large"


@in_house
async def test_nobody_makes_us_find_primes_who_may_not_make_a_key(world):
    async def never(*_):
        raise AssertionError("primes for a stranger")

    town = world.customer_row.id
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minting, "private_half", never)
        no = await refused(world.keyroom.ask(CreateKey(world.token, town, "big", True, "rsa-4096")))
    assert no.kind is Kind.DENIED
    no = await refused(world.keyroom.ask(CreateKey(world.owner, town, "x", True, "rsa-512")))
    assert no.code == "bad-kind"


@in_house
async def test_a_private_half_rests_in_a_wrap_only(world):
    id_ = await made(world, "ed25519")
    halves = world.keyroom.opened.standing.get("key", id_, Key).versions[0].halves
    assert len(halves.private) == 81 + 48  # PKCS #8 of Ed25519 is 48 bytes
    assert b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70" not in halves.private  # its DER head
    lying = reading(world.engine, lambda reads: b"".join(row.body for row in reads.standing()))
    assert b"MC4CAQAwBQYDK2Vw" not in lying  # the same head in base64, as rows hold bytes
