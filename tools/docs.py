"""Write the generated pages anew: `VENV/bin/python tools/docs.py`, run by `make docs`.

Each page is drawn from the table that is the code, so a change of who may do what shows as a change of a
page that a lawyer can read. `tests/house/test_docs.py` fails when a committed page is stale.
"""

import importlib
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

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


def coverage() -> dict[str, str]:
    """What a key held here protects at each service, and how the reasons of each wire are called here."""
    rows = importlib.import_module("custodes.law.coverage").coverage()
    reasons = importlib.import_module("custodes.law.reasons").vocabulary().table
    lines = [
        "# Coverage: what a key held here protects",
        "",
        "Written by `make docs` from `src/custodes/law/tables/{coverage,reasons}.json`. An external key does",
        "not blind a cloud while it serves: after an unwrap the service holds a data key. **Unconfirmed**",
        "rows were not checked against their source yet.",
        "",
        "| service | wire | protects | does not protect | may still be held after a refusal |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row.service} | {row.wire} | {row.protects_english}"
            f"{' **The cloud never holds the key.**' if row.is_blind else ''} | {row.leaves_english} | "
            f"{row.holds_english} |"
            for row in rows
        ),
        "",
        "## Sources",
        "",
        "| service | | source | looked at |",
        "| --- | --- | --- | --- |",
        *(
            f"| {row.service} | {'' if row.origin.confirmed else '**unconfirmed**'} | {row.origin.source} | "
            f"{row.origin.read_on} |"
            for row in rows
        ),
        "",
        "## Reasons",
        "",
        "What the other end calls why it asks, what it is called here, and the purpose rules judge by. An",
        "exceptional purpose (support, incident, order) never touches data without a grant.",
        "",
        "| reason | purpose | says | words of the wires |",
        "| --- | --- | --- | --- |",
        *(
            f"| `{row.code}` | {row.purpose} | {row.english} | "
            f"{', '.join(f'{one.protocol} {one.word}' for one in reasons.words if one.reason == row.code)} |"
            for row in reasons.rows
        ),
        "",
    ]
    return {"docs/reference/coverage.md": "\n".join(lines)}


def api() -> dict[str, str]:
    """The API: one page for people, one document for programs, from the endpoint table."""
    reference = importlib.import_module("custodes.web.api.reference")
    return {
        "docs/reference/api.md": reference.markdown(),
        "docs/reference/openapi.json": reference.document(),
    }


def cli() -> dict[str, str]:
    """Every command with its arguments and options, from the commands themselves."""
    main = importlib.import_module("custodes.cli").main
    lines = [
        "# The command line",
        "",
        "Written by `make docs` from the commands. Say which installation: `--folder DIR` on its own machine",
        "(or `CUSTODES_FOLDER`), else `--url https://...` (or `CUSTODES_URL`). Who asks: an API token, by",
        "`--token-file` or `CUSTODES_TOKEN`. What is signed, is signed with a file key: `--key-file` or",
        "`CUSTODES_KEY_FILE`. `--json` prints one canonical JSON value instead of tables, and a refusal as",
        "one on stderr. Exit codes: 0 done, 1 refused or not proven, 2 wrong use, 3 nothing answers.",
        "",
    ]
    for words, command in sorted(_commands(main, ("custodes",)).items()):
        taken = [f"`{one.make_metavar(command.context_class(command))}`" for one in _of(command, "argument")]
        lines += [f"## {' '.join(words)}", "", _flat(command.help or ""), ""]
        lines += [f"Takes {', '.join(taken)}.", ""] if taken else []
        options = [one for one in _of(command, "option") if one.name not in _SHARED]
        if options:
            lines += ["| option | |", "| --- | --- |"]
            lines += [f"| `{_option(one)}` | {_flat(one.help or '')} |" for one in options] + [""]
    return {"docs/reference/cli.md": "\n".join(lines)}


def settings() -> dict[str, str]:
    """Every key of the settings file with its default, from the comments beside them."""
    module = importlib.import_module("custodes.settings")
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    fields = {
        field.name: field for field in importlib.import_module("msgspec").structs.fields(module.Settings)
    }
    lines = [
        "# Settings",
        "",
        f"Written by `make docs` from `src/custodes/settings.py`. One TOML file, `{module.FILE_NAME}`, in",
        "the folder of the installation; a key that is not listed here is refused. Secrets are not settings.",
        "",
        "| key | default | |",
        "| --- | --- | --- |",
    ]
    for name, field in fields.items():
        found = re.search(rf"^    {name}: [^#\n]*(?:# (.*))?$", source, re.MULTILINE)
        said = (found[1] if found else None) or f"see `{name}` in the source"
        lines.append(f"| `{name}` | `{_default(field.default)}` | {said} |")
    return {"docs/reference/settings.md": "\n".join([*lines, ""])}


_SHARED = frozenset(
    {"folder", "url", "token", "token_file", "is_json", "key_file", "key_passphrase_file", "help"}
)


def _commands(group: "click.Group", words: tuple[str, ...]) -> dict[tuple[str, ...], "click.Command"]:
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= _commands(command, (*words, name))
        else:
            found[(*words, name)] = command
    return found


def _of(command: "click.Command", kind: str) -> list[Any]:
    return [one for one in command.params if one.param_type_name == kind]


def _option(one: "click.Option") -> str:
    said = ", ".join((*one.opts, *one.secondary_opts))
    choices = getattr(one.type, "choices", None)
    if one.is_flag:
        return said
    value = " \\| ".join(map(str, choices)) if choices else (one.type.name or "value").upper()
    return f"{said} {value}" + (" (required)" if one.required else "")


def _default(value: object) -> str:
    plain = [*map(str, value)] if isinstance(value, tuple) else value
    return json.dumps(plain, default=str)


def _flat(text: str) -> str:
    return " ".join(text.split())


def onboarding() -> dict[str, str]:
    """The JSON Schema of onboarding files."""
    plain = importlib.import_module("custodes.acts.plans.wanted").schema()
    return {"docs/reference/onboarding.schema.json": json.dumps(plain, indent=2, ensure_ascii=False) + "\n"}


FOLDERS = {
    "operations": "Running a house",
    "runbooks": "When something goes wrong; each page is played by a test",
    "protocols": "What is spoken, and where it differs",
    "reference": "Reference",
    "formats": "Formats, precise enough for a second implementation",
    "decisions": "Decisions: why it is as it is",
}


def index() -> dict[str, str]:
    """Every page by its heading, folder by folder."""
    docs = ROOT / "docs"
    lines = ["# Documentation", "", "Written by `make docs` from the headings of the pages.", ""]
    lines += [f"- {_entry(docs, page)}" for page in sorted(docs.glob("*.md")) if page.name != "README.md"]
    for folder, says in FOLDERS.items():
        pages = sorted(page for page in (docs / folder).rglob("*.md") if page.name != "template.md")
        lines += ["", f"## {says}", "", *(f"- {_entry(docs, page)}" for page in pages)]
    return {"docs/README.md": "\n".join([*lines, ""])}


def _entry(docs: Path, page: Path) -> str:
    heading = page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    return f"[{heading}]({page.relative_to(docs).as_posix()})"


PAGES: Mapping[str, Callable[[], dict[str, str]]] = MappingProxyType(
    {
        "permissions": permissions,
        "desks": desks,
        "schema": schema,
        "law": law,
        "coverage": coverage,
        "api": api,
        "cli": cli,
        "settings": settings,
        "onboarding": onboarding,
        "index": index,
    }
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
