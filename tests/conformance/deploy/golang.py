"""Judges of a dozen lines around somebody else's library, built by the Go toolchain of this machine, once."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from house.tree import ROOT

HERE = Path(__file__).parent


def judge(name: str, *needs: str, below: Path = HERE) -> str:
    """The program of `name`/main.go; `needs` are modules with their versions. Kept below .cache."""
    kept = ROOT / ".cache" / "judges" / "go" / f"{name}-{'-'.join(one.rpartition('@')[2] for one in needs)}"
    if kept.is_file():
        return str(kept)
    if shutil.which("go") is None:
        pytest.skip(f"not judged: {name} needs a Go toolchain")
    folder = kept.with_suffix(".build")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(below / name / "main.go", folder)
    (folder / "go.mod").write_text("module judge\n")
    for command in (["go", "get", *needs], ["go", "mod", "tidy"], ["go", "build", "-o", str(kept), "."]):
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "GOFLAGS": "-mod=mod"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"not judged: {name} cannot be built: {done.stderr[-300:]}")
    shutil.rmtree(folder)
    return str(kept)
