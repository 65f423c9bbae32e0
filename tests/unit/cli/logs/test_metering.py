"""A bill that is behind is asked for again while each asking counts some more, and says what it lacks."""

import pytest

from custodes.acts.asks.running.metering import LookMetering, Metering
from custodes.cli.logs.metering import _whole
from custodes.web.api.customers import ROWS


class Asked:
    def __init__(self, *behind):
        self.behind = list(behind)

    def ask(self, _ask):
        return Metering(b"", "2026-11-22T08:00:00Z", self.behind.pop(0))


@pytest.mark.parametrize(("behind", "left", "said"), [((0,), 0, ""), ((20, 10, 0), 0, ""), ((9, 9), 9, "9")])
def test_it_is_asked_again_as_long_as_that_helps(behind, left, said, capsys):
    asked = Asked(*behind)
    assert _whole(asked, LookMetering(None, "cus-1", "2026-11")).behind == left
    assert asked.behind == []
    assert capsys.readouterr().err == (f"cus-1: {said} entries are not counted yet\n" if said else "")


def test_the_api_says_how_far_a_bill_is():
    row = next(one for one in ROWS if one.name == "get-metering")
    assert row.headers(Metering(b"", "", 7)) == (("custodes-counted-at", ""), ("custodes-behind", "7"))
