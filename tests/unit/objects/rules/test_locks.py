from datetime import UTC, datetime, timedelta

import pytest

from custodes.kernel.clock import to_text
from custodes.kernel.refusal import Refusal
from custodes.objects.rules import locks
from custodes.objects.rules.locks import DefaultRetention, Mode, Retention

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def kept(mode: Mode, hours: int) -> Retention:
    return Retention(mode=mode, until=to_text(NOW + timedelta(hours=hours)))


SOFT, HARD = Mode.GOVERNANCE, Mode.COMPLIANCE


@pytest.mark.parametrize(
    ("old", "new", "bypass", "passes"),
    [
        (None, kept(SOFT, 1), False, True),
        (kept(SOFT, 2), kept(SOFT, 3), False, True),
        (kept(SOFT, 2), kept(SOFT, 1), False, False),
        (kept(SOFT, 2), kept(SOFT, 1), True, True),
        (kept(SOFT, 2), None, False, False),
        (kept(SOFT, 2), None, True, True),
        (kept(SOFT, 2), kept(HARD, 3), False, False),
        (kept(HARD, 2), kept(HARD, 3), False, True),
        (kept(HARD, 2), kept(HARD, 1), True, False),
        (kept(HARD, 2), kept(SOFT, 9), True, False),
        (kept(HARD, 2), None, True, False),
        (kept(HARD, -1), None, False, True),
    ],
)
def test_what_a_retention_may_become(old, new, bypass, passes):
    if passes:
        locks.demand_change(old, new, NOW, may_bypass=bypass)
        return
    with pytest.raises(Refusal, match="object-locked"):
        locks.demand_change(old, new, NOW, may_bypass=bypass)


@pytest.mark.parametrize(
    ("retention", "held", "bypass", "passes"),
    [
        (None, False, False, True),
        (None, True, True, False),
        (kept(SOFT, 1), False, False, False),
        (kept(SOFT, 1), False, True, True),
        (kept(HARD, 1), False, True, False),
        (kept(HARD, -1), False, False, True),
        (kept(HARD, -1), True, False, False),
    ],
)
def test_when_a_version_may_go(retention, held, bypass, passes):
    if passes:
        locks.demand_free(retention, is_held=held, now=NOW, may_bypass=bypass)
        return
    with pytest.raises(Refusal, match="object-locked"):
        locks.demand_free(retention, is_held=held, now=NOW, may_bypass=bypass)


def test_the_default_counts_from_the_write():
    days = DefaultRetention(mode=SOFT, days=2)
    assert locks.by_default(days, NOW) == kept(SOFT, 48)
    assert locks.by_default(DefaultRetention(mode=HARD, years=1), NOW) == kept(HARD, 24 * 365)
    assert locks.by_default(None, NOW) is None


def test_what_is_no_retention():
    for given, code in (
        (("GOVERNANCE", 1, 1), "xml-malformed"),
        (("governance", 1, None), "xml-malformed"),
        (("GOVERNANCE", 0, None), "retention-period-invalid"),
        (("COMPLIANCE", None, 101), "retention-period-invalid"),
    ):
        with pytest.raises(Refusal, match=code):
            locks.check_default(*given)
    with pytest.raises(Refusal, match="retention-incomplete"):
        locks.check_retention("GOVERNANCE", None)
    with pytest.raises(Refusal, match="retention-mode-invalid"):
        locks.check_retention("soft", NOW)
    with pytest.raises(Refusal, match="retention-in-the-past"):
        locks.demand_future(kept(SOFT, 0), NOW)
