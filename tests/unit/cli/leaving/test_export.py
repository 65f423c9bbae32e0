"""`custodes export`, from beginning it to reading the files without us."""

import json
import subprocess

import pytest

from custodes.cli.leaving.export import PLACE, export
from fakes.leaving import NAMES, LeavingWorld, recovered
from fakes.object_world import BUCKET
from fakes.served import served


class Town(LeavingWorld):
    """Settled with its objects when the house is."""

    async def settle_in(self):
        if not hasattr(self, "inside"):
            self.inside = None
            return await self.settle_objects()
        return await super().settle_in()

    async def open(self):
        return self.keyroom if self.keyroom is not None else await super().open()


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, Town) as found:
        yield found


def opened_by_age(key, sheet):
    """With the program of those who made the format."""
    command = ["age", "--decrypt", "--identity", str(key), str(sheet)]
    return subprocess.run(command, capture_output=True, check=True).stdout


def test_begin_take_read_end(house):
    world, folder = house.world, house.folder
    customer = ("--customer", world.customer_row.id)
    recipient = str(world.identity.to_public())
    begin = (
        "export",
        "begin",
        *customer,
        "--recipient",
        recipient,
        "--location",
        "berlin",
        "--reason",
        "we leave",
    )
    alone = house.run(*begin, who=world.olga)
    assert (alone.exit_code, "signatures-too-few" in alone.stderr) == (1, True)
    house.json(*begin, "--document", str(folder / "begin.json"), who=world.olga)
    (folder / "anna").write_bytes(world.anna.sign((folder / "begin.json").read_bytes()))
    begun = house.json(*begin, "--approval", str(folder / "anna"), who=world.olga)
    take = ("export", "take", begun["id"], *customer, "--out", str(folder / "sheets"), "--versions", "4")
    done = house.json(*take, who=world.olga)
    assert (done["sheets"], done["versions"]) == (3, len(NAMES))
    sheets = sorted((folder / "sheets").glob("*.age"))
    assert {path.stat().st_mode & 0o777 for path in sheets} == {0o600}
    (folder / "key.txt").write_text(f"{world.identity}\n")
    plain = [opened_by_age(folder / "key.txt", path) for path in sheets]
    read = recovered("--blobs", world.store(folder / "blobs"), "--out", folder / "files", sheets=plain)
    assert read.returncode == 0, read.stdout
    assert (folder / "files" / BUCKET / "a%").is_dir()
    assert house.json("export", "list", *customer, who=world.olga)["exports"][0]["state"] == "open"
    assert house.json("export", "end", begun["id"], who=world.olga)["state"] == "ended"
    assert set(export.commands) == {"begin", "take", "list", "end"}


def test_a_run_that_broke_off_goes_on(house):
    """Nothing is given twice but the sheet that was not noted; a folder of another export is not mixed in."""
    world, folder = house.world, house.folder
    begun = house.call(world.begin())
    out = folder / "sheets"
    take = (
        "export",
        "take",
        begun.id,
        "--customer",
        world.customer_row.id,
        "--out",
        str(out),
        "--versions",
        "3",
    )
    whole = house.json(*take, who=world.olga)
    noted = json.loads((out / PLACE).read_text())
    assert list(noted["after"].values()) == [None]
    first = house.call(world.take(begun, limit=3))
    noted.update(after=dict.fromkeys(noted["after"], first.after), sheets=1, versions=3)
    (out / PLACE).write_text(json.dumps(noted))
    again = house.json(*take, who=world.olga)
    assert (again["sheets"], again["versions"]) == (whole["sheets"], whole["versions"])
    other = house.call(world.begin())
    mixed = house.run("export", "take", other.id, *take[3:], who=world.olga)
    assert mixed.exit_code == 2
