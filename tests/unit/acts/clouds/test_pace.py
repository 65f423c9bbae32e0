from custodes.acts.clouds.pace import Pace


def test_so_many_a_second_and_no_more():
    pace = Pace(3)
    assert [pace.takes(0) for _ in range(4)] == [True, True, True, False]
    assert not pace.takes(300)
    assert pace.takes(400)
    assert not pace.takes(400)


def test_nothing_is_saved_up_beyond_a_second():
    pace = Pace(2)
    assert [pace.takes(60_000) for _ in range(3)] == [True, True, False]
    assert [pace.takes(120_000) for _ in range(3)] == [True, True, False]
