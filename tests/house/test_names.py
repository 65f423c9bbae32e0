"""Names say what a thing is; words that say nothing are banned, and rooms are words for ARCHITECTURE only."""

import ast
import re

from house import exempt
from house.tree import ROOT, SRC, files, modules, name, parsed, room, words

EMPTY = {
    "manager",
    "managers",
    "helper",
    "helpers",
    "util",
    "utils",
    "utility",
    "utilities",
    "service",
    "services",
    "handler",
    "handlers",
}
EMPTY_AT_THE_END = {"data", "info"}  # a data key and a data class are things of the trade, `load_data` is not
FOREIGN = {"service", "services"}  # inside protocols/ the wire keeps its words
ARCHITECT = re.compile(r"\b(rooms?|floors?)\b", re.IGNORECASE)


def empty_names(source: ast.Module, stem: str, *, foreign: bool) -> list[str]:
    """Class, function and module names that say nothing."""
    kinds = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    named = [stem, *(node.name for node in ast.walk(source) if isinstance(node, kinds))]
    banned = EMPTY - FOREIGN if foreign else EMPTY
    return [
        each
        for each in named
        if (parts := words(each)) and (banned & set(parts) or parts[-1] in EMPTY_AT_THE_END)
    ]


def test_names_say_something():
    found = set()
    for path in modules():
        foreign = room(path) == "protocols"
        stem = path.parent.name if path.name == "__init__.py" else path.stem
        found |= {f"{name(path)}:{each}" for each in empty_names(parsed(path), stem, foreign=foreign)}
    assert found == set(exempt.NAMES)


def test_folders_say_something():
    folders = {part for path in files() for part in path.relative_to(ROOT).parts[:-1]}
    assert [each for each in sorted(folders) if (EMPTY | EMPTY_AT_THE_END) & set(words(each))] == []


def test_an_empty_name_is_seen():
    source = "class KeyManager: ...\ndef load_data(): ...\ndef data_key(): ...\nasync def run_service(): ..."
    assert empty_names(ast.parse(source), "key_utils", foreign=False) == [
        "key_utils",
        "KeyManager",
        "load_data",
        "run_service",
    ]


def test_users_are_not_told_of_rooms_and_floors():
    """Templates, message catalogues and the help texts of the command line speak the trade's words only."""
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in files()
        if path.suffix in {".html", ".po", ".pot", ".jinja", ".j2"} and SRC in path.parents
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ARCHITECT.search(line)
    ]
    for path in modules():
        if room(path) == "cli" and path.name != "__init__.py":
            texts = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant)]
            found += [
                f"{name(path)}:{text.lineno}"
                for text in texts
                if isinstance(text.value, str) and ARCHITECT.search(text.value)
            ]
    assert found == []
