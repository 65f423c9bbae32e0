"""Foreign judges, one environment each, because they pin each other down: `environment("s3fs")`.

The environment is built once from requirements/judges/NAME.txt, by hash, below `.cache/judges`. A judge that
cannot be had is *not judged*: the test is skipped by that word, and never passes.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def environment(judge: str) -> Path:
    """The `bin` folder of the judge's environment; skips the test where it cannot be built."""
    venv = ROOT / ".cache" / "judges" / judge
    command = [sys.executable, str(ROOT / "tools" / "env.py"), str(venv), f"judges/{judge}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not judged: {judge} cannot be installed: {(done.stderr or done.stdout).strip()[-300:]}")
    return venv / "bin"


def version(judge: str, package: str) -> str:
    """The version of a package in the judge's environment, for the transcript."""
    code = f"import importlib.metadata as m; print(m.version({package!r}))"
    python = str(environment(judge) / "python")
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
