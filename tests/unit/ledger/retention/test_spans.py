"""Spans against sets of numbers."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel import canonical
from custodes.ledger.retention import spans
from custodes.ledger.vocabulary import FORMS

NUMBERS = st.sets(st.integers(0, 60), max_size=40)
SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda x: (x[0], x[0] + x[1])), max_size=8
)


def numbers(of):
    return {index for first, end in of for index in range(first, end)}


@given(NUMBERS, st.integers(0, 60), st.integers(0, 60))
def test_they_are_the_set_they_were_made_of(indexes, low, high):
    made = spans.of(indexes)
    assert numbers(made) == indexes
    assert spans.count(made) == len(indexes)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(made))
    assert numbers(spans.within(made, low, high)) == {n for n in indexes if low <= n < high}
    assert numbers(spans.missing(made, low, high)) == set(range(low, high)) - indexes
    assert all(spans.has(made, n) is (n in indexes) for n in range(62))
    assert not indexes or FORMS["ranges"](next(spans.field_values(made)))


@given(SPANS)
def test_a_union_covers_what_any_of_them_does(many):
    made = spans.union(many)
    assert numbers(made) == numbers(many)
    assert all(a[1] < b[0] for a, b in itertools.pairwise(made))


def test_values_of_the_field_fit_into_an_entry_and_come_back():
    made = [(n, n + 1) for n in range(10**15, 10**15 + 1_000, 2)]
    values = list(spans.field_values(made))
    assert [pair for value in values for pair in spans.from_field(value)] == made
    for value in values:
        assert FORMS["ranges"](value)
        assert len(canonical.encode(["x" * 24, "ranges", value])) <= 4_096


def test_what_is_no_rising_spans_is_no_value_of_the_field():
    for bad in (
        [],
        [[3, 3]],
        [[4, 2]],
        [[0, 2], [2, 3]],
        [[5, 6], [1, 2]],
        [[0]],
        [["0", "1"]],
        "x",
        [[0, 1, 2]],
    ):
        assert not FORMS["ranges"](bad), bad
    assert spans.from_field(None) == spans.from_field([1]) == []
