"""Every module has its test file and every test file its module.

A module that only declares (constants, structs, ports, tables) has nothing to test and needs no file. Rooms
that are wiring to the outside may be tested where the outside is: their modules must then be imported by a
test of tests/ports or another suite, by name, or by such a module of their own room.
"""

import ast
import re
from functools import cache
from pathlib import Path

from house import exempt
from house.tree import ROOT, SRC, UNIT, functions, modules, name, parsed, room, tool

DEAD = tool("dead")

OUTSIDE = {"client", "acts", "store", "adapters", "wiring", "cli", "web", "settings"}


def does_something(source: ast.Module) -> bool:
    """True when a function of the module has a body of its own."""
    return any(not _is_declaration(function.body) for function in functions(source))


def _is_declaration(body: list[ast.stmt]) -> bool:
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in body)


def test_file(path: Path) -> Path:
    inside = path.relative_to(SRC)
    return UNIT / inside.parent / f"test_{inside.name}"


test_file.__test__ = False  # type: ignore[attr-defined]


@cache
def _imported_elsewhere() -> frozenset[str]:
    """Dotted names that another suite imports, or says in a text (a program it starts)."""
    found: set[str] = set()
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if UNIT in path.parents:
            continue
        text = path.read_text(encoding="utf-8")
        found.update(re.findall(r"\bcustodes(?:\.\w+)+", text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.module:
                found.update(f"{node.module}.{one.name}" for one in node.names)
    return frozenset(found)


@cache
def reached_outside(within: str) -> frozenset[Path]:
    """Modules of a room that another suite imports by name, and what they use of their own room."""
    here = {dotted(path): path for path in modules() if room(path) == within}
    found: set[Path] = set()
    coming = [path for path in here.values() if is_imported_elsewhere(path)]
    while coming:
        path = coming.pop()
        found.add(path)
        used = targets(dotted(path), path.name, parsed(path)) & set(here)
        coming += [here[each] for each in used if here[each] not in found]
    return frozenset(found)


def dotted(path: Path) -> str:
    inside = path.relative_to(SRC.parent).with_suffix("")
    return ".".join(inside.parts[:-1] if inside.name == "__init__" else inside.parts)


def targets(own: str, file: str, source: ast.Module) -> set[str]:
    found: set[str] = DEAD.targets(own, file, source)
    return found


def is_imported_elsewhere(path: Path) -> bool:
    own = ".".join(path.relative_to(SRC.parent).with_suffix("").parts)
    return own in _imported_elsewhere() or any(one.startswith(f"{own}.") for one in _imported_elsewhere())


def test_every_module_has_its_test():
    untested = set()
    for path in modules():
        if path.name in {"__init__.py", "__main__.py"} and not does_something(parsed(path)):
            continue
        if test_file(path).is_file() or not does_something(parsed(path)):
            continue
        if room(path) in OUTSIDE and path in reached_outside(room(path)):
            continue
        untested.add(name(path))
    assert sorted(untested - set(exempt.UNTESTED)) == [], "write tests/unit/<same path>/test_<module>.py"
    assert sorted(set(exempt.UNTESTED) - untested) == [], "take these lines out of tests/house/exempt.py"


def test_every_test_has_its_module():
    tests = list(UNIT.rglob("test_*.py"))
    orphans = [path for path in tests if not _module_of(path).is_file()]
    assert [name(path) for path in orphans] == []


def _module_of(path: Path) -> Path:
    inside = path.relative_to(UNIT)
    return SRC / inside.parent / inside.name.removeprefix("test_")


def test_unit_holds_nothing_else():
    strays = [path for path in UNIT.rglob("*.py") if not path.name.startswith("test_")]
    assert [name(path) for path in strays if path.name not in {"conftest.py", "__init__.py"}] == []


def test_a_declaration_is_told_from_a_deed():
    assert not does_something(ast.parse('class Port:\n    def f(self): """Says."""\n    def g(self): ...'))
    assert does_something(ast.parse("def f():\n    return 1"))
