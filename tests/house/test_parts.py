"""Every test is in one part of `make test`, or in `make conformance`; no part reads files in vain."""

import re

import pytest

from house.tree import ROOT
from parts import APART, LONGEST, SHARING, WRITTEN, can_hold, given, in_order, together

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PARTS = dict(re.findall(r"^([A-Z]+) +:= (.*slow.*)$", MAKEFILE, re.MULTILINE))
BROWSER = re.findall(r'-m "(browser[^"]*)"', MAKEFILE)
ALL = {*PARTS.values(), *BROWSER, "conformance"}


def test_the_makefile_names_its_parts():
    assert len(ALL) == 5, ALL


@pytest.mark.parametrize("number", range(2 ** len(WRITTEN)))
def test_whatever_it_bears_a_test_is_in_one_part(number: int):
    marks = {mark for place, mark in enumerate(WRITTEN) if number >> place & 1}
    asking = [part for part in ALL if eval(part, {}, {mark: mark in marks for mark in WRITTEN})]
    assert len(asking) == 1, (marks, asking)


@pytest.mark.parametrize(
    ("place", "text", "held"),
    [
        ("unit/kernel/test_x.py", "", "fast"),
        ("unit/kernel/test_x.py", "@pytest.mark.slow", "fast slow"),
        ("world/test_x.py", "@pytest.mark.whole", "fast whole"),
        ("ports/store/test_x.py", "", "whole"),
        ("ports/store/test_x.py", "pytestmark = [pytest.mark.slow, x]", "whole slow"),
        ("ports/keyroom/test_x.py", "", "whole conformance"),
        ("unit/acts/audit/test_x.py", "mark.conformance", "whole conformance"),
        ("unit/acts/test_x.py", "mark.browser", "fast browser"),
        ("browser/test_x.py", "mark.slow", "browser"),
        ("conformance/test_x.py", "", "conformance"),
    ],
)
def test_a_file_is_read_for_the_parts_it_can_be_in(place: str, text: str, held: str):
    named = {**{name.lower(): said for name, said in PARTS.items()}, "browser": BROWSER[0]}
    named["conformance"] = "conformance"
    parts = tuple(place.split("/"))
    assert {name for name, said in named.items() if can_hold(parts, text, said)} == set(held.split())


def test_another_expression_reads_everything():
    for said in ("slow or whole", "sqlite", "not (slow or whole)", "slow and sqlite"):
        assert can_hold(("conformance", "test_x.py"), "", said)
    assert given(("browser", "test_x.py")) == {"browser"}


def test_who_shares_a_house_is_together_and_what_needs_none_is_spread():
    files = sorted((ROOT / "tests/browser").glob("test_*.py"))
    assert len(files) > len(APART)
    for path in files:
        test = f"{path.relative_to(ROOT)}::test_x[de]"
        needs_house = "house: ConsoleHouse" in path.read_text()
        assert together(test) == (SHARING if needs_house else test), path


def test_what_takes_longest_comes_first_and_then_what_has_many():
    assert [name for name in LONGEST if not (ROOT / "tests" / name).is_file()] == []
    order = in_order(["unit/a.py", "unit/b.py", "unit/b.py", LONGEST[1], "unit/c.py", LONGEST[0]])
    assert sorted(order, key=order.__getitem__) == [*LONGEST[:2], "unit/b.py", "unit/a.py", "unit/c.py"]
