from datetime import UTC, datetime

import pytest

from custodes.kernel.refusal import Refusal
from custodes.objects.rules.locks import DefaultRetention, Mode, Retention
from custodes.protocols.s3.configs import locking


def test_each_is_read_as_it_is_written():
    for default in (
        None,
        DefaultRetention(mode=Mode.GOVERNANCE, days=3),
        DefaultRetention(mode=Mode.COMPLIANCE, years=1),
    ):
        assert locking.read_lock(locking.write_lock(default)) == default
    retention = Retention(mode=Mode.COMPLIANCE, until="2030-01-01T00:00:00Z")
    assert locking.read_retention(locking.write_retention(retention)) == retention
    assert locking.read_hold(locking.write_hold(is_held=True))
    assert locking.read_retention(b"<Retention/>") is None


def test_dates():
    assert locking.read_date("2030-01-01T00:00:00+01:00") == datetime(2029, 12, 31, 23, tzinfo=UTC)
    assert locking.read_date("2030-01-01T00:00:00.5Z").year == 2030
    with pytest.raises(Refusal, match="xml-malformed"):
        locking.read_date("tomorrow")


@pytest.mark.parametrize(
    "body",
    [
        b"<ObjectLockConfiguration/>",
        b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule/></ObjectLockConfiguration>",
        b"<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled></ObjectLockConfiguration>",
    ],
)
def test_what_is_no_configuration(body):
    with pytest.raises(Refusal, match="xml-malformed"):
        locking.read_lock(body)


def test_what_is_no_hold():
    with pytest.raises(Refusal, match="xml-malformed"):
        locking.read_hold(b"<LegalHold><Status>on</Status></LegalHold>")
    with pytest.raises(Refusal, match="hold-invalid"):
        locking.hold_of("on", "hold-invalid")
