"""What the house tests read: the modules of the package, the files of the tree, and names taken apart."""

import ast
import importlib.util
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "custodes"
UNIT = ROOT / "tests" / "unit"
PURE = (
    "kernel",
    "law",
    "objects",
    "parties",
    "boundary",
    "policy",
    "ledger",
    "custody",
    "assurance",
    "protocols",
    "desks",
)
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def modules() -> list[Path]:
    """Every Python file of the package."""
    return sorted(SRC.rglob("*.py"))


def packages() -> list[Path]:
    """Every folder of the package that holds Python."""
    return sorted({path.parent for path in modules()})


@cache
def files() -> list[Path]:
    """Every file that is or would be tracked; where there is no git, every file outside hidden folders."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode == 0:
        names = [name for name in done.stdout.decode().split("\0") if name]
        return sorted(path for path in (ROOT / name for name in names) if path.is_file())
    skipped = {"node_modules", "vendor", "var", "__pycache__"}
    found = (path for path in ROOT.rglob("*") if path.is_file())
    return sorted(path for path in found if not skipped & set(path.parts))


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


@cache
def tool(stem: str) -> ModuleType:
    """A file of tools/ as a module."""
    spec = importlib.util.spec_from_file_location(f"{stem}_tool", ROOT / "tools" / f"{stem}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def name(path: Path) -> str:
    """A path as the tests report it: relative to the tree."""
    return path.relative_to(ROOT).as_posix()


def room(path: Path) -> str:
    """The first folder (or module) below the package: `ledger` for src/custodes/ledger/tiles.py."""
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def words(identifier: str) -> list[str]:
    """`body_bytes_max` and `BodyBytesMax` both give ["body", "bytes", "max"]."""
    return [word.lower() for word in _WORD.findall(identifier)]


@cache
def functions(module: ast.Module) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef, ...]:
    """Every function and method of a module, nested ones too."""
    return tuple(
        node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def imported(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Every absolute dotted name a module imports, with its line; `from a import b` gives a and a.b."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


@cache
def called(module: ast.Module) -> tuple[tuple[str, int], ...]:
    """Every dotted name a module reads (`os.environ`), import aliases resolved, with its line."""
    return tuple(_called(module))


def _called(module: ast.Module) -> Iterator[tuple[str, int]]:
    alias: dict[str, str] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            alias.update({a.asname: a.name for a in node.names if a.asname})
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            alias.update({a.asname or a.name: f"{node.module}.{a.name}" for a in node.names})
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute):
            parts = [node.attr]
            value: ast.expr = node.value
            while isinstance(value, ast.Attribute):
                parts.append(value.attr)
                value = value.value
            if isinstance(value, ast.Name):
                yield ".".join([alias.get(value.id, value.id), *reversed(parts)]), node.lineno
        elif isinstance(node, ast.Name) and node.id in alias:
            yield alias[node.id], node.lineno
