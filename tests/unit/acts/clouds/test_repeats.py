from custodes.acts.clouds.repeats import Repeats, act_ids
from custodes.kernel.ids import is_id


def test_a_mark_comes_so_often_and_no_more():
    repeats = Repeats(span_ms=1000, times_max=2)
    assert [repeats.is_one_too_many(7, 0) for _ in range(4)] == [False, False, True, True]
    assert not repeats.is_one_too_many(8, 0)


def test_a_mark_is_remembered_for_a_span_and_not_for_ever():
    for begun in range(0, 1000, 50):  # wherever in a slice it came
        repeats = Repeats(span_ms=1000, times_max=1)
        assert not repeats.is_one_too_many(1, 0)
        assert not repeats.is_one_too_many(7, begun)
        for later in range(begun + 10, begun + 1000, 90):
            assert not repeats.is_one_too_many(later, later)
        assert repeats.is_one_too_many(7, begun + 1000)
        assert not repeats.is_one_too_many(7, begun + 4000)


def test_counts_in_several_slices_are_one_count():
    repeats = Repeats(span_ms=1000, times_max=3)
    assert [repeats.is_one_too_many(7, at) for at in (0, 200, 400, 600, 999)] == [False] * 3 + [True] * 2


def test_a_long_silence_forgets_everything_at_once():
    repeats = Repeats(span_ms=1000, times_max=1)
    repeats.is_one_too_many(7, 0)
    assert not repeats.is_one_too_many(8, 10**9)
    assert len(repeats) == 1


def test_a_flood_turns_the_slices_and_memory_stays_bounded():
    repeats = Repeats(span_ms=1000, times_max=1, marks_max=80)
    for mark in range(1000):
        repeats.is_one_too_many(mark, 0)
    assert len(repeats) <= 90
    assert repeats.is_one_too_many(999, 0)


def test_a_signature_may_be_a_few_acts_and_no_other_signature_those():
    first = act_ids("a" * 64, range(3))
    assert len(set(first)) == 3
    assert all(is_id("act", one) for one in first)
    assert act_ids("a" * 64, range(1, 3)) == first[1:]
    assert not set(first) & set(act_ids("b" * 64, range(3)))
