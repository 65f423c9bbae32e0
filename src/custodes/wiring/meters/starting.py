"""A start says which stage it is in, and one that hangs ends with a refusal that names the stage.

A process that stands still before it answers says nothing by itself. Here each stage is a line in its log;
one that takes long is a warning with what every thread was doing; one that takes far too long ends the
process, so that whoever watches it starts it again and sees where it stood.
"""

import faulthandler
import logging
import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType

from custodes.kernel.clock import Clock

LONG_S, HANGS_S = 30.0, 300.0
EXIT_CODE = 3  # of a process that refused to start, as for every other refusal
_log = logging.getLogger("custodes.starting")


def _end() -> None:
    os._exit(EXIT_CODE)  # the thread that hangs cannot be asked to end


def _nothing(_stage: str) -> None:
    """A stage that may last is not ended."""


class Start:
    """`with Start("keyroom", clock) as start: start.at("database") ...; start.done()`."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        *,
        long_s: float = LONG_S,
        hangs_s: float = HANGS_S,
        end: Callable[[], None] = _end,
    ) -> None:
        """`end` is called in a thread of its own after `hangs_s` in one stage."""
        self._name, self._clock = name, clock
        self._waits_s = (long_s, hangs_s)
        self._end = end
        self._stage, self._may_last = "", False
        self._began_ms = clock.boot_ms()
        self._moved = threading.Condition()
        self._count, self._is_over = 0, False

    def __enter__(self) -> "Start":
        threading.Thread(target=self._watch, name="starting", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._next("", may_last=False)

    def at(self, stage: str, *, may_last: bool = False) -> None:
        """The next stage begins. One that `may_last` (a migration of much data) is told of, never ended."""
        self._next(stage, may_last=may_last)
        _log.info("%s: %s begins", self._name, stage)

    def done(self) -> None:
        """It is up."""
        self._next("", may_last=False)
        _log.info("%s: up", self._name)

    def _next(self, stage: str, *, may_last: bool) -> None:
        now_ms = self._clock.boot_ms()
        with self._moved:
            if self._stage:
                took_ms = now_ms - self._began_ms
                _log.info("%s: %s took %d ms", self._name, self._stage, took_ms)
            self._stage, self._may_last, self._began_ms = stage, may_last, now_ms
            self._count += 1
            self._is_over = not stage
            self._moved.notify_all()

    def _watch(self) -> None:
        """One stage after the other, until the last is over."""
        while True:
            with self._moved:
                count, stage, may_last = self._count, self._stage, self._may_last
                if self._is_over:
                    return
            waited_s = 0.0
            tells = (self._tell_long, _nothing if may_last else self._tell_hanging)
            for until_s, tell in zip(self._waits_s, tells, strict=True):
                with self._moved:
                    if self._moved.wait_for(partial(self._is_past, count), until_s - waited_s):
                        break
                waited_s = until_s
                tell(stage)
            else:
                with self._moved:
                    self._moved.wait_for(partial(self._is_past, count))

    def _is_past(self, count: int) -> bool:
        return self._count != count

    def _tell_long(self, stage: str) -> None:
        _log.warning("%s: still in stage %s after %.0f s", self._name, stage or "-", self._waits_s[0])
        if sys.stderr is not None:
            faulthandler.dump_traceback(all_threads=True)  # files, lines and functions, never values

    def _tell_hanging(self, stage: str) -> None:
        sys.stderr.write(f"{self._name}: start-hangs {{'stage': '{stage}'}}\n")
        sys.stderr.flush()
        self._end()
