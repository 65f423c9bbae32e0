"""A small durable file of lines."""

from pathlib import Path

import pytest

from custodes.adapters import journal
from custodes.adapters.journal import LineJournal
from custodes.kernel.refusal import Refusal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "unseal.jsonl"


def test_lines_come_back_in_order_and_go_together(path):
    lines = LineJournal(path)
    assert lines.lines() == ()
    lines.add(b'{"a":1}')
    lines.add(b'{"b":2}')
    assert LineJournal(path).lines() == (b'{"a":1}', b'{"b":2}')
    assert path.stat().st_mode & 0o777 == 0o600
    lines.clear()
    lines.clear()
    assert lines.lines() == ()


def test_a_line_that_a_crash_cut_off_is_left_out_and_does_not_eat_the_next(path):
    lines = LineJournal(path)
    lines.add(b'{"a":1}')
    with path.open("ab") as file:
        file.write(b'{"half":')
    assert lines.lines() == (b'{"a":1}',)
    lines.add(b'{"b":2}')
    assert lines.lines() == (b'{"a":1}', b'{"b":2}')


def test_each_line_is_synced_with_its_folder(path, monkeypatch):
    synced = []
    monkeypatch.setattr(
        journal.os, "fsync", lambda handle: synced.append(Path(f"/proc/self/fd/{handle}").readlink())
    )
    LineJournal(path).add(b"{}")
    assert synced == [path, path.parent]


@pytest.mark.parametrize("fault", ["full", "folder", "symlink"])
def test_what_cannot_be_written_is_refused(path, monkeypatch, fault):
    if fault == "full":
        monkeypatch.setattr(journal, "FILE_BYTES_MAX", 4)
    elif fault == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(Refusal, match="journal-gone"):
        LineJournal(path).add(b'{"a":1}')


def test_a_line_is_one_line(path):
    with pytest.raises(ValueError, match="one line"):
        LineJournal(path).add(b"a\nb")
