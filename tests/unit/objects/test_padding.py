import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.kernel.refusal import Refusal
from custodes.objects.padding import PADDED_BYTES_MIN, check_steps, padding_for, padme, powers

LENGTHS = st.integers(PADDED_BYTES_MIN + 1, 5 << 30)


@pytest.mark.parametrize(
    ("plain", "padded"),
    [
        (0, 1_024),
        (1, 1_024),
        (1_024, 1_024),
        (1_025, 1_088),
        (65_536, 65_536),
        (65_537, 67_584),
        (10_000_000, 10_223_616),
        ((5 << 30) - 1, 5 << 30),
        (5 << 30, 5 << 30),
    ],
)
def test_padme(plain, padded):
    assert padme(plain) == padded


@pytest.mark.parametrize(
    ("plain", "padded"), [(0, 1_024), (1_024, 1_024), (1_025, 2_048), (2_048, 2_048), (5 << 30, 8 << 30)]
)
def test_powers_of_two(plain, padded):
    assert powers(plain) == padded


@given(LENGTHS)
def test_the_overhead_is_what_the_page_says(plain):
    assert plain <= padme(plain) < plain * 1.12
    assert plain <= powers(plain) < plain * 2


@given(LENGTHS)
def test_padding_twice_is_padding_once_and_keeps_order(plain):
    for step in (padme, powers):
        assert step(step(plain)) == step(plain)
        assert step(plain) <= step(plain + 1)


def test_few_lengths_are_left():
    seen = {padme(plain) for plain in range(1 << 20)}
    assert len(seen) < 8 * math.log2(1 << 20) * math.log2(math.log2(1 << 20))


def test_padding_is_the_difference_and_nothing_without_steps():
    assert padding_for("", 5) == 0
    assert padding_for("padme", 5) == 1_019
    assert padding_for("powers", 1_025) == 1_023


def test_other_steps_are_refused():
    assert check_steps("") == ""
    assert check_steps("padme") == "padme"
    with pytest.raises(Refusal, match="padding-unknown"):
        check_steps("zeros")
