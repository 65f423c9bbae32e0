"""Two organisations in two network namespaces, played to the end: what the trustee cannot hide or undo.

docs/operations/two-organisations.md says what is played. Without root or iproute2 it is not judged.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.towns.places import why_no_namespaces

ROOT = Path(__file__).resolve().parents[2]
PLAY = ROOT / "tests/conformance/towns/play.py"
PROOFS = 11


@pytest.mark.timeout(1_800)
def test_trustee_and_town_in_two_namespaces(tmp_path):
    missing = why_no_namespaces()
    if missing:
        pytest.skip(f"not judged: {missing}")
    before = namespaces()
    lines = played(tmp_path)
    assert sum(line.startswith("proved ") for line in lines) == PROOFS, lines
    assert lines[-1] == f"two organisations: {PROOFS} of {PROOFS} proved"
    assert namespaces() - before == set()


def played(folder):
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'tests'}"}
    with subprocess.Popen(
        [sys.executable, str(PLAY), str(folder / "play")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        said, _ = process.communicate(timeout=1_500)
    assert process.returncode == 0, said[-6000:]
    return said.strip().splitlines()


def namespaces():
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
    return {line.split()[0] for line in listed.splitlines() if line.startswith("custodes-")}
