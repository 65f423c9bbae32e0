from click.testing import CliRunner

from custodes.cli import main
from custodes.cli.logs.log import log
from custodes.ledger.receipt import parse_pins


def entries(house, *more):
    customer = house.world.customer_row.id
    return house.json("log", "entries", "--customer", customer, *more, who=house.world.olga)


def with_pins(house):
    house.settings.public_log.mkdir(exist_ok=True)
    (house.settings.public_log / "pins.json").write_bytes(house.world.pins().encode())


async def published(world):
    await world.keeper().round()


def test_entries_page_and_narrow(house):
    found = entries(house)
    assert sum(found["sizes"].values()) == len(found["entries"])
    assert [one["act"] for one in entries(house, "--act", "key.wrap")["entries"]] == ["key.wrap"]
    assert len(entries(house, "--limit", "1")["entries"]) == 1
    assert {one["kind"] for one in entries(house, "--kind", "machine")["entries"]} == {"machine"}
    shown = house.run("log", "entries", "--customer", house.world.customer_row.id, who=house.world.olga)
    assert "key.wrap" in shown.stdout
    assert "entries" in log.commands


def test_a_receipt_verifies_offline(house):
    world = house.world
    with_pins(house)
    entry = f"{world.customer_row.id}/machine:0"
    early = house.run("log", "receipt", entry, who=world.olga)
    assert (early.exit_code, "not-yet-witnessed" in early.stderr) == (1, True)
    house.call(published(world))
    receipt, pins = house.folder / "receipt.json", house.folder / "pins.json"
    house.json("log", "receipt", entry, "--disclose", "act", "--out", str(receipt), who=world.olga)
    house.json("log", "pins", "--customer", world.customer_row.id, "--out", str(pins), who=world.olga)
    assert len(parse_pins(pins.read_bytes()).slots) == 2
    done = CliRunner().invoke(main, ["verify", str(receipt), "--pins", str(pins)])
    assert done.exit_code == 0, done.output
    assert "held        slot" in done.stdout
    assert 'act = "key.wrap"' in done.stdout
    assert "person" not in done.stdout
    assert house.run("log", "receipt", "nonsense", who=world.olga).exit_code == 2


def test_a_copy_of_the_tiles(house):
    world = house.world
    target = house.folder / "copy"
    line = ("log", "tiles", "--customer", world.customer_row.id, "--kind", "exceptional", str(target))
    done = house.json(*line, who=world.olga)
    files = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())
    assert len(files) == done["files"]
    size = done["size"]
    assert (target / f"tile/0/000.p/{size}").stat().st_size == 32 * size
    assert (target / f"tile/entries/000.p/{size}").is_file()
    stranger = house.run(*line, who=world.erik)
    assert stranger.exit_code == 1


def test_explain(house):
    world = house.world
    said = house.json("explain", f"may:key:use-unwrap:key:{world.key}", who=world.erik)
    assert said["allowed"] is False
    shown = house.run("explain", f"may:key:use-unwrap:key:{world.key}", who=world.erik)
    assert shown.stdout.startswith("not allowed\n")
    said = house.json("explain", f"{world.customer_row.id}/machine:0", who=world.olga)
    assert said["allowed"] is True
