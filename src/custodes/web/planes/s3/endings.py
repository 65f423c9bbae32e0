"""How short reads ended: told together, a moment later.

The bytes have left by then, nobody waits for this. What is lost with the process counts as all bytes, as
every admission without an outcome does.
"""

import asyncio

from custodes.acts.asks import Doors
from custodes.acts.asks.objects import CLOSED_MAX, CloseGet, CloseGets
from custodes.kernel.refusal import Refusal


class Endings:
    """Gathers endings for `after_s`; 0 tells each at once."""

    def __init__(self, after_s: float = 0.0) -> None:
        self._after_s = after_s
        self._ended: list[CloseGet] = []
        self._timer: asyncio.TimerHandle | None = None
        self._telling: set[asyncio.Task[None]] = set()

    async def tell(self, doors: Doors, ended: CloseGet) -> None:
        """One short read ended. Nothing is raised: not told, it counts as all bytes."""
        if not self._after_s:
            await _told(doors, ended)
            return
        self._ended.append(ended)
        if len(self._ended) >= CLOSED_MAX:
            self._ring(doors)
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._after_s, self._ring, doors)

    async def flush(self, doors: Doors) -> None:
        """Tell what waits, now."""
        self._ring(doors)
        await asyncio.gather(*self._telling)

    def _ring(self, doors: Doors) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        ended, self._ended = tuple(self._ended), []
        if ended:
            task = asyncio.get_running_loop().create_task(_told(doors, CloseGets(ended)))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)


async def _told(doors: Doors, ask: CloseGet | CloseGets) -> None:
    try:
        await doors.ask(ask)
    except Refusal:
        return
