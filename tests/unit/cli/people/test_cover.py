from datetime import timedelta

import pytest
from click import UsageError

from custodes.cli.people.cover import cover, moment


def test_moments():
    assert moment("2026-12-24") == "2026-12-24T00:00:00Z"
    assert moment("2026-12-24", is_end=True) == "2026-12-25T00:00:00Z"
    assert moment("2026-12-24T08:00+01:00") == "2026-12-24T07:00:00Z"
    for text in ("tomorrow", "2026-13-01", "2026-12-24T08:00"):
        with pytest.raises(UsageError):
            moment(text)


def test_cover_is_set_planned_and_taken_out(house):
    world = house.world
    olga, anna = world.olga.person.id, world.anna.person.id
    line = ("cover", "away", anna, "--deputy", olga, "--since", "2099-01-01", "--until", "2099-01-31")
    plan = house.json(*line, "--plan", who=world.olga)
    assert len(plan["absences"]) == 1
    shown = house.json("cover", "show", who=world.olga)
    assert (shown["absences"], [one["kind"] for one in shown["gaps"]]) == ([], ["nobody-on-call"])
    assert house.json(*line, who=world.olga)["absences"][0]["until"] == "2099-02-01T00:00:00Z"
    house.json("cover", "on-call", olga, "--until", "2099-12-31", who=world.olga)
    found = house.json("cover", "lead", olga, who=world.olga)
    assert (found["gaps"], found["leads"], len(found["duties"])) == ([], [olga], 1)
    back = house.json("cover", "back", anna, who=world.olga)
    assert (back["absences"], back["generation"]) == ([], 4)
    again = house.run("cover", "back", anna, who=world.olga)
    assert (again.exit_code, "not-in-the-cover" in again.stderr) == (1, True)
    house.json("cover", "lead", olga, "--remove", who=world.olga)
    left = house.json("cover", "off-call", olga, who=world.olga)
    assert (left["duties"], left["leads"], left["absences"]) == ([], [], [])
    backwards = ("cover", "on-call", olga, "--since", "2099-02-02", "--until", "2099-02-01")
    assert house.run(*backwards, who=world.olga).exit_code == 2
    assert house.run("cover", "lead", olga, who=world.anna).exit_code == 1


def test_a_role_is_given_for_a_while_and_ended(house):
    world = house.world
    dora = house.call(world.signer("Dora", world.town, ("reader",)))
    otto = house.call(world.signer("Otto", world.town, ("approver",)))
    given = house.json("cover", "delegate", dora.person.id, "--until", until(house), who=otto)
    (row,) = given["delegations"]
    assert (row["taker"], row["role"]) == (dora.person.id, "approver")
    assert "delegation" in house.run("cover", "show", who=otto).stdout
    assert house.json("cover", "end", row["membership"], who=otto)["delegations"] == []
    nobody = house.run("cover", "delegate", world.erik.person.id, "--until", until(house), who=otto)
    assert (nobody.exit_code, len(cover.commands)) == (1, 8)


def until(house):
    return (house.world.clock.now() + timedelta(days=5)).date().isoformat()
