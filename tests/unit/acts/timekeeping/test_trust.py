"""A clock is believed as far as what it cannot talk out of existence goes along with it."""

from datetime import timedelta

import msgspec
import pytest

from custodes.acts.footing.nouns import ClockJump
from custodes.acts.timekeeping.trust import APART_S_MAX, SILENCE_S_MAX, Timekeeping
from custodes.kernel.refusal import Kind, Refusal
from fakes import SetClock


class Books:
    row = None

    def get(self, *_):
        return self.row


def kept(clock=None, last=None):
    clock = clock or SetClock()
    return clock, Timekeeping(clock, Books(), last or clock.now())


def code(doing, **more):
    try:
        doing(**more)
    except Refusal as refusal:
        return refusal.code, refusal.kind
    return None


def test_time_that_passes_is_believed():
    clock, time = kept()
    clock.forward(days=40)
    assert time.jump() is None
    assert code(time.refuse_if_frozen) is None
    assert not time.is_vouched_for


def test_a_clock_set_back_stops_what_ends_by_time():
    clock, time = kept()
    clock.forward(seconds=-5)
    assert code(time.refuse_if_astray) is None
    clock.forward(seconds=-1)
    assert code(time.refuse_if_astray) == ("clock-behind", Kind.UNAVAILABLE)
    assert code(time.refuse_if_frozen) == ("clock-behind", Kind.UNAVAILABLE)
    assert code(kept()[1].refuse_if_astray, held_s=6) == ("clock-behind", Kind.UNAVAILABLE)


@pytest.mark.parametrize(
    ("steps", "is_jump"), [((300,), False), ((301,), True), ((150, 150, 1), True), ((-20, 320), False)]
)
def test_steps_ahead_add_up(steps, is_jump):
    clock, time = kept()
    for step in steps:
        clock.jump(seconds=step)
        clock.forward(hours=1)
    assert (time.jump() is not None) is is_jump
    assert (code(time.refuse_if_frozen) == ("clock-jumped", Kind.LOCKED)) is is_jump
    assert code(time.refuse_if_astray) is None


def test_a_jump_is_not_forgotten_when_the_clock_goes_back_to_where_it_was():
    clock, time = kept()
    clock.jump(days=30)
    assert time.jump()
    clock.jump(days=-30)
    assert code(time.refuse_if_frozen) == ("clock-behind", Kind.UNAVAILABLE)
    clock.forward(days=30)
    assert code(time.refuse_if_frozen) == ("clock-jumped", Kind.LOCKED)


def test_a_long_silence_before_the_start_is_as_good_as_a_jump():
    clock = SetClock()
    assert kept(clock, clock.now() - timedelta(seconds=SILENCE_S_MAX))[1].jump() is None
    assert kept(clock, clock.now() - timedelta(seconds=SILENCE_S_MAX + 1))[1].jump() is not None


def test_witnesses_end_a_jump_when_they_agree_with_where_it_went():
    clock, time = kept()
    clock.jump(days=1)
    assert time.jump()
    time.vouched(clock.now() - timedelta(seconds=8))
    assert time.is_vouched_for
    assert code(time.refuse_if_frozen) is None


def test_witnesses_who_see_another_time_stop_grants_in_either_direction():
    for ahead in (APART_S_MAX + 1, -APART_S_MAX - 1):
        clock, time = kept()
        time.vouched(clock.now() - timedelta(seconds=ahead))
        assert code(time.refuse_if_astray) == ("clock-apart", Kind.UNAVAILABLE)
        assert not time.is_vouched_for
        time.vouched(clock.now())
        assert code(time.refuse_if_astray) is None


def test_what_witnesses_said_grows_old_with_the_time_that_passes():
    clock, time = kept()
    time.vouched(clock.now())
    clock.forward(hours=20)
    assert time.apart_s() == 0
    clock.jump(seconds=400)
    assert time.apart_s() == 400


def test_a_jump_in_the_books_stands_until_it_is_confirmed():
    _, time = kept()
    row = ClockJump(from_at="2026-11-22T08:00:00Z", to_at="2027-11-22T08:00:00Z", noticed_at="x")
    time._standing.row = row
    assert code(time.refuse_if_frozen) == ("clock-jumped", Kind.LOCKED)
    time._standing.row = msgspec.structs.replace(row, confirmed_at="2026-11-22T09:00:00Z")
    assert code(time.refuse_if_frozen) is None
    assert time.noted() is None


def test_what_was_confirmed_is_the_new_measure():
    clock, time = kept()
    clock.jump(days=1)
    assert time.jump()
    time.forget_jump()
    assert time.jump() is None
    clock.jump(seconds=301)
    assert time.jump()
