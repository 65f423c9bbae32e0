from datetime import UTC, datetime

import msgspec
import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.lifecycle import Candidate, LifecycleRule, after, check_rules, ends_at, first_end

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
ONE = Candidate(name="logs/a", size=10, tags=(("kind", "log"),), created_at=AT)


def rule(**more) -> LifecycleRule:
    return LifecycleRule(id=more.pop("id", "r"), is_enabled=True, **more)


def test_days_end_at_midnight():
    assert after(AT, 1) == datetime(2026, 11, 24, tzinfo=UTC)
    assert after(datetime(2026, 11, 22, tzinfo=UTC), 1) == datetime(2026, 11, 23, tzinfo=UTC)
    assert ends_at(rule(days=1), ONE) == datetime(2026, 11, 24, tzinfo=UTC)
    assert ends_at(rule(date="2026-12-01T00:00:00Z"), ONE) == datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "more",
    [
        {"prefix": "other/"},
        {"tags": (("kind", "bill"),)},
        {"bytes_above": 10},
        {"bytes_below": 10},
    ],
)
def test_what_a_rule_does_not_cover_stays(more):
    assert ends_at(rule(days=1, **more), ONE) is None


def test_a_disabled_rule_does_nothing():
    assert ends_at(msgspec.structs.replace(rule(days=1), is_enabled=False), ONE) is None


def test_noncurrent_versions_and_those_kept():
    old = msgspec.structs.replace(ONE, noncurrent_since=AT, newer=1)
    assert ends_at(rule(noncurrent_days=1), old) == after(AT, 1)
    assert ends_at(rule(noncurrent_days=1, noncurrent_kept=2), old) is None
    assert ends_at(rule(days=1), old) is None
    assert ends_at(rule(noncurrent_days=1), ONE) is None


def test_a_delete_marker_goes_when_it_is_alone():
    marker = Candidate(name="a", size=0, tags=(), created_at=AT, is_marker=True)
    alone = msgspec.structs.replace(marker, is_alone=True)
    assert ends_at(rule(ends_lone_markers=True), marker) is None
    assert ends_at(rule(ends_lone_markers=True), alone) == AT
    assert ends_at(rule(days=1), alone) == after(AT, 1)


def test_the_earliest_end_counts():
    rules = (rule(id="late", days=9), rule(id="soon", days=1))
    assert first_end(rules, ONE) == (after(AT, 1), "soon")
    assert first_end((rule(days=1, prefix="x"),), ONE) is None


@pytest.mark.parametrize(
    "bad",
    [
        (),
        (rule(),),
        (rule(days=1, date="2026-12-01T00:00:00Z"),),
        (rule(days=0),),
        (rule(days=1), rule(days=2)),
        (rule(id="x" * 256, days=1),),
        (rule(upload_days=1, tags=(("a", "b"),)),),
    ],
)
def test_rules_that_are_none(bad):
    with pytest.raises(Refusal, match=r"xml-malformed|lifecycle-rule-invalid"):
        check_rules(bad)


def test_a_rule_that_is_one():
    assert check_rules((rule(days=1), rule(id="u", upload_days=2)))
