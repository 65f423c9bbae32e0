"""A lockbox from the command line: Erik asks, Olga (town) and Karl (trustee) consent by file key."""

import pytest

from custodes.cli.cases import cases, filled, options_of, show_scope
from custodes.desks import grant
from custodes.desks.catalogue import CURRENT
from custodes.desks.engine import KIND_OF_ROLE
from custodes.desks.forms import Ask, Because, Review, fields
from custodes.kernel import canonical
from custodes.kernel.refusal import Refusal


def ask(house, *more, who=None):
    world = house.world
    return (
        "case", "ask",
        "--customer", world.customer_row.id,
        "--beneficiary", world.erik.token.token.partition(".")[0],
        "--resources", world.key,
        "--actions", "key:use-unwrap",
        "--purpose", "support",
        "--reason", "The register cannot be opened.",
        "--ticket", "T-4711",
        "--bytes-max", "100000",
        *more,
    )  # fmt: skip


@pytest.fixture
def asked(house):
    return house.json(*ask(house), who=house.world.erik)


async def anna_approves(world, case):
    return await world.approve(world.anna, await world.look(world.anna, case))


def test_every_verb_of_every_desk_is_a_command():
    verbs = {move.verb for desk in CURRENT.values() for move in desk.moves if move.role not in KIND_OF_ROLE}
    assert verbs <= set(cases.commands)
    forms_of = {}
    for desk in CURRENT.values():
        for move in desk.moves:
            if move.role not in KIND_OF_ROLE:
                forms_of.setdefault(move.verb, set()).add(move.form)
    assert all(len(found) == 1 for found in forms_of.values()), "one verb, one form: the command is shared"


@pytest.mark.parametrize("form", [Ask, Because, Review])
def test_every_field_is_an_option(form):
    assert len(options_of(form)) == len(fields(form))


def test_a_form_is_filled_and_checked():
    assert filled(Because, {"reason": "no"}) == b'{"reason":"no"}'
    with pytest.raises(Refusal, match="bad-form"):
        filled(Because, {"reason": ""})


def test_asked_approved_used_and_returned(house, asked):
    world = house.world
    assert asked["state"] == "asked"
    mine = house.json("case", "list", who=world.karl)["cases"]
    assert [one["id"] for one in mine] == [asked["id"]]
    house.call(anna_approves(world, asked["id"]))
    done = house.json("case", "approve", asked["id"], "--yes", who=world.karl)
    assert done["state"] == "granted"
    assert {one["who"]["person"] for one in done["approvals"]} == {world.karl.person.id, world.anna.person.id}
    grants = house.json("case", "grants", who=world.erik)["grants"]
    assert [one["state"] for one in grants] == [done["grant"]["state"]]
    returned = house.json("case", "return", asked["id"], who=world.erik)
    assert returned["state"] not in {"granted", "asked"}
    shown = house.run("case", "show", asked["id"], who=world.erik)
    assert "The register cannot be opened." in shown.stdout


def test_the_scope_is_shown_before_it_is_signed(house, asked):
    world = house.world
    done = house.run("case", "approve", asked["id"], who=world.karl, stdin="n\n")
    assert done.exit_code == 1
    view = house.call(world.look(world.karl, asked["id"]))
    assert view.approvals == ()
    document = grant.decode(view.document)
    for name, content in show_scope(document, view).items():
        assert name in done.stderr
        for line in str(content if not isinstance(content, tuple) else content[0]).splitlines():
            assert line in done.stderr
    agreed = house.run("case", "approve", asked["id"], who=world.karl, stdin="y\n")
    assert agreed.exit_code == 0, agreed.output
    assert len(house.call(world.look(world.karl, asked["id"])).approvals) == 1


def test_who_asks_does_not_consent(house, asked):
    done = house.run("case", "approve", asked["id"], "--yes", who=house.world.erik)
    assert done.exit_code == 1
    assert "no-signing-key" in done.stderr
    twice = [house.run("case", "approve", asked["id"], "--yes", who=house.world.karl).exit_code for _ in "12"]
    assert twice == [0, 1]


def test_another_persons_key_signs_nothing(house, asked):
    world = house.world
    key = str(house.key_file(world.olga))
    done = house.run("case", "approve", asked["id"], "--yes", "--key-file", key, who=world.karl)
    assert (done.exit_code, "no-signing-key" in done.stderr) == (1, True)


def test_a_no_says_why(house, asked):
    world = house.world
    reasons = house.json("case", "explain", asked["id"], who=world.erik)
    closed = {one["verb"]: one for one in reasons["moves"] if not one["open"]}
    assert closed["approve"]["why"]
    assert house.json("explain", asked["id"], who=world.erik) == reasons
    shown = house.run("case", "explain", asked["id"], who=world.erik)
    assert "approve" in shown.stdout
    denied = house.json("case", "deny", asked["id"], "--reason", "not today", who=world.karl)
    assert denied["state"] == "denied"
    assert house.json("case", "list", who=world.karl)["cases"] == []
    assert len(house.json("case", "list", "--all", who=world.karl)["cases"]) == 1


def test_limits_are_the_forms(house):
    done = house.run(*ask(house, "--hours", "9"), who=house.world.erik)
    assert done.exit_code == 2
    assert "--hours" in done.stderr
    refused = house.run(*ask(house, "--resources", "everything"), who=house.world.erik)
    assert (refused.exit_code, "bad-form" in refused.stderr) == (1, True)
    done = house.run("case", "show", "cas-00000000000000000000000000", who=house.world.erik)
    assert (done.exit_code, "no-such-thing" in done.stderr) == (1, True)
    assert canonical.decode(b"1") == 1
