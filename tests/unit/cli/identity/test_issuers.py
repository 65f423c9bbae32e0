"""An issuer set up, planned, changed, switched off and tried, as an owner does it with his file key."""

from custodes.cli.identity.issuers import issuers
from custodes.kernel.clock import to_text
from fakes.issuer import CLIENT, Town, sign


def added(house, *more):
    secret = house.folder / "secret"
    secret.write_text("a client's secret\n")
    line = ("issuer", "add", "--name", "Town", "--issuer-url", Town.url, "--client-id", CLIENT)
    line += (
        "--auth",
        "client-secret-basic",
        "--secret-file",
        str(secret),
        "--role",
        "clerks=reader",
        "--admit",
    )
    return house.json(*line, *more, who=house.world.olga)


def test_added_mapped_off_and_on_again(house):
    olga = house.world.olga
    planned = added(house, "--plan")
    assert (planned["changed"], house.json("issuer", "list", who=olga)["issuers"]) == (False, [])
    issuer = added(house)["issuer"]
    assert (issuer["roles"], issuer["has_secret"]) == ([["clerks", "reader"]], True)
    assert "a client's secret" not in house.run("issuer", "list", who=olga).output
    id_ = issuer["id"]
    plan = house.json("issuer", "map", id_, "heads=approver", "--plan", who=olga)
    assert [one["after"] for one in plan["lines"]] == ["clerks=reader, heads=approver"]
    wrong = house.run("issuer", "map", id_, "heads=approver", "--confirm", "something", who=olga)
    assert wrong.exit_code == 2
    made = house.json("issuer", "map", id_, "heads=approver", "--confirm", id_, who=olga)
    assert made["issuer"]["roles"] == [["clerks", "reader"], ["heads", "approver"]]
    gone = house.json("issuer", "map", id_, "clerks=reader", "--remove", "--confirm", id_, who=olga)
    assert gone["issuer"]["roles"] == [["heads", "approver"]]
    none = house.run("issuer", "map", id_, "clerks=reader", "--remove", "--confirm", id_, who=olga)
    assert none.exit_code == 2
    off = house.json("issuer", "off", id_, "--confirm", id_, who=olga)["issuer"]
    house.json("issuer", "change", id_, "--name", "Old town", "--confirm", id_, who=olga)
    on = house.json("issuer", "on", id_, "--confirm", id_, who=olga)["issuer"]
    assert (off["is_off"], on["is_off"], on["has_secret"]) == (True, False, True)


def test_changed_member_by_member(house):
    olga = house.world.olga
    id_ = added(house)["issuer"]["id"]
    line = ("issuer", "change", id_, "--minutes", "60", "--listed", "--no-admit", "--confirm", id_)
    issuer = house.json(*line, who=olga)["issuer"]
    assert (issuer["session_minutes"], issuer["is_listed"], issuer["admits_unknown"]) == (60, True, False)
    assert (issuer["name"], issuer["roles"]) == ("Town", [["clerks", "reader"]])
    other = house.folder / "other"
    other.write_text("another secret\n")
    done = house.json("issuer", "rotate", id_, "--secret-file", str(other), "--confirm", id_, who=olga)
    assert [one["member"] for one in done["lines"]] == ["secret"]
    same = house.json("issuer", "change", id_, "--minutes", "60", "--confirm", id_, who=olga)
    assert (same["changed"], same["lines"]) == (False, [])
    stranger = house.run("issuer", "off", id_, "--confirm", id_, who=house.world.ada)
    assert (stranger.exit_code, "no-such-issuer" in stranger.stderr) == (1, True)
    assert set(issuers.commands) == {"list", "add", "change", "rotate", "map", "off", "on", "link", "try"}


def test_a_token_is_tried_and_a_person_linked(house):
    world = house.world
    town = Town(world)
    town.id = added(house)["issuer"]["id"]
    file = house.folder / "token"
    now = int(world.clock.now().timestamp())
    claims = {"iss": Town.url, "aud": CLIENT, "sub": "u-anna", "iat": now, "exp": now + 300, "nonce": "n"}
    file.write_text(sign(town.keys.ec, {**claims, "groups": ["clerks", "others"]}, "ES256"))
    early = house.run("issuer", "try", town.id, str(file), who=world.olga)
    assert (early.exit_code, "issuer-unread" in early.output) == (1, True)
    house.call(town.read())
    tried = house.json("issuer", "try", town.id, str(file), who=world.olga)
    assert (tried["roles"], tried["ends_in"], tried["person"]) == (["reader"], "newcomer", "")
    house.json("issuer", "link", town.id, "u-anna", world.anna.person.id, who=world.olga)
    tried = house.json("issuer", "try", town.id, str(file), who=world.olga)
    assert (tried["ends_in"], tried["person"]) == ("session", world.anna.person.id)
    file.write_text(sign(town.keys.ec, {**claims, "exp": now - 300}, "ES256"))
    late = house.run("issuer", "try", town.id, str(file), who=world.olga)
    assert (late.exit_code, "token-expired" in late.stderr) == (1, True)
    assert to_text(world.clock.now())
