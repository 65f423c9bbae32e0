import logging
import threading

from custodes.adapters.system import SystemClock
from custodes.wiring.meters.starting import Start


def test_each_stage_is_a_line_with_how_long_it_took(caplog):
    caplog.set_level(logging.INFO)
    with Start("keyroom", SystemClock()) as start:
        start.at("database")
        start.at("unsealing")
        start.done()
    said = [record.getMessage() for record in caplog.records]
    assert said[0] == "keyroom: database begins"
    assert said[1].startswith("keyroom: database took ")
    assert said[2] == "keyroom: unsealing begins"
    assert said[3].startswith("keyroom: unsealing took ")
    assert said[4:] == ["keyroom: up"]


def test_one_that_hangs_is_named_with_what_it_was_doing_and_ended(caplog, capfd):
    ended = threading.Event()
    with Start("keyroom", SystemClock(), long_s=0.02, hangs_s=0.05, end=ended.set) as start:
        start.at("database")
        start.at("unsealing")
        assert ended.wait(30)
    assert "keyroom: still in stage unsealing after 0 s" in caplog.text
    said = capfd.readouterr().err
    assert said.endswith("keyroom: start-hangs {'stage': 'unsealing'}\n")
    assert "test_starting.py" in said  # where it stood
    assert "database" not in said


def test_one_that_may_last_is_told_of_and_never_ended(caplog):
    told, ended = threading.Event(), threading.Event()

    class Said(logging.Handler):
        def emit(self, record):
            if "still in stage schema" in record.getMessage():
                told.set()

    handler = Said()
    logging.getLogger("custodes.starting").addHandler(handler)
    try:
        with Start("keyroom", SystemClock(), long_s=0.01, hangs_s=0.02, end=ended.set) as start:
            start.at("schema", may_last=True)
            assert told.wait(30)
            start.at("sockets")  # is watched again
            assert ended.wait(30)
    finally:
        logging.getLogger("custodes.starting").removeHandler(handler)


def test_the_watch_ends_with_the_start():
    with Start("keyroom", SystemClock()) as start:
        start.at("database")
        (watch,) = [one for one in threading.enumerate() if one.name == "starting" and one.is_alive()][-1:]
        start.done()
    watch.join(30)
    assert not watch.is_alive()
