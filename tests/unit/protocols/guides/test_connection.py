from custodes.parties.connections import ConnectionKind
from custodes.protocols.guides import dke, xks
from custodes.protocols.guides.connection import GUIDES, steps


def test_every_kind_of_connection_has_a_guide():
    assert set(GUIDES) == {kind.value for kind in ConnectionKind}


def test_each_kind_gets_its_own():
    place, keys = ("h.example", "/con-1"), ("k",)
    assert steps("dke", "n", place, keys, listens="l") == dke.steps("n", *place, keys, listens="l")
    assert steps("xks", "n", place, keys, listens="l") == xks.steps("n", *place, keys, listens="l")
    assert steps("other", "n", place, keys, listens="l") == ()
