import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger.veil import Unveiled
from custodes.ledger.veil_days import faults

DAYS = ("2026-02-27", "2026-03-02")


def veil(day, customer="cus-a"):
    return Unveiled(customer=customer, day=day, withheld=(), closed=15)


def all_days(*without):
    days = ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    return [(n, veil(day)) for n, day in enumerate(days) if day not in without]


def codes(veils, days=DAYS):
    return [(fault.code, fault.day) for fault in faults("cus-a", days, veils)]


def test_one_a_day_is_right():
    assert codes(all_days()) == []


def test_a_day_skipped_is_noticed_wherever_it_is():
    for day in ("2026-02-27", "2026-02-28", "2026-03-02"):
        assert codes(all_days(day)) == [("veil-missing", day)]
    assert len(codes([])) == 4


def test_a_day_doubled_is_noticed():
    assert codes([*all_days(), (9, veil("2026-03-01"))]) == [("veil-doubled", "2026-03-01")]


def test_a_veil_made_late_a_stranger_and_one_of_a_day_not_over_are_noticed():
    late = [*all_days("2026-02-28"), (9, veil("2026-02-28"))]
    assert codes(late) == [("veil-out-of-order", "2026-02-28")]
    assert codes([*all_days(), (9, veil("2026-03-03", "cus-b"))]) == [("veil-of-another", "2026-03-03")]
    assert codes([*all_days(), (9, veil("2026-03-03"))]) == [("veil-too-early", "2026-03-03")]


@pytest.mark.parametrize("day", ["2026-2-27", "20260227", "yesterday", ""])
def test_a_day_has_one_spelling(day):
    with pytest.raises(Refusal, match="bad-day"):
        faults("cus-a", (day, "2026-03-02"), [])
