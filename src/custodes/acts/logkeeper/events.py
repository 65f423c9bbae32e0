"""Delivers events of objects to webhooks: at least once, in order of each webhook, with back-off.

Who answers slowly or not at all holds up no other; who did not take a message is left alone for a while. What
it has not taken after a day is given up: an alarm, and an entry of its customer's. A message that was taken
may come again after a restart, under the same id.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import groupby
from typing import TypeAlias

import msgspec

from custodes.acts.asks.buckets.webhooks import Event, EventsDone, LookEvents
from custodes.kernel.clock import Clock, from_text
from custodes.kernel.refusal import Refusal

from .signed_doors import UNSIGNED, SignedDoors

AT_ONCE_MAX = 100
PATIENCE_S = 1.0
WAIT_S_FIRST, WAIT_S_MAX = 5, 3_600
TRIES_MIN, GIVEN_UP_HOURS = 3, 24

Send = Callable[[Event], Awaitable[None]]
Told: TypeAlias = tuple[list[str], list[tuple[str, str]]]  # taken, and (webhook, event) given up
_log = logging.getLogger("custodes.events")


class _Silent(msgspec.Struct):
    tries: int = 0
    until_ms: int = 0


class EventDeliverer:
    """One round asks for what waits and tells it. `send` raises a Refusal where it was not taken."""

    def __init__(self, doors: SignedDoors, send: Send, clock: Clock) -> None:
        self._doors = doors
        self._send = send
        self._clock = clock
        self._silent: dict[str, _Silent] = {}
        self._telling: dict[str, asyncio.Task[Told]] = {}

    async def round(self, patience_s: float = PATIENCE_S) -> int:
        """How many messages are finished now, taken or given up. Who takes longer than `patience_s` goes on
        being told, and nobody waits for him.
        """
        now_ms = self._clock.boot_ms()
        silent = {id_ for id_, one in self._silent.items() if now_ms < one.until_ms}
        busy = tuple(sorted(silent | set(self._telling)))
        found = (await self._doors.ask(LookEvents(UNSIGNED, AT_ONCE_MAX, busy))).events
        for webhook, events in groupby(found, key=lambda one: one.webhook):
            if webhook not in self._telling:
                self._telling[webhook] = asyncio.create_task(self._tell(list(events)))
        if self._telling:
            await asyncio.wait(self._telling.values(), timeout=patience_s)
        ended = [webhook for webhook, task in self._telling.items() if task.done()]
        told = [self._telling.pop(webhook).result() for webhook in ended]
        ids = tuple(id_ for taken, _ in told for id_ in taken)
        dead = tuple(pair for _, lost in told for pair in lost)
        if ids or dead:
            await self._doors.ask(EventsDone(UNSIGNED, ids, dead))
        return len(ids) + len(dead)

    async def _tell(self, events: Sequence[Event]) -> Told:
        """Those taken until one was not, and those that are given up."""
        taken: list[str] = []
        webhook = events[0].webhook
        for event in events:
            try:
                await self._send(event)
            except Refusal as refusal:
                _log.warning("event %s not taken by webhook %s: %s", event.id, webhook, refusal.code)
                return taken, self._later(events[len(taken) :])
            self._silent.pop(webhook, None)
            taken.append(event.id)
        return taken, []

    def _later(self, left: Sequence[Event]) -> list[tuple[str, str]]:
        one = self._silent.setdefault(left[0].webhook, _Silent())
        one.tries += 1
        wait_s = min(WAIT_S_FIRST * 2 ** (one.tries - 1), WAIT_S_MAX)
        one.until_ms = self._clock.boot_ms() + wait_s * 1_000
        if one.tries < TRIES_MIN:
            return []
        oldest = self._clock.now() - timedelta(hours=GIVEN_UP_HOURS)
        return [(event.webhook, event.id) for event in left if from_text(event.at) <= oldest]
