"""A private file is read only if nobody else could have read or replaced it, and never written over."""

import os
from pathlib import Path

import pytest

from custodes.adapters import private_file


def test_what_is_written_is_read_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    private_file.write_new(path, b"root")
    assert private_file.read(path, 100) == b"root"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


def test_no_more_than_one_byte_too_many_is_read(tmp_path: Path) -> None:
    private_file.write_new(tmp_path / "secret", b"x" * 50)
    assert len(private_file.read(tmp_path / "secret", 10)) == 11


def test_nothing_is_written_over(tmp_path: Path) -> None:
    private_file.write_new(tmp_path / "secret", b"first")
    with pytest.raises(private_file.Exists):
        private_file.write_new(tmp_path / "secret", b"second")
    assert private_file.read(tmp_path / "secret", 100) == b"first"
    assert [p.name for p in tmp_path.iterdir()] == ["secret"]


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "secret").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(private_file.Exists):
        private_file.write_new(tmp_path / "secret", b"root")
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(private_file.Gone):
        private_file.write_new(tmp_path / "no" / "secret", b"root")
    with pytest.raises(private_file.Gone):
        private_file.read(tmp_path / "no" / "secret", 100)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_open_to_others(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "secret"
    private_file.write_new(path, b"root")
    path.chmod(mode)
    with pytest.raises(private_file.Unsafe) as caught:
        private_file.read(path, 100)
    assert caught.value.why == "open-to-others"


def test_a_link_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    private_file.write_new(tmp_path / "secret", b"root")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, why in (("link", "symlink"), ("pipe", "not-a-file")):
        with pytest.raises(private_file.Unsafe) as caught:
            private_file.read(tmp_path / name, 100)
        assert caught.value.why == why


def test_a_folder_others_may_write_counts_only_where_it_is_asked(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    private_file.write_new(folder / "secret", b"root")
    folder.chmod(0o777)
    with pytest.raises(private_file.Unsafe) as caught:
        private_file.read(folder / "secret", 100)
    assert caught.value.why == "folder-open-to-others"
    assert private_file.read(folder / "secret", 100, is_folder_checked=False) == b"root"
    folder.chmod(0o1777)
    assert private_file.read(folder / "secret", 100) == b"root"
