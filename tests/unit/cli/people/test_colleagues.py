import pytest

from custodes.cli.people.colleagues import colleague
from custodes.kernel.refusal import Refusal


class OfWorld:
    """What a command has, with the world's own answers."""

    def __init__(self, house, who):
        self.house, self.evidence = house, who.token

    def ask(self, ask):
        return self.house.call(self.house.world.ask(ask))


def test_a_colleague_and_somebody_else(house):
    world = house.world
    me, one = colleague(OfWorld(house, world.olga), world.anna.person.id)
    assert (me.person, one.name, one.generation >= 1) == (world.olga.person.id, "Anna", True)
    with pytest.raises(Refusal, match="no-such-person"):
        colleague(OfWorld(house, world.olga), world.karl.person.id)
