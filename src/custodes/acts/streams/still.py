"""Whether a use on its way may go on: looked at for each MiB, and asked for only where that is not known.

The keyroom's word holds for a quarter of a second at most. Sooner it ends with the next thing the keyroom
says unasked (a kill, a suspended key, a role taken away, whatever it is), and with the connection. So a
stream is cut within the MiB in which it would have been if each one were asked for, and a fast one costs a
handful of asks a second instead of a thousand.
"""

import asyncio

from custodes.acts.asks import Doors, Hears
from custodes.acts.asks.objects import StillOpen


class Still:
    """One open use, by its ticket. Doors that hear nothing are asked for each MiB."""

    __slots__ = ("_doors", "_heard", "_hears", "_ticket", "_until_s")

    def __init__(self, doors: Doors, ticket: str) -> None:
        self._doors = doors
        self._hears = doors if isinstance(doors, Hears) else None
        self._ticket = ticket
        self._heard = 0
        self._until_s = 0.0

    @property
    def is_known(self) -> bool:
        """Whether what the keyroom said last still holds."""
        return (
            self._hears is not None
            and self._hears.heard == self._heard
            and asyncio.get_running_loop().time() < self._until_s
        )

    async def demand(self, sent_bytes: int) -> None:
        """Return if it may go on; the refusals of `StillOpen`."""
        if self.is_known:
            return
        heard = self._hears.heard if self._hears is not None else 0
        asked_s = asyncio.get_running_loop().time()
        self._until_s = 0.0
        answer = await self._doors.ask(StillOpen(ticket=self._ticket, sent_bytes=sent_bytes))
        self._heard, self._until_s = heard, asked_s + answer.good_ms / 1000
