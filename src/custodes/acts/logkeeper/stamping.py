"""A time stamp on a checkpoint now and then, beside the log: asked for after publication, never waited for.

The stamped checkpoint and the authority's answer lie under the checkpoint's size, so that both are found
together (docs/operations/timestamps.md). An authority that does not answer holds nothing up; it is an alarm.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from custodes.kernel.clock import Clock
from custodes.kernel.refusal import Refusal

from .ports import LogFiles, TimeStamps

EVERY_S = 3_600
AGAIN_S = 300  # after an authority did not answer

_log = logging.getLogger("custodes.logkeeper")


def stamp_path(size: int, kind: str) -> str:
    """Where a stamped checkpoint (`checkpoint`) and its token (`tsr`) lie."""
    return f"timestamps/{size:020}.{kind}"


class Stamping:
    """Stamps at most one checkpoint at a time."""

    def __init__(self, files: LogFiles, authority: TimeStamps, clock: Clock) -> None:
        self._files = files
        self._authority = authority
        self._clock = clock
        self._due_at: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    def published(self, size: int, checkpoint: bytes) -> None:
        """Have this checkpoint stamped if it is time and no other one is at it."""
        now = self._clock.now()
        if (self._due_at is not None and now < self._due_at) or (self._task and not self._task.done()):
            return
        self._due_at = now + timedelta(seconds=EVERY_S)
        self._task = asyncio.create_task(self._stamp(size, checkpoint))

    async def settled(self) -> None:
        """Wait for the one that is being stamped."""
        if self._task is not None:
            await self._task

    async def close(self) -> None:
        """Give up on it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _stamp(self, size: int, checkpoint: bytes) -> None:
        try:
            token = await asyncio.to_thread(self._authority.stamp, checkpoint)
        except Refusal as refusal:
            _log.error("alarm: no time stamp: %s %s", refusal.code, dict(refusal.facts))
            self._due_at = self._clock.now() + timedelta(seconds=AGAIN_S)
            return
        self._files.write(stamp_path(size, "checkpoint"), checkpoint)
        self._files.write(stamp_path(size, "tsr"), token)
