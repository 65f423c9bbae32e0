from datetime import date

import pytest

from custodes.acts.plans.weakening import forbids, of_boundary, of_rules
from custodes.boundary.places import Boundary
from custodes.law.book import shipped
from custodes.policy.presets import PRESETS

ON = date(2026, 11, 22)


def bounds(areas=("EU",), jurisdictions=("EU",), denied=(), classes=()):
    return Boundary(
        id="", customer="", areas=areas, jurisdictions=jurisdictions, denied_jurisdictions=denied,
        data_classes=classes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (bounds(), bounds(), ()),
        (bounds(), bounds(areas=("DE",)), ()),
        (bounds(areas=("DE",)), bounds(areas=("DE", "US")), ("areas-added:US",)),
        (bounds(areas=("DE", "FR")), bounds(areas=("EU",), jurisdictions=("DE",)), "areas-added:"),
        (bounds(), bounds(jurisdictions=("EU", "US")), ("jurisdictions-added:US",)),
        (bounds(denied=("HU",)), bounds(), ("denial-dropped:HU",)),
        (bounds(), bounds(denied=("HU",)), ()),
        (bounds(classes=("open",)), bounds(classes=("open", "health")), ("classes-added:health",)),
        (bounds(classes=("open",)), bounds(), "classes-added:"),
        (bounds(), bounds(classes=("open",)), ()),
        (None, bounds(areas=("US",)), ()),
    ],
)
def test_a_boundary(old, new, expected):
    found = of_boundary(old, new, shipped(), ON)
    if isinstance(expected, str):
        assert len(found) == 1
        assert found[0].startswith(expected)
    else:
        assert found == expected


LOOSER = ("rule-looser:business-hours",)
HOURS = {"weekdays": [1, 2], "from": 480, "to": 960}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([("lockbox", {})], [("lockbox", {})], ()),
        ([("lockbox", {})], [], ()),
        ([], [("readers-read", {})], ("rule-added:readers-read",)),
        ([("people-only-under-grant", {})], [], ("rule-dropped:people-only-under-grant",)),
        ([], [("people-only-under-grant", {})], ()),
        ([("business-hours", HOURS)], [("business-hours", {**HOURS, "to": 900})], ()),
        ([("business-hours", HOURS)], [("business-hours", {**HOURS, "to": 961})], LOOSER),
        ([("business-hours", HOURS)], [("business-hours", {**HOURS, "from": 0})], LOOSER),
        (
            [("business-hours", HOURS)],
            [("business-hours", {**HOURS, "weekdays": [1, 2, 7]})],
            LOOSER,
        ),
        (
            [("class-never-granted", {"classes": ["health", "social"]})],
            [("class-never-granted", {"classes": ["health"]})],
            ("rule-looser:class-never-granted",),
        ),
        ([("approvers-resident-in", {"areas": ["EU"]})], [("approvers-resident-in", {"areas": ["DE"]})],
         ("rule-looser:approvers-resident-in",)),  # it cannot tell, so it says so
        ([("", {})], [], ("rule-dropped:",)),  # a rule nobody has a form for may have forbidden anything
    ],
)  # fmt: skip
def test_rules(old, new, expected):
    assert of_rules(old, new) == expected


def test_every_form_either_permits_or_forbids():
    for name, preset in PRESETS.items():
        assert preset.text.lstrip().startswith("forbid" if forbids(name) else "permit")
