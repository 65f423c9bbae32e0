"""`custodes bucket restore`, up to the approval; what arrives is tested in tests/ports/keyroom."""

import asyncio

import pyrage
import pytest

from custodes.acts.asks.objects import MoveBucket
from custodes.cli.leaving.restore import restoring
from custodes.objects.adoption import NOT_IN_RESTORATIONS
from fakes.folk import FolkWorld
from fakes.served import served
from formats.vectors import read_vectors
from unit.cli.storing.test_copies import bucket


@pytest.fixture
def house(tmp_path):
    with served(tmp_path, FolkWorld) as found:
        yield found


def test_sheets_are_sealed_anew_and_what_cannot_come_is_said(house):
    world, folder = house.world, house.folder
    _, attic = bucket(house)
    own = pyrage.x25519.Identity.generate()
    (folder / "key.txt").write_text(f"# created today\n{own}\n")
    plain = read_vectors("exports", "export")["sheet"]["text"].encode()
    (folder / "sheet-00001.age").write_bytes(pyrage.encrypt(plain, [own.to_public()]))
    command = ("bucket", restoring.name)
    begun = house.json(*command, "begin", "records", "--from", attic, who=world.olga)
    assert (begun["state"], begun["recipient"][:4]) == ("counting", "age1")
    hand = (*command, "hand", "records", str(folder / "sheet-00001.age"))
    sealed_to_another = house.run(*hand, who=world.olga)
    assert (sealed_to_another.exit_code, "bad-sheet" in sealed_to_another.stderr) == (1, True)
    hand = (*hand, "--identity", str(folder / "key.txt"))
    refused = house.run(*hand, who=world.olga)
    assert (refused.exit_code, "bucket-not-versioned" in refused.stderr) == (1, True)
    on = MoveBucket(world.olga.token, "records", "versioning-on")
    asyncio.run_coroutine_threadsafe(world.keyroom.ask(on), house.loop).result(20)
    assert house.json(*hand, who=world.olga)["state"] == "counted"
    planned = house.run(*command, "plan", "records", "--mb-per-s", "1", who=world.olga)
    assert "lock-not-enabled" in planned.stdout
    assert "not in an export" in planned.stdout
    figures = house.json(*command, "plan", "records", who=world.olga)
    assert (figures["objects"], figures["bytes"], figures["cannot_come"]) == (2, 0, 1)
    shown = house.run(*command, "objects", "records", who=world.olga)
    assert "\0" not in shown.stdout
    assert house.json(*command, "end", "records", who=world.olga)["state"] == "ended"
    assert not set(restoring.commands) & set(NOT_IN_RESTORATIONS)
