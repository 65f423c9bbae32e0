import pytest

from custodes.kernel.clock import from_text
from custodes.settings import Settings
from custodes.wiring.backups.kept import KEYS_FILE, last_backup, written_at


def test_the_keys_file_says_when_and_what_is_none_says_nothing(tmp_path):
    settings = Settings(house=tmp_path)
    assert last_backup(settings) is None
    settings.keyroom.mkdir()
    file = settings.keyroom / KEYS_FILE
    file.write_text('{"written_at": "2026-11-22T08:00:00Z"}')
    assert last_backup(settings) == written_at(settings) == from_text("2026-11-22T08:00:00Z")
    for wrong in ("", "[]", "{}", '{"written_at": 7}', '{"written_at": "yesterday"}'):
        file.write_text(wrong)
        assert last_backup(settings) is None
        with pytest.raises(ValueError, match="no keys file"):
            written_at(settings)
