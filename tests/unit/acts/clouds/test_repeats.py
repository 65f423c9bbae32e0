from custodes.acts.clouds.repeats import Repeats


def test_a_mark_comes_so_often_and_no_more():
    repeats = Repeats(span_ms=1000, times_max=2)
    assert [repeats.is_one_too_many(7, 0) for _ in range(4)] == [False, False, True, True]
    assert not repeats.is_one_too_many(8, 0)


def test_a_mark_is_remembered_for_a_span_and_not_for_ever():
    repeats = Repeats(span_ms=1000, times_max=1)
    assert not repeats.is_one_too_many(7, 0)
    assert repeats.is_one_too_many(7, 1500)  # turned once: it lies in the older half
    assert not repeats.is_one_too_many(9, 1600)
    assert not repeats.is_one_too_many(7, 4000)


def test_a_flood_turns_the_halves_and_memory_stays_bounded():
    repeats = Repeats(span_ms=1000, times_max=1, marks_max=10)
    for mark in range(100):
        repeats.is_one_too_many(mark, 0)
    assert len(repeats._young) + len(repeats._old) <= 20
    assert repeats.is_one_too_many(99, 0)
