"""Retention and legal hold: when a version may not go, and who may shorten that.

Source: Amazon S3 User Guide, "Locking objects with Object Lock". COMPLIANCE ends with its date and never
before; GOVERNANCE may be shortened or passed by, by whoever the policy lets (`object:bypass-retention`). A
hold has no date and is independent of both. A delete marker is never locked, and a locked version does not
hinder a new one above it. What is kept because a court or an officer ordered silence about it is no hold:
nobody sees it here.
"""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from custodes.kernel.clock import from_text, to_text
from custodes.kernel.refusal import denied, malformed

DAYS_MAX = 36_500
YEARS_MAX = 100


class Mode(StrEnum):
    """How strictly a version is retained."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


class Retention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Until when a version is kept; `until` is RFC 3339, UTC, whole seconds."""

    mode: Mode
    until: str


class DefaultRetention(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a version written without a retention of its own gets: exactly one of days and years."""

    mode: Mode
    days: int | None = None
    years: int | None = None


def check_default(mode: str | None, days: int | None, years: int | None) -> DefaultRetention:
    """A bucket's default (`xml-malformed`, `retention-period-invalid`, both malformed)."""
    if mode not in (Mode.GOVERNANCE.value, Mode.COMPLIANCE.value) or (days is None) == (years is None):
        raise malformed("xml-malformed")
    if days is not None and not 1 <= days <= DAYS_MAX:
        raise malformed("retention-period-invalid")
    if years is not None and not 1 <= years <= YEARS_MAX:
        raise malformed("retention-period-invalid")
    return DefaultRetention(mode=Mode(mode), days=days, years=years)


def check_retention(mode: str | None, until: datetime | None) -> Retention:
    """A retention as a caller names it (`retention-incomplete`, `retention-mode-invalid`; malformed)."""
    if mode is None or until is None:
        raise malformed("retention-incomplete")
    if mode not in (Mode.GOVERNANCE.value, Mode.COMPLIANCE.value):
        raise malformed("retention-mode-invalid")
    return Retention(mode=Mode(mode), until=to_text(until.replace(microsecond=0)))


def by_default(default: DefaultRetention | None, now: datetime) -> Retention | None:
    """The retention a version gets that was written now without one of its own."""
    if default is None:
        return None
    if default.days is not None:
        return Retention(mode=default.mode, until=to_text(_later(now, default.days)))
    return Retention(mode=default.mode, until=to_text(_later(now, 365 * (default.years or 0))))


def demand_future(retention: Retention, now: datetime) -> Retention:
    """`retention-in-the-past` (malformed) unless it ends later than now."""
    if from_text(retention.until) <= now:
        raise malformed("retention-in-the-past")
    return retention


def demand_change(old: Retention | None, new: Retention | None, now: datetime, *, may_bypass: bool) -> None:
    """May this retention become that one? (`object-locked`, denied).

    Longer in the same mode, or anything once it has ended. A governance retention may be changed at will by
    whoever may bypass it; a compliance retention may not be shortened, weakened or dropped by anybody.
    """
    if old is None or from_text(old.until) <= now:
        return
    is_longer = new is not None and new.mode is old.mode and from_text(new.until) >= from_text(old.until)
    if is_longer or (old.mode is Mode.GOVERNANCE and may_bypass):
        return
    raise denied("object-locked", until=old.until)


def demand_free(retention: Retention | None, *, is_held: bool, now: datetime, may_bypass: bool) -> None:
    """May this version go for good? (`object-locked`, denied)."""
    if is_held:
        raise denied("object-locked", until=None)
    if retention is None or from_text(retention.until) <= now:
        return
    if retention.mode is Mode.GOVERNANCE and may_bypass:
        return
    raise denied("object-locked", until=retention.until)


def _later(now: datetime, days: int) -> datetime:
    return (now + timedelta(days=days)).replace(microsecond=0)
