"""When an export gives sheets."""

from datetime import timedelta

import msgspec
import pytest

from custodes.kernel.clock import from_text
from custodes.objects.export import ENDED, Export, is_open

ROW = Export(
    id="exp-1",
    customer="cus-1",
    buckets=("bkt-1",),
    recipient="age1",
    location="loc-1",
    reason="yearly",
    begun_at="2026-11-22T08:00:00Z",
    lapses_at="2026-12-06T08:00:00Z",
)
END = from_text(ROW.lapses_at)


@pytest.mark.parametrize(("ahead_s", "open_"), [(-1, True), (0, False), (1, False)])
def test_its_end_is_exclusive(ahead_s, open_):
    assert is_open(ROW, END + timedelta(seconds=ahead_s)) is open_


def test_an_ended_one_gives_nothing():
    assert not is_open(msgspec.structs.replace(ROW, state=ENDED), END - timedelta(days=1))
