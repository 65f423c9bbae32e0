"""A watcher waits for what is away, and stops for everything else."""

import pytest

from custodes.cli.speech import Out
from custodes.cli.watch import looking as module
from custodes.cli.watch.looking import looking
from custodes.kernel.refusal import Refusal, malformed, unavailable


class Looks:
    """What each look meets, one after the other."""

    def __init__(self, *meets):
        self.meets = list(meets)

    def __call__(self):
        met = self.meets.pop(0)
        if met is not None:
            raise met


def test_once_is_once_and_a_log_that_is_away_is_told(monkeypatch):
    monkeypatch.setattr(module.time, "sleep", lambda _: pytest.fail("it waited"))
    looks = Looks(None, None)
    looking(Out(is_json=False), looks, None)
    assert len(looks.meets) == 1
    with pytest.raises(Refusal, match="url-unreachable"):
        looking(Out(is_json=False), Looks(unavailable("url-unreachable")), None)


def test_it_goes_on_over_what_is_away_and_ends_with_what_is_wrong(monkeypatch, capsys):
    waited = []
    monkeypatch.setattr(module.time, "sleep", waited.append)
    looks = Looks(None, unavailable("url-unreachable"), None, malformed("bad-note"))
    with pytest.raises(Refusal, match="bad-note"):
        looking(Out(is_json=False), looks, 7)
    assert waited == [7, 7, 7]
    assert "url-unreachable" in capsys.readouterr().err
