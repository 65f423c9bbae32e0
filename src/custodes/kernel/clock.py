"""The Clock port and the two spellings of time.

Times are aware UTC `datetime`s. On the wire and in signed documents: RFC 3339 with `Z`, whole seconds.
"""

from datetime import UTC, datetime
from typing import Protocol

from .refusal import malformed


class Clock(Protocol):
    """Tells the time; it never runs backwards, nor behind the last committed entry."""

    def now(self) -> datetime:
        """The present instant, aware, UTC; never earlier than it was told before."""
        ...

    def behind_s(self) -> float:
        """How many seconds the machine's clock lies behind the last instant told: while it does, the time
        told stands still, and whatever ends by itself would not end. 0 as a rule.
        """
        ...

    def not_below(self, at: datetime) -> None:
        """From now on never tell an earlier instant than this one: entries must not run backwards."""
        ...

    def boot_ms(self) -> int:
        """Milliseconds since boot, counting sleep; never set, so it measures how long something took."""
        ...


def to_text(at: datetime) -> str:
    """`2026-11-22T07:49:00Z`; fractions of a second are cut."""
    if at.tzinfo is None:
        raise ValueError("naive time")
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    return utc.isoformat(timespec="seconds")[:19] + "Z"


def from_text(text: str) -> datetime:
    """Strict inverse of `to_text` (`bad-time`)."""
    try:
        at = datetime.fromisoformat(text)  # takes more spellings than one: they are refused below
    except ValueError as error:
        raise malformed("bad-time") from error
    if at.tzinfo is None or to_text(at) != text:
        raise malformed("bad-time")
    return at.replace(tzinfo=UTC)
