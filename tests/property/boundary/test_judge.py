from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from custodes.boundary.judge import judge
from custodes.boundary.places import Boundary, Location
from custodes.law.book import shipped

LAW = shipped()
TODAY = date(2026, 11, 22)
codes = st.sampled_from(["DE", "FR", "NO", "CH", "US", "GB", "XX", ""])
areas = st.lists(st.sampled_from(["DE", "FR", "EU", "EEA", "US", "CH"]), max_size=4).map(tuple)
places = st.builds(
    Location,
    id=st.sampled_from(["loc-1", "loc-2"]),
    name=st.just("x"),
    country=st.none() | codes,
    operator=st.none() | st.just("org-1"),
    jurisdictions=st.lists(codes, max_size=3).map(tuple),
)
boundaries = st.builds(
    Boundary,
    id=st.just("bdy-1"),
    customer=st.just("cus-1"),
    areas=areas,
    jurisdictions=areas,
    denied_jurisdictions=areas,
)
classes = st.sampled_from(["internal", "health", "tax-books", "personal", "gossip"])


@given(boundaries, st.lists(places, max_size=4), places, classes)
def test_one_more_replica_never_brings_anything_inside(boundary, some, more, data_class):
    before = judge(boundary, some, data_class, LAW, on=TODAY)
    after = judge(boundary, [*some, more], data_class, LAW, on=TODAY)
    assert before.is_inside or not after.is_inside or not some


@given(boundaries, st.lists(places, min_size=1, max_size=4), classes, areas)
def test_denying_more_or_allowing_less_never_opens(boundary, some, data_class, denied):
    stricter = msgspec.structs.replace(
        boundary,
        denied_jurisdictions=boundary.denied_jurisdictions + denied,
        areas=boundary.areas[1:],
    )
    if judge(stricter, some, data_class, LAW, on=TODAY).is_inside:
        assert judge(boundary, some, data_class, LAW, on=TODAY).is_inside


@given(boundaries, st.lists(places, min_size=1, max_size=4), classes)
def test_inside_means_everything_is_known(boundary, some, data_class):
    if judge(boundary, some, data_class, LAW, on=TODAY).is_inside:
        for place in some:
            assert LAW.is_country(place.country)
            assert place.operator
            assert place.jurisdictions
            assert all(LAW.is_country(code) for code in place.jurisdictions)
            assert LAW.allows(data_class, place.country, TODAY)
