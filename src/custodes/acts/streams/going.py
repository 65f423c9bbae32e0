"""How work beside the requests goes on: step after step while there is some, then a look now and then."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from custodes.acts.asks import Doors
from custodes.acts.asks.doors import Ask
from custodes.acts.asks.objects import Closed
from custodes.kernel.refusal import Refusal

HOLD_S = 5.0

_log = logging.getLogger("custodes.going")


@asynccontextmanager
async def held(doors: Doors, ask: Ask[Closed]) -> AsyncIterator[None]:
    """Say by this ask, now and then, that work which was handed out is being worked on: what a process that
    died had taken is handed out again soon. What it is answered is of no meaning: the work's end says it.
    """

    async def tell() -> None:
        while True:
            await asyncio.sleep(HOLD_S)
            try:
                await doors.ask(ask)
            except Refusal as refusal:
                _log.info("work is not held: %s", refusal.code)

    telling = asyncio.get_running_loop().create_task(tell())
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def steadily(
    step: Callable[[], Awaitable[bool]], pause_s: float, waits: Callable[[str], object]
) -> None:
    """Take steps for ever; `step` says whether it found something to do.

    A refusal (sealed, killed, no right any more, or a store is away) is told to `waits` by its code, and
    waited out like idleness.
    """
    while True:
        is_busy = False
        try:
            is_busy = await step()
        except Refusal as refusal:
            waits(refusal.code)
        await asyncio.sleep(0.0 if is_busy else pause_s)
