import pytest

from custodes.custody.store_mark import NUMBER_MAX, mark_name, number_of

KEY, HOUSE, PLACE = bytes(range(32)), "hse-" + "0" * 26, "loc-" + "1" * 26


@pytest.mark.parametrize("number", [1, 2, 10, NUMBER_MAX])
def test_a_mark_is_known_by_who_has_the_key_in_its_place_only(number):
    name = mark_name(KEY, HOUSE, PLACE, number)
    assert number_of(name, KEY, HOUSE, PLACE) == number
    assert number_of(name, KEY[::-1], HOUSE, PLACE) == 0
    assert number_of(name, KEY, "hse-" + "9" * 26, PLACE) == 0
    assert number_of(name, KEY, HOUSE, "loc-" + "2" * 26) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.replace("-7-", "-8-"),
        lambda name: name.replace("-7-", "-07-"),
        lambda name: name[:-1],
        lambda name: name + "0",
        lambda name: name + "\n",
        lambda name: name.upper(),
        lambda name: name[:-1] + "\u0663",  # a digit of another script
        lambda _: ".store-" + "0" * 32,
        lambda _: "",
    ],
)
def test_another_name_is_none(change):
    assert number_of(change(mark_name(KEY, HOUSE, PLACE, 7)), KEY, HOUSE, PLACE) == 0


@pytest.mark.parametrize("number", [0, -1, NUMBER_MAX + 1])
def test_there_is_no_such_disk(number):
    with pytest.raises(ValueError, match="no such disk"):
        mark_name(KEY, HOUSE, PLACE, number)
