"""Counting by itself: an entry is counted where it belongs, and days add up to the whole."""

from hypothesis import given
from hypothesis import strategies as st

from custodes.assurance import counting
from custodes.assurance.counting import (
    NAMES_MAX,
    OTHERS,
    Begun,
    Portion,
    Share,
    added,
    begun_of,
    count,
    settle,
)
from custodes.assurance.metering import NO_CHANGE, Change

BASE = {"at": "2026-11-02T08:00:00Z", "actor": "crd-1", "phase": "single", "customer": "cus-1"}


def entry(act, **more):
    return {**BASE, "act": act, **more}


def counted(*entries, change=NO_CHANGE, sent=None):
    day, life = Portion(), Portion()
    for fields in entries:
        count(day, life, fields, change, sent or ())
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
    _, life = counted(entry("object.get", phase="outcome", outcomes=[]), sent=[(Begun("bkt-1", "crd-1"), 9)])
    assert (life.buckets["bkt-1"].bytes_out, life.buckets["bkt-1"].requests) == (9, {})


def test_each_credentials_share_is_of_days_and_a_lease_counts_what_its_end_says():
    taken = entry("object.lease", bucket="bkt-1", count=64, until="2026-11-02T08:00:10Z", phase="admission")
    said = entry("object.lease", phase="outcome", actor="keyroom", bucket="bkt-1", count=5, bytes=70)
    day, life = counted(
        entry("object.put", bucket="bkt-1", bytes=11, versioning="off"),
        entry("object.get", bucket="bkt-1", actor="crd-2"),
        taken,
        {**taken, "actor": "crd-2"},
    )
    shares = day.buckets["bkt-1"].shares
    assert shares == {
        "crd-1": Share(writes=1, bytes_in=11, unsaid=64),
        "crd-2": Share(reads=1, unsaid=64),
    }
    assert life.buckets["bkt-1"].shares == {}
    begun = begun_of(taken)
    count(day, life, said, NO_CHANGE, [(begun, 70)])
    settle(day, begun)
    assert shares["crd-1"] == Share(writes=1, bytes_in=11, reads=5, bytes_out=70)
    assert "keyroom" not in shares
    assert (life.buckets["bkt-1"].bytes_out, day.buckets["bkt-1"].bytes_out) == (70, 70), "once, not twice"
    settle(day, begun)
    assert shares["crd-1"].unsaid == 0, "never less than nothing"
    assert added([day, day]).buckets["bkt-1"].shares["crd-2"] == Share(reads=2, unsaid=128)


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
        count(days.setdefault(day, Portion()), life, fields, NO_CHANGE, ())
    whole = added(days.values())
    for one in (*whole.keys.values(), *whole.programs.values()):
        one.hours.clear()
    assert whole == life
