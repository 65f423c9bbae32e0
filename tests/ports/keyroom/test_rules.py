"""A customer's rules: chosen as forms, signed, put back to the presets; and why something is not allowed."""

import msgspec
import pytest

from custodes.acts.answers.rules import RuleAnswers, chosen, decision_of  # noqa: F401
from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.asks.rules import Explain, LookPolicy, ResetPolicy, SetPolicy
from custodes.kernel import canonical
from custodes.kernel.refusal import Kind, Refusal
from custodes.policy.presets import PRESETS
from fakes.folk import entries, in_folk, refused

DEFAULTS = [{"preset": name, "filled": {}} for name, preset in PRESETS.items() if preset.is_default]


def setting(world, who, choices):
    ask = SetPolicy(who.token, world.customer_row.id, canonical.encode(choices))
    return who.signed(ask, ("rules", world.customer_row.id))


def use(world, purpose="operation"):
    return world.keyroom.ask(UseKey(world.token, world.key, "wrap", b"m", b"c", purpose, "test"))


async def with_key(world):
    world.key = (await world.keyroom.ask(CreateKey(world.olga.token, world.customer_row.id, "registry"))).id


@in_folk
async def test_signed_rules_bind_the_next_use(world):
    ask = world.keyroom.ask
    await with_key(world)
    await use(world)
    only = {"preset": "purposes-only", "filled": {"purposes": ["audit"]}}
    made = await ask(setting(world, world.olga, [*DEFAULTS, only]))
    assert made.generation == 2
    await refused(use(world))
    view = await ask(LookPolicy(world.olga.token, world.customer_row.id))
    assert view.generation == 2
    assert only in canonical.decode(view.choices)
    assert [one.form for one in chosen(view.choices)] == [
        *(one["preset"] for one in DEFAULTS),
        "purposes-only",
    ]
    assert made.warnings == ()
    attested = {"preset": "cloud-grades-only", "filled": {"grades": ["attested"]}}
    warned = await ask(setting(world, world.olga, [*DEFAULTS, only, attested]))
    assert warned.warnings == ("demands-the-impossible:cloud-grades-only",)
    await ask(
        world.olga.signed(
            ResetPolicy(world.olga.token, world.customer_row.id), ("rules", world.customer_row.id)
        )
    )
    await use(world)
    told = entries(world, world.customer_row.log("exceptional"), "change.policy")
    assert [one.fields["reason"] for one in told] == ["policy:change", "policy:change", "policy:reset"]


@in_folk
async def test_a_token_alone_changes_no_rule(world):
    ask = world.keyroom.ask
    choices = canonical.encode(DEFAULTS)
    no = await refused(ask(SetPolicy(world.olga.token, world.customer_row.id, choices)))
    assert (no.kind, no.facts["rules"]) == (Kind.DENIED, ("house/house-signed-only",))
    denied = entries(world, world.customer_row.log("machine"), "denial")
    assert denied[-1].fields["subject"] == world.customer_row.id


@in_folk
async def test_only_an_owner_changes_them_and_nobody_elses(world):
    ask = world.keyroom.ask
    await refused(ask(setting(world, world.anna, DEFAULTS)))
    await refused(ask(setting(world, world.ada, DEFAULTS)))
    other = SetPolicy(world.olga.token, "cus-x", canonical.encode(DEFAULTS))
    await refused(ask(world.olga.signed(other, ("rules", "cus-x"))), "no-such-thing")
    house = SetPolicy(world.olga.token, world.body.id, canonical.encode(DEFAULTS))
    no = await refused(ask(world.olga.signed(house, ("rules", world.body.id))))
    assert no.kind is Kind.ABSENT


@in_folk
async def test_the_same_signature_serves_once(world):
    ask = setting(world, world.olga, DEFAULTS)
    await world.keyroom.ask(ask)
    await refused(world.keyroom.ask(ask), "signature-refused")


@in_folk
async def test_the_trustee_puts_back_rules_that_lock_their_owner_out(world):
    ask = world.keyroom.ask
    await ask(setting(world, world.olga, [{"preset": "applications-use-keys", "filled": {}}]))
    await refused(ask(setting(world, world.olga, DEFAULTS)))
    back = ResetPolicy(world.karl.token, world.customer_row.id)
    await ask(world.karl.signed(back, ("rules", world.customer_row.id)))
    await ask(setting(world, world.olga, DEFAULTS))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "bad-choices"),
        (b"[]", "bad-choices"),
        (b"{}", "bad-choices"),
        (b"[1]", "bad-choices"),
        (b'[{"filled":{},"preset":1}]', "bad-choices"),
        (b'[{"filled":{},"preset":"no-such"}]', "unknown-preset"),
        (b'[{"filled":{"x":1},"preset":"lockbox"}]', "bad-preset-field"),
        (b"[" + b" " * 70_000 + b"]", "bad-choices"),
        (canonical.encode([{"preset": "lockbox", "filled": {}}] * 101), "bad-choices"),
    ],
)
def test_what_is_no_choice_is_malformed(raw, code):
    with pytest.raises(Refusal) as caught:
        chosen(raw)
    assert (caught.value.code, caught.value.kind) == (code, Kind.MALFORMED)


@in_folk
async def test_explained_now_and_from_an_entry(world):
    ask = world.keyroom.ask
    await with_key(world)
    now = canonical.decode((await ask(Explain(world.anna.token, f"may:key:rotate:key:{world.key}"))).document)
    assert now["allowed"] is False
    assert [(one["message"], one["changed_by"]) for one in now["reasons"]] == [
        ("policy.role-missing", "enrolment")
    ]
    yes = canonical.decode((await ask(Explain(world.olga.token, f"may:key:rotate:key:{world.key}"))).document)
    assert (yes["allowed"], yes["reasons"]) == (True, [])
    await refused(ask(SetPolicy(world.olga.token, world.customer_row.id, canonical.encode(DEFAULTS))))
    log = world.customer_row.log("machine")
    said = canonical.decode((await ask(Explain(world.olga.token, f"{log}:0"))).document)
    assert said["reasons"][0]["rule"] == "house-signed-only"
    assert said["reasons"][0]["lifted_by"] == "passkey-or-file-key"
    await refused(ask(Explain(world.olga.token, f"{log}:99")), "no-such-thing")
    for bad in ("may:x", "may:key:rotate:bucket:b", f"{log}:x", f"{log}:{'9' * 30}"):
        await refused(ask(Explain(world.olga.token, bad)), "bad-question")
    stranger = await refused(ask(Explain(world.olga.token, f"{world.body.id}/machine:0")))
    assert stranger.kind is Kind.ABSENT


def test_an_entry_without_rules_keeps_its_reason():
    no = decision_of({"act": "denial", "decision": "deny", "reason": "not-permitted", "policies": []})
    assert [(one.code, one.rule) for one in no.reasons] == [("not-permitted", None)]
    assert decision_of({"act": "key.wrap", "decision": "allow", "policies": ["house/x"]}).reasons == ()
    assert msgspec.structs.asdict(no)["allowed"] is False
