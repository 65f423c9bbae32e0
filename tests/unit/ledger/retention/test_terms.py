"""Which class an entry is of, when its term is over, what a hold keeps."""

from datetime import UTC, datetime

import pytest

from custodes.kernel.refusal import Refusal
from custodes.ledger.retention.terms import (
    DAYS_MAX,
    DAYS_MIN,
    TERMS,
    EntryClass,
    Hold,
    check_days,
    class_of,
    cutoff,
    is_held,
)
from custodes.ledger.vocabulary import ACTS, SubLog

HOLD = Hold(
    id="hld-x",
    customer="cus-x",
    classes=("machine",),
    from_at="2026-02-01T00:00:00Z",
    until_at="2026-03-01T00:00:00Z",
    source="a court",
    review_at="2026-06-01T00:00:00Z",
    placed_at="2026-02-03T00:00:00Z",
)


def at(month, day):
    return datetime(2026, month, day, tzinfo=UTC)


def test_every_act_of_the_vocabulary_has_a_class():
    found = {code: class_of(row.sub_log.value, code) for code, row in ACTS.items()}
    assert None not in found.values()
    assert {code for code, of in found.items() if of is EntryClass.MACHINE} == {
        code for code, row in ACTS.items() if row.sub_log is SubLog.MACHINE
    }
    assert found["veil"] is found["retention.destroy"] is found["erasure"] is EntryClass.PROOF
    assert found["key.destroy"] is found["change.retention"] is found["hold.end"] is EntryClass.ADMINISTRATION
    assert found["grant.use"] is found["break-glass.use"] is EntryClass.EXCEPTIONAL
    assert class_of("exceptional", "lockbox.approve") is EntryClass.EXCEPTIONAL
    assert class_of("exceptional", "key.unwrap") is EntryClass.EXCEPTIONAL  # under a grant
    assert class_of("exceptional", "object.get") is EntryClass.EXCEPTIONAL
    assert class_of("withheld", "key.unwrap") is None  # shown to nobody: it has no term


def test_what_is_proposed_is_within_what_may_be_set_and_proof_never_ends():
    for row in TERMS.values():
        if row.days_proposed is not None:
            check_days({row.entry_class.value: row.days_proposed})
    for bad in ({"proof": 400}, {"x": 400}, {"machine": DAYS_MIN - 1}, {"machine": DAYS_MAX + 1}):
        with pytest.raises(Refusal, match="bad-term"):
            check_days(bad)
    check_days({})


@pytest.mark.parametrize(
    ("now", "days", "begins"),
    [
        (datetime(2026, 11, 22, 8, tzinfo=UTC), 90, at(8, 1)),
        (datetime(2026, 5, 1, tzinfo=UTC), 90, at(1, 1)),
        (datetime(2026, 5, 2, tzinfo=UTC), 91, at(1, 1)),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), 365, datetime(2025, 12, 1, tzinfo=UTC)),
    ],
)
def test_a_cutoff_is_the_first_of_a_month_and_never_early(now, days, begins):
    assert cutoff(now, days) == begins
    assert (now - begins).days >= days


def test_a_hold_keeps_its_classes_from_and_until_and_as_long_as_it_stands():
    assert is_held([HOLD], EntryClass.MACHINE, at(2, 1))
    assert not is_held([HOLD], EntryClass.MACHINE, at(1, 31))
    assert not is_held([HOLD], EntryClass.MACHINE, at(3, 1))
    assert not is_held([HOLD], EntryClass.EXCEPTIONAL, at(2, 2))
    open_ended = Hold(**{**{n: getattr(HOLD, n) for n in HOLD.__struct_fields__}, "until_at": ""})
    assert is_held([HOLD, open_ended], EntryClass.MACHINE, at(9, 1))
    ended = Hold(
        **{**{n: getattr(HOLD, n) for n in HOLD.__struct_fields__}, "ended_at": "2026-04-01T00:00:00Z"}
    )
    assert not is_held([ended], EntryClass.MACHINE, at(2, 2))
