"""Threads that share one interpreter, kept on one processor.

Only one of them runs at a time anyway. On two processors, whoever lets go of the interpreter for a moment (a
statement, a random number, a message) loses it to the other, waits for it, and every hand-over wakes another
processor. On one he has it back at once, because the other one is not running in between.

The threads are looked at once a second, and bound to the last processor, to another one only if they wait for
theirs while that one has time to spare. Everything else of the process may run anywhere it might when it
began. Sources: sched_setaffinity(2), proc_stat(5), Documentation/scheduler/sched-stats.rst.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import msgspec

from custodes.kernel.dice import Dice

EVERY_S = 1.0
WAITS_MIN = 0.1  # of the time, for a processor that others have
SPARE_MIN = 0.2  # of the time, that another one idles more than ours
_IDLE, _IO_WAIT = 3, 4  # where a processor's line of /proc/stat has them, its name not counted

Bind = Callable[[int, Collection[int]], None]
_log = logging.getLogger("custodes.processors")


class Look(msgspec.Struct, frozen=True):
    """What one look saw: when, how long our threads have waited so far, how long each processor idled, in
    nanoseconds.
    """

    at: int
    waited: int
    idle: Mapping[int, int] = MappingProxyType({})


def anywhere() -> frozenset[int]:
    """The processors this process may run on; none where the system has no such thing."""
    return frozenset(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else frozenset()


def chosen(before: Look, now: Look, present: int, allowed: Collection[int]) -> int:
    """The processor to be on from now on: another one where ours keeps us waiting and it idles more."""
    took = now.at - before.at
    known = now.idle.keys() & before.idle.keys() & set(allowed)
    idle = {one: now.idle[one] - before.idle[one] for one in sorted(known)}
    if took <= 0 or not idle or now.waited - before.waited <= WAITS_MIN * took:
        return present
    idlest = max(idle, key=lambda one: idle[one])
    return idlest if idle[idlest] - idle.get(present, 0) > SPARE_MIN * took else present


class Together:
    """Binds some threads of this process to one processor."""

    def __init__(
        self,
        threads: Callable[[], Collection[int]],
        allowed: Collection[int] | None = None,
        *,
        proc: Path = Path("/proc"),
        bind: Bind | None = None,
    ) -> None:
        """`threads`: the native ids of those that belong together."""
        self._threads = threads
        self._allowed = frozenset(anywhere() if allowed is None else allowed)
        self._proc = proc
        self._bind: Bind = bind or _bound
        self._before: Look | None = None
        self.processor = max(self._allowed, default=0)

    @property
    def has_choice(self) -> bool:
        """Whether there is anything to do: with one processor all are together anyway."""
        return len(self._allowed) > 1

    def round(self, now_ns: int) -> None:
        """Look, and bind: what belongs together to one processor, all else to any."""
        every = {int(one.name) for one in (self._proc / "self/task").iterdir()}
        mine = every & set(self._threads())
        now = Look(now_ns, sum(self._waited(one) for one in mine), self._idle())
        if self._before is not None:
            self.processor = chosen(self._before, now, self.processor, self._allowed)
        self._before = now
        for one in every:
            with suppress(ProcessLookupError):  # it has ended meanwhile
                self._bind(one, {self.processor} if one in mine else self._allowed)

    def part(self) -> None:
        """Everybody may run anywhere again."""
        with suppress(OSError):
            for one in (self._proc / "self/task").iterdir():
                with suppress(OSError):  # it has ended: the others are let go all the same
                    self._bind(int(one.name), self._allowed)

    def _waited(self, thread: int) -> int:
        with suppress(OSError, ValueError, IndexError):  # it has ended, or the kernel does not count
            return int((self._proc / f"self/task/{thread}/schedstat").read_text().split()[1])
        return 0

    def _idle(self) -> Mapping[int, int]:
        tick_ns = 10**9 // os.sysconf("SC_CLK_TCK")
        found = {}
        for line in (self._proc / "stat").read_text().splitlines():
            name, *ticks = line.split()
            if name.startswith("cpu") and name[3:].isdigit() and len(ticks) > _IO_WAIT:
                found[int(name[3:])] = (int(ticks[_IDLE]) + int(ticks[_IO_WAIT])) * tick_ns
        return found


def _bound(thread: int, processors: Collection[int]) -> None:
    os.sched_setaffinity(thread, processors)


async def keep(together: Together, dice: Dice) -> None:
    """Rounds for as long as the process runs, at times that no two processes share."""
    while together.has_choice:
        try:
            together.round(int(asyncio.get_running_loop().time() * 1e9))
        except (OSError, ValueError) as error:
            _log.warning("threads are left where they are: %s", type(error).__name__)
            together.part()
            return
        await asyncio.sleep(EVERY_S * (0.5 + dice.draw(1)[0] / 256))
