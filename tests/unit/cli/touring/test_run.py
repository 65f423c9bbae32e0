import json

import pytest

from custodes.cli.touring import run
from custodes.cli.touring.report import Proof, Report, steps
from custodes.kernel.refusal import denied
from custodes.settings import Settings


class NoStage:
    def __init__(self, settings, work):
        self.closed = False

    def close(self):
        self.closed = True


def proved(_stage):
    return Proof(done="looked", shown="seen", held=True)


def not_proved(_stage):
    return Proof(done="looked", shown="not seen", held=False)


def refused(_stage):
    raise denied("not-permitted")


def broken(_stage):
    raise LookupError("nobody")


@pytest.fixture(autouse=True)
def bare(monkeypatch):
    monkeypatch.setattr(run, "Stage", NoStage)
    monkeypatch.setattr(run.remains, "lines", lambda _settings: ("root",))


def played(*plays, **more):
    rows = [(play.__name__, play.__name__, play) for play in plays]
    return run.play(Settings(), Report(is_json=True), steps=steps("part", *rows), **more)


@pytest.mark.parametrize(
    ("plays", "holds"),
    [
        ((proved, proved), True),
        ((proved, not_proved), False),
        ((refused, proved), False),
        ((broken, proved), False),
    ],
)
def test_one_step_that_is_not_proved_fails_the_tour(plays, holds, capsys):
    assert played(*plays) is holds
    told = json.loads(capsys.readouterr().out)
    assert (told["proved"] == told["of"] == len(plays)) is holds
    assert told["not_prevented"] == ["root"]


def test_a_step_that_breaks_down_says_how(capsys):
    played(refused, broken)
    shown = [step["shown"] for step in json.loads(capsys.readouterr().out)["steps"]]
    assert shown == ["refused: not-permitted {}", "LookupError: nobody"]


def test_a_tour_that_is_stopped_is_not_proved(capsys):
    assert played(proved, stopped=lambda: True) is False
    assert json.loads(capsys.readouterr().out)["of"] == 0
