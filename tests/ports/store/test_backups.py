"""Backup, drill and restore, into the other kind of database too; what is damaged or old is refused."""

import asyncio

import msgspec
import pytest

from custodes.acts.asks.keys import CreateKey, UseKey
from custodes.acts.footing.granted import Granted
from custodes.acts.footing.nouns import KILLS_OF_HOUSE, Kills
from custodes.acts.restoring import coming_up
from custodes.cli.backing import backup as command  # noqa: F401 - its words
from custodes.kernel.refusal import Refusal
from custodes.parties.rows import Credential, CredentialState
from custodes.settings import Settings
from custodes.store import house
from custodes.store.copying import dump
from custodes.store.engine import open_database
from custodes.store.reads import reading
from custodes.wiring import keyroom as wired
from custodes.wiring.backups import drilling, drills, kept, making, restoring
from fakes.databases import Choice
from fakes.keyrooms import World


async def lived(folder):
    """A house with some uses; nobody runs it any more."""
    world = World(folder / "keyroom")
    await world.open()
    await world.settle_in()
    _, owner = await world.enrol_person("Owner", world.town, ("owner", "key-officer"))
    key = (await world.keyroom.ask(CreateKey(owner, world.customer_row.id, "registry"))).id
    for _ in range(20):
        await world.keyroom.ask(UseKey(world.token, key, "wrap", b"k", b"row", "operation", "test"))
    house.save(world.engine, world.body)
    await world.close()
    world.engine.dispose()
    return world


@pytest.fixture
def settings(tmp_path, either, monkeypatch):
    (tmp_path / "keyroom").mkdir()
    urls = []
    if Choice.databases is not None:
        made = Choice.databases.url
        monkeypatch.setattr(Choice.databases, "url", lambda: urls.append(made()) or urls[-1])
    world = asyncio.run(lived(tmp_path))
    here = Settings(house=tmp_path, demo=True, database_url=urls[0] if urls else "")
    return here, world


@pytest.fixture
def made(settings, tmp_path):
    return making.make(settings[0], b"", tmp_path)


def elsewhere(settings, tmp_path, url=""):
    there = tmp_path / "there"
    (there / "keyroom").mkdir(parents=True)
    return msgspec.structs.replace(settings[0], house=there, database_url=url)


def keys_of(settings):
    return settings[0].keyroom / kept.KEYS_FILE


def everything(settings):
    engine = open_database(settings.database, settings.database_url)
    try:
        return reading(engine, lambda reads: (reads.heads(), [row.id for row in reads.standing()]))
    finally:
        engine.dispose()


async def opened(settings, look):
    async with wired.assembled(settings, "token") as keyroom:
        await keyroom.unseal(b"")
        return await look(keyroom)


def test_nothing_readable_is_in_the_file_and_nothing_is_left_beside_it(settings, made, tmp_path):
    raw = made.path.read_bytes()
    assert b"key.wrap" not in raw
    assert settings[1].customer_row.id.encode() not in raw
    assert [path.suffix for path in tmp_path.iterdir() if path.is_file()].count(".part") == 0


def test_a_restored_house_is_the_same_and_is_killed(settings, made, tmp_path):
    world, there = settings[1], elsewhere(settings, tmp_path)
    heads, rows = everything(settings[0])
    restoring.restore(there, made.path, keys_of(settings), b"")
    restored, ids = everything(there)
    assert set(rows) <= set(ids)
    machine = world.customer_row.log("machine")
    assert restored[machine] == heads[machine]

    async def look(keyroom):
        standing = keyroom.opened.standing
        kills = standing.get("kills", KILLS_OF_HOUSE, Kills).kills
        assert [one.by for one in kills] == [coming_up.RESTORE]
        tokens = list(standing.all_of("credential", Credential))
        assert tokens
        assert {one.state for one in tokens} == {CredentialState.REVOKED}
        assert not [one for one in standing.all_of("grant", Granted) if one.state == "granted"]
        with pytest.raises(Refusal):
            await keyroom.ask(UseKey(world.token, "key-x", "wrap", b"k", b"row", "operation", "test"))
        keyroom.opened.decisions.killed(world.customer_row.id)

    asyncio.run(opened(there, look))


def test_a_house_moves_from_one_kind_of_database_to_the_other(
    settings, made, tmp_path, databases, postgres_server
):
    url = "" if settings[0].database_url else databases.url()
    there = elsewhere(settings, tmp_path, url)
    restoring.restore(there, made.path, keys_of(settings), b"")
    assert set(everything(settings[0])[1]) <= set(everything(there)[1])


def test_a_drill_proves_it_and_says_when(settings, made):
    assert drills.last_drill(settings[0]) is None
    done = drilling.drill(settings[0], made.path, b"")
    assert done.findings == ()
    assert done.rows > 20
    assert drills.last_drill(settings[0]) == done
    assert not list(settings[0].keyroom.glob("tmp*"))


def test_a_drill_finds_what_was_wrong_when_the_backup_was_made(settings, tmp_path):
    engine = open_database(settings[0].database, settings[0].database_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("DELETE FROM opening WHERE idx = 3")
    engine.dispose()
    made = making.make(settings[0], b"", tmp_path)
    findings = drilling.drill(settings[0], made.path, b"").findings
    assert any(one.startswith("opening-missing") for one in findings)


@pytest.mark.parametrize("cut", [0, 10, 40, 600, -1, -17, -1000])
def test_a_cut_backup_restores_nothing(settings, made, tmp_path, cut):
    raw = made.path.read_bytes()
    broken = tmp_path / "broken"
    broken.write_bytes(raw[:cut])
    there = elsewhere(settings, tmp_path)
    with pytest.raises(Refusal) as caught:
        restoring.restore(there, broken, keys_of(settings), b"")
    assert caught.value.code in {"bad-backup", "backup-damaged"}
    engine = open_database(there.database, "")
    assert reading(engine, lambda reads: reads.standing()) == []
    engine.dispose()


def test_a_flipped_bit_anywhere_restores_nothing(settings, made, tmp_path):
    raw = bytearray(made.path.read_bytes())
    for at in (30, 200, len(raw) // 2, len(raw) - 5):
        raw[at] ^= 1
        (tmp_path / "flipped").write_bytes(raw)
        raw[at] ^= 1
        there = msgspec.structs.replace(settings[0], house=tmp_path / f"at-{at}", database_url="")
        there.keyroom.mkdir(parents=True)
        with pytest.raises(Refusal):
            restoring.restore(there, tmp_path / "flipped", keys_of(settings), b"")


def test_a_dead_generation_opens_nothing_and_its_key_is_gone(settings, made, monkeypatch, tmp_path):
    monkeypatch.setattr(restoring, "SystemClock", lambda **_: Later(36))
    with pytest.raises(Refusal, match="backup-key-gone"):
        restoring.restore(elsewhere(settings, tmp_path), made.path, keys_of(settings), b"")
    monkeypatch.setattr(making, "SystemClock", lambda **_: Later(36))
    before = making.read_keys(keys_of(settings)).generations
    making.make(settings[0], b"", tmp_path)
    after = making.read_keys(keys_of(settings)).generations
    assert not {one.wrapped for one in before} & {one.wrapped for one in after}
    assert {one.number for one in after}.isdisjoint(one.number for one in before)


class Later(wired.SystemClock):
    def __init__(self, days):
        super().__init__(ahead_s=days * 86_400)


def test_a_full_database_is_not_restored_over(settings, made):
    before = everything(settings[0])
    with pytest.raises(Refusal, match="database-not-empty"):
        restoring.restore(settings[0], made.path, keys_of(settings), b"")
    assert everything(settings[0]) == before


def test_a_backup_that_fails_half_way_leaves_no_file(settings, tmp_path, monkeypatch):
    def broken(engine):
        yield next(dump.dumped(engine))
        raise OSError("disk gone")

    (tmp_path / "target").mkdir()
    monkeypatch.setattr(making, "dumped", broken)
    with pytest.raises(OSError, match="disk gone"):
        making.make(settings[0], b"", tmp_path / "target")
    assert list((tmp_path / "target").iterdir()) == []


def test_what_was_erased_since_is_not_restored(settings, made, tmp_path):
    engine = open_database(settings[0].database, settings[0].database_url)
    with engine.connect() as connection:
        log, idx = connection.exec_driver_sql(
            "SELECT log, idx FROM opening WHERE person_sealed IS NOT NULL ORDER BY log, idx"
        ).first()
    engine.dispose()
    keys = making.read_keys(keys_of(settings))
    stone = making.Tombstone(
        id="cas-x",
        customer=settings[1].customer_row.id,
        entries=((log, idx),),
        pages={},
        erased_at=keys.written_at,
    )
    told = tmp_path / "newer.keys"
    told.write_bytes(msgspec.json.encode(msgspec.structs.replace(keys, tombstones=(stone,))))
    there = elsewhere(settings, tmp_path)
    restoring.restore(there, made.path, told, b"")
    engine = open_database(there.database, "")
    row = reading(engine, lambda reads: reads.opening(log, idx))
    engine.dispose()
    assert row.person_sealed is None

    async def look(keyroom):
        assert (log, idx) in keyroom.opened.records.erased().entries

    asyncio.run(opened(there, look))
