"""The drill that runs itself says the truth about a good, a cut, a dead, an undecipherable backup."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from custodes.acts.upkeep.backups import BackupNotes  # noqa: F401 - this suite is its test
from custodes.adapters.system import SystemClock
from custodes.settings import Settings
from custodes.store import house
from custodes.wiring import keyroom as wired
from custodes.wiring.backups import drilling, drills, making, noting, schedule
from fakes.keyrooms import World


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A house that was lived in and backed up."""
    folder = tmp_path_factory.mktemp("drilled")
    (folder / "keyroom").mkdir()
    (folder / "backups").mkdir()

    async def run():
        world = World(folder / "keyroom")
        await world.open()
        await world.settle_in()
        house.save(world.engine, world.body)
        await world.close()
        world.engine.dispose()

    asyncio.run(run())
    settings = Settings(house=folder, demo=True, backups=str(folder / "backups"))
    return settings, making.make(settings, b"", folder / "backups")


@pytest.fixture
def settings(once):
    here, made = once
    whole = made.path.read_bytes()
    yield here
    for path in (here.keyroom / drills.DRILL_FILE, *(made.path.parent.glob("9*"))):
        path.unlink(missing_ok=True)
    made.path.write_bytes(whole)


def drilled(settings):
    """(whether one ran, what it found, the entries that say so)."""

    async def run():
        async with wired.assembled(settings, "token") as here:
            await here.unseal(b"")
            ran = await schedule.drill_if_due(here, settings, "token")
            again = await schedule.drill_if_due(here, settings, "token")
            o = here.opened
            log = f"{o.house}/exceptional"
            rows = await o.read(lambda reads: reads.openings(log, code="house.drill"))
            return ran, again, [row.subject for row in rows]

    ran, again, entries = asyncio.run(run())
    assert not again  # it is not due twice
    assert not list(settings.keyroom.glob("drill-*"))
    return ran, drills.last_drill(settings), entries


def test_a_good_backup(settings, once):
    ran, last, entries = drilled(settings)
    assert ran
    assert last.findings == ()
    assert entries[0] == last.backup == once[1].id


def cut(path, monkeypatch):
    path.write_bytes(path.read_bytes()[:-100])
    return "backup-damaged"


def no_header(path, monkeypatch):
    path.write_bytes(b"half")
    return "bad-backup"


def another_key(path, monkeypatch):
    raw = path.read_bytes()
    at = raw.index(b'"wrapped":"') + 60
    path.write_bytes(raw[:at] + (b"A" if raw[at : at + 1] != b"A" else b"B") + raw[at + 1 :])
    return "wrap-mismatch"


def full(path, monkeypatch):
    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drilling, "load", no_room)
    return "drill-failed OSError"


def too_old(path, monkeypatch):
    class Later(SystemClock):
        def now(self):
            return super().now() + timedelta(days=40)

    monkeypatch.setattr(drilling, "SystemClock", Later)
    return "backup-key-gone"


@pytest.mark.parametrize("harm", [cut, no_header, another_key, full, too_old])
def test_whatever_is_wrong_is_found_said_and_leaves_nothing(settings, once, monkeypatch, harm, caplog):
    code = harm(once[1].path, monkeypatch)
    ran, last, entries = drilled(settings)
    assert ran
    assert last.findings == (code,)
    assert entries
    assert "alarm: the restore drill" in caplog.text


def test_a_backup_that_is_half_written_has_no_name_and_none_is_an_alarm(settings, tmp_path, caplog):
    (tmp_path / "20270101T000000Z-bak-x.part").write_bytes(b"half")
    empty = msgspec.structs.replace(settings, backups=str(tmp_path))
    assert schedule.newest(tmp_path) is None
    assert drilled(empty)[0] is False
    assert "there is no backup" in caplog.text


def test_a_backup_of_a_house_that_stands_still_is_entered_when_it_wakes(settings, once):
    assert noting.note(settings, noting.of_backup(once[1])) is False

    async def run():
        async with wired.assembled(settings, "token") as here:
            await here.unseal(b"")
            o = here.opened
            log = f"{o.house}/exceptional"
            rows = await o.read(lambda reads: reads.openings(log, code="house.backup"))
            return [row.subject for row in rows]

    assert asyncio.run(run()) == [once[1].id]
