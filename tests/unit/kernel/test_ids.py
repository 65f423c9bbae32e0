from custodes.kernel.ids import NOUNS, is_id, new_id
from fakes import SeededDice


def test_an_id_tells_its_noun_and_nothing_else():
    dice = SeededDice(7)
    for noun in NOUNS:
        fresh = new_id(noun, dice)
        assert is_id(noun, fresh)
        assert len(fresh) == 30
        assert not is_id("xxx", fresh)
    assert new_id("cus", dice) != new_id("cus", dice)
    assert not is_id("cus", "cus-" + "l" * 26)
