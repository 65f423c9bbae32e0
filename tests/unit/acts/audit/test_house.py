"""Everything somebody with the database (and nothing else) could change is found by an audit of the folder.

The modules `opening` and `names` are looked at through whole houses here, and by themselves beside.
"""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from custodes.acts.asks.objects import MoveBucket
from custodes.kernel.refusal import Refusal
from custodes.settings import FILE_NAME, Settings, load, to_toml
from custodes.store import house
from custodes.wiring import auditing
from fakes.object_world import BUCKET, ObjectWorld


async def lived_in(settings):
    """A house with uses, objects in versions, deletions, and a published log; then closed."""
    world = ObjectWorld(settings.keyroom)
    house.save(world.engine, world.body)
    await world.settle_objects()
    await world.write("draft", b"one million")
    await world.write("contract", b"two million")
    await world.ask(MoveBucket(world.token, BUCKET, "versioning-on"))
    await world.write("contract", b"three million")
    await world.write("gone", b"x")
    await world.delete("gone")
    await world.delete("draft")
    keeper = world.keeper()
    assert await keeper.round()
    await world.close()
    world.engine.dispose()
    return world


@pytest.fixture
def settings(tmp_path):
    (tmp_path / FILE_NAME).write_text(to_toml(Settings()))
    found = load(tmp_path / FILE_NAME)
    found.keyroom.mkdir()
    asyncio.run(lived_in(found))
    (found.keyroom / "log").rename(found.public_log)
    return found


def audit(settings, secret=b""):
    seen = []
    report = auditing.audit(settings, secret, lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1]
    return report


def codes(report):
    return {one.code for one in report.findings}


def sql(settings, *statements):
    """As a database administrator would: no trigger stops who can drop it."""
    with closing(sqlite3.connect(settings.database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_house_as_it_was_left(settings):
    report = audit(settings)
    assert report.findings == ()
    assert report.not_checked == ()
    assert report.counted["openings"] > 10
    assert report.counted["buckets"] == 1
    assert report.counted["published"] >= 1
    shut = audit(settings, None)
    assert shut.findings == ()
    assert len(shut.not_checked) == 1


def test_what_is_published_may_be_nothing(settings):
    (settings.public_log / "checkpoint").unlink()
    report = audit(settings)
    assert report.findings == ()
    assert report.not_checked == ("the public log: nothing was published yet",)


def test_a_wrong_secret_and_an_empty_folder(settings, tmp_path):
    with pytest.raises(Refusal, match="wrong-secret"):
        audit(settings, b"another horse battery staple")
    with pytest.raises(Refusal, match="not-founded"):
        auditing.audit(Settings(house=tmp_path / "nothing"), None, lambda _done, _total: None)


CONTRACT = "name = CAST('contract' AS BLOB)"
NEWEST = f"SELECT min(rank) FROM object_version WHERE {CONTRACT}"
CHEATS = {
    "a leaf": (
        "DROP TRIGGER bundle_no_update",
        "UPDATE bundle SET leaves = CAST(substr(leaves, 1, 10) || x'00' || substr(leaves, 12) AS BLOB)",
        {"tile-differs", "head-differs"},
    ),
    "another type": ("UPDATE standing SET body = 7 WHERE noun = 'bucket'", {"standing-forged"}),
    "no text": (
        "DROP TRIGGER bundle_no_update",
        "UPDATE bundle SET leaves = substr(leaves, 1, 10) || x'00' || substr(leaves, 12) WHERE first = 0",
        {"row-unreadable"},
    ),
    "a tile": ("UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE level = 0", {"tile-differs"}),
    "a head": ("UPDATE head SET stack = zeroblob(length(stack))", {"head-differs"}),
    "the house head": ("UPDATE house_head SET seq = seq - 1", {"house-head-forged"}),
    "a standing row": (
        "UPDATE standing SET mac = zeroblob(32) WHERE noun = 'organisation'",
        {"standing-forged"},
    ),
    "a standing row removed": (
        "DELETE FROM standing WHERE position = (SELECT max(position) FROM standing)",
        {"standing-rolled-back"},
    ),
    "a generation": ("UPDATE standing SET generation = 9 WHERE noun = 'bucket'", {"standing-forged"}),
    "an opening": ("UPDATE opening SET sealed = zeroblob(length(sealed)) WHERE idx = 0", {"wrap-mismatch"}),
    "an opening's time": ("UPDATE opening SET at = at - 60000000 WHERE idx = 0", {"entry-misplaced"}),
    "an opening's act": (
        "UPDATE opening SET code = 'key.wrap' WHERE code = 'object.put'",
        {"entry-misplaced"},
    ),
    "an opening removed": ("DELETE FROM opening WHERE idx = 0", {"opening-missing"}),
    "a name rolled back": (
        f"DELETE FROM object_version WHERE {CONTRACT} AND rank = ({NEWEST})",
        {"rolled-back", "listing-differs"},
    ),
    "a name lost": (
        "DELETE FROM object_version WHERE name = CAST('contract' AS BLOB)",
        "DELETE FROM object_latest WHERE name = CAST('contract' AS BLOB)",
        {"version-lost"},
    ),
    "a listing": ("DELETE FROM object_latest", {"listing-differs"}),
    "a version renamed": (
        "UPDATE object_version SET name = CAST('other' AS BLOB) WHERE name = CAST('gone' AS BLOB)",
        {"version-lost", "version-foreign"},
    ),
}


@pytest.mark.parametrize("cheat", sorted(CHEATS))
def test_what_a_database_administrator_does_is_found(settings, cheat):
    *statements, wanted = CHEATS[cheat]
    sql(settings, *statements)
    report = audit(settings)
    assert wanted <= codes(report), report.findings


@pytest.mark.parametrize(
    ("path", "code"), [("tile/0/000.p/1", "public-log-differs"), ("checkpoint", "public-log-unsigned")]
)
def test_the_public_log_is_the_root_log(settings, path, code):
    file = settings.public_log / path
    raw = bytearray(file.read_bytes())
    raw[20] ^= 1
    file.write_bytes(bytes(raw))
    assert code in codes(audit(settings))
    file.unlink()
    assert path == "checkpoint" or "tile-missing" in codes(audit(settings))


def test_it_looks_while_the_house_runs(tmp_path):
    async def run(settings):
        world = ObjectWorld(settings.keyroom)
        house.save(world.engine, world.body)
        await world.settle_objects()
        await world.write("a", b"one")
        report = await asyncio.to_thread(audit, settings)
        await world.write("b", b"two")
        again = await asyncio.to_thread(audit, settings)
        await world.close()
        world.engine.dispose()
        return report, again

    (tmp_path / FILE_NAME).write_text(to_toml(Settings()))
    settings = load(tmp_path / FILE_NAME)
    settings.keyroom.mkdir()
    report, again = asyncio.run(run(settings))
    assert report.findings == again.findings == ()
    assert again.counted["leaves"] > report.counted["leaves"]
