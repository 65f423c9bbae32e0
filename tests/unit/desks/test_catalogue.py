import msgspec
import pytest

from custodes.desks.break_glass import BREAK_GLASS_DESK
from custodes.desks.catalogue import APART, CURRENT, desk_named, desk_of
from custodes.desks.lockbox import LOCKBOX
from custodes.desks.words import DESKS
from custodes.kernel.refusal import Refusal
from fakes.lockbox_world import begin


def test_every_desk_has_its_words():
    assert {*CURRENT, *APART} == DESKS.keys()


def test_a_desk_is_found_by_its_name():
    assert desk_named("lockbox") is LOCKBOX
    with pytest.raises(Refusal) as caught:
        desk_named("kitchen")
    assert caught.value.code == "no-such-desk"


@pytest.mark.parametrize("desk", [LOCKBOX, BREAK_GLASS_DESK])
def test_a_case_keeps_the_table_it_began_with(desk):
    case = begin(desk).case
    assert desk_of(case) is desk
    with pytest.raises(ValueError, match="no table access/0"):
        desk_of(msgspec.structs.replace(case, law_version="access/0"))
