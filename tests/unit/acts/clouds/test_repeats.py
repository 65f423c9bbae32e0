from custodes.acts.clouds.repeats import Repeats, act_ids
from custodes.kernel.ids import is_id


def test_each_mark_has_its_own_count():
    repeats = Repeats(span_ms=1000)
    assert [repeats.count(7, 0) for _ in range(4)] == [0, 1, 2, 3]
    assert repeats.count(8, 0) == 0


def test_a_mark_is_remembered_for_a_span_and_not_for_ever():
    for begun in range(0, 1000, 50):  # wherever in a slice it came
        repeats = Repeats(span_ms=1000)
        assert repeats.count(1, 0) == 0
        assert repeats.count(7, begun) == 0
        for later in range(begun + 10, begun + 1000, 90):
            assert repeats.count(later, later) == 0
        assert repeats.count(7, begun + 1000) > 0
        assert repeats.count(7, begun + 4000) == 0


def test_counts_in_several_slices_are_one_count():
    repeats = Repeats(span_ms=1000)
    assert [repeats.count(7, at) for at in (0, 200, 400, 600, 999)] == [0, 1, 2, 3, 4]


def test_a_long_silence_forgets_everything_at_once():
    repeats = Repeats(span_ms=1000)
    repeats.count(7, 0)
    assert repeats.count(8, 10**9) == 0
    assert len(repeats) == 1


def test_a_flood_turns_the_slices_and_memory_stays_bounded():
    repeats = Repeats(span_ms=1000, marks_max=80)
    for mark in range(1000):
        repeats.count(mark, 0)
    assert len(repeats) <= 90
    assert repeats.count(999, 0) > 0


def test_a_signature_may_be_a_few_acts_and_no_other_signature_those():
    first = act_ids("a" * 64, range(3))
    assert len(set(first)) == 3
    assert all(is_id("act", one) for one in first)
    assert act_ids("a" * 64, range(1, 3)) == first[1:]
    assert not set(first) & set(act_ids("b" * 64, range(3)))
