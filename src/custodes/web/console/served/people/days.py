"""Days of a form as instants: they begin and end where the installation is."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from custodes.kernel.clock import to_text
from custodes.kernel.refusal import malformed


def midnight(text: str, zone: ZoneInfo, *, days: int = 0) -> str:
    """The first moment of a day (`2026-12-24`), `days` later, as it is stored; `bad-day` (malformed)."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise malformed("bad-day") from error
    return to_text(datetime.combine(day + timedelta(days=days), time(), zone).astimezone(UTC))
