"""What the logkeeper counts: its rounds, and how old the last checkpoint is that it published."""

from datetime import datetime

from custodes.kernel.clock import Clock
from custodes.kernel.meters import Meters

from .process import of_process

PUBLISHED, IDLE = "published", "idle"


class LogkeeperMeters:
    """The registry of a logkeeper process."""

    def __init__(self, clock: Clock) -> None:
        self.meters: Meters = of_process(clock)
        self._clock = clock
        self._published_at: datetime | None = None
        self._rounds = self.meters.counter(
            "custodes_log_rounds_total",
            "Rounds of the logkeeper: published, idle, or the kind of refusal that ended one.",
            ("outcome",),
        )
        self.meters.gauge(
            "custodes_checkpoint_published_age_seconds",
            "Since this process last published a checkpoint.",
            self._age_s,
        )

    def round(self, outcome: str, published_at: datetime | None) -> None:
        """One round ended."""
        self._rounds.add(outcome)
        self._published_at = published_at

    def _age_s(self) -> float | None:
        at = self._published_at
        return None if at is None else (self._clock.now() - at).total_seconds()
