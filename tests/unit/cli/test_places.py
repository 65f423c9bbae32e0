from custodes.cli.places import boundaries, buckets, locations, rules
from custodes.kernel import canonical


def place(house, *more, country="DE", name="Cellar", who=None):
    world = house.world
    return house.json(
        "location", "set", "--name", name, "--country", country, "--operator", world.trustee.id,
        "--jurisdiction", country, "--store", f"file:///stores/{name}", *more, who=who or world.ada,
    )  # fmt: skip


def bounded(house):
    world = house.world
    line = ("--customer", world.customer_row.id, "--area", "DE", "--jurisdiction", "DE")
    return house.json("boundary", "set", *line, who=world.olga)


def test_a_place_is_judged(house):
    world = house.world
    bounded(house)
    made = place(house)
    outside = place(house, country="US", name="Far")
    listed = house.json("location", "list", "--customer", world.customer_row.id, who=world.olga)["places"]
    verdicts = {one["id"]: one["inside"] for one in listed}
    assert (verdicts[made["id"]], verdicts[outside["id"]]) == (True, False)
    shown = house.run("location", "list", "--customer", world.customer_row.id, who=world.olga)
    assert "Cellar" in shown.stdout
    assert set(locations.commands) == {"list", "set"}


def test_the_boundary_is_changed_by_a_signature(house):
    world = house.world
    customer = ("--customer", world.customer_row.id)
    before = house.json("boundary", "show", *customer, who=world.olga)
    line = ("boundary", "set", *customer, "--area", "DE", "--jurisdiction", "DE")
    house.json(*line, who=world.olga)
    after = house.json("boundary", "show", *customer, who=world.olga)
    assert after["boundary"]["areas"] == ["DE"]
    assert after["generation"] == before["generation"] + 1
    unsigned = house.run(*line, who=world.olga.token)
    assert unsigned.exit_code == 2  # without a file key there is nothing to sign with
    stranger = house.run(*line, who=world.erik)
    assert stranger.exit_code == 1
    assert set(boundaries.commands) == {"show", "set"}


def test_rules_are_forms(house):
    world = house.world
    customer = ("--customer", world.customer_row.id)
    before = house.json("rules", "show", *customer, who=world.olga)
    file = house.folder / "rules.json"
    file.write_bytes(canonical.encode(before["choices"][::-1]) + b"\n")
    house.json("rules", "set", *customer, str(file), who=world.olga)
    after = house.json("rules", "show", *customer, who=world.olga)
    assert after["choices"] == before["choices"][::-1]
    house.json("rules", "reset", *customer, who=world.olga)
    assert house.json("rules", "show", *customer, who=world.olga)["choices"] == before["choices"]
    assert house.run("rules", "show", *customer, who=world.olga).exit_code == 0
    assert set(rules.commands) == {"show", "set", "reset"}


def test_a_bucket_lies_inside(house):
    world = house.world
    bounded(house)
    made = place(house)
    outside = place(house, country="US", name="Far")
    line = ("bucket", "create", "--customer", world.customer_row.id, "--data-class", "personal")
    refused = house.run(*line, "records", "--location", outside["id"], who=world.olga)
    assert (refused.exit_code, "outside-boundary" in refused.stderr) == (1, True)
    bucket = house.json(*line, "records", "--location", made["id"], who=world.olga)
    assert bucket["locations"] == [made["id"]]
    listed = house.json("bucket", "list", "--customer", world.customer_row.id, who=world.olga)["buckets"]
    assert [one["id"] for one in listed] == [bucket["id"]]
    assert {"list", "create", "bounds"} <= set(buckets.commands)


def test_a_bucket_is_bounded(house):
    world = house.world
    bounded(house)
    made = place(house)
    line = ("bucket", "create", "--customer", world.customer_row.id, "--data-class", "personal")
    house.json(*line, "records", "--location", made["id"], who=world.olga)
    set_ = house.json("bucket", "bounds", "records", "--padding", "padme", "--bytes-max", "9", who=world.olga)
    assert (set_["padding"], set_["bytes_max"], set_["versions_max"]) == ("padme", 9, None)
    after = house.json(
        "bucket", "bounds", "records", "--versions-max", "3", "--bytes-max", "-1", who=world.olga
    )
    assert (after["padding"], after["bytes_max"], after["versions_max"]) == ("padme", None, 3)
    shown = house.run("bucket", "bounds", "records", who=world.olga)
    assert "0 of no limit" in shown.stdout
    assert house.json("bucket", "bounds", "records", "--padding", "none", who=world.olga)["padding"] == ""


def test_a_customer_is_limited_by_the_trustee(house):
    world = house.world
    id_ = world.customer_row.id
    set_ = house.json("customer", "limits", id_, "--bytes-max", "5", "--requests-per-s", "7", who=world.ada)
    assert (set_["bytes_max"], set_["requests_per_s"]) == (5, 7)
    seen = house.json("customer", "limits", id_, who=world.olga)
    assert seen == set_
    assert house.run("customer", "limits", id_, "--bytes-max", "-1", who=world.olga).exit_code == 1
