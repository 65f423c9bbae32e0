import msgspec
import pytest

from custodes.settings import Settings
from custodes.wiring.backups.drills import DRILL_FILE, Drilled, last_drill


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "keyroom").mkdir()
    return Settings(house=tmp_path)


def test_there_is_none_before_the_first(settings):
    assert last_drill(settings) is None


def test_what_was_written_down_is_read(settings):
    done = Drilled(at="2026-11-22T03:00:00Z", backup="bak-1", rows=3, findings=("x",))
    (settings.keyroom / DRILL_FILE).write_bytes(msgspec.json.encode(done))
    assert last_drill(settings) == done


def test_half_a_file_is_no_drill(settings):
    (settings.keyroom / DRILL_FILE).write_bytes(b'{"at":')
    assert last_drill(settings) is None
