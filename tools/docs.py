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


def schema() -> dict[str, str]:
    """The Cedar schema, the guardrails and the forms of rules."""
    text: str = importlib.import_module("custodes.policy.schema").schema_text()
    guardrails: Mapping[str, str] = importlib.import_module("custodes.policy.house").GUARDRAILS
    presets = importlib.import_module("custodes.policy.presets").PRESETS.values()
    lines = [
        "# Policy: schema, guardrails, forms",
        "",
        "Written by `make docs` from `src/custodes/policy/`. How they are used: [policy](policy.md).",
        "",
        "## Schema",
        "",
        "```cedar",
        text.rstrip(),
        "```",
        "",
        "## Guardrails of the house",
        "",
        *(f"`{name}`\n\n```cedar\n{_flat(rule)}\n```\n" for name, rule in guardrails.items()),
        "## Forms",
        "",
        "| form | says | to fill in | a new customer has it |",
        "| --- | --- | --- | --- |",
        *(
            f"| {row.name} | {row.english} | {', '.join(one.name for one in row.places)} | "
            f"{'yes' if row.is_default else ''} |"
            for row in presets
        ),
        "",
    ]
    return {"docs/reference/policy-schema.md": "\n".join(lines)}


def law() -> dict[str, str]:
    """Every row of the law's tables with its source, and whether it was confirmed."""
    book = importlib.import_module("custodes.law.book").shipped()
    lines = [
        "# Law: the tables",
        "",
        f"Written by `make docs` from `src/custodes/law/tables/`, version {book.version}. How they are used:",
        "[law](law.md). Countries are not listed here. **Unconfirmed** rows are to be checked by counsel.",
        "",
        f"Hash of the tables: `{book.table_hash.hex()}`",
        "",
        "## Data classes",
        "",
        "| class | articles | floor | adequate countries too | besides |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row.code} | {'; '.join(row.articles)} | {', '.join(row.floor) or 'none'} | "
            f"{'yes' if row.adequate_too else ''} | {'; '.join(row.conditions_english)} |"
            for row in book.tables.data_classes
        ),
        "",
        "## Adequacy decisions",
        "",
        "| country | instrument | from | until | scope |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row.country} | {row.instrument} | {row.applies_from} | {row.applies_until or ''} | "
            f"{row.scope}: {row.english} |"
            for row in book.tables.adequacy
        ),
        "",
        "## Laws that reach across borders",
        "",
        "| country | law | article | says |",
        "| --- | --- | --- | --- |",
        *(f"| {row.country} | {row.name} | {row.article} | {row.english} |" for row in book.tables.reaches),
        "",
        "## Sources",
        "",
        "| table | row | | source | looked at |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {table} | {row} | {'' if origin.confirmed else '**unconfirmed**'} | {origin.source} | "
            f"{origin.read_on} |"
            for table, row, origin in book.origins()
        ),
        "",
    ]
    return {"docs/reference/law-tables.md": "\n".join(lines)}


def api() -> dict[str, str]:
    """The API: one page for people, one document for programs, from the endpoint table."""
    reference = importlib.import_module("custodes.web.api.reference")
    return {
        "docs/reference/api.md": reference.markdown(),
        "docs/reference/openapi.json": reference.document(),
    }


def _flat(text: str) -> str:
    return " ".join(text.split())


PAGES: Mapping[str, Callable[[], dict[str, str]]] = MappingProxyType(
    {"permissions": permissions, "desks": desks, "schema": schema, "law": law, "api": api}
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
