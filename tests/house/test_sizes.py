"""Files, functions and packages stay small enough to be read in one go; excuses may only shrink."""

import ast
from pathlib import Path

from house import exempt
from house.tree import ROOT, files, functions, modules, name, packages, parsed

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 50
PACKAGE_MODULES_MAX = 15


def long_functions(source: ast.Module) -> list[str]:
    """Names of functions whose body (docstring apart) is longer than allowed; a table is no code."""
    found = []
    for function in functions(source):
        body = function.body[1:] if ast.get_docstring(function) and len(function.body) > 1 else function.body
        if not is_table(body) and (function.end_lineno or 0) - body[0].lineno + 1 > FUNCTION_LINES_MAX:
            found.append(function.name)
    return found


def is_table(body: list[ast.stmt]) -> bool:
    """True for at most three statements that name or return values: no branch, loop or inner function."""
    plain = ast.Assign | ast.AnnAssign | ast.Return
    deeds = ast.Lambda | ast.IfExp | ast.comprehension | ast.Await
    inside = (node for line in body for node in ast.walk(line))
    return (
        len(body) <= 3
        and all(isinstance(line, plain) for line in body)
        and not any(isinstance(node, deeds) for node in inside)
    )


def test_no_file_is_too_long():
    python = [path for path in files() if path.suffix == ".py"]
    long = {name(path) for path in python if len(path.read_text().splitlines()) > FILE_LINES_MAX}
    assert long == set(exempt.LONG_FILES)


def test_no_function_is_too_long():
    tools = sorted((ROOT / "tools").glob("*.py"))
    long = {f"{name(path)}:{each}" for path in [*modules(), *tools] for each in long_functions(parsed(path))}
    assert long == set(exempt.LONG_FUNCTIONS)


def test_no_package_is_too_wide():
    def width(package: Path) -> int:
        return sum(path.name != "__init__.py" for path in package.glob("*.py"))

    wide = {name(package) for package in packages() if width(package) > PACKAGE_MODULES_MAX}
    assert wide == set(exempt.WIDE_PACKAGES)


def test_a_long_function_is_seen():
    body = "    pass\n" * (FUNCTION_LINES_MAX + 1)
    assert long_functions(ast.parse(f"def f():\n{body}")) == ["f"]
    assert long_functions(ast.parse(f'def f():\n    """Says."""\n{body[9:]}')) == []
    table = "        g(1),\n" * FUNCTION_LINES_MAX
    assert long_functions(ast.parse(f"def f():\n    return (\n{table}    )")) == []
    assert long_functions(ast.parse(f"def f():\n    return [x for x in (\n{table}    )]")) == ["f"]
