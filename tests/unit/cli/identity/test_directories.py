from custodes.acts.asks import Token
from custodes.acts.asks.identity import LookListed
from custodes.cli.identity.directories import directories
from fakes.folk import refused
from fakes.issuer import Town


def test_a_token_made_listed_and_revoked(house):
    world = house.world
    town = Town(world)
    house.call(town.set_up())
    file = house.folder / "scim"
    line = ("directory", "token", town.id, "--label", "Entra", "--days", "30", "--out", str(file))
    made = house.json(*line, who=world.olga)
    assert file.stat().st_mode & 0o077 == 0
    evidence = Token(file.read_text().strip())
    assert house.call(world.ask(LookListed(evidence))).total == 0
    (row,) = house.json("directory", "list", who=world.olga)["tokens"]
    assert (row["id"], row["issuer"], row["label"], row["state"]) == (made["id"], town.id, "Entra", "active")
    assert evidence.token not in house.run("directory", "list", who=world.olga).output
    wrong = house.run("directory", "revoke", made["id"], "--reason", "x", "--confirm", "no", who=world.olga)
    assert wrong.exit_code == 2
    house.json(
        "directory", "revoke", made["id"], "--reason", "moved", "--confirm", made["id"], who=world.olga
    )
    house.call(refused(world.ask(LookListed(evidence)), "not-authenticated"))
    assert house.json("directory", "list", who=world.olga)["tokens"][0]["state"] == "revoked"
    nobody = house.run("directory", "token", "iss-none", who=world.olga)
    assert (nobody.exit_code, set(directories.commands)) == (1, {"list", "token", "revoke"})
