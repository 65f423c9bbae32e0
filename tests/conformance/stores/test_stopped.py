"""A real RGW that is stopped, killed and begun again under a running house, which nobody notices."""

import os
import shutil
import signal

import pytest

from attack.test_replica_gone import BUCKET, FAST, is_named, made_good, nobody_noticed, running
from custodes.adapters.stores import patience  # noqa: F401 - what is judged
from fakes.cared import CaredHouse
from fakes.loaded import Load
from fakes.s3_wire import Wire

from .servers import KEY, SECRET, answers, rgw

pytestmark = [pytest.mark.conformance, pytest.mark.timeout(1800)]
KILLS = 3


@pytest.mark.parametrize("first", [True, False])
def test_an_rgw_that_stops_is_not_missed_and_made_good(tmp_path, monkeypatch, first):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    (tmp_path / "rgw").mkdir()
    with rgw(tmp_path / "rgw") as served:
        assert Wire(served.port, KEY, SECRET).request("PUT", "/kept").status == 200
        house = CaredHouse(tmp_path / "town").found()
        house.also_at("cloud", f"s3://kept/prefix?region=eu&endpoint=http://127.0.0.1:{served.port}")
        places = ("cloud", "berlin") if first else ("berlin", "cloud")
        with running(house, places), Load(house, BUCKET, 6, mix=FAST, writers=2) as load:
            load.goes_on("no load")
            os.kill(served.gateways[-1].pid, signal.SIGSTOP)
            load.goes_on("while it is stopped", more=60)
            house.until(lambda: is_named(house, "store-away"), "nobody names it")
            os.kill(served.gateways[-1].pid, signal.SIGCONT)
            house.until(lambda: not is_named(house, "store-away"), "it is back")
            for _ in range(KILLS):
                count = len(served.gateways)
                os.kill(served.gateways[-1].pid, signal.SIGKILL)
                load.goes_on("while it is away")
                load.until(lambda count=count: len(served.gateways) > count, "it is not begun again")
                answers(served.port)
                load.goes_on("begun again")
            house.until(lambda: not is_named(house, "store-away"), "it is back for good")
            load.over.set()
            nobody_noticed(load)
            made_good(house)
            load.look(house.boto3())
            shutil.rmtree(house.store)
            load.look(house.boto3())
