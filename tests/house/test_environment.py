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


# what the project itself is installed with, and one package that is compiled
FEW = ("editables", "hatchling", "msgspec", "packaging", "pathspec", "pluggy", "tomlkit", "trove-classifiers")


def _only(locked: Path, names: tuple[str, ...]) -> None:
    """Leave these packages in a file of requirements, with their hashes."""
    pinned = re.split(r"^(?=[a-z])", locked.read_text(encoding="utf-8"), flags=re.MULTILINE)
    kept = [one for one in pinned if one.partition("==")[0] in names]
    assert len(kept) == len(names), kept
    locked.write_text("".join(kept), encoding="utf-8")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "packages",
    [
        pytest.param(FEW, marks=pytest.mark.slow, id="few"),
        # all of them are what `make test` in a fresh clone begins with
        pytest.param(None, marks=pytest.mark.conformance, id="all"),
    ],
)
def test_a_bare_tree_becomes_an_installation(tmp_path: Path, packages: tuple[str, ...] | None):
    for path in files():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    locked = tmp_path / "requirements" / "run.txt"
    if packages:
        _only(locked, packages)
    first = _build(tmp_path, "run")
    assert first.returncode == 0, first.stdout + first.stderr
    python = tmp_path / "venv" / "bin" / "python"
    said = subprocess.run(
        [str(python), "-c", "import custodes, msgspec; print(custodes.__file__)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path.parent,
    )
    assert said.stdout.strip() == str(tmp_path / "src" / "custodes" / "__init__.py")
    again = _build(tmp_path, "run")
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")

    demo = tmp_path / "requirements" / "demo.txt"
    forged = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, demo.read_text(encoding="utf-8"))
    demo.write_text(forged)
    refused = _build(tmp_path, "demo")
    assert refused.returncode != 0
    assert "HASHES" in refused.stderr
