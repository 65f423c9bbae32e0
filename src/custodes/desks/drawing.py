"""What is drawn from a desk's table: the page with its diagram, and the role matrix an auditor keeps.

Both are committed and compared by a test, so a change of the table shows as a change of the papers.
"""

from collections.abc import Sequence

from .engine import ENGINE_CODES, Desk, Move
from .forms import Form, fields
from .words import ROLES, Words

ROLES_SAID = (
    "A role is the part somebody plays; policy decides who may play it (its action stands beside). The desk"
    " then checks the reasons. `clock` is time itself, `house` a process of the trustee."
)


def page(desk: Desk, title: Words) -> str:
    """The reference page of a desk in Markdown."""
    parts = [
        f"# {title.en} ({title.de})",
        "Drawn from the table of this desk; a test compares. Nothing but these moves changes a case.",
        "## States and moves",
        f"```mermaid\n{diagram(desk)}\n```",
        "## Who may do what, when",
        ROLES_SAID,
        _moves_table(desk),
        "## Role, state, verb",
        f"```text\n{matrix(desk)}```",
        "## Forms",
        *_forms(desk),
        "## Reasons for a no",
        "Any move can also be refused by the engine: " + ", ".join(f"`{c}`" for c in ENGINE_CODES) + ".",
        _words_table(desk, sorted(desk.codes())),
        "## States in words",
        _words_table(desk, sorted(desk.states)),
    ]
    return "\n\n".join(parts) + "\n"


def diagram(desk: Desk) -> str:
    """A Mermaid state diagram (stateDiagram-v2); moves by the clock carry a mark."""
    lines = ["stateDiagram-v2", f"    [*] --> {desk.initial}"]
    for move in desk.moves:
        for source in sorted(move.sources):
            lines += [f"    {source} --> {target}: {_label(move)}" for target in move.targets or (source,)]
    return "\n".join([*lines, *(f"    {state} --> [*]" for state in sorted(desk.final))])


def matrix(desk: Desk) -> str:
    """Role by state: which verbs the table has. Plain text, one line per pair, for a golden file."""
    lines = [f"{'role':<10} {'state':<11} verbs"]
    for role in ROLES:
        for state in sorted(desk.states):
            verbs = [move.verb for move in desk.moves if move.role == role and state in move.sources]
            lines.append(f"{role:<10} {state:<11} {' '.join(sorted(verbs)) or '-'}")
    return "\n".join(lines) + "\n"


def _label(move: Move) -> str:
    return f"{move.verb} ({move.role})"


def _moves_table(desk: Desk) -> str:
    rows = [("move", "Schritt", "from", "to", "role", "policy action", "form", "reasons of this move")]
    for move in desk.moves:
        codes = dict.fromkeys(code for guard in move.guards for code in guard.codes)
        rows.append(
            (
                f"`{move.verb}`",
                desk.words[move.verb].de,
                ", ".join(sorted(move.sources)),
                ", ".join(move.targets) or "(stays)",
                move.role,
                f"`{move.action}`" if move.action else "-",
                "-" if move.form is Form else move.form.__name__,
                ", ".join(f"`{code}`" for code in codes) or "-",
            )
        )
    return _table(rows)


def _forms(desk: Desk) -> list[str]:
    parts = []
    for form in dict.fromkeys(move.form for move in desk.moves if move.form is not Form):
        rows = [("field", "type", "required", "default", "limits", "Deutsch", "English")]
        for field in fields(form):
            limits = [
                f"at most {field.length_max}" if field.length_max is not None else "",
                f"{field.number_min} to {field.number_max}" if field.number_max is not None else "",
                " / ".join(field.choices),
            ]
            rows.append(
                (
                    f"`{field.name}`",
                    field.type,
                    "yes" if field.is_required else "no",
                    "-" if field.default in {None, ""} else str(field.default),
                    "; ".join(filter(None, limits)) or "-",
                    field.label_de,
                    field.label_en,
                )
            )
        parts += [f"### {form.__name__}", _table(rows)]
    return parts


def _words_table(desk: Desk, names: list[str]) -> str:
    rows = [("code", "Deutsch", "English")]
    rows += [(f"`{name}`", desk.words[name].de, desk.words[name].en) for name in names]
    return _table(rows)


def _table(rows: Sequence[tuple[str, ...]]) -> str:
    head, *body = rows
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
