"""The fold by itself: small logs whose figures can be counted on one hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custodes.assurance.metering import COLUMNS, metered, rows_of
from custodes.kernel.refusal import Refusal

CUSTOMER = "cus-" + "0" * 26
BASE = {"actor": "crd-1", "actor_kind": "application", "house": "hse-1", "customer": CUSTOMER}


def entry(at, act, phase="single", **more):
    return {**BASE, "at": f"2026-{at}:00Z", "act": act, "phase": phase, **more}


def put(at, version, size, name="a", versioning="enabled", **more):
    fields = {"bucket": "bkt-1", "object_version": version, "bytes": size, "versioning": versioning}
    named = {} if name is None else {"object_name": name}
    return entry(at, "object.put", **fields, **named, **more)


def remove(at, version, name="a"):
    return entry(
        at, "object.delete", bucket="bkt-1", object_version=version, object_name=name, versioning="enabled"
    )


def counted(machine, exceptional=(), month="2026-11"):
    return rows_of(metered(CUSTOMER, month, machine, exceptional))


def test_a_day_of_everything():
    machine = [
        entry("11-02T08:00", "key.wrap", key="key-1"),
        entry("11-02T08:01", "key.unwrap", key="key-1"),
        entry("11-02T08:01", "key.unwrap", key="key-1", connection="con-1"),
        entry("11-02T08:02", "object.put", "admission", bucket="bkt-1", bytes=10),
        put("11-02T08:02", "v1", 10, phase="outcome", outcome="complete"),
        entry("11-02T08:03", "object.get", "admission", bucket="bkt-1", bytes=10),
        entry(
            "11-02T08:04", "object.get", "outcome", outcomes=[["l", 4, 10, "complete"], ["l", 5, 3, "cut"]]
        ),
        entry("11-02T08:05", "object.get", decision="deny", reason="not-permitted", bucket="bkt-1"),
        entry("11-02T08:06", "denial", count=7),
        entry("11-02T08:07", "rewrap", count=3, pages=["a", "b"], key="key-1"),
    ]
    exceptional = [
        entry("11-02T09:00", "lockbox.ask", case="cas-1", move="ask"),
        entry("11-02T09:01", "lockbox.approve", case="cas-1", move="approve"),
        {"act": "veil", "customer": CUSTOMER, "day": "2026-11-01", "closed": 1},
    ]
    (day,) = counted(machine, exceptional)
    assert day == {
        "customer": CUSTOMER, "day": "2026-11-02", "uses_keys": 2, "uses_s3": 2, "uses_clouds": 1,
        "denials": 8, "bytes_in": 10,
        "bytes_out": 13, "objects": 1, "bytes_stored": 10, "unnamed": 0, "cases": 1,
        "entries_machine": 10, "entries_exceptional": 2,
    }  # fmt: skip


def test_a_lease_counts_what_its_end_says_and_nothing_where_none_is_said():
    machine = [
        entry("11-02T08:00", "object.lease", "admission", bucket="bkt-1", count=100),
        entry("11-02T08:01", "object.lease", "outcome", bucket="bkt-1", count=37, bytes=410),
        entry("11-02T08:02", "object.lease", "admission", bucket="bkt-1", count=100),
    ]
    (day,) = counted(machine)
    assert (day["uses_s3"], day["bytes_out"], day["entries_machine"]) == (37, 410, 3)


def test_what_is_stored_goes_over_months_and_a_case_is_counted_once():
    machine = [put("10-31T23:59", "v1", 100), put("11-01T00:00", "v2", 50), remove("11-03T12:00", "v1")]
    exceptional = [
        entry("10-30T09:00", "lockbox.ask", case="cas-1", move="ask"),
        entry("11-03T09:00", "lockbox.approve", case="cas-1", move="approve"),
    ]
    found = counted(machine, exceptional)
    assert [(one["day"], one["objects"], one["bytes_stored"], one["cases"]) for one in found] == [
        ("2026-11-01", 2, 150, 0),
        ("2026-11-03", 1, 50, 0),
    ]
    assert [one["cases"] for one in counted(machine, exceptional, "2026-10")] == [1, 0]
    assert counted(machine, exceptional, "2026-12") == []


def test_without_versions_the_next_one_replaces():
    machine = [
        put("11-01T10:00", "v1", 100, versioning="off"),
        put("11-01T10:01", "v2", 30, versioning="off"),
        put("11-01T10:02", "v3", 5, "b", versioning="off"),
    ]
    (day,) = counted(machine)
    assert (day["objects"], day["bytes_stored"], day["bytes_in"]) == (2, 35, 135)


def test_an_erased_name_is_counted_and_said():
    (day,) = counted([put("11-01T10:00", "v1", 100, None, "off"), put("11-01T10:01", "v2", 1, "a", "off")])
    assert (day["objects"], day["unnamed"]) == (2, 1)


def test_a_marker_is_no_object():
    mark = {**put("11-01T10:01", "v2", 0), "act": "object.mark"}
    (day,) = counted([put("11-01T10:00", "v1", 100), mark])
    assert (day["objects"], day["bytes_stored"]) == (1, 100)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "", "2026-11-02", "2026-11\n"])
def test_a_month_that_is_none(month):
    with pytest.raises(Refusal, match="bad-month"):
        metered(CUSTOMER, month, [], [])


@given(st.lists(st.tuples(st.integers(1, 28), st.integers(0, 99), st.sampled_from("abc")), max_size=30))
def test_the_months_figures_are_sums_of_what_happened(puts):
    """Whatever was written: bytes in are the sum, and what is stored is the last of each name."""
    puts.sort(key=lambda one: one[0])
    machine = [put(f"11-{d:02}T10:00", f"v{n}", size, name, "off") for n, (d, size, name) in enumerate(puts)]
    found = counted(machine)
    assert sum(one["bytes_in"] for one in found) == sum(size for _, size, _ in puts)
    last = {name: size for _, size, name in puts}
    if found:
        assert (found[-1]["objects"], found[-1]["bytes_stored"]) == (len(last), sum(last.values()))
    assert metered(CUSTOMER, "2026-11", machine, []).split(b"\r\n")[0].decode().split(",") == list(COLUMNS)
