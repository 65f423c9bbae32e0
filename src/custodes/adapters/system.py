"""The real Clock and Dice: the machine's clock with a floor, the kernel's CSPRNG."""

import os
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from weakref import ref

_AHEAD_BYTES = 65_536
_DRAWN_BYTES_MAX = 4_096


class SystemClock:
    """The machine's clock, never backwards, never behind the last committed entry.

    It is the keyroom that knows that entry's time and tells it with `not_below`.
    """

    def __init__(self, *, ahead_s: int = 0) -> None:
        """`ahead_s`: a demo's clock goes so many seconds ahead, to show what time does to a grant."""
        self._ahead = timedelta(seconds=ahead_s)
        self._floor = datetime(1970, 1, 1, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present instant, aware, UTC; the last one told while the machine's clock is behind it."""
        told = self._machine()
        with self._lock:
            self._floor = max(self._floor, told)
            return self._floor

    def behind_s(self) -> float:
        """Seconds from the machine's clock to the last instant told, 0 when it is not behind."""
        return max((self._floor - self._machine()).total_seconds(), 0.0)

    def boot_ms(self) -> int:
        """Milliseconds since boot, suspend included."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def not_below(self, at: datetime) -> None:
        """Raise the floor; a lower one than before changes nothing. ValueError for a naive time."""
        if at.tzinfo is None:
            raise ValueError("naive time")
        with self._lock:
            self._floor = max(self._floor, at.astimezone(UTC))

    def _machine(self) -> datetime:
        return datetime.now(UTC) + self._ahead  # noqa: TID251 - this is the Clock port's own place


class SystemDice:
    """getrandom(2) through os.urandom, drawn ahead in pieces.

    A system call for each draw would cost a use more than all its hashing, and each lets go of the
    interpreter while others wait for it. A piece is used once and forgotten; a forked process starts with
    none.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead = b""
        self._at = 0
        # asking for the process at each draw would be a system call
        os.register_at_fork(after_in_child=partial(_forgotten, ref(self)))

    def draw(self, length_bytes: int) -> bytes:
        """Return `length_bytes` fresh random bytes."""
        if length_bytes > _DRAWN_BYTES_MAX:
            return os.urandom(length_bytes)  # noqa: TID251 - this is the Dice port's own place
        with self._lock:
            end = self._at + length_bytes
            if end > len(self._ahead):
                self._ahead = os.urandom(_AHEAD_BYTES)  # noqa: TID251 - as above
                self._at, end = 0, length_bytes
            drawn = self._ahead[self._at : end]
            self._at = end
        return drawn

    def forget(self) -> None:
        """In a forked process: what was drawn ahead is the other one's, and who held the lock is not here."""
        self._lock = threading.Lock()
        self._ahead, self._at = b"", 0


def _forgotten(dice: "ref[SystemDice]") -> None:
    known = dice()
    if known is not None:
        known.forget()
