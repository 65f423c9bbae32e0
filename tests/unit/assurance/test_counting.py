"""Counting by itself: an entry is counted where it belongs, and days add up to the whole."""

from hypothesis import given
from hypothesis import strategies as st

from custodes.assurance import counting
from custodes.assurance.counting import NAMES_MAX, OTHERS, Portion, added, count
from custodes.assurance.metering import NO_CHANGE, Change

BASE = {"at": "2026-11-02T08:00:00Z", "actor": "crd-1", "phase": "single", "customer": "cus-1"}


def entry(act, **more):
    return {**BASE, "act": act, **more}


def counted(*entries, change=NO_CHANGE, sent=None):
    day, life = Portion(), Portion()
    for fields in entries:
        count(day, life, fields, change, sent or {})
    return day, life


def test_hours_are_of_days_and_the_rest_of_both():
    day, life = counted(entry("key.wrap", key="key-1", reason="storage", count=2, bytes=7))
    assert day.keys["key-1"].hours == {"08": 2}
    assert life.keys["key-1"].hours == {}
    assert (life.keys["key-1"].uses, life.keys["key-1"].bytes) == (2, 7)
    assert life.programs["crd-1"].reasons == {"storage": 2}


def test_a_removal_names_a_key_and_uses_none():
    _, life = counted(entry("object.delete", key="key-1", bucket="bkt-1"), change=Change(-1, -5))
    assert life.keys == {}
    assert (life.buckets["bkt-1"].objects, life.buckets["bkt-1"].bytes_stored) == (-1, -5)


def test_what_a_read_released_goes_to_the_bucket_of_its_beginning():
    _, life = counted(entry("object.get", phase="outcome", outcomes=[]), sent={"bkt-1": 9})
    assert (life.buckets["bkt-1"].bytes_out, life.buckets["bkt-1"].requests) == (9, {})


def test_cases_and_administration_are_no_requests():
    _, life = counted(
        entry("lockbox.approve", case="cas-1", move="approve", bucket="bkt-1"),
        entry("key.rotate", key="key-1"),
        entry("bucket.create", bucket="bkt-1"),
    )
    assert life.keys == {}
    assert life.buckets["bkt-1"].requests == {"bucket.create": 1}


def test_a_check_is_no_use():
    _, life = counted(entry("connection.check", connection="con-1"))
    assert (life.connections["con-1"].checks, life.connections["con-1"].uses) == (1, 0)


def test_a_flood_of_names_is_counted_together():
    found = [entry("denial", subject="bkt-1", reason=f"reason-{n}") for n in range(NAMES_MAX + 7)]
    _, life = counted(*found, entry("denial", subject="bkt-1", reason="ü" * 99))
    refused = life.buckets["bkt-1"].refused
    assert (len(refused), refused[OTHERS]) == (NAMES_MAX + 1, 8)


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(sorted(counting.USES)), st.integers(1, 5))))
def test_days_add_up_to_the_whole(uses):
    days, life = {}, Portion()
    for day, act, number in uses:
        fields = entry(act, key=f"key-{day}", count=number, at=f"2026-11-0{day + 1}T08:00:00Z")
        count(days.setdefault(day, Portion()), life, fields, NO_CHANGE, {})
    whole = added(days.values())
    for one in (*whole.keys.values(), *whole.programs.values()):
        one.hours.clear()
    assert whole == life
