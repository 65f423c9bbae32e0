"""Write the generated pages anew: `VENV/bin/python tools/docs.py`, run by `make docs`.

Each page is drawn from the table that is the code, so a change of who may do what shows as a change of a
page that a lawyer can read. `tests/house/test_docs.py` fails when a committed page is stale.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from custodes.policy.actions import Action

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]


def permissions() -> dict[str, str]:
    """Action by role: what the house allows at all, before any customer's own rules."""
    actions = importlib.import_module("custodes.policy.actions")
    rows = actions.ACTIONS.values()
    pairs = sorted({(party, role) for row in rows for party, roles in row.roles.items() for role in roles})
    lines = [
        "# Permissions",
        "",
        "Written by `make docs` from `src/custodes/policy/actions.py`. This is what the house allows at all;",
        "a customer's own rules can only take away. `G` marks an exceptional act, `D` one by which plaintext",
        "or a key to it can come out, `H` one that a customer's rules do not bind.",
        "",
    ]
    for party in sorted({party for party, _ in pairs}):
        roles = [role for other, role in pairs if other == party]
        lines += [
            f"## {party}",
            "",
            f"| action | | {' | '.join(roles)} |",
            f"| --- | --- |{' --- |' * len(roles)}",
        ]
        for row in sorted(rows, key=lambda each: each.name):
            if party in row.roles:
                cells = " | ".join("yes" if role in row.roles[party] else "" for role in roles)
                lines.append(f"| {row.name} | {_marks(row)} | {cells} |")
        lines.append("")
    return {"docs/reference/permissions.md": "\n".join(lines)}


def _marks(row: "Action") -> str:
    found = ((row.is_exceptional, "G"), (row.touches_data, "D"), (not row.asks_customer, "H"))
    return "".join(mark for is_so, mark in found if is_so)


def desks() -> dict[str, str]:
    """Diagram, matrix and words of each desk, from its table of moves."""
    papers: Callable[[], dict[str, str]] = importlib.import_module("vectors.draw_desks").papers
    return papers()


PAGES: Mapping[str, Callable[[], dict[str, str]]] = MappingProxyType(
    {"permissions": permissions, "desks": desks}
)


def main() -> int:
    """Write every page; returns a process exit code."""
    for draw in PAGES.values():
        for path, text in draw().items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
