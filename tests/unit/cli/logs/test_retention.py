"""Terms and holds at the command line: what is shown, what is signed, by whom it takes effect."""

import json

from custodes.cli.logs.retention import retention


def signed(house, who, name):
    """What somebody signs elsewhere, as the file he sends back."""
    document = (house.folder / name).read_bytes()
    approval = house.folder / f"{name}.{who.person.id}"
    approval.write_bytes(who.sign(document))
    return str(approval)


def test_nobody_has_set_terms_and_the_plan_says_so(house):
    town, olga = house.world.customer_row.id, house.world.olga
    shown = house.json("retention", "show", town, who=olga)
    assert (shown["set_at"], shown["destroyed"]) == ("", 0)
    assert [one["days"] for one in shown["terms"]] == [None] * 4
    plain = house.run("retention", "show", town, "--plan", who=olga).stdout
    assert "no law" in " ".join(plain.split())
    assert set(retention.commands) == {"show", "set", "hold", "end-hold"}


def test_terms_are_written_signed_and_set_and_a_bad_one_is_refused(house):
    world = house.world
    town = world.customer_row.id
    line = ("retention", "set", town, "--days", "machine=400", "--source", "a resolution")
    house.json(*line, "--document", str(house.folder / "terms"), who=world.olga)
    assert json.loads((house.folder / "terms").read_bytes())["days"] == {"machine": 400}
    approval = signed(house, world.karl, "terms")
    shown = house.json(*line, "--approval", approval, "--confirm", town, who=world.olga)
    assert [one["days"] for one in shown["terms"]] == [400, None, None, None]
    for bad in ("machine", "machine=x", "machine=1", "proof=400"):
        done = house.run(
            "retention", "set", town, "--days", bad, "--source", "x", "--confirm", town, who=world.olga
        )
        assert (done.exit_code != 0, "bad-term" in done.stderr) == (True, True), bad


def test_a_hold_is_placed_by_one_and_ended_by_two(house):
    world = house.world
    town = world.customer_row.id
    line = ("--class", "machine", "--from", "2026-01-01T00:00:00Z", "--source", "a court")
    shown = house.json("retention", "hold", town, *line, "--review", "2027-01-15T00:00:00Z", who=world.olga)
    (hold,) = shown["holds"]
    end = ("retention", "end-hold", town, hold["id"])
    house.json(*end, "--document", str(house.folder / "end"), who=world.olga)
    alone = house.run(*end, "--confirm", hold["id"], who=world.olga)
    assert "signatures-too-few" in alone.stderr
    approval = signed(house, world.karl, "end")
    assert house.json(*end, "--approval", approval, "--confirm", hold["id"], who=world.olga)["holds"] == []
    gone = house.run(*end, "--confirm", hold["id"], who=world.olga)
    assert "no-such-hold" in gone.stderr
