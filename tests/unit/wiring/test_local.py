import pytest

from custodes.acts.asks.house import LookHouse, Unseal
from custodes.kernel.refusal import Refusal
from custodes.settings import Settings
from custodes.wiring.local import LocalHouse
from fakes.keyrooms import LOCAL
from fakes.served import served


def test_it_asks_over_the_socket(tmp_path):
    with served(tmp_path) as house, LocalHouse(house.settings) as here:
        assert here.ask(LookHouse()).id == house.world.body.id
        assert here.ask(LookHouse()).sealed is False
        assert here.local() == LOCAL
        with pytest.raises(Refusal, match="local-only"):
            here.ask(Unseal(house.world.olga.token, b"x"))


def test_nobody_there(tmp_path):
    with LocalHouse(Settings(house=tmp_path)) as here:
        with pytest.raises(Refusal, match="keyroom-gone"):
            here.ask(LookHouse())
        with pytest.raises(Refusal, match="local-token-gone"):
            here.local()
