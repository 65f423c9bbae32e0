"""What the keyroom counts: asks by outcome, the sequencer's groups, and how fresh log and outbox are."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from custodes.acts.asks import Ask
from custodes.acts.footing.nouns import Kills
from custodes.acts.keyroom import Keyroom
from custodes.acts.objects.care.summary import CareSummary, care_summary
from custodes.acts.timekeeping.trust import Timekeeping
from custodes.kernel.clock import Clock, from_text
from custodes.kernel.limits import GROUP_ACTS_MAX
from custodes.kernel.meters import Meters
from custodes.kernel.refusal import Kind, Refusal
from custodes.wiring.backups.drills import Drilled

from .process import of_process

T = TypeVar("T")
GROUPS = tuple(float(2**n) for n in range(GROUP_ACTS_MAX.bit_length()))
OK = "ok"
COPIES = (  # (name, what it says, field of the summary)
    ("custodes_scrub_overdue_buckets", "Buckets whose round of reading again should be done.", "overdue"),
    ("custodes_scrub_age_seconds", "Since the oldest last whole round of any bucket.", "oldest_s"),
    ("custodes_scrub_checked_copies", "Copies read again in each bucket's newest round.", "checked_copies"),
    ("custodes_scrub_checked_bytes", "Bytes read again in each bucket's newest round.", "checked_bytes"),
    ("custodes_scrub_repaired_copies", "Copies made anew in each bucket's newest round.", "repaired"),
    ("custodes_scrub_damaged_copies", "Bad or missing copies of each bucket's newest round.", "damaged"),
    ("custodes_copies_wanting", "Copies that are to be made.", "wanting"),
    ("custodes_copies_below_minimum", "Blobs in fewer places than their bucket demands (of 200).", "below"),
    ("custodes_copies_lost", "Copies of which no good one was found anywhere.", "lost"),
    ("custodes_stores_away", "Stores that did not answer as they should when last looked.", "away"),
    ("custodes_stray_blobs", "Blobs that lie in stores and belong to nothing.", "strays"),
    ("custodes_stray_bytes", "Their length.", "stray_bytes"),
)


class KeyroomMeters:
    """The registry of a keyroom process. Fulfils `acts.writing.sequencer.Pace`."""

    def __init__(self, clock: Clock) -> None:
        self.meters: Meters = of_process(clock)
        self._clock = clock
        self._began_ns = 0
        self._outbox: tuple[int, float] | None = None
        self._kills: int | None = None
        self._copies: CareSummary | None = None
        self._drill: Drilled | None = None
        self._backup: datetime | None = None
        self._asks = self.meters.counter(
            "custodes_asks_total",
            "Asks the keyroom answered: ok, or the kind of refusal.",
            ("ask", "outcome"),
        )
        self._durations = self.meters.histogram(
            "custodes_ask_duration_seconds", "From an ask's arrival to its answer.", ("ask",)
        )
        self._refusals = self.meters.counter(
            "custodes_refusals_total", "Asks refused.", ("protocol", "kind", "code")
        )
        self._groups = self.meters.histogram(
            "custodes_commit_group_acts", "Acts that one commit carried.", (), GROUPS
        )
        self._commits = self.meters.histogram(
            "custodes_commit_duration_seconds", "From taking a group to its being durable."
        )

    def watch(self, keyroom: Keyroom) -> None:
        """Add what is read from the keyroom itself whenever somebody looks."""
        gauge = self.meters.gauge
        gauge("custodes_sealed", "1 while the house is sealed.", lambda: float(keyroom.sequencer is None))
        gauge(
            "custodes_sequencer_alive",
            "0 once the outcome of a commit was unknown: nothing is decided until a restart.",
            lambda: float(keyroom.sequencer.is_alive) if keyroom.sequencer else None,
        )
        gauge(
            "custodes_sequencer_queue_acts",
            "Acts that wait for the one writer.",
            lambda: float(keyroom.sequencer.waiting) if keyroom.sequencer else None,
        )
        gauge(
            "custodes_checkpoint_age_seconds",
            "Since the last published checkpoint this process was told of.",
            lambda: self._age_s(keyroom),
        )
        gauge(
            "custodes_disk_in_need",
            "1 while the disk is too full for anything but kill, revoke and refusals.",
            lambda: float(keyroom.sequencer.is_in_need) if keyroom.sequencer else None,
        )
        gauge("custodes_kills_standing", "Kills that stand.", lambda: self._kills)
        gauge("custodes_clock_astray", "1 while the clock stops grants.", lambda: _clock(keyroom, _astray))
        gauge(
            "custodes_clock_jumped",
            "1 while a jump of the clock waits for its confirmation: nothing is destroyed by time.",
            lambda: _clock(keyroom, _jumped),
        )
        gauge(
            "custodes_clock_apart_seconds",
            "How far the clock goes ahead of the witnesses; behind: negative.",
            lambda: _clock(keyroom, Timekeeping.apart_s),
        )
        gauge("custodes_backup_age_seconds", "Since the last backup.", self._backup_age_s)
        gauge("custodes_drill_age_seconds", "Since the last restore drill.", self._drill_age_s)
        gauge(
            "custodes_drill_findings",
            "What the last restore drill found wrong.",
            lambda: None if self._drill is None else float(len(self._drill.findings)),
        )
        self._watch_copies()
        gauge("custodes_outbox_waiting", "Messages not told yet.", lambda: self._backlog(0))
        gauge("custodes_outbox_lag_seconds", "Age of the oldest of them.", lambda: self._backlog(1))

    def _watch_copies(self) -> None:
        for name, about, field in COPIES:
            self.meters.gauge(name, about, partial(self._of_copies, field))

    async def look(
        self,
        keyroom: Keyroom,
        drilled: Callable[[], Drilled | None] = lambda: None,
        backed_up: Callable[[], datetime | None] = lambda: None,
    ) -> None:
        """Read what lies in the database, for the next scrape; without an answer there is no line.

        `drilled` reads the last restore drill, `backed_up` when the last backup was made.
        """
        self._outbox = self._kills = self._copies = None
        self._drill = await asyncio.to_thread(drilled)
        self._backup = await asyncio.to_thread(backed_up)
        if keyroom.sequencer is None:
            return
        rows = keyroom.opened.standing.all_of("kills", Kills)
        self._kills = sum(len(row.kills) for row in rows)
        count, oldest_us = await keyroom.opened.read(lambda reads: reads.outbox_backlog())
        now_s = self._clock.now().timestamp()
        self._outbox = (count, 0.0 if oldest_us is None else max(0.0, now_s - oldest_us / 1e6))
        self._copies = await care_summary(keyroom.opened)

    def counted(self, answer: Callable[[Ask[Any]], Awaitable[T]]) -> Callable[[Ask[Any]], Awaitable[T]]:
        """The same door, with every ask counted."""

        async def ask(asked: Ask[Any]) -> T:
            name, outcome = str(type(asked).__struct_config__.tag), Kind.BROKEN.value
            began_ns = time.perf_counter_ns()
            try:
                found = await answer(asked)
                outcome = OK
            except Refusal as refusal:
                outcome = refusal.kind.value
                self._refusals.add("asks", outcome, refusal.code)
                raise
            finally:
                self._asks.add(name, outcome)
                self._durations.add((time.perf_counter_ns() - began_ns) / 1e9, name)
            return found

        return ask

    def began(self) -> None:
        """See `Pace`."""
        self._began_ns = time.perf_counter_ns()

    def settled(self, acts: int) -> None:
        """See `Pace`."""
        self._commits.add((time.perf_counter_ns() - self._began_ns) / 1e9)
        self._groups.add(acts)

    def _of_copies(self, field: str) -> float | None:
        found = None if self._copies is None else getattr(self._copies, field)
        return None if found is None else float(found)

    def _age_s(self, keyroom: Keyroom) -> float | None:
        witnessing = keyroom.witnessing
        at = witnessing.published_at if witnessing is not None else None
        return None if at is None else (self._clock.now() - at).total_seconds()

    def _drill_age_s(self) -> float | None:
        if self._drill is None:
            return None
        return (self._clock.now() - from_text(self._drill.at)).total_seconds()

    def _backup_age_s(self) -> float | None:
        return None if self._backup is None else (self._clock.now() - self._backup).total_seconds()

    def _backlog(self, which: int) -> float | None:
        return None if self._outbox is None else float(self._outbox[which])


def _clock(keyroom: Keyroom, read: Callable[[Timekeeping], float]) -> float | None:
    return None if keyroom.sequencer is None else read(keyroom.opened.time)


def _astray(held: Timekeeping) -> float:
    try:
        held.refuse_if_astray()
    except Refusal:
        return 1.0
    return 0.0


def _jumped(held: Timekeeping) -> float:
    return float(held.noted() is not None or held.jump() is not None)
