from custodes.cli.keys import keys
from custodes.kernel import canonical


def key_of(house):
    return house.json("key", "list", "--customer", house.world.customer_row.id, who=house.world.olga)["keys"][
        0
    ]


def test_make_list_and_suspend(house):
    olga, customer = house.world.olga, house.world.customer_row.id
    made = house.json("key", "create", "--customer", customer, "--name", "archive", who=olga)
    assert made["state"] == "active"
    listed = house.json("key", "list", "--customer", customer, who=olga)["keys"]
    assert made["id"] in {one["id"] for one in listed}
    rotated = house.json("key", "rotate", made["id"], "--reason", "yearly", who=olga)
    assert [one["n"] for one in rotated["versions"]] == [1, 2]
    assert house.json("key", "disable", made["id"], "--reason", "drill", who=olga)["state"] == "suspended"
    assert house.json("key", "enable", made["id"], "--reason", "drill", who=olga)["state"] == "active"
    shown = house.run("key", "list", "--customer", customer, who=olga)
    assert "archive" in shown.stdout
    assert set(keys.commands) >= {"schedule-destruction", "cancel-destruction", "destroy"}


def test_what_was_wrapped_is_unwrapped(house):
    world = house.world
    plain, wrapped, again = (house.folder / name for name in ("plain", "wrapped", "again"))
    plain.write_bytes(b"a small secret")
    more = ("--context", "row 7", "--reason", "test")
    done = house.json(
        "key", "wrap", world.key, "--in", str(plain), "--out", str(wrapped), *more, who=world.token
    )
    assert done["log"] == f"{world.customer_row.id}/machine"
    assert wrapped.stat().st_mode & 0o777 == 0o600
    house.json("key", "unwrap", world.key, "--in", str(wrapped), "--out", str(again), *more, who=world.token)
    assert again.read_bytes() == b"a small secret"
    shown = house.json("key", "unwrap", world.key, "--in", str(wrapped), *more, who=world.token)
    assert canonical.unb64(shown["message"]) == b"a small secret"
    more = ("--context", "row 8", "--reason", "x")
    wrong = house.run("key", "unwrap", world.key, "--in", str(wrapped), *more, who=world.token)
    assert wrong.exit_code != 0
    assert wrong.stdout == ""


def test_a_destruction_takes_two_organisations(house):
    world = house.world
    row = key_of(house)
    line = ("key", "schedule-destruction", row["id"], "--customer", world.customer_row.id, "--reason", "gone")
    document = house.folder / "document"
    house.json(*line, "--document", str(document), who=world.olga)
    alone = house.run(*line, "--confirm", row["id"], who=world.olga)
    assert (alone.exit_code, "signatures-too-few" in alone.stderr) == (1, True)
    unsure = house.run(*line, who=world.olga, stdin="yes\n")
    assert unsure.exit_code == 2
    assert key_of(house)["state"] == "active"
    approval = house.folder / "approval"
    approval.write_bytes(world.karl.sign(document.read_bytes()))
    done = house.json(*line, "--approval", str(approval), "--confirm", row["id"], who=world.olga)
    assert done["state"] == "deactivated"
    assert (
        house.json("key", "cancel-destruction", row["id"], "--reason", "no", who=world.olga)["state"]
        != done["state"]
    )


def test_a_strangers_key_is_absent(house):
    done = house.run("key", "rotate", "key-00000000000000000000000000", "--reason", "x", who=house.world.olga)
    assert (done.exit_code, "no-such-thing" in done.stderr) == (1, True)


def test_a_key_of_another_kind_shows_its_public_half_and_has_a_minimum(house):
    world = house.world
    made = house.json(
        "key", "create", "--customer", world.customer_row.id, "--name", "letters", "--kind", "ed25519",
        who=world.olga,
    )  # fmt: skip
    assert made["kind"] == "ed25519"
    shown = house.run("key", "public", made["id"], who=world.olga)
    assert shown.stdout.startswith("-----BEGIN PUBLIC KEY-----")
    house.json("key", "rotate", made["id"], "--reason", "x", who=world.olga)
    assert house.json("key", "minimum", made["id"], "2", who=world.olga)["version_min"] == 2
    derived = house.json(
        "key", "create", "--customer", world.customer_row.id, "--name", "d", "--derived", who=world.olga
    )
    missing = house.run("key", "public", derived["id"], who=world.olga)
    assert (missing.exit_code, "no-public-half" in missing.stderr) == (1, True)
