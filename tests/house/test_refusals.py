"""Every wire language can say every kind of "no", and one code always means one kind.

A `refusals.py` of a protocol (and the HTTP table of web) has `KINDS`, one row per kind, and `CODES`, rows for
the codes the wire has its own words for.
"""

import ast
import importlib
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from custodes.kernel.refusal import Kind
from house import exempt
from house.tree import SRC, modules, name, parsed

TABLES = [
    path
    for path in [*sorted((SRC / "protocols").glob("*/refusals.py")), SRC / "web" / "kit" / "problems.py"]
    if path.is_file()
]
MAKERS = {kind.value for kind in Kind if kind is not Kind.BROKEN}
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SECRET = re.compile(r"secret|password|passphrase|private|plaintext|token\b", re.IGNORECASE)


def module_of(path: Path):
    return importlib.import_module(".".join(path.relative_to(SRC.parent).with_suffix("").parts))


def status(row) -> int:
    return row.status if hasattr(row, "status") else row[0] if isinstance(row, tuple) else row


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_every_kind_is_said(path: Path):
    table = module_of(path).KINDS
    assert set(table) == set(Kind)
    for kind in Kind:
        assert 400 <= status(table[kind]) <= 599, kind
        assert (status(table[kind]) >= 500) == (
            kind in {Kind.BROKEN, Kind.UNAVAILABLE} or (kind is Kind.LIMITED and status(table[kind]) == 503)
        ), kind


@pytest.mark.parametrize("path", TABLES, ids=name)
def test_every_code_with_words_of_its_own_is_raised_somewhere(path: Path):
    """A row nobody needs is a promise nobody keeps; asked once the protocol has its plane."""
    plane = SRC / "web" / "planes" / path.parent.name
    if path.parent.parent.name == "protocols" and not (plane.is_dir() or plane.with_suffix(".py").is_file()):
        return
    said_by_others = frozenset[str]().union(*(_said(module) for module in modules() if module != path))
    assert set(module_of(path).CODES) - said_by_others == set()


@cache
def _said(path: Path) -> frozenset[str]:
    """Every text that stands in a module."""
    constants = (node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


def test_a_protocol_that_can_refuse_has_its_table():
    takes = ("messages.py", "requests.py", "auth.py", "codec.py", "flow.py", "operations.py")
    without = [
        name(path)
        for path in sorted((SRC / "protocols").glob("*/"))
        if any((path / one).is_file() for one in takes) and not (path / "refusals.py").is_file()
    ]
    assert without == []


def raised(source: ast.Module) -> list[tuple[str, str, int]]:
    """(code, kind, line) of every refusal made with a literal code."""
    found = []
    for node in ast.walk(source):
        if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
            continue
        made = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        code = node.args[0].value
        if isinstance(code, str) and made in MAKERS:
            found.append((code, made, node.lineno))
        elif isinstance(code, str) and made == "Refusal" and len(node.args) > 1:
            kind = node.args[1]
            if isinstance(kind, ast.Attribute):
                found.append((code, kind.attr.lower(), node.lineno))
    return found


def _refusing_modules() -> list[Path]:
    return [path for path in modules() if "refusal" in path.read_text(encoding="utf-8")]


def test_a_code_is_a_kebab_noun_of_one_kind():
    kinds: dict[str, dict[str, str]] = defaultdict(dict)
    for path in _refusing_modules():
        for code, kind, line in raised(parsed(path)):
            assert CODE.fullmatch(code), f"{name(path)}:{line}: {code}"
            kinds[code].setdefault(kind, f"{name(path)}:{line}")
    double = {code: where for code, where in kinds.items() if len(where) > 1}
    assert {code: where for code, where in double.items() if code not in exempt.TWO_KINDS} == {}
    assert set(exempt.TWO_KINDS) - set(double) == set(), "take it out of tests/house/exempt.py"


def test_no_fact_is_named_like_a_secret():
    found = []
    for path in _refusing_modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                made = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                names = [each.arg for each in node.keywords if each.arg]
                if made in MAKERS:
                    found += [f"{name(path)}:{node.lineno}: {each}" for each in names if SECRET.search(each)]
    assert found == []


def test_no_refusal_is_swallowed_bare():
    """`except:` and `except Exception: pass` would turn a bug into silence."""
    found = []
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ExceptHandler):
                is_all = node.type is None or (
                    isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"}
                )
                if is_all and all(isinstance(line, ast.Pass | ast.Continue) for line in node.body):
                    found.append(f"{name(path)}:{node.lineno}")
    assert found == []


def test_makers_are_found_in_source():
    source = ast.parse(
        'raise denied("own-request")\nraise refusal.absent("x")\nraise Refusal("y", Kind.LOCKED)'
    )
    assert raised(source) == [("own-request", "denied", 1), ("x", "absent", 2), ("y", "locked", 3)]
