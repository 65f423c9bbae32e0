"""The real Clock and Dice: the machine's clock with a floor, the kernel's CSPRNG."""

import os
import time
from datetime import UTC, datetime


class SystemClock:
    """The machine's clock, never behind the last committed entry.

    It is the keyroom that knows that entry's time and tells it with `not_below`.
    """

    def __init__(self) -> None:
        self._floor = datetime(1970, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """The present instant, aware, UTC; the floor while the machine's clock is behind it."""
        return max(datetime.now(UTC), self._floor)  # noqa: TID251 - this is the Clock port's own place

    def boot_ms(self) -> int:
        """Milliseconds since boot, suspend included."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def not_below(self, at: datetime) -> None:
        """Raise the floor; a lower one than before changes nothing. ValueError for a naive time."""
        if at.tzinfo is None:
            raise ValueError("naive time")
        self._floor = max(self._floor, at.astimezone(UTC))


class SystemDice:
    """getrandom(2) through os.urandom: blocks until the kernel's pool is ready, then never again."""

    def draw(self, length_bytes: int) -> bytes:
        """Return `length_bytes` fresh random bytes."""
        return os.urandom(length_bytes)  # noqa: TID251 - this is the Dice port's own place
