"""Every package opens with its card: what it does, what it never does, where to start reading."""

import ast

import pytest

from house.tree import name, packages, parsed

LINES_MAX = 15


def faults(source: ast.Module) -> list[str]:
    card = ast.get_docstring(source, clean=False)
    if not card:
        return ["no card"]
    found = []
    if len(card.strip().splitlines()) > LINES_MAX:
        found.append(f"more than {LINES_MAX} lines")
    if "never" not in card.lower():
        found.append("does not say what it never does")
    if "start reading" not in card.lower():
        found.append("does not say where to start reading")
    return found


@pytest.mark.parametrize("package", packages(), ids=name)
def test_a_package_has_its_card(package):
    assert (package / "__init__.py").is_file(), "Python without a package"
    assert faults(parsed(package / "__init__.py")) == []


@pytest.mark.parametrize(
    "card",
    [
        "",
        '"""Nice."""',
        '"""It never looks.\n\nStart reading: here.' + "\n.\n" * 8 + '"""',
        '"""Start reading."""',
    ],
)
def test_a_poor_card_is_seen(card):
    assert faults(ast.parse(card))
