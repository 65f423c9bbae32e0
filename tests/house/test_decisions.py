"""Decision records keep their form, what holds them exists, and the table of dependencies is true."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest

from house.test_locks import bare_name, pins
from house.tree import ROOT, name

FOLDER = ROOT / "docs" / "decisions"
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "template.md")
PARTS = ["Context", "Decision", "Consequences", "Alternatives", "Held by"]
STATES = {"proposed", "accepted", "superseded"}
HEAD = re.compile(r"# (\d{4}) .+\n\nStatus: ([a-z]+)(?: by \d{4})? · Date: \d{4}-\d{2}-\d{2}\n")
NOT_WANTED = re.compile(r"(?<!l)\bA?GPL|\bBUSL|\bBSL-1\.1|\bSSPL|Affero|GNU General Public", re.IGNORECASE)


def parts(text: str) -> dict[str, str]:
    """Heading -> text of a record."""
    found = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(found[1::2], (part.strip() for part in found[2::2]), strict=True))


def sentences(text: str) -> int:
    """How many sentences the first paragraph has; dots inside numbers and names do not count."""
    return len(re.findall(r"[.!?](?=\s|$)", text.split("\n\n", maxsplit=1)[0]))


@pytest.mark.parametrize("path", RECORDS, ids=name)
def test_a_record_has_its_five_parts(path: Path):
    text = path.read_text(encoding="utf-8")
    head = HEAD.match(text)
    assert head
    assert path.name.startswith(f"{head[1]}-")
    assert head[2] in STATES
    found = parts(text)
    assert list(found) == PARTS
    assert all(found.values())
    assert 1 <= sentences(found["Context"]) <= 4
    assert sentences(found["Decision"]) == 1


@pytest.mark.parametrize("path", RECORDS, ids=name)
def test_what_holds_a_decision_exists(path: Path):
    held = parts(path.read_text(encoding="utf-8"))["Held by"]
    named = [each for each in re.findall(r"`([^`]+)`", held) if "/" in each or each.startswith(".")]
    assert named
    assert [each for each in named if not (ROOT / each).exists()] == []


def test_numbers_have_no_gap():
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))


def test_the_template_shows_the_parts():
    assert list(parts((FOLDER / "template.md").read_text(encoding="utf-8"))) == PARTS


def table() -> dict[str, str]:
    """Package -> licence, as the record has it."""
    text = (FOLDER / "0002-run-time-dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([A-Za-z0-9._-]+) \| ([^|]+) \| [^|]+ \|$", text, re.MULTILINE)
    return {
        bare_name(package): licence.strip()
        for package, licence in rows
        if package.strip("-") not in {"", "package"}
    }


def test_the_table_of_dependencies_is_pyproject():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert {bare_name(each) for each in declared} == set(table())


def licence_of(package: str) -> str:
    """What a package says of its own licence: expression, field, classifiers."""
    said = importlib.metadata.metadata(package)
    classifiers = [each for each in said.get_all("Classifier") or [] if each.startswith("License ::")]
    field = (said.get("License") or "").split("\n")[0]
    return " / ".join(filter(None, [said.get("License-Expression"), field, *classifiers]))


def test_no_unwanted_licence_at_run_time():
    elsewhere = {"tzdata"}  # of psycopg, for Windows alone: the pin says so
    packages = set(pins(ROOT / "requirements" / "run.txt")) - elsewhere
    assert {each: said for each in packages if NOT_WANTED.search(said := licence_of(each))} == {}
    assert {each: said for each, said in table().items() if NOT_WANTED.search(said)} == {}


@pytest.mark.parametrize(
    "said", ["GPL-3.0-only", "AGPL-3.0-or-later", "GNU General Public License v2", "SSPL-1.0"]
)
def test_an_unwanted_licence_is_seen(said: str):
    assert NOT_WANTED.search(said)
