import json

import pytest
from click import UsageError

from custodes.cli.clouds.connections import WORDS, _lent, _settings, connections
from custodes.parties.connections import ConnectionKind
from custodes.protocols.guides.connection import GUIDES, steps


def test_a_key_is_spelled_with_its_name_and_what_for():
    assert _lent("key-1", ConnectionKind.XKS).verbs == ("wrap", "unwrap")
    assert (_lent("key-1=mail:wrap", ConnectionKind.XKS).name, _lent("k=m:", ConnectionKind.XKS).verbs) == (
        "mail",
        (),
    )
    assert _settings(("regions=eu-central-1", "regions=eu-west-1"), "xks") == {
        "regions": ("eu-central-1", "eu-west-1")
    }
    for bad in ("colour=red", "regions"):
        with pytest.raises(UsageError):
            _settings((bad,), "xks")
    made = [step for kind in GUIDES for step in steps(kind, "n", ("h", "/p"), ("k",), listens="l")]
    assert {step.code for step in made} == set(WORDS)


def test_the_life_of_a_connection(house):
    world = house.world
    customer = ("--customer", world.customer_row.id)
    line = ("connection", "set", *customer, "--name", "AWS", "--key", f"{world.key}=mail")
    made = house.json(*line, "--setting", "host=xks.town.example", who=world.olga)
    assert made["keys"] == [{"key": world.key, "name": "mail", "verbs": ["wrap", "unwrap"]}]
    id_ = made["id"]
    assert house.json("connection", "try", id_, who=world.olga)["code"] == ""
    given = house.run("connection", "credential", *customer, id_, "--aws-file", who=world.olga)
    file = json.loads(given.stdout)
    assert file["XksProxyUriPath"] == made["path"]
    shown = house.run("connection", "guide", *customer, id_, who=world.olga).stdout
    assert f"https://xks.town.example --xks-proxy-uri-path {made['path']}" in shown
    assert file["XksProxyAuthenticationCredential"]["RawSecretAccessKey"] not in shown
    off = house.json("connection", "off", *customer, id_, "--reason", "x", who=world.olga)
    assert off["state"] == "off"
    on = house.json("connection", "on", *customer, id_, who=world.olga)
    (credential,) = on["credentials"]
    left = house.json("connection", "drop-credential", id_, credential["id"], who=world.olga)
    assert left["credentials"] == []
    assert house.json("connection", "end", *customer, id_, who=world.olga)["state"] == "ended"
    listed = house.json("connection", "list", *customer, who=world.olga)["connections"]
    assert [one["id"] for one in listed] == [id_]
    stranger = house.run("connection", "end", *customer, "con-" + "0" * 26, who=world.olga)
    assert stranger.exit_code == 1
    assert set(connections.commands) == {
        "list", "set", "on", "off", "end", "try", "credential", "drop-credential", "guide",
    }  # fmt: skip
