"""The judge that is not ours, over small logs in a folder: what it takes, and what it must not."""

import json
from pathlib import Path

import pytest

from custodes.cli.touring import foreign
from fakes.ledger import log_signer
from fakes.logs import entries, published


@pytest.fixture(params=[1, 2, 300])
def log(request, tmp_path) -> Path:
    """A published log of so many leaves, signed with the key its pins name."""
    folder = tmp_path / "log"
    for name, body in published(entries(request.param), (log_signer(),)).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    pins = {"policy": f"log {log_signer().vkey.text()}\n"}
    (folder / "pins.json").write_text(json.dumps(pins), encoding="utf-8")
    return folder


def judged(log: Path) -> int:
    return foreign.main(str(log), str(log / "pins.json"))


def test_a_whole_log_is_accepted(log, capsys):
    assert judged(log) == 0
    assert "the same" in capsys.readouterr().out


def test_another_leaf_is_not_proved_however_small_the_log(log, capsys):
    """A log of one leaf includes whatever that leaf is: only the root can tell, so it is what counts."""
    for tile in (log / "tile" / "0").rglob("*"):
        if tile.is_file():
            raw = tile.read_bytes()
            tile.write_bytes(bytes([raw[0] ^ 1]) + raw[1:])
    assert judged(log) == 1
    said = capsys.readouterr().out
    assert "ANOTHER" in said
    assert "included" not in said
