"""Folders of tests lie in memory only where there is plenty of it."""

from collections import namedtuple

import pytest

import roomy

Usage = namedtuple("Usage", "total used free")
PLENTY = roomy.ROOMY_BYTES + 1


@pytest.fixture
def machine(monkeypatch, tmp_path):
    def is_as(free, available, *, has_folder=True):
        shared = tmp_path if has_folder else tmp_path / "none"
        (tmp_path / "meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable:   {available // 1000} kB\n")
        monkeypatch.setattr(roomy, "SHARED", shared)
        monkeypatch.setattr(roomy, "MEMORY", tmp_path / "meminfo")
        monkeypatch.setattr(roomy.shutil, "disk_usage", lambda _place: Usage(free, 0, free))
        return shared

    return is_as


def test_plenty_of_both(machine):
    assert machine(PLENTY, PLENTY) == roomy.memory()


@pytest.mark.parametrize(
    ("free", "available", "has_folder"),
    [(64_000_000, PLENTY, True), (PLENTY, 2_000_000_000, True), (PLENTY, PLENTY, False)],
    ids=["a container's small one", "a small machine", "none at all"],
)
def test_elsewhere_the_disk(machine, free, available, has_folder):
    machine(free, available, has_folder=has_folder)
    assert roomy.memory() is None
