"""One command builds the environment on a bare machine, names what is missing, and does nothing twice."""

import ast
import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from house.tree import ROOT, files, tool


@pytest.fixture
def env() -> ModuleType:
    """tools/env.py as a module."""
    return tool("env")


def test_a_missing_ensurepip_is_named(env: ModuleType, monkeypatch, capsys, tmp_path: Path):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    assert env.main([str(tmp_path / "venv"), "run"]) == 1
    assert "apt-get install python3-venv" in capsys.readouterr().out
    assert not (tmp_path / "venv").exists()


def test_an_old_python_is_named(env: ModuleType, monkeypatch, capsys, tmp_path: Path):
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    assert env.main([str(tmp_path / "venv"), "run"]) == 1
    assert "needs Python 3.11 or newer, this is python3.10" in capsys.readouterr().out


def test_env_parses_under_old_pythons():
    """The file that says "too old" must be readable by the Python that is."""
    ast.parse((ROOT / "tools" / "env.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def _build(tree: Path, *sets: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(tree / "tools" / "env.py"), str(tree / "venv"), *sets]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tree)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_bare_tree_becomes_an_installation(tmp_path: Path):
    for path in files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    first = _build(tmp_path, "run")
    assert first.returncode == 0, first.stdout + first.stderr
    python = tmp_path / "venv" / "bin" / "python"
    said = subprocess.run(
        [str(python), "-c", "import custodes, cryptography; print(custodes.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path.parent,
    )
    assert said.stdout.strip() == str(tmp_path / "src" / "custodes" / "__init__.py")
    again = _build(tmp_path, "run")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    locked = tmp_path / "requirements" / "demo.txt"
    forged = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, locked.read_text(encoding="utf-8"))
    locked.write_text(forged)
    refused = _build(tmp_path, "demo")
    assert refused.returncode != 0
    assert "HASHES" in refused.stderr
