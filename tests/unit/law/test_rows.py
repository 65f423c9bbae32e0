from datetime import date

import msgspec
import pytest

from custodes.law.rows import Adequacy, Sourced

ORIGIN = Sourced(source="somewhere", read_on=date(2026, 1, 1), confirmed=False)


def test_a_row_without_an_origin_or_with_more_than_its_members_is_none():
    row = {
        "country": "CH",
        "instrument": "x",
        "applies_from": "2000-07-26",
        "scope": "whole",
        "german": "a",
        "english": "b",
    }
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(row, Adequacy)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**row, "origin": msgspec.to_builtins(ORIGIN), "more": 1}, Adequacy)
    good = msgspec.convert({**row, "origin": msgspec.to_builtins(ORIGIN)}, Adequacy)
    assert (good.applies_from, good.applies_until) == (date(2000, 7, 26), None)


def test_confirmed_is_never_a_default():
    with pytest.raises(TypeError):
        Sourced(source="x", read_on=date(2026, 1, 1))
