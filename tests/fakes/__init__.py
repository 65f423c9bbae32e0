"""Test doubles of the two kernel ports: a clock that is set and dice that are seeded."""

import hashlib
from datetime import UTC, datetime, timedelta


class SetClock:
    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
        self.booted = self.at

        self.floor = self.at

    def now(self) -> datetime:
        self.floor = max(self.floor, self.at)
        return self.floor

    def behind_s(self) -> float:
        return max((self.floor - self.at).total_seconds(), 0.0)

    def not_below(self, at: datetime) -> None:
        self.floor = max(self.floor, at)

    def boot_ms(self) -> int:
        return (self.at - self.booted) // timedelta(milliseconds=1)

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)

    def jump(self, **by: float) -> None:
        """Set to another time without any passing."""
        self.at += timedelta(**by)
        self.booted += timedelta(**by)


class SeededDice:
    """Deterministic: SHA-256 in counter mode over the seed."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed.to_bytes(8, "big")
        self.counter = 0

    def draw(self, length_bytes: int) -> bytes:
        out = bytearray()
        while len(out) < length_bytes:
            out += hashlib.sha256(self.seed + self.counter.to_bytes(8, "big")).digest()
            self.counter += 1
        return bytes(out[:length_bytes])
