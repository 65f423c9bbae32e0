"""Name modules that nobody imports: dead, or not joined yet. `tools/dead.py [ROOT]` warns and never fails.

Commands of the command line, processes, migrations and adapters chosen by URI scheme are found by name at run
time and are not asked about.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BY_NAME = ("cli", "wiring", "adapters", "migrations")


def main(arguments: list[str]) -> int:
    """Print what nobody imports; always 0."""
    found = dead((Path(arguments[0]) if arguments else ROOT) / "src" / "custodes")
    if found:
        print(f"imported by nobody ({len(found)}): " + ", ".join(found))
    return 0


def dead(package: Path) -> list[str]:
    """Dotted names, below the package, of modules no other module imports."""
    modules = sorted(package.rglob("*.py"))
    used: set[str] = set()
    for path in modules:
        used |= targets(_dotted(package, path), path.name, ast.parse(path.read_text(encoding="utf-8")))
    asked = (
        path for path in modules if not path.name.startswith("__") and not set(BY_NAME) & set(path.parts)
    )
    return [name.partition(".")[2] for name in (_dotted(package, path) for path in asked) if name not in used]


def targets(dotted: str, file: str, source: ast.Module) -> set[str]:
    """Every dotted name a module imports, relative ones resolved."""
    package = dotted.split(".") if file == "__init__.py" else dotted.split(".")[:-1]
    found: set[str] = set()
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *(node.module or "").split(".")]).strip(".")
            found |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return found


def _dotted(package: Path, path: Path) -> str:
    inside = path.relative_to(package.parent).with_suffix("")
    return ".".join(inside.parts[:-1] if inside.name == "__init__" else inside.parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
