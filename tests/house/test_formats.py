"""A final format does not change unseen: vectors are pinned, pages have one form, each label is registered.

A hash that differs here means that bytes somebody has stored or signed would be read another way. That wants
a new version with vectors of its own beside the old ones, and a new line in the golden file (the rule is in
docs/formats/README.md).
"""

import ast
import hashlib
import re
import sys

import pytest

from house.tree import ROOT, SRC, name, parsed

PAGES = ROOT / "docs" / "formats"
VECTORS = ROOT / "tests" / "vectors"
GOLDEN = ROOT / "tests" / "house" / "golden" / "formats.sha256"  # `sha256sum -c` reads it, from the root
SECOND = ROOT / "tests" / "formats" / "second"
HEADINGS = ["Purpose", "Bytes", "Limits", "Algorithms", "Checks, in order", "Versions", "Vectors"]
FOREIGN = {"cryptography", "shamir_mnemonic"}  # the latter for the words of SLIP-39
BESIDES = {"What is signed", "Fields", "Acts"}
INDEX = (PAGES / "README.md").read_text(encoding="utf-8")
LABEL = re.compile(r"custodes[./][a-z][a-z/-]*/v[0-9]+")


def page_names() -> list[str]:
    return sorted(path.name for path in PAGES.glob("*.md") if path.name != "README.md")


def rows() -> list[str]:
    """One for each format."""
    table = INDEX.partition("## What may change")[0].splitlines()
    return [line.rstrip() for line in table if line.startswith("|") and "](" in line]


def vectors_in(row: str) -> list[str]:
    return re.findall(r"`([a-z]+/[a-z0-9_-]+\.json)`", row)


def labels_in(text: str) -> set[str]:
    return {found.group() for found in LABEL.finditer(text)}


def test_no_vector_of_a_final_format_has_changed():
    lines = GOLDEN.read_text(encoding="ascii").splitlines()
    pinned = {path: digest for digest, path in (line.split("  ") for line in lines)}
    assert len(pinned) == len(lines)
    final = {one for row in rows() if re.search(r"\| \d{4}-\d{2}-\d{2} \|$", row) for one in vectors_in(row)}
    found = {
        f"tests/vectors/{one}": hashlib.sha256((VECTORS / one).read_bytes()).hexdigest() for one in final
    }
    assert found == pinned


@pytest.mark.parametrize("page", page_names())
def test_a_page_has_the_form_of_the_others(page: str):
    text = (PAGES / page).read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, flags=re.MULTILINE)
    assert [one for one in headings if one not in BESIDES] == HEADINGS
    assert "README.md#what-may-change" in text.partition("\n## Versions\n")[2]


def test_every_page_and_every_vector_is_in_the_table():
    assert {one for row in rows() for one in re.findall(r"\]\(([a-z-]+\.md)", row)} == set(page_names())
    named = {one for row in rows() for one in vectors_in(row)}
    assert named == {path.relative_to(VECTORS).as_posix() for path in VECTORS.rglob("*.json")}
    assert all(re.search(r"\| (\d{4}-\d{2}-\d{2}|not yet) \|$", row) for row in rows())


def test_every_label_is_registered_once_and_none_is_forgotten():
    rows = INDEX.partition("## Labels")[2].partition("Reserved, each")
    registered = [one for line in rows[0].splitlines() if line.startswith("|") for one in LABEL.findall(line)]
    assert len(registered) == len(set(registered))
    used: set[str] = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
                text = node.value if isinstance(node.value, str) else node.value.decode("latin-1")
                used |= {one for one in labels_in(text) if text.startswith(one)}
    assert used == set(registered)
    assert not set(registered) & labels_in(rows[2].partition("\n## ")[0])


@pytest.mark.parametrize("path", sorted(SECOND.glob("*.py")), ids=name)
def test_the_second_reader_shares_nothing_with_the_package(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [node.module or ""]
        assert {one.split(".")[0] for one in names} <= sys.stdlib_module_names | FOREIGN
