"""What the logkeeper counts: its rounds, and how old the last checkpoint is that it published.

Besides, at the same socket, `/witnesses`: how each of them answers when he is asked now.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from custodes.acts.logkeeper.gathering import Seen
from custodes.adapters.meter_socket import Page, Pages
from custodes.kernel.clock import Clock
from custodes.kernel.meters import Meters

from .process import of_process

PUBLISHED, IDLE = "published", "idle"
WITNESSES_WITHIN_S = 3.0  # less than whoever looks waits for
WITNESSES_EVERY_S = 5.0  # not asked again sooner, however often somebody looks
ROUND_AGE_S_MAX = 60.0  # a round waits at most one epoch of 10 s for work, and then for witnesses


class LogkeeperMeters:
    """The registry of a logkeeper process."""

    def __init__(self, clock: Clock) -> None:
        self.meters: Meters = of_process(clock)
        self._clock = clock
        self._published_at: datetime | None = None
        self._well_at: datetime | None = None
        self._last = ""
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
        self._last = outcome
        if outcome in (PUBLISHED, IDLE):
            self._well_at = self._clock.now()

    async def why_not_ready(self) -> str | None:
        """In words; None while the last round that ended well is younger than `ROUND_AGE_S_MAX`."""
        if self._well_at is None:
            return f"no round has ended well yet{self._of_last()}"
        age_s = (self._clock.now() - self._well_at).total_seconds()
        return None if age_s <= ROUND_AGE_S_MAX else f"no round ended well for {age_s:.0f} s{self._of_last()}"

    def _of_last(self) -> str:
        return f"; the last one: {self._last}" if self._last else ""

    def _age_s(self) -> float | None:
        at = self._published_at
        return None if at is None else (self._clock.now() - at).total_seconds()


class WitnessSaid(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One witness as `/witnesses` tells it; ages in seconds, by this process's clock."""

    name: str
    said: str  # `acts.logkeeper.gathering.Seen.said`
    asked_age_s: float | None
    signed_age_s: float | None


def witnesses(look: Callable[[float], Awaitable[tuple[Seen, ...]]], clock: Clock) -> Pages:
    """The page `/witnesses`: a JSON list of `WitnessSaid`."""
    kept: tuple[float, tuple[Seen, ...]] = (-WITNESSES_EVERY_S, ())

    async def page() -> Page:
        nonlocal kept
        now_s = clock.boot_ms() / 1000
        if now_s - kept[0] >= WITNESSES_EVERY_S:
            kept = (now_s, await look(WITNESSES_WITHIN_S))
        body = [_told(one, clock.now()) for one in kept[1]]
        return Page(media="application/json", body=msgspec.json.encode(body))

    return {"/witnesses": page}


def _told(one: Seen, now: datetime) -> WitnessSaid:
    def age_s(at: datetime | None) -> float | None:
        return None if at is None else (now - at).total_seconds()

    return WitnessSaid(
        name=one.name, said=one.said, asked_age_s=age_s(one.asked_at), signed_age_s=age_s(one.signed_at)
    )
