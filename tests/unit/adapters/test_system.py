import os
from datetime import UTC, datetime, timedelta, timezone

import pytest

from custodes.adapters.system import SystemClock, SystemDice


def test_the_clock_is_aware_and_moves_on():
    clock = SystemClock()
    one, two = clock.now(), clock.now()
    assert one.tzinfo is UTC
    assert one <= two


def test_the_clock_is_never_behind_its_floor():
    clock = SystemClock()
    floor = clock.now() + timedelta(days=1)
    clock.not_below(floor.astimezone(timezone(timedelta(hours=5))))
    assert clock.now() == floor
    clock.not_below(floor - timedelta(days=2))
    assert clock.now() == floor
    assert clock.now().tzinfo is UTC


def test_a_floor_without_a_zone_is_a_bug():
    with pytest.raises(ValueError, match="naive"):
        SystemClock().not_below(datetime(2026, 1, 1))  # noqa: DTZ001


def test_dice_give_as_much_as_asked_and_never_the_same():
    dice = SystemDice()
    assert [len(dice.draw(n)) for n in (0, 1, 32)] == [0, 1, 32]
    assert dice.draw(32) != dice.draw(32)


def test_a_forked_process_draws_its_own():
    dice = SystemDice()
    dice.draw(1)  # there is a piece ahead
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(theirs, dice.draw(32))
        os._exit(0)
    os.waitpid(child, 0)
    assert len(other := os.read(ours, 32)) == 32
    assert other != dice.draw(32)
    os.close(ours)
    os.close(theirs)


def test_a_clock_set_back_stands_still_and_says_how_far_it_is_behind(monkeypatch):
    told = [datetime(2026, 11, 22, 8, tzinfo=UTC)]
    clock = SystemClock()
    monkeypatch.setattr(SystemClock, "_machine", lambda _: told[0])
    assert (clock.now(), clock.behind_s()) == (told[0], 0)
    before = told[0]
    told[0] -= timedelta(hours=2)
    assert (clock.now(), clock.behind_s()) == (before, 7_200)
    told[0] += timedelta(hours=3)
    assert (clock.now(), clock.behind_s()) == (told[0], 0)
