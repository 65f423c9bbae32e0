"""Which shard follows when, and what it is called: years of UTC, one shard for each, none twice.

A shard may be announced `notice` before its year begins. One that is announced late is opened late, after
the whole notice: who follows from outside has the same time in any case.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

YEAR_MIN: Final = 2000
YEAR_MAX: Final = 9999
_YEARLY = re.compile(r"(.+)/([0-9]{4})")


class Next(msgspec.Struct, frozen=True, kw_only=True):
    """The shard that comes: its year, and when it may be announced."""

    year: int
    opens: str
    announced_from: datetime


def begins(year: int) -> datetime:
    """The first instant of a year, UTC."""
    return datetime(year, 1, 1, tzinfo=UTC)


def coming(origin: str, year: int, now: datetime, notice: timedelta) -> Next:
    """What follows the shard of `year` under `origin`, as seen now.

    A house that slept through a year does not make up for it: the present year follows.
    """
    following = max(year + 1, now.astimezone(UTC).year)
    return Next(year=following, opens=named(origin, following), announced_from=begins(following) - notice)


def turns_at(year: int, announced_at: datetime, notice: timedelta) -> datetime:
    """When the shard of `year` opens that is announced now."""
    return max(begins(year), announced_at + notice)


def named(origin: str, year: int) -> str:
    """The origin of a year's shard: the log's name and the year; a year that stands there gives way."""
    found = _YEARLY.fullmatch(origin)
    is_year = found is not None and YEAR_MIN <= int(found[2]) <= YEAR_MAX
    return f"{found[1] if found is not None and is_year else origin}/{year}"


def days_left(until: datetime, now: datetime) -> int:
    """Whole days until then, begun ones counted; 0 when it is over."""
    return max(0, -((now - until) // timedelta(days=1)))
