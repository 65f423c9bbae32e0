import pytest

from custodes.custody.preserving import keys
from custodes.kernel.refusal import Refusal
from fakes import SeededDice
from fakes.holder import MemoryHolder

PLACE = ("hse-1", "cus-1", "cas-1")
DATA_KEY = bytes(range(32))


def test_a_second_wrap_opens_with_its_case_and_in_its_place_alone():
    dice = SeededDice(1)
    holder = MemoryHolder(bytes(32))
    case_key = keys.open_key(holder, PLACE, keys.make_key(holder, PLACE, dice))
    wrapped = keys.wrap_again(case_key, ("hse-1", "cus-1", "ver-1"), DATA_KEY, dice)
    assert keys.open_again(case_key, ("hse-1", "cus-1", "ver-1"), wrapped) == DATA_KEY
    for other in (("hse-2", "cus-1", "ver-1"), ("hse-1", "cus-2", "ver-1"), ("hse-1", "cus-1", "ver-2")):
        with pytest.raises(Refusal, match="wrap-mismatch"):
            keys.open_again(case_key, other, wrapped)
    with pytest.raises(Refusal, match="wrap-mismatch"):
        keys.open_again(bytes(32), ("hse-1", "cus-1", "ver-1"), wrapped)


def test_a_case_key_is_of_its_case_and_never_the_same():
    dice, holder = SeededDice(1), MemoryHolder(bytes(32))
    one, two = keys.make_key(holder, PLACE, dice), keys.make_key(holder, PLACE, dice)
    assert keys.open_key(holder, PLACE, one) != keys.open_key(holder, PLACE, two)
    with pytest.raises(Refusal, match="wrap-mismatch"):
        keys.open_key(holder, ("hse-1", "cus-1", "cas-2"), one)


def test_what_is_sealed_tells_neither_what_it_says_nor_how_long_it_is():
    key = keys.seal_key(bytes(32))
    short = keys.sealed(key, ("hse-1", "row/1"), {"customer": "cus-1"}, SeededDice(1))
    long = keys.sealed(key, ("hse-1", "row/1"), {"customer": "cus-1" * 100}, SeededDice(2))
    assert len(short) == len(long)
    assert b"cus-1" not in short
    assert keys.unsealed(key, ("hse-1", "row/1"), short) == {"customer": "cus-1"}
    with pytest.raises(Refusal, match="wrap-mismatch"):
        keys.unsealed(key, ("hse-1", "row/2"), short)


def test_tags_differ_by_every_word_and_by_the_key():
    tags = {
        keys.tag(bytes(32), "row", "cas-1", "0"),
        keys.tag(bytes(32), "row", "cas-1", "1"),
        keys.tag(bytes(32), "row", "cas-10"),
        keys.tag(b"1" * 32, "row", "cas-1", "0"),
    }
    assert len(tags) == 4
