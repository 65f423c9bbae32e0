from custodes.cli.people.leavers import leavers


def test_planned_then_gone(house):
    world = house.world
    anna = world.anna.person.id
    house.json(
        "cover", "away", world.olga.person.id, "--deputy", anna, "--until", "2099-01-01", who=world.olga
    )
    plan = house.json("leaver", "plan", anna, who=world.olga)
    ends = {one["what"] for one in plan["ends"]}
    assert plan["left"] is False
    assert ends >= {"role", "api-token", "stands in for"}
    unsure = house.run("leaver", "go", anna, "--reason", "moved", "--confirm", "no", who=world.olga)
    assert unsure.exit_code == 2
    assert house.json("whoami", who=world.anna)["person"] == anna
    done = house.json("leaver", "go", anna, "--reason", "moved", "--confirm", anna, who=world.olga)
    assert (done["left"], done["ends"]) == (True, plan["ends"])
    assert house.run("whoami", who=world.anna).exit_code == 1
    assert house.json("cover", "show", who=world.olga)["absences"] == []
    other = house.run("leaver", "go", world.karl.person.id, "--reason", "x", "--confirm", "x", who=world.olga)
    assert (other.exit_code, set(leavers.commands)) == (1, {"plan", "go"})
