"""How work beside the requests goes on: step after step while there is some, then a look now and then."""

import asyncio
from collections.abc import Awaitable, Callable

from custodes.kernel.refusal import Refusal


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
