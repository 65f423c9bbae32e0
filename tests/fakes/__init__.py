"""Test doubles of the two kernel ports: a clock that is set and dice that are seeded."""

import hashlib
from datetime import UTC, datetime, timedelta


class SetClock:
    def __init__(self, at: datetime | None = None) -> None:
        self.at = at or datetime(2026, 11, 22, 8, 0, 0, tzinfo=UTC)
        self.booted = self.at

    def now(self) -> datetime:
        return self.at

    def not_below(self, at: datetime) -> None:
        self.at = max(self.at, at)

    def boot_ms(self) -> int:
        return (self.at - self.booted) // timedelta(milliseconds=1)

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


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
