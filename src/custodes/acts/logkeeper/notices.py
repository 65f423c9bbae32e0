"""Delivers the outbox: at least once each, with back-off; what cannot be delivered is given up with an alarm.

What was delivered to whom is kept in memory: after a restart somebody may be told twice, under the same id.
A notice holds a case's reference and where to look, and nothing of the case.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

import msgspec

from custodes.acts.asks.cases import LookOutbox, OutboxDone, OutboxItem
from custodes.kernel.clock import Clock, from_text
from custodes.kernel.refusal import Refusal

from .signed_doors import UNSIGNED, SignedDoors

AT_ONCE_MAX = 200
WAIT_S_FIRST, WAIT_S_MAX = 30, 3_600
TRIES_MAX = 12
TRIES_MIN, GIVEN_UP_HOURS = 3, 24  # also after a restart, when tries are counted anew

_log = logging.getLogger("custodes.notices")


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is told. `href` leads to the case; whoever follows it signs in first."""

    id: str
    at: str
    kind: str
    case: str
    customer: str
    organisation: str
    message: str
    subject_de: str
    subject_en: str
    until: str | None
    href: str
    to: tuple[str, ...]


class Channel(Protocol):
    """A way to tell somebody."""

    @property
    def name(self) -> str:
        """For the log."""
        ...

    def targets(self, notice: Notice) -> tuple[str, ...]:
        """Whom this channel tells of it."""
        ...

    async def deliver(self, notice: Notice, target: str) -> None:
        """Tell one; any Refusal means: not yet."""
        ...


class _Try(msgspec.Struct):
    told: set[tuple[str, str]]
    count: int = 0
    next_ms: int = 0


class Deliverer:
    """One round looks at what waits and tells what is due."""

    def __init__(self, doors: SignedDoors, channels: Sequence[Channel], clock: Clock, console: str) -> None:
        self._doors = doors
        self._channels = channels
        self._clock = clock
        self._console = console.rstrip("/")
        self._tries: dict[str, _Try] = {}

    async def round(self) -> int:
        """How many notices are finished now, told or given up."""
        waiting = (await self._doors.ask(LookOutbox(UNSIGNED, AT_ONCE_MAX))).items
        known = {item.id for item in waiting}
        self._tries = {id_: one for id_, one in self._tries.items() if id_ in known}
        done, dead = [], []
        for item in waiting:
            one = self._tries.setdefault(item.id, _Try(set()))
            if self._clock.boot_ms() < one.next_ms:
                continue
            if await self._tell(self._notice(item), one):
                done.append(item.id)
            elif self._is_over(item, one):
                dead.append(item.id)
        if done or dead:
            await self._doors.ask(OutboxDone(UNSIGNED, tuple(done), tuple(dead)))
        return len(done) + len(dead)

    async def _tell(self, notice: Notice, one: _Try) -> bool:
        """True when everybody it is for has been told; nobody to tell is not everybody."""
        wanted = [(channel, target) for channel in self._channels for target in channel.targets(notice)]
        for channel, target in wanted:
            if (channel.name, target) in one.told:
                continue
            try:
                await channel.deliver(notice, target)
                one.told.add((channel.name, target))
            except Refusal as refusal:
                _log.warning("notice %s not delivered by %s: %s", notice.id, channel.name, refusal.code)
            except Exception:
                _log.exception("notice %s not delivered by %s", notice.id, channel.name)
        if wanted and all((channel.name, target) in one.told for channel, target in wanted):
            return True
        one.count += 1
        wait_s = min(WAIT_S_FIRST * 2 ** (one.count - 1), WAIT_S_MAX)
        one.next_ms = self._clock.boot_ms() + wait_s * 1000
        return False

    def _is_over(self, item: OutboxItem, one: _Try) -> bool:
        is_old = self._clock.now() - from_text(item.at) >= timedelta(hours=GIVEN_UP_HOURS)
        is_over = one.count >= TRIES_MAX or (is_old and one.count >= TRIES_MIN)
        if is_over:
            _log.error("alarm: due work not done: notice %s of case %s was not delivered", item.id, item.case)
        return is_over

    def _notice(self, item: OutboxItem) -> Notice:
        return Notice(
            id=item.id,
            at=item.at,
            kind=item.kind,
            case=item.case,
            customer=item.customer,
            organisation=item.organisation,
            message=item.message,
            subject_de=item.subject_de,
            subject_en=item.subject_en,
            until=item.until,
            href=f"{self._console}/cases/{item.case}" if item.case else f"{self._console}/",
            to=item.to,
        )
