from custodes.cli.storing.copies import copies, place, scrub


def located(house, name):
    world = house.world
    return house.json(
        "location", "set", "--name", name, "--country", "DE", "--operator", world.trustee.id,
        "--jurisdiction", "DE", "--store", f"file:///stores/{name}", who=world.ada,
    )["id"]  # fmt: skip


def bucket(house):
    """A bucket in one place, and another place it could lie in."""
    world = house.world
    customer = ("--customer", world.customer_row.id)
    house.json("boundary", "set", *customer, "--area", "DE", "--jurisdiction", "DE", who=world.olga)
    first, second = located(house, "cellar"), located(house, "attic")
    line = ("bucket", "create", *customer, "--data-class", "personal", "records", "--location", first)
    house.json(*line, who=world.olga)
    return first, second


def test_copies_are_shown_read_again_and_brought_elsewhere(house):
    olga = house.world.olga
    first, second = bucket(house)
    seen = house.json("bucket", copies.name, "records", who=olga)
    assert ([one["location"] for one in seen["places"]], seen["running"]) == ([first], None)
    assert house.json("bucket", scrub.name, "records", who=olga)["running"]["checked"] == 0
    to = ("--location", second, "--location", first, "--copies-min", "1")
    moved = house.json("bucket", place.name, "records", *to, who=olga)
    assert ([one["location"] for one in moved["places"]], moved["copies_min"]) == ([second, first], 1)
    moved = house.json("bucket", place.name, "records", "--location", second, who=olga)
    assert [(one["location"], one["is_left"]) for one in moved["places"]] == [(second, False), (first, True)]
    shown = house.run("bucket", copies.name, "records", who=olga)
    assert "left, being emptied" in shown.stdout
    assert "running scrub" in shown.stdout


def test_a_stranger_sees_nothing_and_bad_places_are_refused(house):
    world = house.world
    first, _ = bucket(house)
    assert house.run("bucket", copies.name, "records", who=world.erik).exit_code == 1
    many = ("--location", first, "--copies-min", "2")
    assert house.run("bucket", place.name, "records", *many, who=world.olga).exit_code == 1
    assert house.run("bucket", place.name, "records", "--location", "nowhere", who=world.olga).exit_code == 1
