"""Draw the desks' papers anew: `python tests/vectors/draw_desks.py` writes what `papers()` says."""

# ruff: noqa: E402

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src")]

from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.drawing import matrix, page
from custodes.desks.lockbox import LOCKBOX
from custodes.desks.preservation import PRESERVATION
from custodes.desks.words import DESKS


def papers():
    """Path below the repository's root -> text."""
    found = {}
    for desk in (LOCKBOX, BREAK_GLASS_DESK, PRESERVATION):
        found[f"docs/reference/desks/{desk.name}.md"] = page(desk, DESKS[desk.name])
        found[f"tests/house/golden/{desk.name}-matrix.txt"] = matrix(desk)
    return found


if __name__ == "__main__":
    for path, text in papers().items():
        (ROOT / path).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}\n")
