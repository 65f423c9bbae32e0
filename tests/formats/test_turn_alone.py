"""The stand-alone verifier of a year's turn answers as the library does, over every vector."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from custodes.ledger import quorum
from custodes.ledger.receipt import parse_pins

ROOT = Path(__file__).parents[2]
VECTORS = json.loads((ROOT / "tests/vectors/loss/turn.json").read_text("ascii"))


def answer(tmp_path, raw, pins, *more):
    (tmp_path / "pins.json").write_text(pins)
    (tmp_path / "turn.json").write_bytes(raw)
    line = [sys.executable, ROOT / "verifier/custodes_verify_turn.py", tmp_path / "turn.json"]
    line += ["--pins", tmp_path / "pins.json", *more]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("name", VECTORS["files"])
def test_it_says_what_the_library_says(tmp_path, name, side):
    case = VECTORS["files"][name]
    code, said = answer(tmp_path, case["file"].encode(), VECTORS[side])
    assert code == (0 if case[f"to_{side}"] else 1), said


def test_pins_of_both_years_and_no_other_spelling(tmp_path):
    raw = VECTORS["files"]["as it should be"]["file"].encode()
    both = tmp_path / "both.json"
    assert answer(tmp_path, raw, VECTORS["before"], "--out", both)[0] == 0
    names = [vkey.name for vkey, _ in quorum.parse(parse_pins(both.read_bytes()).policy.encode()).logs]
    assert names == [f"{names[1]}/2027", names[1]]
    assert answer(tmp_path, raw, both.read_text("ascii"))[0] == 0
    assert answer(tmp_path, raw + b"\n", VECTORS["before"])[0] == 2
    stranger = VECTORS["before"].replace(names[1], "log.example/other")
    assert answer(tmp_path, raw, stranger)[0] != 0
