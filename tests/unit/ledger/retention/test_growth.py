"""The arithmetic of growth; that its figures are true is in tests/ports/keyroom/test_growth.py."""

import pytest

from custodes.ledger.retention import growth
from custodes.ledger.retention.growth import YEAR_S, grow


@pytest.mark.parametrize("uses", [0.1, 1, 49, 50, 1_000])
def test_a_year_is_what_its_parts_are(uses):
    found = grow(uses, 10)
    assert found.entries == round(uses * YEAR_S)
    assert found.year == found.kept == found.openings + found.leaves + found.tiles + found.epochs
    assert found.openings == found.entries * growth.OPENING_BYTES


def test_a_term_takes_openings_off_and_nothing_else():
    whole, cut = grow(100, 10, years=10), grow(100, 10, years=10, days=365)
    assert cut.year == whole.year
    rest = whole.leaves + whole.tiles + whole.epochs
    assert abs(whole.kept - 10 * whole.year) <= 10
    assert cut.kept == pytest.approx(10 * rest + whole.openings * 396 / 365.25, rel=1e-6)
    assert grow(100, 10, years=1, days=3_650).kept == grow(100, 10).year


def test_epochs_cost_by_logs_that_grow_and_never_more_than_one_for_each_entry():
    few, many = grow(10, 1), grow(10, 1_000)
    assert few.epochs < many.epochs
    assert grow(0, 5).openings == 0
    assert grow(0.001, 1_000).epochs < grow(0.001, 1_000, years=1).entries * 2_000 + YEAR_S * 40
