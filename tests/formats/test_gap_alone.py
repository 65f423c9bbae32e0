"""The stand-alone verifier of gaps answers as the library does, over every vector."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests/vectors/loss/gap.json").read_text("ascii"))


def answer(tmp_path, raw, officers=True):
    (tmp_path / "pins.json").write_text(VECTORS["pins"])
    (tmp_path / "gap.json").write_bytes(raw)
    named = [f"{n}={g}={base64.b64encode(bytes.fromhex(p)).decode()}" for n, g, p in VECTORS["officers"]]
    line = [sys.executable, ROOT / "verifier/custodes_verify_gap.py", tmp_path / "gap.json"]
    line += ["--pins", tmp_path / "pins.json"]
    line += [word for one in named for word in ("--officer", one)] if officers else []
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", VECTORS["files"])
def test_it_says_what_the_library_says(tmp_path, name):
    case = VECTORS["files"][name]
    code, said = answer(tmp_path, case["file"].encode())
    assert code == (0 if case["proven"] else 1), said


def test_nobody_is_believed_who_is_not_pinned_and_no_other_spelling(tmp_path):
    raw = VECTORS["files"]["as it should be"]["file"].encode()
    assert answer(tmp_path, raw, officers=False)[0] == 1
    assert answer(tmp_path, raw + b"\n")[0] == 2
