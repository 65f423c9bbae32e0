from datetime import date

import msgspec
import pytest

from custodes.boundary.judge import LOCATIONS_MAX, LawBook, Outside, judge, judge_transfer, problems
from custodes.boundary.places import Boundary, Location
from custodes.law.book import shipped

replace = msgspec.structs.replace
TODAY = date(2026, 11, 22)
LAW: LawBook = shipped()
KIEL = Location(id="loc-kiel", name="Kiel", country="DE", operator="org-dc", jurisdictions=("DE",))
LYON = Location(id="loc-lyon", name="Lyon", country="FR", operator="org-fr", jurisdictions=("FR",))
# Machines in Frankfurt, controlled from the United States.
HYPER = Location(
    id="loc-hyper", name="Frankfurt", country="DE", operator="org-us", jurisdictions=("IE", "US")
)
OSLO = Location(id="loc-oslo", name="Oslo", country="NO", operator="org-no", jurisdictions=("NO",))
EU_ONLY = Boundary(id="bdy-1", customer="cus-town", areas=("EU",), jurisdictions=("EU",))


def codes(boundary, *places, data_class="internal", on=TODAY, **more):
    verdict = judge(boundary, places, data_class, LAW, on=on, **more)
    assert verdict.is_inside == (verdict.reasons == ())
    assert verdict.law == LAW.version
    return [reason.code for reason in verdict.reasons]


def test_a_place_in_the_union_under_the_union_is_inside():
    assert codes(EU_ONLY, KIEL, LYON) == []
    assert judge(EU_ONLY, (KIEL, LYON), "internal", LAW, on=TODAY).areas == ("EEA", "EU")


@pytest.mark.parametrize(
    ("place", "code"),
    [
        (replace(KIEL, country=None), "country-unknown"),
        (replace(KIEL, country="XX"), "country-unknown"),
        (replace(KIEL, country="EU"), "country-unknown"),
        (replace(KIEL, country="de"), "country-unknown"),
        (replace(KIEL, jurisdictions=()), "jurisdiction-unknown"),
        (replace(KIEL, jurisdictions=("DE", "XX")), "jurisdiction-unknown"),
        (replace(KIEL, jurisdictions=("",)), "jurisdiction-unknown"),
        (replace(KIEL, operator=None), "operator-unknown"),
        (replace(KIEL, operator=""), "operator-unknown"),
        (OSLO, "country-not-allowed"),
        (replace(KIEL, jurisdictions=("NO",)), "jurisdiction-not-allowed"),
        (HYPER, "jurisdiction-not-allowed"),
        (replace(KIEL, is_demo=True), "demo-location"),
    ],
)
def test_what_is_unknown_or_not_allowed_is_outside(place, code):
    assert code in codes(EU_ONLY, place)


def test_one_replica_outside_is_outside():
    assert codes(EU_ONLY, KIEL, LYON, HYPER) == ["jurisdiction-not-allowed"]
    verdict = judge(EU_ONLY, (KIEL, HYPER), "internal", LAW, on=TODAY)
    assert verdict.reasons == (Outside(code="jurisdiction-not-allowed", location="loc-hyper", what="US"),)


def test_nowhere_and_everywhere_are_outside():
    assert codes(EU_ONLY) == ["no-location"]
    assert "too-many" in codes(EU_ONLY, *[KIEL] * (LOCATIONS_MAX + 1))
    nothing = Boundary(id="bdy-1", customer="cus-town", areas=(), jurisdictions=())
    assert codes(nothing, KIEL) == ["country-not-allowed", "jurisdiction-not-allowed"]


def test_denied_wins_over_allowed():
    careful = replace(EU_ONLY, denied_jurisdictions=("FR",))
    assert codes(careful, LYON) == ["jurisdiction-denied"]
    wide = replace(EU_ONLY, jurisdictions=("EU", "US"), denied_jurisdictions=("EU",))
    assert codes(wide, HYPER) == ["jurisdiction-denied"]
    assert codes(replace(EU_ONLY, jurisdictions=("EU", "US")), HYPER) == []


def test_the_laws_floor_is_under_every_boundary():
    world = Boundary(
        id="bdy-1", customer="cus-town", areas=("EU", "NO", "US"), jurisdictions=("EU", "NO", "US")
    )
    boston = Location(id="loc-b", name="Boston", country="US", operator="org-us", jurisdictions=("US",))
    assert codes(world, boston) == []
    for data_class in ("health", "social", "tax-books", "personal", "classified-restricted"):
        assert codes(world, boston, data_class=data_class) == ["below-legal-floor"]
    assert codes(world, OSLO, data_class="health") == []
    assert codes(world, OSLO, data_class="tax-books") == ["below-legal-floor"]


def test_a_class_is_known_and_allowed():
    assert codes(EU_ONLY, KIEL, data_class="gossip") == ["class-unknown"]
    health_only = replace(EU_ONLY, data_classes=("health",))
    assert codes(health_only, KIEL, data_class="internal") == ["class-not-allowed"]
    assert codes(health_only, KIEL, data_class="health") == []


def test_the_day_decides():
    london = Location(id="loc-l", name="London", country="GB", operator="org-gb", jurisdictions=("GB",))
    assert codes(EU_ONLY, london, on=date(2020, 1, 31)) == []
    assert codes(EU_ONLY, london, on=date(2020, 2, 1)) == ["country-not-allowed", "jurisdiction-not-allowed"]


def test_a_demo_place_is_inside_a_demo_house_only():
    demo = replace(KIEL, is_demo=True)
    assert codes(EU_ONLY, demo, is_demo_house=True) == []
    assert codes(EU_ONLY, demo) == ["demo-location"]


def test_a_transfer_is_judged_at_its_target_and_says_what_it_leaves():
    out = judge_transfer(EU_ONLY, (KIEL, OSLO), "internal", LAW, on=TODAY)
    assert (out.leaves, out.enters) == (("DE", "EU"), ("NO", "EFTA"))
    assert not out.verdict.is_inside
    home = judge_transfer(EU_ONLY, (HYPER, LYON), "internal", LAW, on=TODAY)
    assert home.verdict.is_inside
    unknown = judge_transfer(EU_ONLY, (replace(KIEL, country=None), LYON), "internal", LAW, on=TODAY)
    assert unknown.leaves == ()


def test_a_boundary_of_unknown_areas_is_not_saved():
    assert problems(EU_ONLY, LAW, TODAY) == ()
    odd = replace(EU_ONLY, areas=("EU", "Europe"), data_classes=("health", "gossip"))
    assert [(one.code, one.what) for one in problems(odd, LAW, TODAY)] == [
        ("area-unknown", "Europe"),
        ("class-unknown", "gossip"),
    ]
    assert problems(replace(EU_ONLY, areas=("DE",) * 301), LAW, TODAY) == (Outside(code="too-many"),)
