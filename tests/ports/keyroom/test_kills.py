"""One person stops keys at once; two people of two groups let them go; destroying a key takes as many."""

import msgspec

from custodes.acts.answers.kills import KillAnswers  # noqa: F401 - this suite is its test
from custodes.acts.asks.documents import destruction_document
from custodes.acts.asks.house import Kill, KillScope, Lift, LookKills, PreviewKill
from custodes.acts.asks.keys import CreateKey, LookKeys, MoveKey, UseKey
from custodes.acts.asks.parties import LookCustomer
from custodes.acts.footing.nouns import StoreAt
from custodes.boundary.places import Location
from custodes.kernel.refusal import Kind
from custodes.objects.bucket import Bucket
from fakes.folk import entries, entry, in_folk, refused

HOUSE = KillScope("house")


def town(world):
    return KillScope("customer", world.customer_row.id)


async def with_key(world):
    world.key = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "registry"))).id


def use(world, verb="wrap", message=b"a data key"):
    return world.keyroom.ask(UseKey(world.token, world.key, verb, message, b"row 7", "operation", "test"))


async def document_of(world, who, kill):
    kills = (await world.keyroom.ask(LookKills(who.token, world.customer_row.id))).kills
    return next(one.document for one in kills if one.id == kill)


@in_folk
async def test_a_killed_customer_stands_still_and_a_quorum_lets_him_go(world):
    ask = world.keyroom.ask
    await with_key(world)
    wrapped = await use(world)
    killed = await ask(Kill(world.anna.token, town(world), "break-in"))
    assert (killed.state, killed.pending) == ("done", 0)
    no = await refused(use(world, "unwrap", wrapped.message))
    assert (no.kind, no.facts["rules"]) == (Kind.LOCKED, ("house/house-killed",))
    assert (await ask(LookCustomer(world.olga.token, world.customer_row.id))).killed == "customer-killed"
    document = await document_of(world, world.olga, killed.kill)
    approvals = (world.olga.sign(document), world.karl.sign(document))
    await ask(Lift(world.olga.token, killed.kill, approvals))
    assert (await use(world, "unwrap", wrapped.message)).message == b"a data key"
    for log in (world.customer_row.log("exceptional"), f"{world.body.id}/exceptional"):
        assert [one.fields["subject"] for one in entries(world, log, "kill")] == [killed.kill]
        assert [one.fields["subject"] for one in entries(world, log, "lift")] == [killed.kill]
    assert entry(world, killed.log, killed.index).fields["reason"] == "break-in"
    await refused(ask(Lift(world.olga.token, killed.kill, approvals)), "no-such-thing")


@in_folk
async def test_the_keys_of_a_killed_customer_leave_the_memory_and_his_records_do_not(world):
    await with_key(world)
    await use(world)
    ring = world.keyroom.opened.keyring
    assert any(at[0] == world.key for at in ring._versions)
    await world.keyroom.ask(Kill(world.karl.token, town(world), "drill"))
    assert not any(at[0] == world.key for at in ring._versions)
    await refused(use(world))
    denials = entries(world, world.customer_row.log("machine"), "denial")
    assert denials[-1].fields["subject"] == world.key


@in_folk
async def test_a_kill_of_the_house_is_the_trustees_and_lifted_with_a_custodian(world):
    ask = world.keyroom.ask
    await with_key(world)
    await refused(ask(Kill(world.olga.token, HOUSE, "no")), "not-permitted")
    killed = await ask(Kill(world.ada.token, HOUSE, "drill"))
    await refused(use(world))
    told = entries(world, world.customer_row.log("exceptional"), "kill")
    assert [one.fields["subject"] for one in told] == [killed.kill]
    document = (await ask(LookKills(world.kim.token))).kills[0].document
    alone = Lift(world.karl.token, killed.kill, (world.karl.sign(document),))
    assert (await refused(ask(alone), "signatures-too-few")).facts["reason"] == "too-few-persons"
    both = (world.karl.sign(document), world.kim.sign(document))
    await refused(ask(Lift(world.ada.token, killed.kill, both)), "asker-did-not-sign")
    town_too = (world.karl.sign(document), world.olga.sign(document))
    await refused(ask(Lift(world.karl.token, killed.kill, town_too)), "not-permitted")
    await ask(Lift(world.karl.token, killed.kill, both))
    await use(world)
    assert (await ask(LookKills(world.kim.token))).kills == ()
    await refused(ask(LookKills(world.olga.token)), "trustee-only")


@in_folk
async def test_a_kill_of_a_provider_touches_who_lies_with_him(world):
    ask = world.keyroom.ask
    await with_key(world)
    place = Location(id="loc-1", name="Hall", country="DE", operator=world.supplier.id, jurisdictions=("DE",))
    bucket = Bucket(
        id="bkt-1",
        name="files",
        customer=world.customer_row.id,
        key=world.key,
        locations=("loc-1",),
        owners=(world.application.id,),
        created_at="2026-11-22T08:00:00Z",
        created_by="test",
    )
    await world.put(
        ("location", "loc-1", "", place),
        ("store", "loc-1", "", StoreAt(location="loc-1", uri="file:///x")),
        ("bucket", "bkt-1", world.customer_row.id, bucket),
    )
    target = KillScope("provider", world.supplier.id)
    seen = await ask(PreviewKill(world.ada.token, target))
    assert (seen.customers, seen.buckets) == (((world.customer_row.id, "Town"),), 1)
    elsewhere = await ask(PreviewKill(world.ada.token, KillScope("provider", world.custodian.id)))
    assert (elsewhere.customers, elsewhere.buckets, elsewhere.keys) == ((), 0, 0)
    killed = await ask(Kill(world.ada.token, target, "foreign order"))
    decisions = world.keyroom.opened.decisions
    assert decisions.killed(world.customer_row.id, (world.supplier.id,)) == "provider-killed"
    assert decisions.killed(world.customer_row.id, (world.custodian.id,)) is None
    document = await document_of(world, world.olga, killed.kill)
    await ask(Lift(world.kim.token, killed.kill, (world.kim.sign(document), world.karl.sign(document))))
    assert decisions.killed(world.customer_row.id, (world.supplier.id,)) is None


@in_folk
async def test_the_preview_counts_what_will_stand_still(world):
    ask = world.keyroom.ask
    await with_key(world)
    for _ in range(3):
        await use(world)
    world.clock.forward(hours=25)
    await use(world)
    seen = await ask(PreviewKill(world.olga.token, town(world)))
    assert (seen.keys, seen.uses_last_day, seen.uses_are_more, seen.killed_already) == (1, 1, False, False)
    assert seen.applications == ((world.application.id, "Registry"),)
    await ask(Kill(world.olga.token, town(world), "x"))
    assert (await ask(PreviewKill(world.olga.token, town(world)))).killed_already
    await use_is_refused(world)


async def use_is_refused(world):
    await refused(use(world))


@in_folk
async def test_a_target_that_is_none_is_refused(world):
    ask = world.keyroom.ask
    for target in (KillScope("house", "x"), KillScope("customer"), KillScope("town", "x")):
        await refused(ask(PreviewKill(world.ada.token, target)), "bad-target")
    await refused(ask(Kill(world.ada.token, KillScope("customer", "cus-x"), "r")), "no-such-thing")
    await refused(ask(Kill(world.ada.token, KillScope("provider", "org-x"), "r")), "no-such-thing")
    await refused(ask(Kill(world.ada.token, HOUSE, "")), "bad-reason")
    assert (await refused(ask(Kill(world.erik.token, town(world), "r")))).kind is Kind.DENIED


def destruction(world, view, verb, days=None):
    return destruction_document(world.body.id, (view.id, view.generation), verb, days)


async def key_view(world):
    return (await world.keyroom.ask(LookKeys(world.olga.token, world.customer_row.id))).keys[0]


@in_folk
async def test_destroying_a_key_takes_two_and_calling_it_off_takes_one(world):
    ask = world.keyroom.ask
    await with_key(world)
    view = await key_view(world)
    document = destruction(world, view, "schedule-destruction")
    alone = MoveKey(world.olga.token, view.id, "schedule-destruction", "end", approvals=())
    await refused(ask(alone), "asker-did-not-sign")
    one = msgspec.structs.replace(alone, approvals=(world.olga.sign(document),))
    await refused(ask(one), "signatures-too-few")
    both = msgspec.structs.replace(alone, approvals=(world.olga.sign(document), world.karl.sign(document)))
    scheduled = await ask(both)
    assert scheduled.state == "scheduled" or scheduled.destroy_after is not None
    await refused(ask(both), "signature-refused")
    back = await ask(MoveKey(world.olga.token, view.id, "cancel-destruction", "no"))
    assert back.destroy_after is None
    await refused(ask(both), "signature-refused")


@in_folk
async def test_a_signature_for_one_waiting_time_is_none_for_another(world):
    await with_key(world)
    view = await key_view(world)
    document = destruction(world, view, "schedule-destruction", 30)
    approvals = (world.olga.sign(document), world.karl.sign(document))
    shorter = MoveKey(
        world.olga.token, view.id, "schedule-destruction", "end", waiting_days=7, approvals=approvals
    )
    await refused(world.keyroom.ask(shorter), "signature-refused")
    as_signed = msgspec.structs.replace(shorter, waiting_days=30)
    await world.keyroom.ask(as_signed)
