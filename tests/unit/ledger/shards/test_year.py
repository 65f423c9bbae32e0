from datetime import UTC, datetime, timedelta, timezone

import pytest

from custodes.ledger.shards import year

MONTH = timedelta(days=30)


def at(*when):
    return datetime(*when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        ("log.example/town", "log.example/town/2027"),
        ("log.example/town/2026", "log.example/town/2027"),
        ("log.example/town/2", "log.example/town/2/2027"),
        ("log.example/town/0042", "log.example/town/0042/2027"),
        ("log.example", "log.example/2027"),
    ],
)
def test_a_year_gives_way_and_nothing_else(origin, named):
    assert year.named(origin, 2027) == named


def test_the_next_year_is_announced_before_it_begins():
    found = year.coming("log.example/2026", 2026, at(2026, 11, 22), MONTH)
    assert (found.year, found.opens, found.announced_from) == (2027, "log.example/2027", at(2026, 12, 2))


def test_a_year_that_was_slept_through_is_not_made_up_for():
    found = year.coming("log.example", 2023, at(2026, 3, 1), MONTH)
    assert found.year == 2026


def test_the_year_is_that_of_utc():
    east = datetime(2027, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert year.coming("l", 2025, east, MONTH).year == 2026


def test_who_follows_has_the_whole_notice():
    assert year.turns_at(2027, at(2026, 12, 2), MONTH) == at(2027, 1, 1)
    assert year.turns_at(2027, at(2026, 12, 20), MONTH) == at(2027, 1, 19)
    assert year.turns_at(2027, at(2026, 6, 1), timedelta(0)) == at(2027, 1, 1)


def test_days_that_are_left():
    end = at(2027, 1, 1)
    assert year.days_left(end, at(2026, 12, 31, 23, 59)) == 1
    assert year.days_left(end, at(2026, 11, 23)) == 39
    assert year.days_left(end, end) == 0
    assert year.days_left(end, at(2027, 5, 1)) == 0
