"""Writes tests/vectors/loss/*.json: `python tests/vectors/make_loss.py`. Deterministic: dice are seeded."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src"), str(HERE.parent)]

from custodes.acts.logkeeper import streaming  # noqa: E402
from custodes.acts.logkeeper.keys import NAMES, LogKeys  # noqa: E402
from custodes.ledger.loss.stream import Part  # noqa: E402
from fakes import SeededDice  # noqa: E402

CUSTOMER = "cus-" + "1" * 26
ORIGIN = "log.example/house"


def leaf_stream() -> dict:
    """Two epochs' files: one in which two sub-logs grew, one in which nothing did."""
    dice = SeededDice(21)
    keys = LogKeys(**{name: dice.draw(32) for name in NAMES})
    parts = [
        Part(log=f"{CUSTOMER}/machine", first=7, leaves=tuple(b"\x01" + dice.draw(32) for _ in range(3))),
        Part(log=f"{CUSTOMER}/exceptional", first=0, leaves=(b"\x03" + dice.draw(32),)),
    ]
    cases = []
    for epoch, some in ((12, parts), (13, [])):
        files = streaming.sealed(some, (ORIGIN, keys), epoch, dice)
        cases.append(
            {
                "epoch": epoch,
                "files": [raw.hex() for raw in files],
                "parts": [[one.log, one.first, [leaf.hex() for leaf in one.leaves]] for one in some],
            }
        )
    return {"origin": ORIGIN, "slot_key": keys.slots.hex(), "epochs": cases}


VECTORS = {"leaf_stream": leaf_stream}


def text_of(value: dict) -> str:
    """As it lies in the file."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    for name, make in VECTORS.items():
        (HERE / "loss" / f"{name}.json").write_text(text_of(make()), "ascii")
